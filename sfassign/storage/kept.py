"""The parent of all tables. Used by `tables` and `tables_beside`."""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlmodel import SQLModel

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Kept(SQLModel):
    """The parent of every table; own metadata, so that a host program's SQLModel tables stay out of migrations."""

    metadata = MetaData(naming_convention=_NAMES)
