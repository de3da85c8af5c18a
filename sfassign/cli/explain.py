"""`sfassign explain ID`: why an item went where it went, or still waits; why not to somebody else, or otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sfassign.bootstrap import SystemClock, open_policy
from sfassign.by_hand import ids_of
from sfassign.cli.memory import memory
from sfassign.cli.screen import AsJson, console, plain, print_json, print_table, working
from sfassign.core.counterfactual import NOT_ASKED, NOT_TAKEN, NOW, STOPPED, THEIRS, WhyNot
from sfassign.core.policy import Policy
from sfassign.policy import load_policy
from sfassign.settings import Settings
from sfassign.storage import Explanation, SqlStore, Views
from sfassign.whatif import Otherwise, Present, as_explanation, decide_otherwise, known, why_not, why_not_waiting


def explain(
    item: Annotated[str, typer.Argument(metavar="ID", help="The record's Id, 15 or 18 characters.")],
    named: Annotated[
        str | None,
        typer.Option("--why-not", metavar="USER", help="What would have to change for this Username or Id to get it."),
    ] = None,
    other: Annotated[
        Path | None,
        typer.Option("--policy", metavar="FILE", help="What this policy would decide now; nothing is written."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say of every member why they did or did not get this item. Ends with 1 for an Id nobody knows.

    Example: sfassign explain 00Q000000000001EAA --why-not alice@acme.example
    """
    (item,) = ids_of([item])
    with memory() as (store, settings):
        found = Views(store).explain(item)
        if found.state == "unknown" and not found.members:
            _tell(found, None, None, as_json)
            raise typer.Exit(1)
        with working("deciding …"):
            answer, otherwise = _questions(store, settings, found, named, other)
        clock = Views(store).clock(found.id, SystemClock().now()) if otherwise is None else None
    _tell(found if otherwise is None else as_explanation(otherwise), answer, otherwise, as_json, clock)
    raise typer.Exit(1 if found.state == "unknown" and answer is None else 0)


def _questions(
    store: SqlStore, settings: Settings, found: Explanation, named: str | None, other: Path | None
) -> tuple[WhyNot | None, Otherwise | None]:
    """What was asked beyond the explanation: about a person, under another policy, or both."""
    if named is None and other is None:
        return None, None
    new: Policy | None = None if other is None else open_policy(other).policy
    present = Present(store, load_policy(settings.policy), SystemClock().now(), settings.presence_max_age)
    if new is None:
        return (None if named is None else why_not(present, found, named)), None
    otherwise = decide_otherwise(present, new, found)
    if named is None:
        return None, otherwise
    return known(why_not_waiting(present, otherwise.snapshot, new, found.id, named), store, named), otherwise


def _tell(
    found: Explanation, answer: WhyNot | None, otherwise: Otherwise | None, as_json: bool, clock: str | None = None
) -> None:
    if not as_json:
        if otherwise is not None:
            _show_otherwise(otherwise)
        _show(found, "would be " if otherwise is not None and found.state == "assigned" else "", clock)
        if answer is not None:
            _show_why_not(answer)
        return
    document = found.document() | ({} if clock is None else {"clock": clock})
    if otherwise is not None:
        document |= {"hypothetical": True, "policy": otherwise.policy, "caveats": list(otherwise.caveats)}
    if answer is not None:
        document["why_not"] = answer.as_json()
    print_json(document)


def _show(found: Explanation, would_be: str = "", clock: str | None = None) -> None:
    out = console()
    if found.state == "unknown" and found.object is None:
        out.print(f"{found.id}: nothing is known of this item; it never waited in a group's source", markup=False)
        return
    out.print(f"{found.object} {found.id}: {would_be}{found.state} ({plain(found.group)})", markup=False)
    if found.sentence:
        out.print(plain(found.sentence), markup=False, soft_wrap=True)
    if found.score is not None:
        parts = ", ".join(f"{plain(part['rule'])} {part['add']:+g}" for part in found.score["parts"])
        out.print(f"score {found.score['total']:g}" + (f" ({parts})" if parts else ""), markup=False)
    if found.entry is not None:
        became = f"{found.code}: {plain(found.message)}" if found.code else found.entry.state.value
        out.print(f"decision {found.entry.id} at {found.entry.decided_at:%Y-%m-%d %H:%M:%SZ}: {became}", markup=False)
    if clock is not None:
        out.print(plain(clock), markup=False, soft_wrap=True)
    rows = [(m["username"], _outcome(m), _detail(m)) for m in found.members]
    print_table("every member", ("member", "outcome", "figures"), rows, "no member was considered")


def _show_otherwise(otherwise: Otherwise) -> None:
    out = console()
    out.print(f"this is what {otherwise.policy} would decide now; nothing was written", markup=False)
    for caveat in otherwise.caveats:
        out.print(f"but: {plain(caveat)}", markup=False, soft_wrap=True)


def _show_why_not(answer: WhyNot) -> None:
    """The question in words, then every obstacle with what would remove it."""
    out = console()
    then = "as things stand now" if answer.basis == NOW else f"at the decision of {answer.at:%Y-%m-%d %H:%M:%SZ}"
    out.print(f"why not {plain(answer.username)}, {then}: {_in_words(answer)}", markup=False, soft_wrap=True)
    rows = [(one.gate, one.detail, one.change) for one in answer.obstacles]
    if rows:
        print_table("all of this would have to change", ("gate", "figures", "smallest change"), rows, "")
    if answer.winner is not None:
        told = f"{plain(answer.figures)}; smallest change: {plain(answer.change)}"
        out.print(told, markup=False, soft_wrap=True)


def _in_words(answer: WhyNot) -> str:
    group = plain(answer.group)
    if answer.outcome == THEIRS:
        return "they get it" if answer.basis == NOW else "they got it"
    if answer.outcome == STOPPED:
        count = len(answer.obstacles)
        return f"{count} thing{'' if count == 1 else 's'} in the way"
    if answer.outcome == NOT_TAKEN:
        return "no enabled group takes the item"
    if answer.outcome == NOT_ASKED:
        return f"nobody of {group} was looked at; {plain(answer.figures)}"
    if answer.winner is not None:
        return f"they passed every gate and were ranked {answer.rank}; {plain(answer.winner)} came first"
    return f"they are no member of {group}; its 'members' would have to take them in"


def _outcome(member: Any) -> str:
    return f"ranked {member['rank']}" if member.get("gate") is None else str(member["gate"])


def _detail(member: Any) -> str:
    if member.get("gate") is not None:
        return str(member.get("detail") or "")
    return ", ".join(f"{name} {value}" for name, value in member.get("key", {}).items())
