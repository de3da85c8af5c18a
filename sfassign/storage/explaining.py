"""Puts together what `explain` shows of one item: the line's note where it waits, else its last journal entry."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from sfassign.core.journal import OPEN, Entry, State
from sfassign.soql import is_id, to18
from sfassign.storage import explanations
from sfassign.storage.journaling import entry_of, last_entries
from sfassign.storage.noting import WAITING
from sfassign.storage.tables import LINE

ASSIGNED = "assigned"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one item.

    `state` is assigned, waiting, review or unknown. `score` is `{"total", "parts", "tier"}` as decided. `entry` is
    the last journal entry, if any (the decision), with what the org said (`code`, `message`, `owner_now`). `members`
    are as `explain --json` prints them. `sentence` is the decision's own line.
    """

    object: str | None
    id: str
    state: str
    group: str | None = None
    score: Mapping[str, Any] | None = None
    entry: Entry | None = None
    settled_at: dt.datetime | None = None
    code: str | None = None
    message: str | None = None
    owner_now: str | None = None
    members: tuple[Mapping[str, Any], ...] = ()
    sentence: str | None = None

    def document(self) -> dict[str, Any]:
        """The JSON of `explain ID --json`."""
        score = self.score
        return {
            "object": self.object,
            "id": self.id,
            "state": self.state,
            "group": self.group,
            "score": None if score is None else {"total": score["total"], "parts": score["parts"]},
            "decision": None if self.entry is None else _decision(self.entry),
            "members": [dict(member) for member in self.members],
        }


def explain(connection: Connection, item: str) -> Explanation:
    item = to18(item) if is_id(item) else item
    entry = last_entries(connection, [item]).get(item)
    line = connection.execute(select(LINE).where(LINE.c.id == item)).one_or_none()
    under_way = entry is not None and State(entry.state) in OPEN
    if line is not None and not under_way:
        return _of_line(connection, line, entry)
    if entry is None:
        return Explanation(None, item, UNKNOWN)
    given = under_way or entry.state == State.CONFIRMED.value
    return Explanation(
        object=entry.object,
        id=item,
        state=ASSIGNED if given else UNKNOWN,
        group=entry.group_name,
        score=json.loads(entry.score_json),
        members=explanations.members(connection, entry.explanation),
        sentence=entry.sentence,
        **_outcome(entry),
    )


def _of_line(connection: Connection, line: Any, entry: Any) -> Explanation:
    return Explanation(
        object=line.object,
        id=line.id,
        state=line.decided or WAITING,
        group=line.group_name,
        score=None if line.score_json is None else json.loads(line.score_json),
        members=explanations.members(connection, line.explanation),
        sentence=line.why,
        **_outcome(entry),
    )


def _outcome(entry: Any) -> dict[str, Any]:
    if entry is None:
        return {}
    said = {name: getattr(entry, name) for name in ("settled_at", "code", "message", "owner_now")}
    return said | {"entry": entry_of(entry)}


def _decision(entry: Entry) -> dict[str, Any]:
    at = entry.decided_at.isoformat().replace("+00:00", "Z")
    return {"id": entry.id, "at": at, "owner": entry.owner, "policy": entry.policy_hash}
