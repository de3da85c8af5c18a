"""What holds where the file says nothing about an object: the three standard ones know their own states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sfassign.soql.tree import Boolean, Comparator, Comparison, Condition, Path

TOUCHED = ("status", "activity", "edit")
LOWEST_TIER = "low"


@dataclass(frozen=True, slots=True)
class Standard:
    """The conditions of an object that the file need not write; None: it must (`active`) or may."""

    active: Condition | None = None
    success: Condition | None = None
    closed: Condition | None = None


def _is(field: str, value: bool) -> Condition:
    return Comparison(Path((field,)), Comparator.EQ, Boolean(value))


STANDARD: Mapping[str, Standard] = MappingProxyType(
    {
        "Lead": Standard(_is("IsConverted", False), _is("IsConverted", True), _is("IsConverted", True)),
        "Case": Standard(_is("IsClosed", False), _is("IsClosed", True), _is("IsClosed", True)),
        "Opportunity": Standard(_is("IsClosed", False), _is("IsWon", True), _is("IsClosed", True)),
    }
)


def standard(name: str) -> Standard:
    return STANDARD.get(name, Standard())
