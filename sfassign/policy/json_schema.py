"""The JSON Schema of the policy file, for editors: `sfassign policy schema`."""

from __future__ import annotations

from typing import Any

from sfassign.policy.schema import PolicySection

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NULL = {"type": "null"}


def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of the whole file; editors apply it to YAML as well."""
    schema: dict[str, Any] = _tidy(PolicySection.model_json_schema(by_alias=True))
    return {"$schema": DIALECT, **schema, "title": "sfassign policy"}


def _tidy(schema: Any) -> Any:
    """Without what only our models know: null for a key that is left out, their titles, and defaults made of them."""
    if isinstance(schema, list):
        return [_tidy(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _tidy(value) for key, value in schema.items() if not _only_ours(key, value)}
    choices = [each for each in kept.get("anyOf", []) if each != _NULL]
    if len(choices) == 1:
        return {**choices[0], **{key: value for key, value in kept.items() if key != "anyOf"}}
    return {**kept, "anyOf": choices} if choices else kept


def _only_ours(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and not isinstance(value, str | bool))
