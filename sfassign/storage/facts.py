"""What is known once: which org this database belongs to, and whatever a caller keeps under a key."""

from __future__ import annotations

import json
from dataclasses import asdict

from sqlalchemy import Connection, select

from sfassign.errors import WrongOrg
from sfassign.ports import OrgFacts
from sfassign.storage.columns import dump
from sfassign.storage.database import upsert
from sfassign.storage.tables import FACT

_ORG = "org"


def fact(connection: Connection, key: str) -> str | None:
    found: str | None = connection.execute(select(FACT.c.value).where(FACT.c.key == key)).scalar_one_or_none()
    return found


def keep_fact(connection: Connection, key: str, value: str) -> None:
    upsert(connection, FACT, [{"key": key, "value": value}])


def org_facts(connection: Connection) -> OrgFacts | None:
    text = fact(connection, _ORG)
    return None if text is None else OrgFacts(**json.loads(text))


def refuse_other_org(connection: Connection, org: OrgFacts) -> OrgFacts | None:
    """What is known of the org the database belongs to, if it belongs to any yet. Raises WrongOrg where it is
    another."""
    bound = org_facts(connection)
    if bound is not None and bound.id != org.id:
        raise WrongOrg(f"this database belongs to {bound.name} ({bound.id}), not to {org.name} ({org.id})")
    return bound


def bind_org(connection: Connection, org: OrgFacts) -> None:
    """Raises WrongOrg where the database belongs to another; name and time zone may change."""
    if refuse_other_org(connection, org) != org:
        keep_fact(connection, _ORG, dump(asdict(org)))
