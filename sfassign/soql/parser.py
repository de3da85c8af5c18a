"""Text to tree. The grammar (`grammar.lark`) is built into tables once, when the first text is parsed.

Policy, Salesforce client and emulator call `parse` and `parse_condition`; what goes wrong is told by `advice.py`.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import cast

from lark import Lark, UnexpectedInput

from sfassign.soql.advice import syntax_error
from sfassign.soql.build import TreeBuilder
from sfassign.soql.errors import SoqlSyntaxError
from sfassign.soql.tree import Condition, Query

MAX_CHARACTERS = 100_000
"""The longest SOQL statement the org takes."""

MAX_DEPTH = 200
"""Parentheses within parentheses: far beyond any real query, well below Python's recursion limit."""


@lru_cache(maxsize=1)
def _grammar() -> Lark:
    text = files("sfassign.soql").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, start=["query", "condition"], parser="lalr", transformer=TreeBuilder())


def parse(text: str) -> Query:
    """One whole SELECT. Raises SoqlSyntaxError for what the org would answer with MALFORMED_QUERY."""
    return cast(Query, _parse(text, "query"))


def parse_condition(text: str) -> Condition:
    """What may stand behind WHERE. Raises SoqlSyntaxError for what the org would answer with MALFORMED_QUERY."""
    return cast(Condition, _parse(text, "condition"))


def _parse(text: str, start: str) -> object:
    _check_size(text)
    try:
        return _grammar().parse(text, start=start)
    except UnexpectedInput as error:
        raise syntax_error(text, error) from None


def _check_size(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise SoqlSyntaxError(f"longer than the {MAX_CHARACTERS} characters the org takes", MAX_CHARACTERS + 1)
    if text.count("(") <= MAX_DEPTH:
        return
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth > MAX_DEPTH:
            raise SoqlSyntaxError(f"more than {MAX_DEPTH} parentheses within each other", at + 1)
