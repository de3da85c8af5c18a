"""One finding of `check`, and how a step becomes one. Used by `checks` and `login_checks`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sfassign.errors import SfassignError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. `level` is ok, warning or error; `mend` says what to do and never lacks where not all is well;
    `exit_code` is what `check` ends with."""

    what: str
    level: str
    said: str
    mend: str | None = None
    exit_code: int = 0


def attempt(what: str, step: Callable[[], T]) -> tuple[T | None, Check | None]:
    """The step's result, or what kept it from having one."""
    try:
        return step(), None
    except SfassignError as error:
        return None, Check(what, "error", str(error), error.mend, error.exit_code)
