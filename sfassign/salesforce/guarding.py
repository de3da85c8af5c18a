"""What keeps a write from landing on a newer change, as parts of its composite call. Used by `writing` alone.

Every update carries `If-Unmodified-Since`; whether this org keeps to it on every object the documentation leaves open.
So where nobody knows yet the records are looked at in the same call, right before the updates: one that had been
changed after its guard's date and was written all the same proves that the date is ignored. From then on the update's
URL takes the record's Id out of the result of a query (`@{c1.records[0].Id}`) that finds it only while it is as we saw
it: an empty result halts the update (`PROCESSING_HALTED`; REST API Developer Guide, Composite).
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Callable, Iterable, Mapping, Sequence

from sfassign.ports import Answer, Guard, ObjectRead, OwnerChange, Row
from sfassign.salesforce import queries
from sfassign.salesforce.composite import MAX_QUERIES, MAX_SUBREQUESTS, Subrequest, Subresponse, query_subrequest

HALTED = "PROCESSING_HALTED"

Verdict = tuple[Answer, str | None, str | None]


def fits(changes: Sequence[OwnerChange]) -> bool:
    """Whether they make one call: a read-back for each object, and a query for each guard by reference."""
    asked = len({change.object for change in changes}) + sum(by_reference(change) for change in changes)
    return asked <= MAX_QUERIES and asked + len(changes) <= MAX_SUBREQUESTS


def by_reference(change: OwnerChange) -> bool:
    return change.guard is Guard.REFERENCE


def reference(change: OwnerChange) -> str:
    return f"e{change.entry}" if change.entry >= 0 else f"n{-change.entry}"


def update(change: OwnerChange, resource: Callable[[str], str]) -> list[Subrequest]:
    """The update, right behind the query it hangs on where it has one. Subrequests inherit neither header."""
    since = change.guard_at.astimezone(dt.UTC).replace(microsecond=0)
    headers = {"Sforce-Auto-Assign": "FALSE", "If-Unmodified-Since": email.utils.format_datetime(since, usegmt=True)}
    body = dict(change.fields) if change.owner is None else {**change.fields, "OwnerId": change.owner}
    if not by_reference(change):
        path = resource(f"sobjects/{change.object}/{change.id}")
        return [Subrequest("PATCH", path, reference(change), headers, body)]
    found = query_subrequest(resource("query"), _unchanged(change), _check(change))
    path = resource(f"sobjects/{change.object}/@{{{_check(change)}.records[0].Id}}")
    return [found, Subrequest("PATCH", path, reference(change), headers, body)]


def looks(changes: Sequence[OwnerChange], resource: Callable[[str], str]) -> dict[str, Subrequest]:
    """By object, the look at the records of watched changes; none where the call has no room for it."""
    watched = [change for change in changes if change.guard is Guard.WATCHED]
    names = dict.fromkeys(change.object for change in watched)
    queries_made = len({change.object for change in changes}) + sum(by_reference(change) for change in changes)
    room = min(MAX_QUERIES - queries_made, MAX_SUBREQUESTS - queries_made - len(changes))
    if len(names) > room:
        return {}
    ids = {name: [change.id for change in watched if change.object == name] for name in names}
    return {
        name: query_subrequest(resource("query"), queries.by_ids(ObjectRead(name, ()), ids[name]), f"b{index}")
        for index, name in enumerate(names)
    }


def verdict(change: OwnerChange, answers: Mapping[str, Subresponse]) -> Verdict:
    """What the org said to the change. A halted one met a changed record where its query found nothing; where the
    query itself failed nothing was written either, and nothing is known of the record."""
    answer = answers.get(reference(change))
    if answer is None:
        return Answer.UNKNOWN, None, None
    if answer.ok:
        return Answer.ACCEPTED, None, None
    if answer.status == 412:
        return Answer.CHANGED_SINCE, None, None
    refusal = answer.refusal
    if by_reference(change) and refusal.code == HALTED:
        found = answers.get(_check(change))
        if found is not None and not found.ok:
            return Answer.REFUSED, HALTED, f"its guard could not be asked: {found.refusal.code}"
        if found is not None and isinstance(found.body, Mapping) and found.body.get("records") == []:
            return Answer.CHANGED_SINCE, None, None
    return Answer.REFUSED, refusal.code, refusal.message


def proof(change: OwnerChange, answers: Mapping[str, Subresponse], before: Row | None) -> bool | None:
    """What the answer proves of the precondition: True kept, False ignored, None nothing. `before` is the record as it
    was right before the write, known where nothing of the call was made twice. It goes by LastModifiedDate, which is
    never after SystemModstamp: whichever of the two the org compares with was newer then."""
    answer = answers.get(reference(change))
    if answer is not None and answer.status == 412:
        return True
    if answer is None or not answer.ok or before is None:
        return None
    over = change.guard_at.replace(microsecond=0) + dt.timedelta(seconds=1)
    return False if before.edited_at >= over else None


def families_together(size: int, changes: Iterable[OwnerChange]) -> list[list[OwnerChange]]:
    """The changes in order, cut where a call is full; a family that fits one call is not begun in what is left of
    another."""
    runs: list[list[OwnerChange]] = []
    for change in changes:
        if runs and change.family is not None and runs[-1][0].family == change.family:
            runs[-1].append(change)
        else:
            runs.append([change])
    cut: list[list[OwnerChange]] = [[]]
    for run in runs:
        whole = len(run) <= size and fits(run)
        if whole and not (len(cut[-1]) + len(run) <= size and fits([*cut[-1], *run])):
            cut.append([])
        for change in run:
            if len(cut[-1]) >= size or not fits([*cut[-1], change]):
                cut.append([])
            cut[-1].append(change)
    return [batch for batch in cut if batch]


def _check(change: OwnerChange) -> str:
    return f"c{reference(change)}"


def _unchanged(change: OwnerChange) -> str:
    return queries.unchanged(change.object, change.id, change.seen_owner, change.guard_at)
