"""The SOQL this room sends, as text. Pure; used by `reading` and `writing`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from urllib.parse import quote_plus

from sfassign.ports import ObjectRead, UserNames, UserRead
from sfassign.salesforce.failures import Refusal
from sfassign.soql import is_id, to18
from sfassign.soql.fitting import MAX_URL_BYTES, in_parts, url_bytes, weakened
from sfassign.soql.tree import Comparator, Comparison, InList, Or, Path, SetOperator, Text

ROW_COLUMNS = ("Id", "OwnerId", "CreatedDate", "LastModifiedDate", "LastModifiedById", "SystemModstamp")
USER_COLUMNS = ("Id", "Username", "Name", "IsActive", "TimeZoneSidKey")
IDS_PER_QUERY = 400
"""27 bytes each in a URL, so that fields and conditions have room too."""

_PATH_BYTES = 64


def differences(read: ObjectRead) -> str:
    """The rows an ObjectRead asks for, oldest change first."""
    return _weakened(read, lambda one: _rows_of(one, _asked(one), "SystemModstamp, Id"))


def keyset(read: ObjectRead, after: str | None, rows: int) -> str:
    """The next so many rows an ObjectRead asks for, behind this Id."""
    behind = [f"Id > '{after}'"] if after is not None else []
    return _weakened(read, lambda one: f"{_rows_of(one, _asked(one) + behind, 'Id')} LIMIT {rows}")


def for_job(read: ObjectRead) -> str:
    """The rows an ObjectRead asks for, in no order: a job has its own way through many of them. The Id of every parent
    comes along, since in CSV a parent that is not there looks like one that is empty."""
    parents = (f"{parent}.Id" for field in read.fields for parent in parents_of(field))
    return _select(read.object, (*ROW_COLUMNS, *read.fields, *parents), _asked(read))


def parents_of(field: str) -> tuple[str, ...]:
    """`Account` and `Account.Owner` of `Account.Owner.Name`."""
    parts = field.split(".")
    return tuple(".".join(parts[:length]) for length in range(1, len(parts)))


def by_ids(read: ObjectRead, ids: Iterable[str]) -> str:
    """The records with these Ids, with an ObjectRead's fields, whatever it asks for otherwise."""
    listed = ",".join(f"'{plain_id(record_id)}'" for record_id in ids)
    return _rows_of(read, [f"Id IN ({listed})"], "Id")


def unchanged(name: str, record_id: str, owner: str | None, guard_at: dt.datetime) -> str:
    """The record, as long as it belongs to that owner (None: to anybody) and was not changed after the second of
    `guard_at`."""
    terms = [f"Id = '{plain_id(record_id)}'"]
    terms += [f"OwnerId = '{plain_id(owner)}'"] if owner is not None else []
    after = guard_at.replace(microsecond=0) + dt.timedelta(seconds=1)
    return _select(name, ("Id",), [*terms, f"SystemModstamp < {instant(after)}"])


def by_ids_in_parts(read: ObjectRead, ids: Sequence[str]) -> list[tuple[str, ...]]:
    """The Ids cut into queries that fit a URL each."""
    bare = len(quote_plus(by_ids(read, ()))) + _PATH_BYTES
    per_id = len(quote_plus(f"'{'0' * 18}',"))
    size = max(1, min(IDS_PER_QUERY, (MAX_URL_BYTES - bare) // per_id))
    return [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]


def users(read: UserRead) -> list[str]:
    """One query, or as many as a long condition is cut into: a user may come by several of them. Where it cannot be
    cut every active user is asked for."""
    parts = in_parts(read.where, _room(_users(read, "")))
    return [_users(read, str(part)) for part in parts] if parts is not None else [_users(read, "IsActive = true")]


def queues(names: Iterable[str]) -> str:
    """Queues by name or developer name."""
    listed = ", ".join(_quoted(name) for name in names)
    either = f"(Name IN ({listed}) OR DeveloperName IN ({listed}))"
    return _select("Group", ("Id", "Name", "DeveloperName"), ["Type = 'Queue'", either], "Id")


def usernames(names: Iterable[str]) -> str:
    listed = ", ".join(_quoted(name) for name in names)
    return _select("User", ("Id", "Username"), [f"Username IN ({listed})"], "Id")


def users_named(called: UserNames) -> list[str]:
    """Users by name or Username, in as many queries as the names need: a user may come by several of them."""
    both = ((Path(("Name",)), called.names), (Path(("Username",)), called.usernames))
    lists = tuple(
        InList(field, SetOperator.IN, tuple(Text(one, one) for one in names)) for field, names in both if names
    )
    select = partial(_select, "User", ("Id", "Name", "Username"), order="Id")
    parts = in_parts(lists[0] if len(lists) == 1 else Or(lists), _room(select([""])))
    return [select([str(part)]) for part in parts or ()]


def sessions(since: dt.datetime) -> str:
    """Sessions used since then, and our own however long ago: without it not even that one may be seen."""
    columns = ("Id", "UsersId", "SessionType", "CreatedDate", "LastModifiedDate", "NumSecondsValid", "ParentId")
    used = f"LastModifiedDate >= {instant(since)}"
    return _select("AuthSession", columns, [f"({used} OR IsCurrent = true)"])


def omni(with_developer_name: bool) -> str:
    """Who is in which Omni-Channel status. DeveloperName needs a permission of its own (View Setup)."""
    columns = ("UserId", "ServicePresenceStatus.MasterLabel", "IsAway")
    extra = ("ServicePresenceStatus.DeveloperName",) if with_developer_name else ()
    return _select("UserServicePresence", (*columns, *extra), ["IsCurrentState = true"])


def frozen() -> str:
    return _select("UserLogin", ("UserId",), ["IsFrozen = true"])


def organization() -> str:
    return _select("Organization", ("Id", "Name", "TimeZoneSidKey", "IsSandbox", "OrganizationType"), [])


def _users(read: UserRead, where: str) -> str:
    return _select("User", (*USER_COLUMNS, *read.fields), [f"({where})"], "Id")


def _rows_of(read: ObjectRead, terms: Sequence[str], order: str) -> str:
    return _select(read.object, (*ROW_COLUMNS, *read.fields), terms, order)


def _weakened(read: ObjectRead, soql: Callable[[ObjectRead], str]) -> str:
    """The query; where whoever asks judges the rows, with as much of the condition as fits a URL."""
    text = soql(read)
    if read.where is None or not read.judged or _room(text) >= 0:
        return text
    bare = soql(replace(read, where=None))
    return soql(replace(read, where=weakened(read.where, _room(f"{bare} WHERE ()  AND "))))


def _room(soql: str) -> int:
    """How many bytes a URL has left besides this query; below zero where it is too long."""
    return MAX_URL_BYTES - _PATH_BYTES - url_bytes(soql)


def _asked(read: ObjectRead) -> list[str]:
    terms = [f"SystemModstamp >= {instant(read.since)}"] if read.since is not None else []
    return terms + ([f"({read.where})"] if read.where is not None else [])


def _select(name: str, columns: Iterable[str], terms: Sequence[str], order: str = "") -> str:
    """The query; a column named twice, in any capitals, is an error for the org and asked for once."""
    distinct: dict[str, str] = {}
    for column in columns:
        distinct.setdefault(column.lower(), column)
    text = f"SELECT {', '.join(distinct.values())} FROM {name}"  # noqa: S608 — SOQL only reads; names come from the policy
    text += f" WHERE {' AND '.join(terms)}" if terms else ""
    return text + (f" ORDER BY {order}" if order else "")


def _quoted(text: str) -> str:
    """A SOQL string: whatever the policy's author wrote stays inside of it."""
    return str(Comparison(Path(("X",)), Comparator.EQ, Text(text, text))).split(" = ", 1)[1]


def instant(moment: dt.datetime) -> str:
    """An instant in UTC, cut down to whole seconds: as a lower bound it then takes rather more than less."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain_id(record_id: str) -> str:
    """The Id, which may have been typed by a user. Raises OrgRefused, as the org would."""
    if not is_id(record_id):
        raise Refusal("MALFORMED_ID", f"not an Id: {record_id!r}", 400).error()
    return to18(record_id)
