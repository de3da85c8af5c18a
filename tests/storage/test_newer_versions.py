"""A database that an earlier version made is brought up to date with everything it holds."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from sfassign import storage
from sfassign.storage import open_store

from .world import T0, ManualClock, lead, minute, sql


def test_a_database_of_the_first_version_is_brought_up_to_date_with_what_it_holds(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).with_name("migrations")))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        micros = int(T0.timestamp() * 1_000_000)
        connection.execute(
            text(
                "INSERT INTO line_item (id, object, owner, created_at, guard_at, values_json, waiting_since,"
                f" aging_since) VALUES ('{lead(1)}', 'Lead', '00G1', {micros}, {micros}, '{{}}', {micros}, {micros})"
            )
        )
    engine.dispose()
    store = open_store(url, ManualClock())
    (item,) = store.snapshot(minute(1), ()).items
    assert (item.id, item.waiting_since, item.previous) == (lead(1), T0, ())
    store.close()
    assert sql(url, "SELECT version_num FROM alembic_version")[0][0] != "0001"
