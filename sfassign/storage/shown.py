"""The values that `views` returns to the commands. Times are aware UTC, Ids 18 long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sfassign.core.journal import Entry
from sfassign.core.model import Load, Member, Turn


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """One item of the line. `reasons` counts members by gate code; group, why and score are None until decided."""

    object: str
    id: str
    group: str | None
    since: dt.datetime
    reasons: Mapping[str, int]
    why: str | None
    score: float | None


@dataclass(frozen=True, slots=True)
class MemberShown:
    """One user. `groups` they have a place in; `given_today` and `turns` by group, `refused_until` by object;
    `presence_at` is when each source was read."""

    member: Member
    groups: tuple[str, ...]
    load: Load
    given_today: Mapping[str, int]
    turns: Mapping[str, Turn]
    refused_until: Mapping[str, dt.datetime]
    presence_at: Mapping[str, dt.datetime]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One journal entry and what became of it; `owner_now` is who had the item when it was settled."""

    entry: Entry
    sentence: str
    settled_at: dt.datetime | None
    code: str | None
    message: str | None
    owner_now: str | None
