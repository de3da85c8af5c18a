"""Tables as CSV files that a spreadsheet may open: no cell starts a formula, no file is ever half written."""

from __future__ import annotations

import contextlib
import csv
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from sfassign.cli.screen import plain
from sfassign.errors import WrongUsage

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "＝", "＋", "－", "＠")
"""What spreadsheets take for the start of a formula, their full-width forms too (OWASP: CSV Injection)."""

CsvValue = str | float | int | None


def csv_cell(value: CsvValue) -> str:
    """The text of one cell, before quoting. Numbers stay numbers; text that could start a formula gets an apostrophe
    in front, and control characters (line ends too) are replaced."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return format(value, ".6f").rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    text = plain(value)
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_A_FORMULA) else text


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[CsvValue]]) -> None:
    """Write the table next to the file, for its owner alone, and put it in the file's place when it is complete.
    Raises WrongUsage where that cannot be done; an older file of this name then stays as it was."""
    path = Path(os.path.realpath(path))
    try:
        if path.exists() and not path.is_file():
            raise WrongUsage(f"--csv: {path} is no file")
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise WrongUsage(f"--csv: {path} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
            _write(file, columns, rows)
        os.replace(name, path)
    except OSError as error:
        raise WrongUsage(f"--csv: {path} cannot be written: {error.strerror}") from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def _write(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[CsvValue]]) -> None:
    writer = csv.writer(file, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([csv_cell(value) for value in row] for row in rows)
    file.flush()
    os.fsync(file.fileno())
