"""Fields the org computes itself whenever a record is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from .schema import SObject
from .state import Row, State

Derive = Callable[[State, Row, Row | None, int], None]


def derive(state: State, thing: SObject, row: Row, before: Row | None, now: int) -> None:
    """Fill the computed fields of `row`; `before` is the stored row, None on create; `now` in milliseconds."""
    rule = _RULES.get(thing.name)
    if rule:
        rule(state, row, before, now)


def _changed(row: Row, before: Row | None, name: str) -> bool:
    return before is None or row.get(name) != before.get(name)


def _person(_state: State, row: Row, _before: Row | None, _now: int) -> None:
    row["Name"] = " ".join(part for part in (row.get("FirstName"), row.get("LastName")) if part) or row.get("Name")


def _lead(state: State, row: Row, before: Row | None, now: int) -> None:
    _person(state, row, before, now)
    if before is not None and _changed(row, before, "OwnerId"):
        row["IsUnreadByOwner"] = 1


def _status(state: State, table: str, value: str | None) -> Row | None:
    found = state.storage.where(state.schema.object(table), ApiName=value)
    return found[0] if found else None


def _case(state: State, row: Row, before: Row | None, now: int) -> None:
    if before is None and not row.get("CaseNumber"):
        state.case_numbers += 1
        row["CaseNumber"] = f"{state.case_numbers:08d}"
    if _changed(row, before, "Status"):
        status = _status(state, "CaseStatus", row.get("Status"))
        row["IsClosed"] = status["IsClosed"] if status else 0
        closed_at = row.get("ClosedDate") if before is None or before["IsClosed"] else None
        row["ClosedDate"] = (closed_at or now) if row["IsClosed"] else None
    if _changed(row, before, "ContactId"):
        contact = state.storage.get(state.schema.object("Contact"), row["ContactId"]) if row.get("ContactId") else None
        for mine, theirs in (("Phone", "Phone"), ("Mobile", "MobilePhone"), ("Email", "Email"), ("Fax", "Fax")):
            row[f"Contact{mine}"] = contact[theirs] if contact else None


def _opportunity(state: State, row: Row, before: Row | None, now: int) -> None:
    if _changed(row, before, "StageName"):
        _stage(state, row, before)
        row["LastStageChangeDate"] = now if before is not None else row.get("LastStageChangeDate")
    if row.get("Amount") is not None and row.get("Probability") is not None:
        row["ExpectedRevenue"] = round(row["Amount"] * row["Probability"] / 100, 2)
    if row.get("CloseDate") and _changed(row, before, "CloseDate"):
        close = dt.date.fromisoformat(str(row["CloseDate"]))
        quarter = (close.month - 1) // 3 + 1
        row.update(FiscalYear=close.year, FiscalQuarter=quarter, Fiscal=f"{close.year} {quarter}")
        if before is not None and str(row["CloseDate"])[:7] > str(before["CloseDate"])[:7]:
            row["PushCount"] = (before.get("PushCount") or 0) + 1


def _stage(state: State, row: Row, before: Row | None) -> None:
    stage = _status(state, "OpportunityStage", row.get("StageName"))
    if stage is None:
        return
    row["IsClosed"], row["IsWon"] = stage["IsClosed"], stage["IsWon"]
    row["ForecastCategory"] = stage["ForecastCategory"]
    row["ForecastCategoryName"] = stage["ForecastCategoryName"]
    asked = row.get("Probability")
    if asked is None or (before is not None and asked == before.get("Probability")):
        row["Probability"] = stage["DefaultProbability"]


def _task(_state: State, row: Row, before: Row | None, now: int) -> None:
    row["IsHighPriority"] = int(row.get("Priority") == "High")
    row["IsClosed"] = int(row.get("Status") == "Completed")
    if not row["IsClosed"]:
        row["CompletedDateTime"] = None
    elif before is None or not before["IsClosed"]:
        row["CompletedDateTime"] = row.get("CompletedDateTime") or now


def _event(_state: State, row: Row, _before: Row | None, _now: int) -> None:
    start, end = row.get("StartDateTime"), row.get("EndDateTime")
    if start is None and row.get("ActivityDateTime") is not None:
        start = row["StartDateTime"] = row["ActivityDateTime"]
    if start is not None:
        row["ActivityDateTime"] = start
        row["ActivityDate"] = dt.datetime.fromtimestamp(start / 1000, dt.UTC).date().isoformat()
    if start is not None and end is None and row.get("DurationInMinutes") is not None:
        row["EndDateTime"] = start + row["DurationInMinutes"] * 60_000
    elif start is not None and end is not None:
        row["DurationInMinutes"] = (end - start) // 60_000


def _milestone(_state: State, row: Row, _before: Row | None, now: int) -> None:
    """A completion date is what completes it; it is violated where its target passed before that (or by now)."""
    done, target = row.get("CompletionDate"), row.get("TargetDate")
    row["IsCompleted"] = int(done is not None)
    row["IsViolated"] = int(target is not None and (now if done is None else done) > target)


_RULES: dict[str, Derive] = {
    "Lead": _lead,
    "Contact": _person,
    "User": _person,
    "Case": _case,
    "Opportunity": _opportunity,
    "Task": _task,
    "Event": _event,
    "CaseMilestone": _milestone,
}


def note_viewed(state: State, user: str, which: str, values: Sequence[Any]) -> None:
    """The leads this user owns among those whose Ids `which` (SQL) gives are read. A view moves no stamp."""
    state.storage.tuples(
        f'UPDATE "Lead" SET IsUnreadByOwner = 0 WHERE OwnerId = ? AND IsUnreadByOwner = 1 AND Id IN ({which})',  # noqa: S608
        (user, *values),
    )


def note_activity(state: State, row: Row) -> None:
    """Keep LastActivityDate of the people and things a task or event is about: the latest due date of an event or of
    a closed task. Case has no such field."""
    for via in ("WhoId", "WhatId"):
        target = state.schema.of_id(row[via]) if row.get(via) else None
        if target and target.has("LastActivityDate"):
            # Sub-selects on indexed columns; the parent's stamps stay as they are.
            latest = state.storage.tuples(
                f"""SELECT max(day) FROM (
                SELECT max(ActivityDate) AS day FROM Task WHERE "{via}" = :id AND IsClosed = 1 AND IsDeleted = 0
                UNION ALL SELECT max(ActivityDate) FROM Event WHERE "{via}" = :id AND IsDeleted = 0)""",  # noqa: S608
                {"id": row[via]},  # type: ignore[arg-type]
            )[0][0]
            state.storage.update(target, row[via], {"LastActivityDate": latest})
