"""Gather: bring the store up to date with the org in as few calls as it allows. Called by the cycle alone.

Every object is read by its differences (`SystemModstamp` since the last reading, with an overlap, because a long
transaction commits with an older stamp); whole only the first time and when the policy changed what work is. What
carries no time stamp when it changes (parent fields, formulas, the passing of days) is swept from time to time.
Users, frozen logins and the like change slowly: they take turns in the query slots a composite leaves free (`turns`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sfassign.core.intake import Taken
from sfassign.core.policy import Policy
from sfassign.core.pools import by_pool, resolve
from sfassign.covering import Covering
from sfassign.errors import OrgRefused
from sfassign.identity import OrgIdentity
from sfassign.mass_updates import MassUpdates
from sfassign.milestones import Milestones
from sfassign.portioning import MOST_BY_PAGES, PortionedReading
from sfassign.ports import (
    Clock,
    ObjectRead,
    Org,
    Polled,
    PollRequest,
    Row,
    Sighting,
    Store,
    Sweep,
    Unreadable,
    UserRow,
)
from sfassign.reading import CASE, Reading
from sfassign.shapes import Shapes
from sfassign.slow import POOL_PARTS
from sfassign.soql.tree import Condition
from sfassign.taking_in import TakingIn
from sfassign.turns import Turns

OVERLAP = dt.timedelta(minutes=2)
"""How far each reading of differences reaches back behind the last one; once a resweep it is more (`turns`)."""

UNKNOWN_CLOCK = dt.timedelta(days=1)
"""How much further back sessions are asked for while no answer has told the org's clock."""

UNKNOWN_FIELD = "INVALID_FIELD"
"""The org's code for a field that is not there, or not for us."""

MANY_ROWS = "many_rows"
"""The part that a warning about reading very many records names."""

NO_SESSIONS = Unreadable(
    "NOT_ONE_SESSION", "not even our own session can be seen, so a missing right is likelier than an empty floor"
)


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one gathering came to: the org's clock when it began, the parts whose absence stops groups (presence) or
    leaves them with yesterday's people, and those that stop nobody (`warnings`). `unread` are the objects that could
    not be read, of which nothing is decided, `unswept` those of which unstamped changes are not seen. `troubles` say
    what of the policy the org's records, as known by then, do not have; `unknown` which users its lists name who are
    not there."""

    at: dt.datetime
    org_timezone: str
    unreadable: tuple[tuple[str, Unreadable], ...]
    warnings: tuple[tuple[str, Unreadable], ...] = ()
    unread: Mapping[str, Unreadable] = field(default_factory=dict)
    unswept: Mapping[str, Unreadable] = field(default_factory=dict)
    troubles: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Gatherer:
    """Reads the org into the store, as one policy needs it. One per process and policy."""

    def __init__(
        self,
        org: Org,
        store: Store,
        clock: Clock,
        shapes: Shapes,
        policy: Policy,
        *,
        identity: OrgIdentity,
        resweep: dt.timedelta,
    ) -> None:
        self._org, self._store, self._shapes, self._clock = org, store, shapes, clock
        self._policy, self._identity = policy, identity
        self._resweep = resweep
        self._fields_seen_at: dt.datetime | None = None
        self._turns = Turns(org, store, clock, resweep=resweep, overlap=OVERLAP)
        self._milestones = Milestones(org, store, clock, retry=resweep)
        self._mass_updates = MassUpdates(OVERLAP)
        self._taking_in = TakingIn(
            store=store,
            turns=self._turns,
            milestones=self._milestones,
            mass_updates=self._mass_updates,
            reading=self.reading,
            portioned=self._portioned,
            sightings=self.sightings,
        )
        self.unread: Mapping[str, Unreadable] = {}
        """The objects that the last gathering could not read."""
        self._groups_met = False
        self._made: Reading | None = None
        self._covering: Covering | None = None

    def gather(self, *, whole: bool = False, again: Collection[str] = ()) -> Gathered:
        """Poll and absorb; `whole` reads every active record and every user again, `again` every active record of
        these objects. Raises OrgError when not one object can be read, WrongOrg for another org."""
        self._meet_groups(self.reading())
        request, sweeps, polled = self._poll(whole, again)
        reading = self.reading()
        self._identity.learn(polled)
        self._keep_people(polled, request)
        counted = self._turns.count_anew(reading, polled.at)
        if counted is not None:
            self._keep_people(counted[1], counted[0])
        taken = self._taking_in.take(request.objects, sweeps, polled, reading)
        self.unread = {name: Unreadable.of(why) for name, why in taken.unread.items()}
        refused = self._turns.refused(reading)
        unreadable = (*_absence(polled), *((part.name, what) for part, what in refused if not part.harmless))
        harmless = ((part.name, what) for part, what in refused if part.harmless)
        warnings = (*harmless, *((MANY_ROWS, why) for why in taken.by_pages))
        unswept = self._turns.unswept(reading)
        return Gathered(polled.at, reading.org_timezone, unreadable, warnings, self.unread, unswept)

    def make_sure_of_org(self) -> None:
        """That this session belongs to the org of the database; one call where it is not known yet. Raises WrongOrg."""
        self._identity.make_sure()

    def read_again(self, name: str, owners: Sequence[str], at: dt.datetime) -> None:
        """Put right what the store keeps of these owners' active records. Raises OrgError."""
        self._portioned().of_owners(name, owners, at)

    def forget_milestones(self) -> None:
        """What the org deleted of them without a trace is noticed when they are looked up again."""
        if self.reading().milestones:
            self._milestones.begin()
            self._store.keep_fact(f"swept:{CASE}", dt.datetime.min.replace(tzinfo=dt.UTC).isoformat())

    def reading(self) -> Reading:
        """What the policy needs, in the org's time zone: the first contact asks which org this is."""
        if self._made is None:
            timezone = self._identity.facts().timezone
            self._made = Reading(self._policy, self._shapes, timezone, self._turns.owners())
            self._covering = Covering(self._store, self._made)
        return self._made

    def sightings(self, rows: Sequence[Row], now: dt.datetime) -> tuple[Sighting, ...]:
        """What the policy says of these rows of one object."""
        intake = self.reading().intake
        by_milestone = rows[0].object == CASE and self.reading().milestones
        values = self._milestones.with_targets(rows) if by_milestone else [row.values for row in rows]
        taken = [intake.of(row.object, known, now) for row, known in zip(rows, values, strict=True)]
        wanted = [row.id for row, what in zip(rows, taken, strict=True) if what.group is not None]
        given = self._store.last_given(rows[0].object, wanted) if wanted else {}
        return tuple(self._sighting(row, what, given.get(row.id)) for row, what in zip(rows, taken, strict=True))

    def _sighting(self, row: Row, what: Taken, given_to: str | None) -> Sighting:
        waiting = what.group is not None and given_to != row.owner
        cover = self._covering.of(row.object, row.owner) if what.active and self._covering else None
        return Sighting(row, what.active, what.points, waiting, what.group, cover)

    # --- what to ask for ----------------------------------------------------------------------------------------------

    def _poll(self, whole: bool, again: Collection[str]) -> tuple[PollRequest, tuple[Sweep, ...], Polled]:
        """Once more at once where a field that nothing but our own use needs is no longer shown."""
        request, sweeps = self._request(self.reading(), whole, again)
        polled = self._org.poll(request)
        codes = {why.code for why in polled.refused.values() if isinstance(why, OrgRefused)}
        if UNKNOWN_FIELD in codes and self._look_at_fields():
            request, sweeps = self._request(self.reading(), whole, again)
            polled = self._org.poll(request)
        return request, sweeps, polled

    def _look_at_fields(self) -> bool:
        """Describe the objects afresh, once in a resweep. Returns whether other fields are to be read than before."""
        now = self._clock.now()
        if self._fields_seen_at is not None and now - self._fields_seen_at < self._resweep:
            return False
        self._fields_seen_at = now
        before = self.reading()
        self._shapes.refresh()
        self._made = None
        return any(self.reading().fields(name) != before.fields(name) for name in before.objects)

    def _request(self, reading: Reading, whole: bool, again: Collection[str]) -> tuple[PollRequest, tuple[Sweep, ...]]:
        ahead = self._org.clock_ahead
        now = self._clock.now() + (ahead or dt.timedelta())
        reads = [p for name in reading.objects for p in self._object_reads(reading, name, now, whole or name in again)]
        request = PollRequest(
            objects=tuple(read for read, _ in reads),
            sessions_since=reading.since(now if ahead is not None else now - UNKNOWN_CLOCK),
            omni=reading.omni,
            organization=not self._identity.verified,
            apart=True,
        )
        return self._turns.fill(request, reading, now, whole=whole), tuple(sweep for _, sweep in reads)

    def _object_reads(
        self, reading: Reading, name: str, now: dt.datetime, whole: bool
    ) -> list[tuple[ObjectRead, Sweep]]:
        """A sweep goes before the differences, and without them where the object is not known at all."""
        watermark = self._store.watermark(name)
        unknown = whole or self._store.fact(f"digest:{name}") != reading.digests[name]
        sweeps: list[tuple[Condition, Sweep]] = []
        if unknown or watermark is None or (name in reading.swept_whole and self._turns.whole_is_due(name)):
            sweeps.append((reading.active(name, self._org_now()), Sweep.ACTIVE))
        elif name in reading.swept and self._turns.sweep_is_due(name):
            sweeps.append((reading.sources(name, self._org_now()), Sweep.SOURCES))
        reads = [(reading.object_read(name, where=where), sweep) for where, sweep in sweeps]
        if watermark is not None and not unknown:
            since, where = self._mass_updates.look_back(name, watermark)
            since = min(since, self._turns.differences_since(name, watermark, now))
            reads.append((reading.object_read(name, since, where), Sweep.DIFFERENCES))
        return [(replace(read, most=MOST_BY_PAGES, judged=True), sweep) for read, sweep in reads]

    def _org_now(self) -> dt.datetime:
        """The org's clock, by which conditions with dates hold; the org is asked where no answer has told it yet."""
        if self._org.clock_ahead is None:
            self._identity.make_sure()
        return self._clock.now() + (self._org.clock_ahead or dt.timedelta())

    def _follow_owners(self) -> None:
        """A queue or user whom a condition calls by name may be another one from now on."""
        owners = self._turns.owners()
        if self._made is not None and owners != self._made.owners:
            self._made = replace(self._made, owners=owners)

    # --- what came ----------------------------------------------------------------------------------------------------

    def _keep_people(self, polled: Polled, request: PollRequest) -> None:
        if isinstance(polled.sessions, tuple):
            self._store.keep_sessions(polled.sessions, polled.at)
        if isinstance(polled.omni, tuple):
            self._store.keep_omni(polled.omni, polled.at)
        self._turns.keep(polled, request, self.reading())
        self._follow_owners()
        if any(isinstance(getattr(polled, part), tuple) for part in POOL_PARTS):
            self._keep_pools(polled.at)
        if isinstance(polled.users, tuple):
            self._join(polled.users, polled.at)

    def _meet_groups(self, reading: Reading) -> None:
        """Who is in a pool decides which users are read: find out before anything else."""
        if self._groups_met:
            return
        if not reading.milestones and self._store.milestones.since() is not None:
            self._store.milestones.unfollow()
        if by_pool(reading.policy):
            known = self._store.directory()
            if None in (known.groups, known.links, known.roles):
                request = PollRequest(groups=True, links=True, roles=True, organization=not self._identity.verified)
                polled = self._org.poll(request)
                self._identity.learn(polled)
                self._keep_people(polled, request)
            self._keep_pools(self._clock.now())
        self._groups_met = True

    def _keep_pools(self, at: dt.datetime) -> None:
        found = resolve(self._policy, self._store.directory())
        if found != self._store.pools():
            self._store.keep_records("pools", found, at)

    def _join(self, users: Sequence[UserRow], at: dt.datetime) -> None:
        groups = self.reading().membership(users, self._store.pools() or (), at)
        joined = {name: [member.id for member in listed if member.id] for name, listed in groups.items()}
        if self._covering is not None:
            self._covering.meet(groups, at)
        self._store.join(joined, {group.name: group.was for group in self._policy.groups if group.was})

    def _portioned(self) -> PortionedReading:
        return PortionedReading(self._org, self._store, self._shapes, self._milestones, self.reading(), self.sightings)


def _absence(polled: Polled) -> tuple[tuple[str, Unreadable], ...]:
    """What this poll could not learn of who is there."""
    parts = (("sessions", polled.sessions), ("omni", polled.omni))
    found = tuple((name, part) for name, part in parts if isinstance(part, Unreadable))
    return (*found, ("sessions", NO_SESSIONS)) if polled.sessions == () else found
