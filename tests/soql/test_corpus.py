"""Real queries of public code, and mutations of them, with the verdict of Salesforce's own two parsers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfassign.soql import SoqlSyntaxError, parse

CORPUS = Path(__file__).parents[2] / "../shared/data/soql_corpus"


def entries(name: str) -> list[dict[str, object]]:
    file = CORPUS / name
    if not file.exists():
        pytest.skip(f"the corpus of public queries is not here ({file.name})")
    content = json.loads(file.read_text(encoding="utf-8"))
    return list(content if isinstance(content, list) else content["entries"])


@pytest.mark.parametrize("name", ["queries.json", "mutated.json", "omnichannel_realworld.json"])
def test_verdict_is_that_of_salesforces_parsers(name: str) -> None:
    wrong = []
    for entry in entries(name):
        text = str(entry["soql"])
        if survives(text) != entry["valid"]:
            wrong.append(text)
    assert not wrong


def survives(text: str) -> bool:
    """Whether the text is SOQL; if so, the tree must come through its own text unchanged."""
    try:
        tree = parse(text)
    except SoqlSyntaxError:
        return False
    assert parse(str(tree)) == tree
    return True
