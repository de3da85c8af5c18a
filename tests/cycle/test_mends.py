"""No finding of `check` leaves a person alone with what is wrong."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import sfassign
from sfassign import errors
from sfassign.finding import Check, attempt

ROOM = Path(sfassign.__file__).parent
MEND_AT = {"Check": 3, "RecordFinding": 3, "OutletFinding": 2}
"""The kinds of findings, and the place of `mend` among their fields."""
KINDS = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.SfassignError)]


def findings_in_the_code() -> Iterator[tuple[str, str, ast.expr | None]]:
    """Every finding that is made: where, its level as far as it is written there, and its mend."""
    for path in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MEND_AT:
                at = MEND_AT[node.func.id]
                level = node.args[at - 2]
                named = {one.arg: one.value for one in node.keywords}
                mend = node.args[at] if len(node.args) > at else named.get("mend")
                yield f"{path.name}:{node.lineno}", str(getattr(level, "value", "?")), mend


def test_every_finding_that_is_not_good_says_how_to_mend_it() -> None:
    bad = [(where, mend) for where, level, mend in findings_in_the_code() if level != "ok"]
    assert len(bad) > 50
    assert [where for where, mend in bad if mend is None or getattr(mend, "value", "?") in (None, "")] == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_step_that_fails_says_what_to_do_and_not_what_the_program_does(kind: type[errors.SfassignError]) -> None:
    error = kind("CODE", "words") if kind is errors.OrgRefused else kind("words")

    def step() -> None:
        raise error

    _, said = attempt("login", step)
    assert isinstance(said, Check)
    assert (said.level, said.exit_code, said.said) == ("error", kind.exit_code, str(error))
    assert said.mend
    assert said.mend not in str(kind.__doc__)
