"""What `check` says of the policy's conditions: whether the org understands each, and whether org and sfassign mean the
same by it.

1. Every condition is run in the org for one record, five to a call; a refusal is told with its place in the policy.
2. For each that ran, up to 100 records for which the org says yes and the 100 newest of the object are read, and the
   org is asked for which of those it says yes. We answer for the same records.
3. Where the answers differ they are asked for again, since a record may have changed in between. What differs twice is
   told with the record's Id and both answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sfassign.bootstrap import PolicyFile
from sfassign.core.model import Record
from sfassign.core.reading import Test, condition_test
from sfassign.finding import Check
from sfassign.policy import Severity, StandingCondition, read_document, standing_conditions
from sfassign.ports import Unreadable
from sfassign.reading import Reading
from sfassign.salesforce import Ask, SalesforceOrg, Told
from sfassign.soql import paths
from sfassign.soql.fitting import TOO_LONG_ADVICE
from sfassign.soql.tree import Condition

MOST_OF_EACH = 100
"""Records for which the org says yes, and newest records: 200 in all."""
MOST_ASKED_AGAIN = 20
MOST_NAMED = 3
AT_ONCE = 5
"""Queries in a call."""

_CHANGE = "try it in the Developer Console's query editor; change it, or grant read access to its fields"
_NARROW = "add a term over an indexed field, such as the owner, the record type or the creation date"
_REFUSALS: Mapping[str, tuple[Severity, str, str]] = {
    "QUERY_TIMEOUT": ("warning", "gives up on", _NARROW),
    "OPERATION_TOO_LARGE": ("warning", "gives up on", _NARROW),
    "URI_TOO_LONG": ("warning", "cannot be asked", TOO_LONG_ADVICE),
}
"""What is no error: how serious it is, how it is said, how to mend it."""

_SHORTEN = "the condition itself runs; shorten it to have it compared"
_COMPARE = (
    "compare the record's fields with the condition: empty fields and dates are the usual reasons; say what is meant by"
    " name (`field = null OR …`), so that both read it alike"
)

Tell = Callable[[str], None]
Rows = Mapping[str, Record]


@dataclass(frozen=True, slots=True)
class _Posed:
    """A condition as the org is asked it and as we answer it."""

    standing: StandingCondition
    asked: Condition
    ours: Test

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(str(path) for path in paths(self.standing.condition))

    def among(self, ids: Sequence[str]) -> Ask:
        """For which of these records the org says yes."""
        return Ask(self.standing.object, self.asked, limit=max(1, len(ids)), ids=tuple(ids))


@dataclass(frozen=True, slots=True)
class _Compared:
    """How many records both answered for, and the Ids of those that the org (`theirs`) or we alone (`ours`) take."""

    records: int
    theirs: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[str, ...]:
        return (*self.theirs, *self.ours)


def condition_findings(
    org: SalesforceOrg, reading: Reading, file: PolicyFile, now: dt.datetime, tell: Tell
) -> Iterator[Check]:
    """`now` is the org's clock. Raises an OrgError where the org cannot be asked at all."""
    document = read_document(file.text, str(file.path))

    def check(one: _Posed, level: Severity, said: str, mend: str) -> Check:
        place = document.finding(one.standing.steps, said, severity=level)
        return Check("conditions", level, str(place), mend, 2 if level == "error" else 0)

    posed = [_posed(one, reading, now) for one in standing_conditions(file.policy)]
    tell(f"running {len(posed)} conditions in the org")
    ran = list(zip(posed, org.ask([Ask(one.standing.object, one.asked) for one in posed]), strict=True))
    for one, told in ran:
        if isinstance(told, Unreadable):
            level, verb, mend = _REFUSALS.get(told.code, ("error", "refuses", _CHANGE))
            yield check(one, level, f"the org {verb} this condition: {_words(told)}", mend)
    good = [one for one, told in ran if not isinstance(told, Unreadable)]
    answers = 0
    unlike = False
    for one, compared in _Comparison(org, now, good).all(tell):
        if isinstance(compared, Unreadable):
            yield check(one, "warning", f"the answers could not be compared: {_words(compared)}", _SHORTEN)
        elif compared.differing:
            unlike = True
            yield check(one, "warning", _difference(compared, one.standing), _COMPARE)
        else:
            answers += compared.records
    if good and not unlike:
        said = f"{len(good)} run in the org, which agrees with sfassign on {answers} answers about its records"
        yield Check("conditions", "ok", said)


def _posed(one: StandingCondition, reading: Reading, now: dt.datetime) -> _Posed:
    ours = condition_test(one.condition, reading.policy, reading.org_timezone)
    return _Posed(one, reading.resolved(one.object, one.condition, now), ours)


def _words(refused: Unreadable) -> str:
    return f"{refused.code}: {' '.join(refused.message.split())}"


def _difference(compared: _Compared, standing: StandingCondition) -> str:
    named = [f"{key}: the org says yes, sfassign no" for key in compared.theirs]
    named += [f"{key}: the org says no, sfassign yes" for key in compared.ours]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    several = "s" if len(named) > 1 else ""
    return (
        f"org and sfassign differ on {len(named)} record{several} of {compared.records} about"
        f" {standing.condition}: {'; '.join(named[:MOST_NAMED])}{more}; {standing.counts}"
    )


@dataclass
class _Comparison:
    """Both answers, five conditions at a time. `now` is the org's clock."""

    org: SalesforceOrg
    now: dt.datetime
    posed: Sequence[_Posed]
    _newest: dict[str, Told] = field(default_factory=dict)

    def all(self, tell: Tell) -> Iterator[tuple[_Posed, _Compared | Unreadable]]:
        for start in range(0, len(self.posed), AT_ONCE):
            some = self.posed[start : start + AT_ONCE]
            tell(f"comparing answers, {start} of {len(self.posed)} conditions done")
            yield from zip(some, self._compared(some), strict=True)

    def _compared(self, some: Sequence[_Posed]) -> list[_Compared | Unreadable]:
        held = self.org.ask([Ask(one.standing.object, one.asked, one.fields, MOST_OF_EACH) for one in some])
        new = [self._newest_of(one.standing.object) for one in some]
        among = self.org.ask([one.among([*_rows(sample)]) for one, sample in zip(some, new, strict=True)])
        told = zip(some, held, new, among, strict=True)
        return [self._settled(one, yes, sample, of_sample) for one, yes, sample, of_sample in told]

    def _newest_of(self, name: str) -> Told:
        """The newest records of the object, with what any of its conditions looks at."""
        if name not in self._newest:
            fields = dict.fromkeys(path for one in self.posed if one.standing.object == name for path in one.fields)
            (self._newest[name],) = self.org.ask([Ask(name, None, tuple(fields), MOST_OF_EACH, newest=True)])
        return self._newest[name]

    def _settled(self, one: _Posed, held: Told, new: Told, among: Told) -> _Compared | Unreadable:
        for told in (held, new, among):
            if isinstance(told, Unreadable):
                return told
        first = self._answers(one, {**_rows(new), **_rows(held)}, {*_rows(held), *_rows(among)})
        if not first.differing:
            return first
        again = self._once_more(one, first.differing[:MOST_ASKED_AGAIN])
        if isinstance(again, Unreadable):
            return again
        return _Compared(first.records, again.theirs, again.ours)

    def _answers(self, one: _Posed, rows: Rows, yes: set[str]) -> _Compared:
        ours = {key for key, row in rows.items() if one.ours(row, self.now)}
        return _Compared(len(rows), tuple(sorted(yes & rows.keys() - ours)), tuple(sorted(ours - yes)))

    def _once_more(self, one: _Posed, ids: tuple[str, ...]) -> _Compared | Unreadable:
        """Read and asked for afresh, in one call: what was changed in between no longer differs."""
        read, among = self.org.ask([Ask(one.standing.object, None, one.fields, len(ids), ids), one.among(ids)])
        if isinstance(read, Unreadable):
            return read
        if isinstance(among, Unreadable):
            return among
        return self._answers(one, _rows(read), {*_rows(among)})


def _rows(told: Told) -> Rows:
    return {} if isinstance(told, Unreadable) else {str(row["id"]): row for row in told}
