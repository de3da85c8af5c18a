"""Signs of work about items: tasks, events, e-mails, comments and history rows. Used by `org` for the neglect pass.

Ids are filtered in one query per table and object (large polymorphic filters are refused by orgs without View All
Data); who did it is told by the core.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sfassign.core.touches import Sign, SignKind
from sfassign.ports import SignAsk, Unreadable
from sfassign.salesforce.asking import Asker
from sfassign.salesforce.failures import Refusal
from sfassign.salesforce.rows import Raw, an_id, instant, optional_id
from sfassign.soql import flatten

_COLUMNS = {SignKind.TASK: ("OwnerId", "LastModifiedDate", "CompletedDateTime", "IsClosed", "TaskSubtype")}
_TERMS = {SignKind.EMAIL: "Incoming = false AND Status != '5'"}
"""Outgoing, and no draft (EmailMessage.Status 5)."""


class SignReader:
    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def signs(self, asks: Sequence[SignAsk]) -> tuple[tuple[Sign, ...] | Unreadable, ...]:
        """Raises an OrgError where the org cannot be asked at all."""
        _, outcomes = self._asker.records([soql(ask) for ask in asks])
        return tuple(
            Unreadable(outcome.code, outcome.message)
            if isinstance(outcome, Refusal)
            else tuple(_sign(ask, raw) for raw in outcome)
            for ask, outcome in zip(asks, outcomes, strict=True)
        )


def soql(ask: SignAsk) -> str:
    """A task may become a sign long after it was made: when it is completed."""
    columns = ", ".join((ask.key, "CreatedById", "CreatedDate", *_COLUMNS.get(ask.kind, ())))
    items = ", ".join(f"'{item}'" for item in ask.items)
    since = ask.since.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    moment = "LastModifiedDate" if ask.kind is SignKind.TASK else "CreatedDate"
    terms = [f"{ask.key} IN ({items})", f"{moment} >= {since}", *filter(None, [_TERMS.get(ask.kind)])]
    return f"SELECT {columns} FROM {ask.table} WHERE {' AND '.join(terms)}"  # noqa: S608 — SOQL only reads


def _sign(ask: SignAsk, raw: Raw) -> Sign:
    values = flatten(raw)
    return Sign(
        item=an_id(values, ask.key.lower(), ask.table),
        kind=ask.kind,
        created_by=optional_id(values, "createdbyid", ask.table),
        created_at=instant(values.get("createddate"), f"{ask.table}.CreatedDate"),
        owner=optional_id(values, "ownerid", ask.table),
        completed_at=_completed(raw) if ask.kind is SignKind.TASK else None,
        subtype=None if values.get("tasksubtype") is None else str(values["tasksubtype"]),
    )


def _completed(raw: Raw) -> dt.datetime | None:
    """When a task was completed; where the org does not say, when it was last changed."""
    values = flatten(raw)
    if values.get("isclosed") is not True:
        return None
    stamp = values.get("completeddatetime") or values.get("lastmodifieddate")
    return instant(stamp, "Task.CompletedDateTime")
