"""What the cycle reads: one poll as few calls, records by Id, an object's shape. Used by `org`."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from sfassign.core.picking import OwnerStep
from sfassign.core.refusals import Kind
from sfassign.errors import OrgError, OrgRefused
from sfassign.ports import FieldShape, ObjectRead, ObjectShape, Polled, PollRequest, Resolved, Row, Unreadable
from sfassign.salesforce import history, queries, record_queries, record_rows, result_queries, rows
from sfassign.salesforce.asking import TOO_MANY_ROWS, Asker, Outcome, Size, required
from sfassign.salesforce.failures import Refusal
from sfassign.salesforce.rows import Raw
from sfassign.soql import flatten

T = TypeVar("T")
_UNKNOWN_OBJECT = ("NOT_FOUND", "INVALID_TYPE")


@dataclass(frozen=True, slots=True)
class _Part:
    """One query of a poll, named by the field of Polled it fills, and how its records are read."""

    name: str
    soql: str
    read: Callable[[tuple[Raw, ...]], object]


class Reader:
    """Reads for `SalesforceOrg`."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._developer_names = True
        """Until the org refuses DeveloperName; it then is left out as long as this process lives."""
        self._routing = True
        """Until the org does not know a queue's routing, which orgs without Omni-Channel do not have."""

    def poll(self, request: PollRequest) -> Polled:
        """Everything asked for, five queries a call. Raises an OrgError where the Organization cannot be read, or an
        object (unless `apart`, and only it is refused); the other parts may be Unreadable."""
        objects = [_object_part(read) for read in request.objects]
        parts = [*objects, *self._other_parts(request)]
        most = {place: read.most for place, read in enumerate(request.objects) if read.most is not None}
        at, outcomes = self._asker.records([part.soql for part in parts], most)
        withheld = frozenset(place for place in most if _is_refused(outcomes[place], TOO_MANY_ROWS))
        refused = _refused(outcomes[: len(objects)], withheld) if request.apart else {}
        left_out = withheld | refused.keys()
        outcomes = tuple(() if place in left_out else outcome for place, outcome in enumerate(outcomes))
        read = [self._value(part, outcome) for part, outcome in zip(parts, outcomes, strict=True)]
        others: dict[str, Any] = {}
        for part, value in list(zip(parts, read, strict=True))[len(objects) :]:
            others[part.name] = _joined(others.get(part.name), value)
        if isinstance(others.get("results"), tuple):
            others["results"] = result_queries.summed(request.results or (), others["results"])
        for name in ("users", "users_named"):
            if isinstance(others.get(name), tuple):
                others[name] = _each_once(others[name])
        return Polled(at=at, rows=tuple(read[: len(objects)]), withheld=withheld, refused=refused, **others)

    def sizes(self, request: PollRequest) -> tuple[tuple[Size, ...], Mapping[str, Size]]:
        """How much a poll would bring: of its objects, in their order, and of the other parts, by the field of Polled
        they fill. Raises an OrgError."""
        objects, others = [_object_part(read) for read in request.objects], self._other_parts(request)
        found = self._asker.sizes([part.soql for part in (*objects, *others)])
        named = zip((part.name for part in others), found[len(objects) :], strict=True)
        return found[: len(objects)], dict(named)

    def fetch(self, read: ObjectRead, ids: Sequence[str]) -> tuple[dt.datetime, tuple[Row, ...]]:
        """The records with these Ids that the org still has. Raises an OrgError."""
        distinct = tuple(dict.fromkeys(ids))
        asked = [queries.by_ids(read, some) for some in queries.by_ids_in_parts(read, distinct)]
        at, outcomes = self._asker.records(asked)
        return at, tuple(rows.row(read.object, raw) for outcome in outcomes for raw in required(outcome))

    def owner_steps(self, name: str, ids: Sequence[str], since: dt.datetime) -> tuple[OwnerStep, ...] | Unreadable:
        """The owner changes of these records since then; Unreadable where the org shows no history of the object."""
        asked = [history.owner_steps_query(name, some, since) for some in history.in_parts(tuple(dict.fromkeys(ids)))]
        _, outcomes = self._asker.records(asked)
        steps: list[OwnerStep] = []
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                return Unreadable(outcome.code, outcome.message)
            steps += [step for raw in outcome if (step := history.owner_step(name, raw)) is not None]
        return tuple(steps)

    def pending(self, items: Sequence[str]) -> frozenset[str] | Unreadable:
        """The work items among these that Omni-Channel has in hand."""
        _, outcomes = self._asker.records(record_queries.pending(items))
        found: set[str] = set()
        for outcome in outcomes:
            if isinstance(outcome, Refusal):
                return Unreadable(outcome.code, outcome.message)
            found.update(rows.an_id(flatten(raw), "workitemid", "PendingServiceRouting") for raw in outcome)
        return frozenset(found)

    def resolve(self, queue_names: Sequence[str], usernames: Sequence[str]) -> Resolved:
        """The Ids of these queues and users that the org has. Raises an OrgError."""
        asked = [queries.queues(queue_names)] if queue_names else []
        asked += [queries.usernames(usernames)] if usernames else []
        _, outcomes = self._asker.records(asked)
        found = [rows.named(raw) for outcome in outcomes for raw in required(outcome)]
        queues = {name: ids[0] for name in queue_names if (ids := rows.ids_called(name, "00G", found))}
        users = {name: ids[0] for name in usernames if (ids := rows.ids_called(name, "005", found))}
        return Resolved(queues, users)

    def describe(self, name: str) -> ObjectShape | None:
        """The object's shape, None where the org does not know it (or hides it from this user)."""
        if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
            return None
        try:
            answer = self._asker.get(lambda client: client.restful(f"sobjects/{name}/describe"))
        except OrgRefused as refused:
            if refused.code in _UNKNOWN_OBJECT or refused.status == 404:
                return None
            raise
        return _shape(answer)

    def _other_parts(self, request: PollRequest) -> list[_Part]:
        parts: list[_Part] = []
        if request.sessions_since is not None:
            parts.append(_Part("sessions", queries.sessions(request.sessions_since), rows.sessions))
        if request.omni:
            parts.append(_Part("omni", queries.omni(self._developer_names), _each(rows.omni)))
        if request.users is not None:
            parts += [_Part("users", soql, _each(rows.user)) for soql in queries.users(request.users)]
        if request.users_named is not None:
            asked = queries.users_named(request.users_named)
            parts += [_Part("users_named", soql, _each(rows.named_user)) for soql in asked]
        if request.queues:
            parts.append(_Part("queues", record_queries.queues(self._routing), _each(rows.queue)))
        if request.frozen:
            parts.append(_Part("frozen", queries.frozen(), rows.frozen))
        if request.organization:
            parts.append(_Part("organization", queries.organization(), rows.organization))
        return parts + _record_parts(request) + _result_parts(request) + _milestone_parts(request)

    def _value(self, part: _Part, outcome: Outcome) -> Any:
        """What one part brought."""
        if part.name == "omni" and self._developer_names and _is_refused(outcome, "INVALID_FIELD"):
            self._developer_names = False
            outcome = self._asker.records([queries.omni(with_developer_name=False)])[1][0]
        if part.name == "queues" and self._routing and _is_refused(outcome, "INVALID_FIELD"):
            self._routing = False
            outcome = self._asker.records([record_queries.queues(with_routing=False)])[1][0]
        if part.name in ("rows", "organization"):
            return part.read(required(outcome))
        if part.name == "skills" and _is_refused(outcome, "INVALID_TYPE"):
            return ()
        if isinstance(outcome, Refusal):
            return Unreadable(outcome.code, outcome.message)
        return part.read(outcome)


def _record_parts(request: PollRequest) -> list[_Part]:
    """The slow records asked for."""
    away = [] if request.away is None else [_Part("away", record_queries.away(request.away), _each(record_rows.away))]
    others = (
        (request.business_hours, "business_hours", record_queries.business_hours, _each(record_rows.business_hours)),
        (request.holidays, "holidays", record_queries.holidays, _each(record_rows.holiday)),
        (request.skills, "skills", record_queries.skills, record_rows.skills),
        (request.groups, "groups", record_queries.groups, _each(record_rows.group)),
        (request.links, "links", record_queries.links, _each(record_rows.link)),
        (request.roles, "roles", record_queries.roles, _each(record_rows.role)),
    )
    return away + [_Part(name, soql(), read) for asked, name, soql, read in others if asked]


def _result_parts(request: PollRequest) -> list[_Part]:
    """Several queries for each basis."""
    return [
        _Part("results", soql, partial(result_queries.counted, read.basis, won))
        for read in request.results or ()
        for won, soql in result_queries.counting(read)
    ]


def _milestone_parts(request: PollRequest) -> list[_Part]:
    read = request.milestones
    if read is None:
        return []
    return [_Part("milestones", soql, _each(record_rows.milestone)) for soql in record_queries.milestones(read)]


def _refused(outcomes: Sequence[Outcome], withheld: frozenset[int]) -> dict[int, OrgError]:
    """Why the org did not show these objects, by their places. Raises the error of one that stops everything."""
    refusals = {place: one for place, one in enumerate(outcomes) if isinstance(one, Refusal) and place not in withheld}
    for one in refusals.values():
        if one.kind is Kind.STOP:
            raise one.error()
    return {place: one.error() for place, one in refusals.items()}


def _each_once(users: Sequence[Any]) -> tuple[Any, ...]:
    """Users whom several queries of one part found."""
    return tuple({user.id: user for user in users}.values())


def _joined(before: Any, value: Any) -> Any:
    """What several queries of one part brought together; one refusal is the part's."""
    if before is None or isinstance(value, Unreadable):
        return value
    return before if isinstance(before, Unreadable) else (*before, *value)


def _object_part(read: ObjectRead) -> _Part:
    return _Part("rows", queries.differences(read), _each(lambda raw: rows.row(read.object, raw)))


def _each(read_one: Callable[[Raw], T]) -> Callable[[tuple[Raw, ...]], tuple[T, ...]]:
    return lambda raws: tuple(map(read_one, raws))


def _is_refused(outcome: Outcome, code: str) -> bool:
    return isinstance(outcome, Refusal) and outcome.code == code


def _shape(answer: object) -> ObjectShape:
    if not isinstance(answer, Mapping) or not isinstance(answer.get("fields"), list):
        raise rows.unexpected("a describe has no fields")
    fields = [_field_shape(described) for described in answer["fields"]]
    rights = {key: answer.get(key) is not False for key in ("queryable", "createable", "updateable")}
    return ObjectShape(
        str(answer.get("name")), {field.name.lower(): field for field in fields}, answer.get("keyPrefix"), **rights
    )


def _field_shape(described: Mapping[str, Any]) -> FieldShape:
    return FieldShape(
        name=str(described.get("name")),
        type=str(described.get("type")),
        filterable=described.get("filterable") is True,
        updateable=described.get("updateable") is True,
        calculated=described.get("calculated") is True,
        relationship=described.get("relationshipName"),
        references=tuple(described.get("referenceTo") or ()),
        length=int(described.get("length") or 0),
        values=_choices(described) if described.get("restrictedPicklist") is True else (),
    )


def _choices(described: Mapping[str, Any]) -> tuple[str, ...]:
    listed = described.get("picklistValues") or ()
    return tuple(str(one.get("value")) for one in listed if one.get("active") is not False)
