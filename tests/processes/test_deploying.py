"""README, unit, env file and scripts/resync as they are written: all of them mean one policy and one database."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from sfassign.settings import Settings, read_settings
from tests.processes.conftest import POLICY, environment, eventually

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Deploy")[2].partition("## Settings")[0]
UNIT = (ROOT / "systemd/sfassign.service").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "config/sfassign.env.example").read_text(encoding="utf-8")
PLACES = ("/etc/sfassign", "/var/lib/sfassign", "/opt/sfassign")


def of_unit(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def test_the_unit_sets_nothing_that_a_command_by_hand_would_miss() -> None:
    assert of_unit("Environment") == ["SFASSIGN_ENV_FILE=/etc/sfassign/sfassign.env"]
    assert of_unit("EnvironmentFile") == []


def test_every_documented_line_names_the_units_env_file() -> None:
    named = {*re.findall(r"SFASSIGN_ENV_FILE=(\S+)", README)}
    assert {f"SFASSIGN_ENV_FILE={path}" for path in named} == set(of_unit("Environment"))
    assert f"deployed={named.pop()} " in (ROOT / "scripts/resync").read_text()


@pytest.mark.parametrize("state", [None, "/var/lib/another"])
def test_the_env_file_alone_says_which_policy_and_database(
    state: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "env").write_text(EXAMPLE)
    (tmp_path / "env").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    if state is not None:
        monkeypatch.setenv("STATE_DIRECTORY", state)
    found: Settings = read_settings({"SFASSIGN_ENV_FILE": str(tmp_path / "env")})
    assert f" {found.policy}\n" in README, "README puts the policy there"
    (directory,) = of_unit("StateDirectory")
    assert found.database_url.get_secret_value() == f"sqlite:////var/lib/{directory}/sfassign.db"
    assert f" /var/lib/{directory}\n" in README, "README makes the folder, for check runs before the unit"


@dataclass
class Machine:
    """The documented places below one folder; `sudo` is not needed there."""

    root: Path

    def here(self, text: str) -> str:
        for place in PLACES:
            text = re.sub(rf"(?<![\w.]){place}", f"{self.root}{place}", text)
        return text

    def typed(self, line: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        line = self.here(re.sub(r"^sudo -u sfassign ", "env ", line))
        return subprocess.run(
            shlex.split(line, comments=True),
            cwd=cwd,
            env=environment(PYTHONPATH=str(ROOT)),
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path, local_org: Mapping[str, str]) -> Machine:
    """With the clone's scripts, its sfassign, a policy, and the example env file with a login filled in."""
    made = Machine(tmp_path)
    for place in PLACES:
        (tmp_path / place[1:]).mkdir(parents=True)
    login = f"SFASSIGN_INSTANCE_URL={local_org['instance_url']}\nSFASSIGN_ACCESS_TOKEN={local_org['access_token']}\n"
    env = tmp_path / "etc/sfassign/sfassign.env"
    env.write_text(made.here(EXAMPLE) + login + f"SFASSIGN_CA_BUNDLE={local_org['ca_bundle']}\n")
    env.chmod(0o600)
    (tmp_path / "etc/sfassign/policy.yaml").write_text(POLICY)
    clone = tmp_path / "opt/sfassign"
    shutil.copytree(ROOT / "config", clone / "config")
    (clone / "scripts").mkdir()
    (clone / "scripts/resync").write_text(made.here((ROOT / "scripts/resync").read_text()))
    (clone / "scripts/setup").write_text("#!/usr/bin/env bash\n")
    (clone / ".venv/bin").mkdir(parents=True)
    (clone / ".venv/bin/sfassign").write_text(f'#!/usr/bin/env bash\nexec {sys.executable} -m sfassign "$@"\n')
    for program in ("scripts/resync", "scripts/setup", ".venv/bin/sfassign"):
        (clone / program).chmod(0o755)
    return made


def test_documented_commands_beside_the_daemon_are_carried_out_by_it(machine: Machine, tmp_path: Path) -> None:
    log = tmp_path / "log"
    clone, elsewhere = Path(machine.here("/opt/sfassign")), tmp_path
    unit = dict(machine.here(line).split("=", 1) for line in of_unit("Environment"))
    state = machine.here(f"/var/lib/{of_unit('StateDirectory')[0]}")
    with log.open("w") as errors:
        daemon = subprocess.Popen(
            shlex.split(machine.here(of_unit("ExecStart")[0])),
            cwd=machine.here(of_unit("WorkingDirectory")[0]),
            env=environment(PYTHONPATH=str(ROOT), STATE_DIRECTORY=state, SFASSIGN_POLL="1s", **unit),
            stderr=errors,
        )
    try:
        eventually(lambda: "daemon.start" in log.read_text())
        check, pause, resync = (line for line in README.splitlines() if line.startswith("sudo -u sfassign "))
        for line, cwd, said in (
            (check, clone, "ok"),
            (pause, elsewhere, "paused: everything"),
            (resync, elsewhere, ""),
        ):
            done = machine.typed(line, cwd)
            assert done.returncode == 0, done.stdout + done.stderr
            assert said in done.stdout
            assert "new database" not in done.stderr
    finally:
        daemon.terminate()
        daemon.wait(timeout=20)
    assert "database.made" in log.read_text()
    assert [path.parent for path in tmp_path.rglob("*.db")] == [Path(state)]


def test_a_command_with_other_settings_names_the_database_it_made(machine: Machine, tmp_path: Path) -> None:
    env = Path(machine.here("/etc/sfassign/sfassign.env"))
    env.write_text(re.sub("SFASSIGN_DATABASE_URL=.*", "", env.read_text()))
    line = f"env SFASSIGN_ENV_FILE={env} /opt/sfassign/.venv/bin/sfassign pause --all"
    (tmp_path / "somewhere").mkdir()
    done = machine.typed(line, tmp_path / "somewhere")
    named = f"sqlite:///sfassign.db (in {tmp_path / 'somewhere'}) is a new database"
    assert (done.returncode, named in done.stderr) == (0, True), done.stderr
    assert "new database" not in machine.typed(line, tmp_path / "somewhere").stderr
