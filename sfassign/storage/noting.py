"""What was last decided of every waiting item, for `waiting` and `explain`. Carries out `Store.note`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from sfassign.core.decision import Assign, Decision, Diagnosis, Hold, Review
from sfassign.storage import explanations
from sfassign.storage.columns import chunks, dump
from sfassign.storage.tables import LINE

WAITING = "waiting"
REVIEW = "review"

_NOTED = ("decided", "group_name", "why", "tally_json", "score", "score_json", "explanation")


def note(connection: Connection, decisions: Sequence[Decision], at: dt.datetime) -> None:
    """Rewrites only the rows whose decision reads differently from the last one."""
    keys = explanations.keep(connection, _diagnoses(decisions), journaled=False)
    tallies: dict[int, str] = {}
    noted = {decision.item.id: _row(decision, keys, tallies) for decision in decisions}
    changed: list[dict[str, Any]] = []
    for ids in chunks(noted):
        kept = connection.execute(select(LINE.c.id, *(LINE.c[name] for name in _NOTED)).where(LINE.c.id.in_(ids)))
        for row in kept:
            new = noted[row.id]
            if tuple(row)[1:] != tuple(new[name] for name in _NOTED):
                changed.append(new | {"item": row.id, "noted_at": at})
    if changed:
        values: dict[str, Any] = {name: bindparam(name) for name in (*_NOTED, "noted_at")}
        connection.execute(update(LINE).where(LINE.c.id == bindparam("item")).values(values), changed)
    explanations.drop_unused(connection)


def _diagnoses(decisions: Sequence[Decision]) -> list[Diagnosis]:
    asked = (decision.diagnosis for decision in decisions if not isinstance(decision, Review))
    return [diagnosis for diagnosis in asked if diagnosis is not None]


def _row(decision: Decision, keys: Mapping[int, str], tallies: dict[int, str]) -> dict[str, Any]:
    if isinstance(decision, Review):
        empty: dict[str, Any] = dict.fromkeys(_NOTED)
        return empty | {"decided": REVIEW, "group_name": decision.group, "why": decision.reason}
    diagnosis = decision.diagnosis
    return {
        "decided": WAITING,
        "group_name": decision.group,
        "why": _why(decision),
        "tally_json": None if diagnosis is None else _tally(diagnosis, tallies),
        "score": float(decision.score.total),
        "score_json": explanations.score_json(decision.score),
        "explanation": None if diagnosis is None else keys[id(diagnosis)],
    }


def _why(decision: Assign | Hold) -> str:
    return decision.sentence if isinstance(decision, Assign) else decision.why


def _tally(diagnosis: Diagnosis, tallies: dict[int, str]) -> str:
    text = tallies.get(id(diagnosis))
    if text is None:
        text = tallies[id(diagnosis)] = dump({gate.value: count for gate, count in diagnosis.tally.items()})
    return text
