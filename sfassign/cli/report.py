"""`sfassign report`: what the journal came to, per group and per person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from sfassign.bootstrap import SystemClock
from sfassign.cli.csv_file import CsvValue, write_csv
from sfassign.cli.memory import memory
from sfassign.cli.periods import period
from sfassign.cli.screen import AsJson, console, plain, print_json, print_table, working
from sfassign.cycle import present_snapshot
from sfassign.policy import load_policy
from sfassign.report import Report, make_report
from sfassign.storage import Views
from sfassign.storage.clock_shown import COUNTED
from sfassign.storage.reporting import PERCENTS

NOT_APPLICABLE = "not applicable"


def report(
    since: Annotated[str, typer.Option(help="How far back: 4h, 7d, 30d.")] = "7d",
    csv_path: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Also write the figures to this file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show per group and per person how much was assigned, how fast, how evenly, and what went wrong.

    Example: sfassign report --since 30d --csv report.csv
    """
    back = period("--since", since, "4h, 7d or 30d")
    with memory() as (store, settings), working("summing up the journal …"):
        policy = load_policy(settings.policy)
        now = SystemClock().now()
        snapshot = present_snapshot(store, policy, now, settings.presence_max_age)
        found = make_report(Views(store).journal_sums(now - back), snapshot, policy, now - back)
        found = replace(found, neglect=Views(store).neglect_sums(now - back))
    if csv_path is not None:
        write_csv(csv_path, _COLUMNS, _csv_rows(found))
    if as_json:
        print_json(found.as_json())
    else:
        _show(found, since)


def _show(found: Report, since: str) -> None:
    if not found.decisions and not any(group.hands.cherry_picked for group in found.groups):
        console().print(f"nothing was decided in the last {since}: there is nothing to report", markup=False)
        return
    document = found.as_json()
    rows = [
        (g["group"], g["method"] or "not in the policy", *_common(g), _figure(g["jain"]), _figure(g["gini"]))
        for g in document["groups"]
    ]
    print_table("groups", ("group", "method", *_SHARED, "Jain", "Gini"), rows, "no groups")
    rated = any(m["success"] for m in document["members"])
    rows = [
        (
            *(m["group"], m["username"]),
            *_common(m),
            *(_percent(m["share"]), _percent(m["entitled_share"], NOT_APPLICABLE), m["items"], f"{m['points']:g}"),
            *([_success(m["success"])] if rated else []),
        )
        for m in document["members"]
    ]
    columns = ("group", "member", *_SHARED, "share", "entitled to", "items now", "points now")
    columns += ("success (95 %)",) if rated else ()
    print_table("members", columns, rows, "no members are known")
    _show_hands(document)
    rows = [(n["group"], n["username"], *(n[name] for name in COUNTED)) for n in document["neglect"]]
    if rows:
        print_table("neglect, by who had the item", ("group", "member", *COUNTED), rows, "none")
    rows = [(policy, count) for policy, count in document["policies"].items()]
    print_table("decisions by policy", ("policy", "decisions"), rows, "none")
    console().print(f"since {plain(document['since'])}; times are from the start of waiting to the confirmed write")


_HANDS = {
    "reassigned": "reassigned to them",
    "taken_away": "taken away",
    "overflowed": "overflowed",
    "cherry_picked": "cherry-picked",
}


def _show_hands(document: Mapping[str, Any]) -> None:
    """What changed hands: only who is concerned, only the columns that say something, and nothing where nothing did."""
    lines = [line | {"username": "all"} for line in document["groups"]] + document["members"]
    lines = [line for line in lines if any(line.get(name) for name in _HANDS)]
    names = [name for name in _HANDS if any(line.get(name) for line in lines)]
    if names:
        rows = [(line["group"], line["username"], *(_changed(line, name) for name in names)) for line in lines]
        print_table("changed hands", ("group", "member", *(_HANDS[name] for name in names)), rows, "")


def _changed(line: Mapping[str, Any], name: str) -> object:
    figure = line.get(name) or ""
    if not isinstance(figure, Mapping):
        return figure
    share = line.get("cherry_picked_share") if name == "cherry_picked" else None
    return _codes(figure) + (f" ({_percent(share)})" if share is not None else "")


_SHARED = ("assigned", *(f"p{percent}" for percent in PERCENTS), "lost", "overridden", "refused", "not landed")


def _common(line: Mapping[str, Any]) -> tuple[object, ...]:
    times = (_seconds(wait) for wait in line["seconds_to_assign"].values())
    troubles = (_codes(line["refused"]), _codes(line["not_landed"]))
    return (line["assigned"], *times, line["lost_races"], _overridden(line), *troubles)


def _overridden(line: Mapping[str, Any]) -> str:
    """`3: 2 Process Robot (005…), 1 Mia (005…)`."""
    by = line["overridden_by"]
    return f"{line['overridden']}: {_codes(by)}" if by else f"{line['overridden']}"


def _seconds(wait: float | None) -> str:
    if wait is None:
        return ""
    if wait < 120:
        return f"{wait:.1f} s"
    return f"{wait / 60:.0f} min" if wait < 7_200 else f"{wait / 3_600:.1f} h"


def _codes(codes: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {code}" for code, count in sorted(codes.items())) or "0"


def _figure(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"


def _percent(share: float | None, instead: str = "") -> str:
    return instead if share is None else f"{100 * share:.1f} %"


def _success(success: Mapping[str, Any] | None) -> str:
    """`18 of 40, 45 % (31-60 %)`."""
    if success is None:
        return ""
    told = f"{success['won']} of {success['closed']}"
    if not success["closed"]:
        return told
    return f"{told}, {100 * success['rate']:.0f} % ({100 * success['from']:.0f}-{100 * success['to']:.0f} %)"


_COLUMNS = (
    *("level", "group", "method", "user", "username", "assigned"),
    *(f"seconds_to_assign_p{percent}" for percent in PERCENTS),
    *("share", "entitled_share", "jain", "gini", "items_now", "points_now"),
    *("success_won", "success_closed", "success_rate", "success_from", "success_to"),
    *(
        "lost_races",
        "overridden",
        "overridden_by",
        "refused",
        "refused_codes",
        "not_landed",
        "not_landed_codes",
        "open",
    ),
    *("reassigned", "reassigned_causes", "taken_away", "taken_away_causes", "overflowed"),
    *("cherry_picked", "cherry_picked_states", "cherry_picked_share"),
)
_BY_NAME = {
    "refused": "refused_codes",
    "not_landed": "not_landed_codes",
    "reassigned": "reassigned_causes",
    "taken_away": "taken_away_causes",
    "cherry_picked": "cherry_picked_states",
}
"""Figures that are told apart, as a sum and as text."""


def _csv_rows(found: Report) -> Iterator[tuple[CsvValue, ...]]:
    """One line per group and one per person, told apart by their level."""
    document = found.as_json()
    for level, lines in (("group", document["groups"]), ("member", document["members"])):
        for line in lines:
            known = {"level": level, "items_now": line.get("items"), "points_now": line.get("points"), **line}
            known |= {f"seconds_to_assign_{name}": wait for name, wait in line["seconds_to_assign"].items()}
            for name, apart in _BY_NAME.items():
                codes = line[name]
                known |= {name: sum(codes.values()), apart: _codes(codes) if codes else ""}
            known["overridden_by"] = _codes(line["overridden_by"]) if line["overridden_by"] else ""
            known |= {f"success_{name}": figure for name, figure in (line.get("success") or {}).items()}
            if level == "member" and line["entitled_share"] is None:
                known["entitled_share"] = NOT_APPLICABLE
            yield tuple(known.get(column) for column in _COLUMNS)
