"""The installed commands as processes against the local org as a process, over HTTPS."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests

from sfassign.cli import run_command

POLICY = """
version: 1
timezone: Europe/London
groups:
  - name: Web leads
    object: Lead
    source: "Owner.Name = 'Web Leads'"
    members: "Department = 'Sales'"
    ramp: off
"""

Process = subprocess.Popen[str]


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of ours, and these."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SFASSIGN_")}
    return {**inherited, **variables}


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Site:
    """A folder with a policy and a database, and the org it works against."""

    folder: Path
    address: Mapping[str, str]

    @property
    def env(self) -> dict[str, str]:
        return environment(
            SFASSIGN_INSTANCE_URL=self.address["instance_url"],
            SFASSIGN_ACCESS_TOKEN=self.address["access_token"],
            SFASSIGN_CA_BUNDLE=self.address["ca_bundle"],
            SFASSIGN_POLICY=str(self.folder / "policy.yaml"),
            SFASSIGN_DATABASE_URL=f"sqlite:///{self.folder}/sfassign.db",
        )

    def run(self, *arguments: str, **changes: str | None) -> Done:
        """One command, in this process, with this environment and folder: the same code without a second of imports."""
        env = {name: value for name, value in {**self.env, **changes}.items() if value is not None}
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, env, clear=True),
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            code = run_command([*arguments])
        return Done(code, out.getvalue(), err.getvalue())

    def spawn(self, *arguments: str) -> Done:
        """One command as a process of its own, as a shell runs it."""
        command = [sys.executable, "-m", "sfassign", *arguments]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=90, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **changes: str) -> Process:
        command = [sys.executable, "-m", "sfassign", *arguments]
        with (self.folder / "log").open("a") as log:
            return subprocess.Popen(
                command, cwd=self.folder, env={**self.env, **changes}, stdout=subprocess.DEVNULL, stderr=log, text=True
            )

    def log(self) -> str:
        return (self.folder / "log").read_text()

    # --- the org, as a stranger's client sees it ----------------------------------------------------------------------

    def call(self, method: str, path: str, body: object = None, **params: str) -> Any:
        answer = requests.request(
            method,
            f"{self.address['instance_url']}/services/data/v62.0/{path}",
            json=body,
            params=params,
            headers={"Authorization": f"Bearer {self.address['access_token']}"},
            verify=self.address["ca_bundle"],
            timeout=30,
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def create(self, sobject: str, **fields: object) -> str:
        return str(self.call("POST", f"sobjects/{sobject}", fields)["id"])

    def query(self, soql: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", "query", q=soql)["records"]
        return found

    def add_leads(self, count: int) -> list[str]:
        (queue,) = self.query("SELECT Id FROM Group WHERE Name = 'Web Leads'")
        return [self.create("Lead", LastName=f"L{n}", Company="C", OwnerId=queue["Id"]) for n in range(count)]

    def owners(self, leads: list[str]) -> list[str]:
        wanted = ",".join(f"'{lead}'" for lead in leads)
        return [row["OwnerId"] for row in self.query(f"SELECT OwnerId FROM Lead WHERE Id IN ({wanted})")]


@pytest.fixture(scope="module")
def local_org(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """`sfassign org --empty` with a queue and three salespeople in it."""
    folder = tmp_path_factory.mktemp("org")
    command = [sys.executable, "-m", "sfassign", "org", "--empty"]
    process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())
    site = Site(folder, address)
    (profile,) = site.query("SELECT Id FROM Profile LIMIT 1")
    for name in ("ann", "bob", "cyd"):
        site.create(
            "User",
            Username=f"{name}@acme.example",
            LastName=name.title(),
            Email=f"{name}@acme.example",
            Alias=name,
            ProfileId=profile["Id"],
            TimeZoneSidKey="Europe/London",
            LocaleSidKey="en_GB",
            LanguageLocaleKey="en_US",
            EmailEncodingKey="UTF-8",
            Department="Sales",
        )
    queue = site.create("Group", Name="Web Leads", DeveloperName="Web_Leads", Type="Queue")
    site.create("QueueSobject", QueueId=queue, SobjectType="Lead")
    yield address
    process.terminate()
    assert process.wait(timeout=20) == 0
    process.stdout.close()


@pytest.fixture
def site(local_org: Mapping[str, str], tmp_path: Path) -> Site:
    (tmp_path / "policy.yaml").write_text(POLICY)
    return Site(tmp_path, local_org)


def eventually(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until it holds; fail when it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.05)
