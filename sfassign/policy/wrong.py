"""How a value's type says no: a pydantic error that carries an admin's words instead of pydantic's.

`values`, `spans` and `conditions` raise it, `wording` turns it into a finding.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticCustomError

from sfassign.policy.findings import nearest

KIND = "policy"


def wrong(
    message: str, expected: str | None = None, nearest: str | None = None, offset: int | None = None
) -> PydanticCustomError:
    """`offset`: how many characters of the scalar's text stand before the fault."""
    context = {"message": message, "expected": expected, "nearest": nearest, "offset": offset}
    return PydanticCustomError(KIND, "{message}", context)


def not_among(text: str, names: tuple[str, ...], what: str = "value") -> PydanticCustomError:
    return wrong(f"unknown {what} '{shown(text)}'", " | ".join(names), nearest(text, names))


def spoken(value: Any) -> str:
    """What was found, in a message."""
    if isinstance(value, str):
        return f"'{shown(value)}'"
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else "nothing"


def shown(text: str) -> str:
    """The text in one line and at most 60 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
