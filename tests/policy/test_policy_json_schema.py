"""The JSON Schema takes what the reader takes, as an editor would apply it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfassign.policy import as_data, json_schema, read_policy

SCHEMA = json_schema()
WHOLE = Path(__file__).parent / "whole_file.yaml"
EXAMPLE = Path(__file__).parents[2] / "config/policy.yaml"
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors use it: numbers, true, false and null; everything else is text."""


Core.yaml_implicit_resolvers = {}
Core.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))
Core.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?\d+$"), list("-0123456789"))
Core.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"-?\d+\.\d+$"), list("-0123456789"))


def faults(value: Any, schema: dict[str, Any], where: str = "$") -> list[str]:
    """What of the keywords our schema uses does not hold."""
    if "$ref" in schema:
        return faults(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], where)
    found: list[str] = []
    if "type" in schema:
        names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
        taken = tuple(kind for name in names for kind in TYPES[name])
        if not isinstance(value, taken) or (isinstance(value, bool) and bool not in taken):
            return [f"{where}: {value!r} is not {schema['type']}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{where}: not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} not among {schema['enum']}")
    if "pattern" in schema and not re.search(schema["pattern"], value):
        found.append(f"{where}: {value!r} does not match")
    if isinstance(value, (int, float)) and value < schema.get("minimum", value):
        found.append(f"{where}: too small")
    for keyword in ("anyOf", "oneOf"):
        passing = [each for each in schema.get(keyword, []) if not faults(value, each, where)]
        if keyword in schema and (not passing or (keyword == "oneOf" and len(passing) > 1)):
            found.append(f"{where}: {len(passing)} of {keyword} hold")
    return found + _inner_faults(value, schema, where)


def _inner_faults(value: Any, schema: dict[str, Any], where: str) -> list[str]:
    found: list[str] = []
    if isinstance(value, list):
        found += [
            fault for at, each in enumerate(value) for fault in faults(each, schema.get("items", {}), f"{where}[{at}]")
        ]
        found += [f"{where}: too short"] if len(value) < schema.get("minItems", 0) else []
    if isinstance(value, dict):
        found += [f"{where}: no {key}" for key in schema.get("required", []) if key not in value]
        for key, given in value.items():
            patterns = [
                each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, key)
            ]
            other = patterns[0] if patterns else schema.get("additionalProperties", {})
            inner = schema.get("properties", {}).get(key, other)
            found += [f"{where}: unknown {key}"] if inner is False else faults(given, inner, f"{where}.{key}")
    return found


@pytest.mark.parametrize("path", [WHOLE, EXAMPLE], ids=["whole", "example"])
def test_the_schema_takes_the_files_that_the_reader_takes(path: Path) -> None:
    assert faults(yaml.load(path.read_text(encoding="utf-8"), Loader=Core), SCHEMA) == []  # noqa: S506


def test_the_schema_takes_what_is_shown() -> None:
    assert faults(as_data(read_policy(EXAMPLE.read_text(encoding="utf-8"), "policy.yaml")), SCHEMA) == []


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"timzone": "UTC"},
        {"groups": []},
        {"groups": [{"name": "A", "object": "Lead", "source": "x"}]},
        {"groups": [{"name": "A", "object": "Lead", "source": "x", "members": [], "caps": {"day": 0}}]},
        {"groups": [{"name": "A", "object": "Lead", "source": "x", "members": "y", "method": "best"}]},
        {"week_starts": "mon"},
        {"timezone": None},
        {"groups": [{"name": "A", "object": "Lead", "source": "x", "members": "y", "quota": None}]},
        {"groups": [{"name": "A", "object": "Lead", "source": "x", "members": "y", "caps": None}]},
        {"people": [{"user": "a@b.c", "quota": {"Lead": 0}}]},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(change: dict[str, Any]) -> None:
    good = {"version": 1, "groups": [{"name": "A", "object": "Lead", "source": "x", "members": "y"}]}
    assert faults(good, SCHEMA) == []
    assert faults({**good, **change}, SCHEMA)


def test_the_schema_is_of_the_dialect_that_editors_know() -> None:
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "sfassign policy"
    assert SCHEMA["properties"]["groups"]["description"]
    assert SCHEMA["additionalProperties"] is False
