"""CSV files: safe to open in a spreadsheet whatever people are called, and never half written."""

from __future__ import annotations

import csv
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sfassign.cli.csv_file import CsvValue, csv_cell, write_csv
from sfassign.errors import WrongUsage

HOSTILE = [
    '=HYPERLINK("http://evil.example","click")',
    "+44 20 7946 0000",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "   =1+1",
    "＝1+1",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_starts_a_formula(name: str) -> None:
    cell = csv_cell(name)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('Zoë O\'Neil, "Z"', 'Zoë O\'Neil, "Z"'),
        ("two\nlines", "two�lines"),
        ("a=b", "a=b"),
        (-3, "-3"),
        (-0.5, "-0.5"),
        (10.0, "10"),
        (None, ""),
    ],
)
def test_other_text_and_numbers_stay_what_they_are(value: CsvValue, text: str) -> None:
    assert csv_cell(value) == text


def test_what_was_written_reads_back_cell_by_cell(tmp_path: Path) -> None:
    rows = [(name, 1.5) for name in (*HOSTILE, 'quote " and , comma', "plain")]
    write_csv(tmp_path / "report.csv", ("name", "figure"), rows)
    with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
        read = list(csv.reader(file))
    assert read == [["name", "figure"], *([csv_cell(name), "1.5"] for name, _ in rows)]


def test_a_failure_in_the_middle_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("old")

    def failing() -> Iterator[tuple[str]]:
        yield ("first",)
        raise OSError(28, "No space left on device")

    with pytest.raises(WrongUsage, match="No space left on device"):
        write_csv(path, ("name",), failing())
    assert (path.read_text(), os.listdir(tmp_path)) == ("old", ["report.csv"])


def test_the_file_is_its_owner_s_alone_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    write_csv(tmp_path / "link.csv", ("name",), [])
    assert (tmp_path / "link.csv").is_symlink()
    assert stat.S_IMODE((tmp_path / "real.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("path", [Path("/dev/null"), Path("/nowhere/at/all.csv")])
def test_what_is_no_file_is_refused(path: Path) -> None:
    with pytest.raises(WrongUsage, match="--csv"):
        write_csv(path, ("name",), [])
