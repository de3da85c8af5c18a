"""Whatever is typed behind a command, it ends with one of the documented exit codes and never with a traceback."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.core import TyperCommand, TyperGroup, TyperOption

from sfassign.cli import app
from tests.processes.conftest import POLICY, Done, Site

ROOT = typer.main.get_group(app)
STAYS = {"demo", "org", "run"}
"""Commands that go on until they are stopped."""

NUMBERS = ("0", "1", "-1", "99999999999999999999", "9" * 400, "1e9", "nan", "inf", "-inf", "0x10", "٣", "²")
SPANS = ("0", "10m", "3650d", "3651d", "9999999d", "999999999d", "9999999999s", "1.5h", "10 m", "m")
MOMENTS = ("9999-12-31T23:59:59+00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00+23:59", "2030-W01-1", "24:00")
NAMES = (
    "",
    " ",
    "-",
    "%",
    "'",
    '"; DROP TABLE journal',
    "ann",
    "@",
    "a@b",
    "é" * 300,
    "\udcff",
    "\x1b[31m",
    "[red]",
    "x\ny",
)
PATHS = ("", ".", "/", "/dev/null", "nowhere/at/all", "x" * 300, "/proc/self/mem", "policy.yaml", "policy.yaml/x")
IDS = ("00Q000000000009EAA", "00Q000000000009AAA", "00Q000000000009", "005000000000001", "sha256:00000000", "sha256:%")
ODD = st.sampled_from((*NUMBERS, *SPANS, *MOMENTS, *NAMES, *PATHS, *IDS)) | st.text(
    st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), max_size=12
)


def leaves(group: TyperGroup, *before: str) -> Iterator[tuple[tuple[str, ...], TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from leaves(command, *before, name)
        elif isinstance(command, TyperCommand) and name not in STAYS:
            yield (*before, name), command


COMMANDS = [*leaves(ROOT)]


USUAL = {"item": "00Q000000000009EAA", "ids": "00Q000000000009EAA", "user": "ann@acme.example"}
"""What makes a command do something."""


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """One command with something odd behind one of its options or arguments, and some of the others as usual."""
    names, command = draw(st.sampled_from(COMMANDS))
    takes = [one for one in command.params if not (isinstance(one, TyperOption) and one.is_flag)]
    odd = draw(st.sampled_from(takes)) if takes else None
    line = [*names]
    for parameter in command.params:
        usual = parameter.name in USUAL or parameter not in takes
        if parameter is not odd and not (usual and draw(st.booleans())):
            continue
        if isinstance(parameter, TyperOption):
            line.append(parameter.opts[0])
        if parameter in takes:
            line.append(draw(ODD) if parameter is odd else str(USUAL[str(parameter.name)]))
    return line


def sound(done: Done) -> None:
    assert done.returncode in (0, 1, 2, 3)
    assert "Traceback" not in done.stdout + done.stderr
    if done.returncode in (1, 2):
        assert (done.stdout + done.stderr).strip(), "it says what is wrong"


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(line=command_lines())
def test_no_odd_value_behind_any_option_ends_in_a_traceback(site: Site, line: list[str]) -> None:
    (site.folder / "policy.yaml").write_text(POLICY)
    sound(site.run(*line))


@pytest.mark.parametrize(
    "line",
    [
        "history --since 9999999d",
        "report --since 9999999d",
        "undo --since 9999999d",
        "pause --all --until 99999999d",
        "pause --all --until 9999-12-31T23:59:59-23:59",
        "waiting --limit 99999999999999999999",
        "review --limit 99999999999999999999",
        "history --limit 99999999999999999999",
        "undo 99999999999999999999",
        "pause \udcff",
        f"report --csv {'x' * 300}",
        f"policy check {'x' * 300}",
        "demo --minutes nan",
        "demo --minutes inf",
        "demo --speed nan",
        "org --empty --data policy.yaml",
        "org --empty --data list.json",
        "org --empty --data number.json",
        "org --empty --data unknown.json",
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(site: Site, line: str) -> None:
    (site.folder / "list.json").write_text("[1]")
    (site.folder / "number.json").write_text('{"records": [5]}')
    (site.folder / "unknown.json").write_text('{"records": [{"attributes": {"type": "Nothing"}}]}')
    done = site.run(*line.split())
    sound(done)
    assert done.returncode == 2


SETTINGS: tuple[str, ...] = (
    "POLL",
    "TIMEOUT",
    "WRITE_TIMEOUT",
    "PRESENCE_MAX_AGE",
    "RESWEEP",
    "API_BUDGET",
    "CA_BUNDLE",
    "PROXY",
    "WEB",
)
SETTINGS += ("INSTANCE_URL", "LOGIN_URL", "DATABASE_URL", "POLICY", "DOMAIN", "API_VERSION", "ENV_FILE", "SMTP_URL")
URLS = (
    "https://",
    "http://x",
    "sqlite:///",
    "sqlite:///.",
    "postgresql://x:y/z",
    "postgresql://127.0.0.1:1/x?a=b",
    "::",
)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(SETTINGS), value=ODD | st.sampled_from(URLS), command=st.sampled_from(["members", "resync"])
)
def test_no_odd_setting_ends_in_a_traceback(site: Site, name: str, value: str, command: str) -> None:
    sound(site.run(command, **{f"SFASSIGN_{name}": value}))


@contextlib.contextmanager
def as_a_service_user() -> Iterator[None]:
    """Root may look into every folder; another user may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder of everybody's, with a folder in it that nobody may look into and an env file that its user may read."""
    with tempfile.TemporaryDirectory() as made, contextlib.chdir("/"):
        folder = Path(made)
        folder.chmod(0o777)
        with as_a_service_user():
            (folder / "policy.yaml").write_text(POLICY)
            (folder / "own.env").touch(0o600)
        (folder / "config").mkdir(0)
        yield folder
        (folder / "config").chmod(0o700)


NO_ENV_FILE = {"SFASSIGN_ENV_FILE": None}


@pytest.mark.parametrize(
    ("line", "changes", "said"),
    [
        ("members", NO_ENV_FILE, "config/sfassign.env: cannot be looked for (PermissionError)"),
        ("members", {"SFASSIGN_ENV_FILE": "config/own.env"}, "config/own.env: cannot be read as the env file"),
        ("resync", {"SFASSIGN_CA_BUNDLE": "config/ca"}, "SFASSIGN_CA_BUNDLE: config/ca cannot be read: Permission"),
        (
            "resync",
            {"SFASSIGN_CA_BUNDLE": None, "REQUESTS_CA_BUNDLE": "config/ca"},
            "REQUESTS_CA_BUNDLE: config/ca cannot be read: Permission",
        ),
        ("report --csv config/report.csv", {}, "--csv: "),
        ("policy check config/policy.yaml", {}, "config/policy.yaml cannot be read: Permission denied"),
    ],
)
def test_a_folder_that_the_service_user_may_not_read_is_named(
    local_org: Mapping[str, str], open_folder: Path, line: str, changes: dict[str, str | None], said: str
) -> None:
    with as_a_service_user():
        done = Site(open_folder, local_org).run(*line.split(), **({"SFASSIGN_ENV_FILE": "own.env"} | changes))
    sound(done)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
