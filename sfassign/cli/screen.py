"""What every command shows alike: tables, JSON, complaints, a spinner. The only home of rich next to `live`."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def console() -> Console:
    """Standard output; wide enough not to fold ids when it is not a terminal."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def complain(message: str) -> None:
    """One problem, or several lines of problems, on standard error."""
    for line in message.splitlines() or [""]:
        sys.stderr.write(f"sfassign: {plain(line)}\n")


def print_json(document: object) -> None:
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=None if not sys.stdout.isatty() else 2) + "\n")


def plain(text: object) -> str:
    """Text from the org without what could steer a terminal: control characters and changes of direction."""
    return "".join(letter if _harmless(letter) else "�" for letter in str(text))


def _harmless(letter: str) -> bool:
    return unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} or letter == "\t"


def cell(value: object) -> Text:
    return Text("" if value is None else plain(value))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> None:
    """A table, or one line where there is nothing to show."""
    if not rows:
        console().print(cell(empty))
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    console().print(table)


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """A spinner on a terminal while something takes its time."""
    if not sys.stderr.isatty():
        yield
        return
    with Console(stderr=True).status(what):
        yield


PATIENCE_SECONDS = 2.0


@contextlib.contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """A spinner on a terminal once something takes longer than two seconds; it says what it is told."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    status = Console(stderr=True).status(f"{what} …")
    timer = threading.Timer(PATIENCE_SECONDS, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda step: status.update(plain(f"{what}: {step} …"))
    finally:
        timer.cancel()
        timer.join()
        status.stop()
