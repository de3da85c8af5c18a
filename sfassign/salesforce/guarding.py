"""What keeps a write from landing on a newer change, as parts of its composite call. Used by `writing` alone.

Every update carries `If-Unmodified-Since`; whether this org keeps to it on every object the documentation leaves open.
Until that is known, and where the org ignores it, the update's URL takes the record's Id out of the result of a query
(`@{c1.records[0].Id}`) that finds it only while it is as we saw it: an empty result halts the update
(`PROCESSING_HALTED`; REST API Developer Guide, Composite).

What is not known yet is proved by the first update of its object in the call, which goes twice, each behind a query of
its own and first as of a date before any change (the trial). An org that honours the date answers 412, writes nothing
and carries out the second one. An org that ignores it has written what was to be written, and the second one's query
finds the record changed.
"""

from __future__ import annotations

import datetime as dt
import email.utils
from collections.abc import Callable, Iterable, Mapping, Sequence

from sfassign.ports import Answer, Guard, OwnerChange
from sfassign.salesforce import queries
from sfassign.salesforce.composite import MAX_QUERIES, MAX_SUBREQUESTS, Subrequest, Subresponse, query_subrequest

HALTED = "PROCESSING_HALTED"

BEFORE_ANY_CHANGE = dt.datetime(1990, 1, 1, tzinfo=dt.UTC)
"""A date that no record of an org was last modified before: whoever honours it refuses to write."""

Verdict = tuple[Answer, str | None, str | None]


def fits(changes: Sequence[OwnerChange]) -> bool:
    """Whether they make one call: a read-back for each object, a query for each guard by reference, and a trial with
    its query for each object of which nothing is known."""
    trials = len(_trials(changes))
    asked = len({change.object for change in changes}) + sum(by_reference(change) for change in changes) + trials
    return asked <= MAX_QUERIES and asked + len(changes) + trials <= MAX_SUBREQUESTS


def by_reference(change: OwnerChange) -> bool:
    return change.guard is not Guard.PRECONDITION


def reference(change: OwnerChange) -> str:
    return f"e{change.entry}" if change.entry >= 0 else f"n{-change.entry}"


def updates(changes: Sequence[OwnerChange], resource: Callable[[str], str]) -> list[Subrequest]:
    """Every update, right behind the query it hangs on where it has one, and behind its trial where it has that."""
    trials = _trials(changes)
    parts: list[Subrequest] = []
    for change in changes:
        if change.entry in trials:
            parts += _referred(change, BEFORE_ANY_CHANGE, _trial(change), resource)
        if by_reference(change):
            parts += _referred(change, change.guard_at, reference(change), resource)
        else:
            path = resource(f"sobjects/{change.object}/{change.id}")
            parts.append(_patch(change, change.guard_at, path, reference(change)))
    return parts


def verdict(change: OwnerChange, answers: Mapping[str, Subresponse]) -> Verdict:
    """What the org said to the change. A halted one met a changed record where its query found nothing; where the
    query itself failed nothing was written either, and nothing is known of the record."""
    tried, answer = answers.get(_trial(change)), answers.get(reference(change))
    if (tried is not None and tried.ok) or (answer is not None and answer.ok):
        return Answer.ACCEPTED, None, None
    if answer is None:
        return Answer.UNKNOWN, None, None
    if answer.status == 412:
        return Answer.CHANGED_SINCE, None, None
    refusal = answer.refusal
    if by_reference(change) and refusal.code == HALTED:
        found = answers.get(_check(reference(change)))
        if found is not None and not found.ok:
            return Answer.REFUSED, HALTED, f"its guard could not be asked: {found.refusal.code}"
        if found is not None and isinstance(found.body, Mapping) and found.body.get("records") == []:
            return Answer.CHANGED_SINCE, None, None
    return Answer.REFUSED, refusal.code, refusal.message


def proof(change: OwnerChange, answers: Mapping[str, Subresponse]) -> bool | None:
    """What the answers prove of the precondition: True kept, False ignored, None nothing."""
    tried, answer = answers.get(_trial(change)), answers.get(reference(change))
    if any(one is not None and one.status == 412 for one in (tried, answer)):
        return True
    return False if tried is not None and tried.ok else None


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


def _trials(changes: Sequence[OwnerChange]) -> frozenset[int]:
    """The entries that prove what is not known: the first of each object."""
    unproven = [change for change in changes if change.guard is Guard.UNPROVEN]
    first = {change.object: change.entry for change in reversed(unproven)}
    return frozenset(first.values())


def _referred(change: OwnerChange, since: dt.datetime, name: str, resource: Callable[[str], str]) -> list[Subrequest]:
    unchanged = queries.unchanged(change.object, change.id, change.seen_owner, change.guard_at)
    path = resource(f"sobjects/{change.object}/@{{{_check(name)}.records[0].Id}}")
    return [query_subrequest(resource("query"), unchanged, _check(name)), _patch(change, since, path, name)]


def _patch(change: OwnerChange, since: dt.datetime, path: str, name: str) -> Subrequest:
    """Subrequests inherit neither header."""
    date = email.utils.format_datetime(since.astimezone(dt.UTC).replace(microsecond=0), usegmt=True)
    headers = {"Sforce-Auto-Assign": "FALSE", "If-Unmodified-Since": date}
    body = dict(change.fields) if change.owner is None else {**change.fields, "OwnerId": change.owner}
    return Subrequest("PATCH", path, name, headers, body)


def _trial(change: OwnerChange) -> str:
    return f"t{reference(change)}"


def _check(name: str) -> str:
    return f"c{name}"
