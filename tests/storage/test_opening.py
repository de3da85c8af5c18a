"""Opening a database: made up to date, refused with advice, and never a secret in a text."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from sfassign.errors import DatabaseUnusable
from sfassign.storage import open_store
from sfassign.storage.tables import METADATA

from .conftest import PASSWORD, Cluster
from .world import T0, ManualClock, absorb, items, seen, sql

REPOSITORY = Path(__file__).parents[2]


def refusal(url: str) -> str:
    """What a user, or a log with the traceback, would see."""
    with pytest.raises(DatabaseUnusable) as caught:
        open_store(url, ManualClock())
    shown = "".join(traceback.format_exception(caught.value))
    assert "hush-hush" not in shown
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("hush-hush", "no database URL"),
        ("postgresql+psycopg://me:hush-hush@host:notaport/db", "no database URL"),
        ("postgresql+psycopg://me:hush@hush-hush@127.0.0.1:1/db", "is written %40"),
        ("postgresql+psycopg://me:hush@hush-hush/more@127.0.0.1:1/db", "is written %40"),
        ("postgresql+psycopg://me:hush@x?hush-hush=2@127.0.0.1:1/db", "is written %40"),
        ("postgresql+psycopg://me:hush-hush@127.0.0.1:1/db?no_such_option=1", "no_such_option"),
        ("sqlite:///kept.db?timeout=hush-hush", "expected sqlite:///FILE, with three slashes and no options"),
        ("sqlite://host/kept.db", "expected sqlite:///FILE, with three slashes and no options"),
        ("mysql://me:hush-hush@host/db", "expected sqlite:///FILE or postgresql"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:////no/such/folder/kept.db", "No such file or directory"),
        ("postgresql+psycopg://me:hush-hush@127.0.0.1:1/db", "me:***@127.0.0.1"),
        ("postgresql://me@127.0.0.1:1/db?password=hush-hush", "refused"),
    ],
)
def test_an_unusable_url_is_refused_with_advice(url: str, advice: str) -> None:
    assert advice in refusal(url)


def test_a_folder_or_any_other_file_is_refused(tmp_path: Path) -> None:
    assert "directory" in refusal(f"sqlite:///{tmp_path}").lower()
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 200)
    assert "not a database" in refusal(f"sqlite:///{tmp_path / 'letter.txt'}")


def test_a_wrong_password_is_refused_without_naming_it(cluster: Cluster) -> None:
    message = refusal(cluster.url("postgres", password="hush-hush"))
    assert "password authentication failed" in message
    assert "tester:***@" in message


def test_the_name_of_a_database_hides_its_password(cluster: Cluster) -> None:
    store = open_store(cluster.new_database(), ManualClock())
    assert PASSWORD not in store.name
    store.close()


def test_a_plain_postgresql_url_takes_the_driver_we_have(cluster: Cluster) -> None:
    store = open_store(cluster.new_database().replace("+psycopg", ""), ManualClock())
    assert store.open_entries() == ()
    store.close()


def test_a_new_database_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}", ManualClock())
    absorb(store, T0, seen(1))
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    store.close()


def test_sqlite_runs_as_the_journal_needs_it(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'kept.db'}", ManualClock())
    with store.reading() as connection:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
    assert found == wanted
    store.close()


def test_what_was_kept_is_there_after_a_restart(url: str) -> None:
    store = open_store(url, ManualClock())
    absorb(store, T0, seen(1))
    before = items(store)
    store.close()
    store = open_store(url, ManualClock())
    assert items(store) == before
    store.close()


def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    open_store(url, ManualClock()).close()
    sql(url, "UPDATE alembic_version SET version_num = '9999'")
    assert "newer version of sfassign (schema 9999)" in refusal(url)


def test_the_migrated_tables_are_the_ones_the_code_knows(url: str) -> None:
    open_store(url, ManualClock()).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_sqlite_tables_are_migrated_to_the_letter(tmp_path: Path) -> None:
    """What Alembic does not compare (keys, WITHOUT ROWID) shows in the statements themselves."""
    migrated, modelled = f"sqlite:///{tmp_path / 'migrated.db'}", f"sqlite:///{tmp_path / 'modelled.db'}"
    open_store(migrated, ManualClock()).close()
    engine = create_engine(modelled)
    METADATA.create_all(engine)
    engine.dispose()

    def statements(url: str) -> list[list[str]]:
        """Each statement's parts, sorted: the order of a table's constraints does not matter."""
        kept = sql(url, "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'")
        return sorted(sorted(part.strip(" ()\n\t") for part in str(row[0]).split(",")) for row in kept)

    assert statements(migrated) == statements(modelled)


def test_programs_that_start_together_all_start(url: str) -> None:
    script = (
        "import sys; from sfassign.storage import open_store\n"
        "from tests.storage.world import ManualClock\n"
        "sys.stdin.readline()\n"
        "store = open_store(sys.argv[1], ManualClock()); store.keep_fact('who', 'me'); print(store.fact('who'))\n"
    )
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", script, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(4)
    ]
    for start in starts:
        assert start.stdin is not None
        start.stdin.write("go\n")
        start.stdin.flush()
    assert [start.communicate(timeout=60)[0].strip() for start in starts] == ["me"] * 4
