"""SOQL conditions in the policy: parsed, and held to what has one meaning in the org and here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sfassign.policy.findings import one_of
from sfassign.policy.values import is_username, text_of
from sfassign.policy.wrong import shown, wrong
from sfassign.soql import SoqlSyntaxError, leaves, parse_condition
from sfassign.soql.tree import And, Comparison, Condition, Function, InList, InQuery, Not, Number, Or

CONDITION = "a SOQL condition such as Owner.Name = 'Web Leads'"
MAX_CHARACTERS = 20_000
"""A URL of the org takes 16,384 bytes, a query 100,000 characters: more than this could never be sent."""
MAX_NESTING = 50
_WORD = re.compile(r"[\w.-]+")
_AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})


@lru_cache(maxsize=4096)
def parse(text: str) -> Condition:
    """The condition, parsed once per text. Raises SoqlSyntaxError."""
    return parse_condition(text)


def condition(value: Any) -> Condition:
    found = text_of(value, CONDITION)
    if len(found) > MAX_CHARACTERS:
        raise wrong("this condition is too long for the org", f"at most {MAX_CHARACTERS:,} characters")
    try:
        tree = parse(found)
    except SoqlSyntaxError as error:
        expected = one_of(error.expected) if error.expected else CONDITION
        reason = error.message.partition(": expected ")[0]
        raise wrong(f"not a SOQL condition: {reason}", expected, offset=max(0, error.column - 1)) from None
    if _nesting(tree) > MAX_NESTING:
        raise wrong("this condition is too deeply nested", f"at most {MAX_NESTING} levels")
    for leaf in leaves(tree):
        _refuse_what_differs(leaf)
    return tree


def _nesting(tree: Condition) -> int:
    """How deep the terms stand in each other, counted without recursion."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [term for each in level for term in _terms(each)]
    return deepest


def _terms(tree: Condition) -> tuple[Condition, ...]:
    if isinstance(tree, (And, Or)):
        return tree.terms
    return (tree.term,) if isinstance(tree, Not) else ()


def _refuse_what_differs(leaf: Condition) -> None:
    if isinstance(leaf, InQuery):
        raise wrong(
            f"'{shown(str(leaf))}' asks another object (a semi-join), which a policy cannot",
            "a comparison of fields of the record itself or of its parents",
        )
    given = leaf.values if isinstance(leaf, InList) else (leaf.value,) if isinstance(leaf, Comparison) else ()
    if any(isinstance(value, Number) and value.currency for value in given):
        raise wrong(f"'{shown(str(leaf))}' compares with a currency, which only the org can", "the number alone")
    operand = getattr(leaf, "operand", None)
    if isinstance(operand, Function):
        kind = "the aggregate" if operand.kind in _AGGREGATES else "the function"
        raise wrong(
            f"{kind} '{shown(str(operand))}' cannot be used in a policy's condition",
            "the field alone; for dates a literal such as TODAY or LAST_N_DAYS:7",
        )


@dataclass(frozen=True, slots=True)
class Written:
    """A condition together with its text, for explanations."""

    text: str
    tree: Condition


def written(value: Any) -> Written:
    return Written(text_of(value, CONDITION), condition(value))


def user(value: Any) -> str | Condition:
    """A Username, or a condition on User."""
    expected = "a Username such as alice@acme.example, or a SOQL condition on User"
    found = text_of(value, expected)
    if _WORD.fullmatch(found):
        raise wrong(f"'{shown(found)}' is neither a Username nor a SOQL condition", expected)
    return found if is_username(found) else condition(found)


When = Annotated[Any, PlainValidator(condition), WithJsonSchema({"type": "string", "minLength": 1})]
WrittenWhen = Annotated[Written, PlainValidator(written), WithJsonSchema({"type": "string", "minLength": 1})]
UserOrCondition = Annotated[Any, PlainValidator(user), WithJsonSchema({"type": "string", "minLength": 1})]
