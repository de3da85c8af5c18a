"""`sfassign waiting`, `review`, `members`, `history`: the line, what is flagged, the people, the journal."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sfassign.bootstrap import SystemClock
from sfassign.cli.memory import memory, views
from sfassign.cli.periods import period
from sfassign.cli.screen import AsJson, print_json, print_table
from sfassign.core.availability import MemberLine, member_lines
from sfassign.cycle import present_snapshot
from sfassign.outcome import iso, whole
from sfassign.policy import load_policy

MOST_ROWS = 1_000_000

Limit = Annotated[int, typer.Option(help="Rows at most.", min=1, max=MOST_ROWS)]


def waiting(limit: Limit = 100, as_json: AsJson = False) -> None:
    """Show the line: every item that waits, with the reasons.

    Example: sfassign waiting --limit 20
    """
    with views() as (shown, _):
        line = shown.waiting(limit)
    if as_json:
        print_json([_waiting(item) for item in line])
        return
    rows = [(i.object, i.id, i.group, f"{i.since:%Y-%m-%d %H:%M}", _score(i.score), i.why) for i in line]
    print_table("waiting", ("object", "id", "group", "since (UTC)", "score", "why"), rows, "nothing waits")


def review(limit: Limit = 100, as_json: AsJson = False) -> None:
    """Show the items that a review rule keeps from being assigned, with its reason.

    Example: sfassign review
    """
    with views() as (shown, _):
        flagged = shown.review(limit)
    if as_json:
        print_json([_flagged(item) for item in flagged])
        return
    rows = [(i.object, i.id, i.group, f"{i.since:%Y-%m-%d %H:%M}", i.why) for i in flagged]
    print_table("review", ("object", "id", "group", "since (UTC)", "reason"), rows, "nothing is flagged")


def members(as_json: AsJson = False) -> None:
    """Show who is available in each group, with load, limits left and weight.

    Example: sfassign members --json
    """
    with memory() as (store, settings):
        policy = load_policy(settings.policy)
        snapshot = present_snapshot(store, policy, SystemClock().now(), settings.presence_max_age)
        lines = member_lines(snapshot, policy)
    if as_json:
        print_json([_member(line) for line in lines])
        return
    rows = [
        (m.group, m.username, m.gate or "available", m.detail, f"{m.items}", f"{m.points:g}", m.left, m.weight_told)
        for m in lines
    ]
    columns = ("group", "member", "state", "why", "items", "points", "limits left", "weight")
    print_table("members", columns, rows, "no members are known yet; they are read in the first cycle")


def history(
    limit: Limit = 100,
    since: Annotated[str | None, typer.Option(help="How far back: 10m, 4h, 7d.", show_default=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Show the journal, newest first: every decision and what became of it.

    Example: sfassign history --since 1h
    """
    with views() as (shown, _):
        journal = shown.history(limit, None if since is None else SystemClock().now() - period("--since", since))
    if as_json:
        print_json([_entry(row) for row in journal])
        return
    rows = [
        (
            row.entry.id,
            f"{row.entry.decided_at:%Y-%m-%d %H:%M:%S}",
            row.entry.item,
            row.entry.owner_username,
            "dry run" if row.entry.dry_run else row.entry.state.value,
            row.message or row.sentence,
        )
        for row in journal
    ]
    columns = ("decision", "decided (UTC)", "item", "owner", "state", "why")
    print_table("history", columns, rows, "nothing was decided yet")


def _score(score: float | None) -> str:
    return "" if score is None else f"{score:g}"


def _waiting(item: Any) -> dict[str, Any]:
    return {
        "object": item.object,
        "id": item.id,
        "group": item.group,
        "since": iso(item.since),
        "reasons": dict(item.reasons),
        "why": item.why,
        "score": None if item.score is None else whole(item.score),
    }


def _flagged(item: Any) -> dict[str, Any]:
    return {
        "object": item.object,
        "id": item.id,
        "group": item.group,
        "since": iso(item.since),
        "reason": item.why,
    }


def _member(line: MemberLine) -> dict[str, Any]:
    return {
        "group": line.group,
        "user": line.user,
        "username": line.username,
        "gate": line.gate,
        "detail": line.detail,
        "items": line.items,
        "points": whole(line.points),
        "left": line.left,
        "weight": whole(line.weight),
        "own_weight": whole(line.own_weight),
        "performance": None if line.performance is None else line.performance.shown(),
    }


def _entry(row: Any) -> dict[str, Any]:
    entry = row.entry
    return {
        "decision": entry.id,
        "at": iso(entry.decided_at),
        "object": entry.object,
        "id": entry.item,
        "group": entry.group,
        "from": entry.seen_owner,
        "owner": entry.owner,
        "owner_username": entry.owner_username,
        "state": entry.state.value,
        "dry_run": entry.dry_run,
        "settled_at": iso(row.settled_at) if row.settled_at else None,
        "code": row.code,
        "message": row.message,
        "owner_now": row.owner_now,
        "why": row.sentence,
        "policy": entry.policy_hash,
    }
