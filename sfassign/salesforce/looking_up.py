"""Whom the org's records name for items: account owners, previous owners, owners of the same e-mail. Used by `org`.

Look-ups are put together in as few queries as a URL allows, five to a call. What a query asks by is another's text (a
company, an address), so it is rendered by `soql.literal` and nothing else. A query refused by the org is told and
leaves its look-ups without an answer of its own; the others stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote_plus

from sfassign.core.model import Record
from sfassign.core.preference import ACCOUNT_OWNER, PREVIOUS_OWNER, SAME_EMAIL, history_of
from sfassign.ports import LookedUp, LookUp, Unreadable
from sfassign.salesforce.asking import Asker, Outcome
from sfassign.salesforce.failures import Refusal
from sfassign.salesforce.rows import Raw, an_id, instant, optional_id
from sfassign.soql import flatten, is_id, literal, to18
from sfassign.soql.fitting import MAX_URL_BYTES

MOST_ROWS = 2_000
"""One page. A company or an address of more records than that is settled in turns: what the page shows is known, what
it does not show is asked again."""
MOST_VALUES = 400
_LIST_BYTES = MAX_URL_BYTES - 2_000
"""Of a URL, for the list of values; the rest of a query takes a few hundred."""

USER_PREFIX = "005"
OWNER_EVENTS = ("Owner", "ownerAccepted", "ownerAssignment", "ownerEscalated")
"""What history calls a change of owner: by hand or API, accepted from a queue, by assignment rule, by escalation."""

Answers = dict[LookUp, str | None]
Records = tuple[Raw, ...] | None
"""What one query brought; None where the org refused it."""


@dataclass(frozen=True, slots=True)
class _Question:
    """Look-ups that share queries, and what the records say of them."""

    asked: tuple[LookUp, ...]
    queries: tuple[str, ...]
    read: Callable[[tuple[LookUp, ...], Sequence[Records]], Answers]


class Looker:
    """Looks up for `SalesforceOrg`."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def look_up(self, asked: Sequence[LookUp]) -> LookedUp:
        """Every answer that is whole. Raises an OrgError where the org cannot be asked at all."""
        questions = list(_questions(asked))
        _, outcomes = self._asker.records([soql for question in questions for soql in question.queries])
        users: dict[tuple[str, str], str | None] = {}
        refused: dict[tuple[str, str], Unreadable] = {}
        left: Iterator[Outcome] = iter(outcomes)
        for question in questions:
            found = [next(left) for _ in question.queries]
            answers = question.read(question.asked, [None if isinstance(one, Refusal) else one for one in found])
            users.update(((one.item, one.kind), user) for one, user in answers.items())
            for refusal in (one for one in found if isinstance(one, Refusal)):
                refused.update({(one.object, one.kind): _unreadable(refusal) for one in question.asked})
        return LookedUp(users, refused)


def _unreadable(refusal: Refusal) -> Unreadable:
    return Unreadable(refusal.code, refusal.message)


def _questions(asked: Sequence[LookUp]) -> Iterator[_Question]:
    for (kind, name), some in groupby(sorted(asked, key=_by_place), key=_by_place):
        for few in _parts(tuple(some), by_item=kind == PREVIOUS_OWNER):
            if kind == PREVIOUS_OWNER:
                yield _Question(few, (_history(name, few),), _previous_owners(history_of(name)[1]))
            elif kind == SAME_EMAIL:
                yield _Question(few, _same_email(few), _email_owners)
            elif kind == ACCOUNT_OWNER and name == "Lead":
                yield _Question(few, (_companies(few),), _company_owners)
            else:
                yield _Question(few, (_accounts(few),), _account_owners)


def _by_place(asked: LookUp) -> tuple[str, str]:
    return asked.kind, asked.object


def _parts(asked: tuple[LookUp, ...], *, by_item: bool) -> Iterator[tuple[LookUp, ...]]:
    """Cut into what one query's URL can name; a value that several ask by stands in it once."""
    part: list[LookUp] = []
    values: set[str] = set()
    size = 0
    for one in asked:
        value = one.item if by_item else one.about.lower()
        costs = 0 if value in values else len(quote_plus(f"{literal(one.item if by_item else one.about)}, "))
        if part and (size + costs > _LIST_BYTES or (costs and len(values) >= MOST_VALUES)):
            yield tuple(part)
            part, values, size = [], set(), 0
            costs = costs or len(quote_plus(f"{literal(one.about)}, "))
        part.append(one)
        values.add(value)
        size += costs
    if part:
        yield tuple(part)


def _listed(values: Iterable[str]) -> str:
    distinct: dict[str, str] = {}
    for value in values:
        distinct.setdefault(value.lower(), value)
    return literal(list(distinct.values()))


# --- account owners ---------------------------------------------------------------------------------------------------


def _accounts(asked: Sequence[LookUp]) -> str:
    return f"SELECT Id, OwnerId FROM Account WHERE Id IN {_ids(one.about for one in asked)}"  # noqa: S608 — SOQL only reads


def _account_owners(asked: tuple[LookUp, ...], found: Sequence[Records]) -> Answers:
    rows = [flatten(raw) for raw in found[0] or ()]
    owners = {an_id(row, "id", "Account"): _user(row, "Account") for row in rows}
    return {one: owners.get(_long(one.about)) for one in asked}


def _companies(asked: Sequence[LookUp]) -> str:
    listed = _listed(one.about for one in asked)
    return f"SELECT Name, OwnerId FROM Account WHERE Name IN {listed} ORDER BY Id LIMIT {MOST_ROWS}"  # noqa: S608


def _company_owners(asked: tuple[LookUp, ...], found: Sequence[Records]) -> Answers:
    """The one Account of that name; none where there are several."""
    owners: dict[str, list[str | None]] = {}
    for row in map(flatten, found[0] or ()):
        owners.setdefault(str(row.get("name")).lower(), []).append(_user(row, "Account"))
    whole = len(found[0] or ()) < MOST_ROWS
    answers: Answers = {}
    for one in asked:
        named = owners.get(one.about.lower(), [])
        if whole or len(named) > 1:
            answers[one] = named[0] if len(named) == 1 else None
    return answers


# --- previous owners --------------------------------------------------------------------------------------------------


def _history(name: str, asked: Sequence[LookUp]) -> str:
    table, key = history_of(name)
    return (
        f"SELECT {key}, OldValue FROM {table} WHERE {key} IN {_ids(one.item for one in asked)}"  # noqa: S608
        f" AND Field IN {literal(OWNER_EVENTS)} ORDER BY CreatedDate DESC, Id DESC"
    )


def _previous_owners(key: str) -> Callable[[tuple[LookUp, ...], Sequence[Records]], Answers]:
    """The newest user who gave an item away. A change of owner is two rows, of which one has names instead of Ids;
    its present owner (`about`) is nobody's predecessor."""

    def read(asked: tuple[LookUp, ...], found: Sequence[Records]) -> Answers:
        answers: Answers = dict.fromkeys(asked)
        of_item = {one.item: one for one in asked}
        for row in map(flatten, found[0] or ()):
            one = of_item.get(an_id(row, key.lower(), "history"))
            before = row.get("oldvalue")
            if one is None or answers[one] is not None or not _is_user(before) or _long(str(before)) == one.about:
                continue
            answers[one] = _long(str(before))
        return answers

    return read


# --- owners of the same e-mail ----------------------------------------------------------------------------------------


def _same_email(asked: Sequence[LookUp]) -> tuple[str, str]:
    listed = _listed(one.about for one in asked)
    newest = f"ORDER BY LastModifiedDate DESC, Id LIMIT {MOST_ROWS}"
    columns = "SELECT Id, Email, OwnerId, LastModifiedDate FROM"
    return (
        f"{columns} Lead WHERE Email IN {listed} AND IsConverted = false AND Owner.Type = 'User' {newest}",
        f"{columns} Contact WHERE Email IN {listed} {newest}",
    )


def _email_owners(asked: tuple[LookUp, ...], found: Sequence[Records]) -> Answers:
    """The newest record with the address that is not the item itself and has a user for an owner. Where a page does
    not show everything, only what is newer than its last row is sure."""
    rows = [[flatten(raw) for raw in records or ()] for records in found]
    full = [instant(some[-1].get("lastmodifieddate"), "LastModifiedDate") for some in rows if len(some) >= MOST_ROWS]
    ranked = [
        (instant(row.get("lastmodifieddate"), "LastModifiedDate"), an_id(row, "id", "record"), row)
        for some in rows
        for row in some
    ]
    ranked.sort(key=lambda one: one[1])
    ranked.sort(key=lambda one: one[0], reverse=True)
    by_address: dict[str, list[int]] = {}
    for number, (_, _, row) in enumerate(ranked):
        by_address.setdefault(str(row.get("email")).lower(), []).append(number)
    answers: Answers = {}
    for one in asked:
        others = (ranked[number] for number in by_address.get(one.about.lower(), ()))
        first = next(
            ((at, user) for at, item, row in others if item != one.item and (user := _user(row, "record"))), None
        )
        if not full or (first is not None and first[0] >= max(full)):
            answers[one] = None if first is None else first[1]
    return answers


# --- Ids --------------------------------------------------------------------------------------------------------------


def _ids(values: Iterable[str]) -> str:
    return literal(list(dict.fromkeys(map(_long, values))))


def _user(row: Record, name: str) -> str | None:
    """The owner, where it is a user: a queue is none."""
    owner = optional_id(row, "ownerid", name)
    return owner if _is_user(owner) else None


def _is_user(value: object) -> bool:
    return isinstance(value, str) and value.startswith(USER_PREFIX) and is_id(value)


def _long(text: str) -> str:
    return to18(text) if is_id(text) else text
