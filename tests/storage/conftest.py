"""One contract for both databases: every test that asks for `url` or `store` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from sfassign.storage import SqlStore, open_store

from .world import ManualClock

PASSWORD = "s3cret-of-the-cluster"


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL server of our own, reached through a socket in its folder."""

    folder: Path
    numbers: Iterator[int]

    def url(self, database: str, password: str = PASSWORD) -> str:
        return f"postgresql+psycopg://tester:{password}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        name = f"t{next(self.numbers)}"
        admin = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()
        return self.url(name)


def _programs() -> Path | None:
    server = shutil.which("postgres")
    return None if server is None else Path(server).resolve().parent


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    programs = _programs()
    if programs is None:
        message = "no postgres on this machine: the PostgreSQL half of the store's contract did not run"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    who = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="sfassign-pg-"))
    (folder / "password").write_text(PASSWORD)
    if who:
        os.chown(folder, who["user"], who["group"])
        os.chown(folder / "password", who["user"], who["group"])
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        # Output goes to a file: a pipe would be inherited by the server and never close.
        with (folder / "output").open("ab") as output:
            subprocess.run(
                [programs / program, *arguments], cwd=folder, check=True, stdout=output, stderr=output, **who
            )

    run("initdb", "-D", str(data), "-U", "tester", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-N")
    run("pg_ctl", "-D", str(data), "-w", "-o", f"-k {folder} -c listen_addresses='' -c fsync=off", "start")
    try:
        yield Cluster(folder, itertools.count(1))
    finally:
        run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kept.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.new_database()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(url: str, clock: ManualClock) -> Iterator[SqlStore]:
    opened = open_store(url, clock)
    yield opened
    opened.close()
