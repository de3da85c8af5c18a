"""Brings a database to this version's tables when it is opened; refuses one that a newer version has made.

All steps run in one writing transaction, so programs that start together wait for the first and then find it done.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from sfassign.errors import DatabaseUnusable
from sfassign.storage.database import Database

_SCRIPTS = Path(__file__).with_name("migrations")


def migrate(database: Database) -> bool:
    """Returns whether the database was empty before. Raises DatabaseUnusable for one of a newer version."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    with database.reading() as connection:
        if _is_current(connection, scripts, database.name):
            return False
    with database.writing() as connection:
        if _is_current(connection, scripts, database.name):
            return False
        is_new = _revision(connection) is None
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        return is_new


def _is_current(connection: Connection, scripts: ScriptDirectory, name: str) -> bool:
    revision = _revision(connection)
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseUnusable(f"{name} was made by a newer version of sfassign (schema {revision}): upgrade sfassign")
    return revision == scripts.get_current_head()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
