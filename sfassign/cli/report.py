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
from sfassign.cli.screen import AsJson, console, plain, print_json, print_table, working
from sfassign.core.durations import parse_duration
from sfassign.cycle import present_snapshot
from sfassign.errors import WrongUsage
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
    back = parse_duration(since)
    if not back:
        raise WrongUsage(f"--since: '{since}' is no duration; write 4h, 7d or 30d")
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
    if not found.decisions:
        console().print(f"nothing was decided in the last {since}: there is nothing to report", markup=False)
        return
    document = found.as_json()
    rows = [
        (g["group"], g["method"] or "not in the policy", *_common(g), _figure(g["jain"]), _figure(g["gini"]))
        for g in document["groups"]
    ]
    print_table("groups", ("group", "method", *_SHARED, "Jain", "Gini"), rows, "no groups")
    rows = [
        (
            *(m["group"], m["username"]),
            *_common(m),
            *(_percent(m["share"]), _percent(m["entitled_share"], NOT_APPLICABLE), m["items"], f"{m['points']:g}"),
        )
        for m in document["members"]
    ]
    columns = ("group", "member", *_SHARED, "share", "entitled to", "items now", "points now")
    print_table("members", columns, rows, "no members are known")
    rows = [(n["group"], n["username"], *(n[name] for name in COUNTED)) for n in document["neglect"]]
    if rows:
        print_table("neglect, by who had the item", ("group", "member", *COUNTED), rows, "none")
    rows = [(policy, count) for policy, count in document["policies"].items()]
    print_table("decisions by policy", ("policy", "decisions"), rows, "none")
    console().print(f"since {plain(document['since'])}; times are from the start of waiting to the confirmed write")


_SHARED = ("assigned", *(f"p{percent}" for percent in PERCENTS), "lost", "overridden", "refused", "not landed")


def _common(line: Mapping[str, Any]) -> tuple[object, ...]:
    times = (_seconds(wait) for wait in line["seconds_to_assign"].values())
    troubles = (_codes(line["refused"]), _codes(line["not_landed"]))
    return (line["assigned"], *times, line["lost_races"], line["overridden"], *troubles)


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


_COLUMNS = (
    *("level", "group", "method", "user", "username", "assigned"),
    *(f"seconds_to_assign_p{percent}" for percent in PERCENTS),
    *("share", "entitled_share", "jain", "gini", "items_now", "points_now"),
    *("lost_races", "overridden", "refused", "refused_codes", "not_landed", "not_landed_codes", "open"),
)


def _csv_rows(found: Report) -> Iterator[tuple[CsvValue, ...]]:
    """One line per group and one per person, told apart by their level."""
    document = found.as_json()
    for level, lines in (("group", document["groups"]), ("member", document["members"])):
        for line in lines:
            known = {"level": level, "items_now": line.get("items"), "points_now": line.get("points"), **line}
            known |= {f"seconds_to_assign_{name}": wait for name, wait in line["seconds_to_assign"].items()}
            for name in ("refused", "not_landed"):
                codes = line[name]
                known |= {name: sum(codes.values()), f"{name}_codes": _codes(codes) if codes else ""}
            if level == "member" and line["entitled_share"] is None:
                known["entitled_share"] = NOT_APPLICABLE
            yield tuple(known.get(column) for column in _COLUMNS)
