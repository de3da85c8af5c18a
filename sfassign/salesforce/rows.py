"""From the org's JSON records to the values of `ports`. Pure; used by `reading` and `writing`.

Strict where a wrong value would make a wrong decision: a time stamp without a zone or an owner that is no Id is an
answer we do not understand (OrgRefused UNEXPECTED_ANSWER), never a guess.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from sfassign.core.model import Record
from sfassign.errors import OrgError
from sfassign.ports import NamedUser, OmniRow, OrgFacts, QueueRow, Row, SessionRow, UserRow
from sfassign.salesforce.failures import Refusal
from sfassign.soql import flatten, to18

Raw = Mapping[str, object]
"""One record as the org sends it."""


def instant(value: object, called: str) -> dt.datetime:
    """`2013-05-07T22:07:19.000+0000` as aware UTC. Raises OrgRefused for anything else."""
    try:
        parsed = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
        if parsed is not None and parsed.tzinfo is not None:
            return parsed.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        pass
    raise unexpected(f"{called} is not a time stamp")


def records(body: object) -> tuple[Raw, ...] | None:
    """The records of a query's result; None where it has none, or one of them is no object."""
    listed = body.get("records") if isinstance(body, Mapping) else None
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        return None
    return tuple(listed)


def unexpected(text: str) -> OrgError:
    """An answer that is not what the API's documentation says."""
    return Refusal("UNEXPECTED_ANSWER", text, 200).error()


def row(name: str, raw: Raw) -> Row:
    """A record of the object `name`, read with the fixed columns."""
    values = flatten(raw)
    modified_at = instant(values.get("lastmodifieddate"), f"{name}.LastModifiedDate")
    stamped_at = instant(values.get("systemmodstamp"), f"{name}.SystemModstamp")
    return Row(
        object=name,
        id=an_id(values, "id", name),
        owner=an_id(values, "ownerid", name),
        created_at=instant(values.get("createddate"), f"{name}.CreatedDate"),
        guard_at=max(modified_at, stamped_at),
        modified_by=optional_id(values, "lastmodifiedbyid", name),
        values=values,
        modified_at=modified_at,
    )


def user(raw: Raw) -> UserRow:
    values = flatten(raw)
    return UserRow(
        id=an_id(values, "id", "User"),
        username=str(values.get("username") or ""),
        name=str(values.get("name") or ""),
        is_active=values.get("isactive") is True,
        timezone=str(values.get("timezonesidkey") or "UTC"),
        values=values,
    )


def sessions(raws: Iterable[Raw]) -> tuple[SessionRow, ...]:
    """Sessions of users. A child session (a Visualforce or Lightning page inside another session) goes under the type
    of the session it belongs to, where that one was read too: it is the same person using the same login."""
    records = {an_id(values, "id", "AuthSession"): values for values in map(flatten, raws)}
    return tuple(
        _session(values, _root(values, records)) for values in records.values() if values.get("usersid") is not None
    )


def _session(values: Record, root: Record) -> SessionRow:
    used = instant(values.get("lastmodifieddate"), "AuthSession.LastModifiedDate")
    seconds = values.get("numsecondsvalid")
    if not isinstance(seconds, int | float):
        raise unexpected("AuthSession.NumSecondsValid is not a number")
    return SessionRow(
        user=an_id(values, "usersid", "AuthSession"),
        session_type=str(root.get("sessiontype") or ""),
        last_used=used,
        valid_until=used + dt.timedelta(seconds=seconds),
        begun_at=instant(root.get("createddate"), "AuthSession.CreatedDate"),
    )


def _root(values: Record, records: Mapping[str, Record]) -> Record:
    """The session at the top of a chain of parents, as far as it was read. A root may name itself as its parent."""
    seen: set[str] = set()
    while (parent := optional_id(values, "parentid", "AuthSession")) in records and parent not in seen:
        seen.add(str(parent))
        values = records[str(parent)]
    return values


def omni(raw: Raw) -> OmniRow:
    values = flatten(raw)
    name = values.get("servicepresencestatus.developername")
    return OmniRow(
        user=an_id(values, "userid", "UserServicePresence"),
        status=str(values.get("servicepresencestatus.masterlabel") or ""),
        developer_name=str(name) if name is not None else None,
        is_away=values.get("isaway") is True,
    )


def frozen(raws: Iterable[Raw]) -> frozenset[str]:
    """The users of UserLogin rows."""
    users = (optional_id(flatten(raw), "userid", "UserLogin") for raw in raws)
    return frozenset(user for user in users if user is not None)


def organization(raws: tuple[Raw, ...]) -> OrgFacts:
    if len(raws) != 1:
        raise unexpected("Organization has not exactly one record")
    values = flatten(raws[0])
    return OrgFacts(
        id=an_id(values, "id", "Organization"),
        name=str(values.get("name") or ""),
        timezone=str(values.get("timezonesidkey") or "UTC"),
        is_sandbox=values.get("issandbox") is True,
        edition=str(values.get("organizationtype") or ""),
    )


def named_user(raw: Raw) -> NamedUser:
    values = flatten(raw)
    return NamedUser(an_id(values, "id", "User"), str(values.get("name") or ""), str(values.get("username") or ""))


def queue(raw: Raw) -> QueueRow:
    values = flatten(raw)
    routed = values.get("queueroutingconfigid") is not None
    return QueueRow(an_id(values, "id", "Group"), str(values.get("name") or ""), routed)


def named(raw: Raw) -> tuple[str, tuple[str, ...]]:
    """A queue or user: its Id, and what it may be called, the more telling name first."""
    values = flatten(raw)
    called = (values.get(key) for key in ("developername", "username", "name"))
    return an_id(values, "id", "Group or User"), tuple(str(name).casefold() for name in called if name)


def ids_called(name: str, prefix: str, found: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Those of this kind called so, in any capitals: by the more telling name first, then by Id."""
    wanted = name.casefold()
    fits = [(names.index(wanted), one) for one, names in found if one.startswith(prefix) and wanted in names]
    return [one for _, one in sorted(fits)]


def an_id(values: Record, key: str, name: str) -> str:
    found = optional_id(values, key, name)
    if found is None:
        raise unexpected(f"{name}.{key} is empty")
    return found


def optional_id(values: Record, key: str, name: str) -> str | None:
    """An Id as the org sends it. Its checksum is taken on trust: working it out would be half the cost of a row."""
    value = values.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.isalnum() or not value.isascii() or len(value) not in (15, 18):
        raise unexpected(f"{name}.{key} is not an Id")
    return value if len(value) == 18 else to18(value)
