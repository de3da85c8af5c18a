"""The obvious engine: a plain reading of the policy's rules, item by item, member by member.

It shares nothing with the real one but the values and the evaluation of conditions: for each item it tries every gate
on every member of the group and sorts whoever is left. The tests compare the two, the benchmark races them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from zoneinfo import ZoneInfo

from sfassign.core.model import Load, Member, Snapshot, WorkItem
from sfassign.core.policy import (
    Caps,
    FieldLimit,
    Group,
    Limit,
    ListedMember,
    LoadMeasure,
    MatchPair,
    MatchTest,
    Method,
    Period,
    Person,
    Policy,
    Rule,
)
from sfassign.soql import compile_condition
from sfassign.soql.tree import Condition

Past = tuple[dt.datetime, str, str]


@dataclass(frozen=True)
class Outcome:
    """`kind` is assign, hold, aside or review. `gates` has (username, reason code or None) of every member."""

    item: str
    kind: str
    group: str
    to: str | None = None
    gates: tuple[tuple[str, str | None], ...] = ()
    order: tuple[str, ...] = ()
    moves: Mapping[str, int] = field(default_factory=dict)


def _whole(value: float) -> int:
    """Millionths."""
    return round(value * 1_000_000)


def _figure(limit: Limit | None, member: Member) -> float | None:
    if isinstance(limit, FieldLimit):
        value = member.values.get(limit.field.lower())
        return None if value is None or value == "" else float(value)
    return limit


class Obvious:
    """One round over one snapshot; `past` are the settled assignments the snapshot was counted from."""

    def __init__(self, snapshot: Snapshot, policy: Policy, past: Sequence[Past] = ()) -> None:
        self.snapshot, self.policy = snapshot, policy
        self.now = snapshot.taken_at
        self.zone = ZoneInfo(policy.timezone or snapshot.org_timezone)
        self.compiled: dict[int, Callable[..., bool]] = {}
        self.given = [*past, *((one.decided_at, one.group, one.to) for one in snapshot.in_flight)]
        self.users = {member.username.lower(): member for member in snapshot.members}
        self.load: dict[str, int] = defaultdict(int)
        self.count: dict[tuple[str, str], int] = defaultdict(int)
        self._fill_load()
        self.turn: dict[tuple[str, str], tuple[int, bool]] = {}
        self.credit: dict[tuple[str, str], int] = defaultdict(int)
        self.anywhere: dict[str, tuple[int, bool]] = {}
        self.groups = {one.name: self._members(one) for one in policy.groups if one.enabled}
        self._fill_turns()
        self.next_turn = snapshot.last_turn + 1
        self.measures: dict[str, LoadMeasure] = {}
        self.counted: dict[tuple[dt.datetime, bool], tuple[dict, dict, dict]] = {}  # type: ignore[type-arg]
        self.people: dict[str, list[Person]] = {}

    # what there is

    def holds(self, condition: Condition, record: Mapping[str, object]) -> bool:
        if id(condition) not in self.compiled:
            self.compiled[id(condition)] = compile_condition(condition, self.zone, self.policy.week_starts)
        return self.compiled[id(condition)](record, self.now)

    def _fill_load(self) -> None:
        for user, load in self.snapshot.load.items():
            self._add_load(user, load)
        for flight in self.snapshot.in_flight:
            self._add_load(flight.to, Load({flight.object: 1}, {flight.object: flight.points}))

    def _add_load(self, user: str, load: Load) -> None:
        for name in self.policy.objects:
            self.count[user, name] += load.counts.get(name, 0)
            self.load[user] += _whole(load.points.get(name, 0.0))

    def _fill_turns(self) -> None:
        for key, turn in self.snapshot.rotation.items():
            self.turn[key] = (turn.turn, turn.joined)
            self.credit[key] = turn.credit
        for flight in self.snapshot.in_flight:
            key = (flight.group, flight.to)
            self.turn[key] = max(self.turn.get(key, (0, False)), (flight.turn, False))
            for user, move in flight.credit_moves.items():
                self.credit[flight.group, user] += move
        for name, members in self.groups.items():
            for member, _ in members:
                self.turn.setdefault((name, member.id), (self.snapshot.last_turn, True))
        for (_, user), turned in self.turn.items():
            self.anywhere[user] = max(self.anywhere.get(user, (0, False)), turned)

    def _members(self, group: Group) -> list[tuple[Member, ListedMember]]:
        if group.members.listed is not None:
            return [
                (self.users.get(one.username.lower()) or Member("", one.username, one.username, False, "UTC"), one)
                for one in group.members.listed
            ]
        assert group.members.condition is not None
        found = [one for one in self.snapshot.members if self.holds(group.members.condition, _user(one))]
        return [(one, ListedMember(one.username)) for one in sorted(found, key=lambda one: one.username.lower())]

    # the line

    def line(self) -> list[tuple[WorkItem, Group, float]]:
        found = []
        for item in self.snapshot.items:
            work = self.policy.objects[item.object]
            done = item.values.get("isconverted" if item.object == "Lead" else "isclosed") is True
            waits = item.again is not None or item.owner != item.last_given
            if not waits or done or not self.holds(work.active, item.values):
                continue
            group = self._group(item) if item.again is None else self._enabled(item.again.group)
            if group is not None:
                found.append((item, group, self._score(item)))
        return sorted(found, key=lambda one: (-one[1].priority, -one[2], one[0].created_at, one[0].id))

    def _group(self, item: WorkItem) -> Group | None:
        for group in self.policy.groups:
            if group.enabled and group.object == item.object and self.holds(group.source, item.values):
                return group
        return None

    def _enabled(self, name: str) -> Group | None:
        return next((group for group in self.policy.groups if group.enabled and group.name == name), None)

    def _score(self, item: WorkItem) -> float:
        rules = self.policy.objects[item.object].score
        total = rules.base + self._added(rules.rules, item)
        if rules.aging is not None:
            aged = rules.aging.add * max(0.0, (self.now - item.aging_since) / rules.aging.every)
            total += aged if rules.aging.at_most is None else min(aged, rules.aging.at_most)
        return total

    def _added(self, rules: Iterable[Rule], item: WorkItem) -> float:
        return sum(rule.add for rule in rules if self.holds(rule.when, item.values))

    def points(self, item: WorkItem) -> int:
        rules = self.policy.objects[item.object].load
        return _whole(max(0.0, rules.base + self._added(rules.rules, item)))

    # the decisions

    def decide(self, first: int | None = None) -> list[Outcome]:
        """Outcomes in the order of the line, of the first so many items where given. What somebody asked for by hand
        is decided before."""
        line = self.line()
        by_hand = {
            item.id: self.outcome(item, group) for item, group, _ in line if item.again is not None and item.again.to
        }
        return [by_hand.get(item.id) or self.outcome(item, group) for item, group, _ in line[:first]]

    def outcome(self, item: WorkItem, group: Group) -> Outcome:
        for rule in self.policy.objects[item.object].review:
            if item.again is None and self.holds(rule.when, item.values):
                return Outcome(item.id, "review", group.name)
        pauses = (self.snapshot.paused_all, self.snapshot.paused_groups.get(group.name))
        flying = {one.item for one in self.snapshot.in_flight}
        young = item.again is None and self.now - item.created_at < group.hold
        if any(self._runs(pause) for pause in pauses) or item.blocked is not None or item.id in flying or young:
            return Outcome(item.id, "aside", group.name)
        points = self.points(item)
        members = self.groups[group.name]
        gates = [(member, listed, self.gate(item, group, member, listed, points)) for member, listed in members]
        told = tuple((member.username, gate) for member, _, gate in gates)
        able = [(place, member, listed) for place, (member, listed, gate) in enumerate(gates) if gate is None]
        if not able:
            return Outcome(item.id, "hold", group.name, gates=told)
        able.sort(key=lambda one: self.key(item, group, one[1], one[2], one[0]))
        order = tuple(member.username for _, member, _ in able)
        if item.again is not None and item.again.to is not None:
            named = [member for _, member, _ in able if member.id == item.again.to]
            if not named:
                return Outcome(item.id, "hold", group.name, gates=told)
            self._give(item, group, named[0], points)
            return Outcome(item.id, "assign", group.name, named[0].username, told, order)
        moves = self._move_credit(group, able)
        self._give(item, group, able[0][1], points)
        return Outcome(item.id, "assign", group.name, able[0][1].username, told, order, moves)

    def _move_credit(self, group: Group, able: list[tuple[int, Member, ListedMember]]) -> Mapping[str, int]:
        if group.method is not Method.WEIGHTED_ROUND_ROBIN:
            return {}
        weights = {member.id: self.turning_weight(group, member, listed) for _, member, listed in able}
        moves = dict(weights)
        moves[able[0][1].id] -= sum(weights.values())
        for user, move in moves.items():
            self.credit[group.name, user] += move
        return moves

    def _give(self, item: WorkItem, group: Group, to: Member, points: int) -> None:
        self._count_given(self.now, group.name, to.id)
        self.load[to.id] += points
        self.count[to.id, item.object] += 1
        self.turn[group.name, to.id] = self.anywhere[to.id] = (self.next_turn, False)
        self.next_turn += 1

    # the gates, in order

    def gate(self, item: WorkItem, group: Group, member: Member, listed: ListedMember, points: int) -> str | None:
        if not listed.enabled or (self._weighted(group) and self.weight(member, listed) <= 0):
            return "disabled"
        if not member.is_active or member.is_frozen:
            return "inactive"
        if self._runs(member.pause):
            return "paused"
        return (
            self._presence(group, member)
            or self._hours(group, member)
            or self._away(group, member)
            or ("mismatch" if self._mismatched(item, group, member) else None)
            or ("previous_owner" if self._had_it(item, group, member) else None)
            or self._fit(item, group, member, listed, points)
        )

    def _runs(self, pause: object) -> bool:
        until = getattr(pause, "until", None)
        return pause is not None and (until is None or until > self.now)

    def _presence(self, group: Group, member: Member) -> str | None:
        wanted = group.available
        for name, asked in (("logged_in", wanted.logged_in), ("omni", wanted.omni)):
            read = self.snapshot.presence_at.get(name)
            if asked is not None and (read is None or self.now - read > self.snapshot.presence_max_age):
                return "presence_stale"
        read = self.snapshot.presence_at.get("out_of_office")
        if wanted.out_of_office and (read is None or self.now - read > dt.timedelta(minutes=15)):
            return "presence_stale"
        if wanted.logged_in is not None:
            live = [used for kind, used, valid in member.presence.sessions if kind == "UI" and valid > self.now]
            idle = wanted.logged_in.idle
            if not live or (idle is not None and self.now - max(live) > idle):
                return "absent"
        if wanted.omni is not None:
            status = member.presence.omni_status
            if (
                status is None
                or member.presence.omni_away
                or status.lower() not in {one.lower() for one in wanted.omni}
            ):
                return "absent"
        return None

    def _hours(self, group: Group, member: Member) -> str | None:
        name = group.available.hours
        if name == "member":
            name = next((one.hours for one in self.persons(member) if one.hours is not None), None)
        if name is None:
            return None
        hours = self.policy.hours[name]
        local = self.now.astimezone(ZoneInfo(hours.timezone) if hours.timezone else self.zone)
        if local.date() in hours.holidays:
            return "holiday"
        spans = hours.days.get(local.weekday(), ())
        return None if any(span.start <= local.time() < span.end for span in spans) else "off_hours"

    def _away(self, group: Group, member: Member) -> str | None:
        if not group.available.out_of_office:
            return None
        today = self.now.astimezone(ZoneInfo(member.timezone)).date()
        for event in member.away:
            all_day = event.all_day and event.start.date() <= today <= event.end.date()
            if all_day or (not event.all_day and event.start <= self.now < event.end):
                return "out_of_office"
        return None

    def _fit(self, item: WorkItem, group: Group, member: Member, listed: ListedMember, points: int) -> str | None:
        if any(active >= limit for active, limit in self._quotas(item, group, member)):
            return "quota_full"
        threshold = self.threshold(group, member)
        if threshold is not None and (threshold <= 0 or self.load[member.id] + points > threshold):
            return "threshold_full"
        if self._capped(group, member, listed):
            return "cap_reached"
        ramp = group.ramp
        if ramp is not None and self._given(self.now - ramp.per, True, user=member.id) >= ramp.at_most:
            return "ramping"
        until = self.snapshot.refusals.get((member.id, item.object))
        return "refused" if until is not None and until > self.now else None

    def _had_it(self, item: WorkItem, group: Group, member: Member) -> bool:
        last = group.neglect.exclude_last if group.neglect is not None else 0
        own = item.again is not None and member.id == item.owner
        if own or not member.id:
            return own
        if item.again is not None:
            last = max(last, 1)
        lasts = {*item.previous[:last], *([item.owner] if item.again is not None else [])}
        if member.id not in item.previous[:last]:
            return False
        return any(
            other.id not in lasts
            and listed.enabled
            and not (self._weighted(group) and self.weight(other, listed) <= 0)
            and other.is_active
            and not other.is_frozen
            and not self._mismatched(item, group, other)
            for other, listed in self.groups[group.name]
        )

    def _mismatched(self, item: WorkItem, group: Group, member: Member) -> bool:
        for pair in group.match:
            relaxed = pair.relax_after is not None and self.now - item.waiting_since >= pair.relax_after
            if pair.required and not relaxed and not self._pair(pair, item, member):
                return True
        return False

    def _pair(self, pair: MatchPair, item: WorkItem, member: Member) -> bool:
        wanted = item.values.get(pair.item.lower())
        if wanted is None or wanted == "":
            return True
        if pair.member == "skills":
            own = [skill for one in self.persons(member) for skill in one.skills]
            has: object = ";".join([*own, *member.skills])
        else:
            has = member.values.get(pair.member.lower())
        if has is None or has == "":
            return False
        if pair.test is MatchTest.AT_MOST:
            return float(wanted) <= float(has)  # type: ignore[arg-type]
        if pair.test is MatchTest.AT_LEAST:
            return float(wanted) >= float(has)  # type: ignore[arg-type]
        asked, held = (set(str(value).lower().split(";")) for value in (wanted, has))
        return asked <= held if pair.test is MatchTest.EQUALS else bool(asked & held)

    def _quotas(self, item: WorkItem, group: Group, member: Member) -> Iterable[tuple[int, float]]:
        of_object = self.count[member.id, item.object]
        of_all = sum(self.count[member.id, name] for name in self.policy.objects)
        first = next((one.quota for one in self.persons(member) if one.quota is not None), None)
        own = next(
            (one.object_quotas[item.object] for one in self.persons(member) if item.object in one.object_quotas), None
        )
        found = ((of_object, group.quota), (of_object, own), (of_all, first))
        return [(active, limit) for active, one in found if (limit := _figure(one, member)) is not None]

    def threshold(self, group: Group, member: Member) -> int | None:
        own = next((one.threshold for one in self.persons(member) if one.threshold is not None), None)
        found = [limit for one in (group.threshold, own) if (limit := _figure(one, member)) is not None]
        return _whole(min(found)) if found else None

    def _capped(self, group: Group, member: Member, listed: ListedMember) -> bool:
        own = listed.caps or Caps()
        rolling = own.rolling or group.caps.rolling
        personal = next((one.caps for one in self.persons(member) if one.caps != Caps()), Caps())
        for period in Period:
            in_group = own.of(period) or group.caps.of(period)
            if in_group is not None and self._within(period, rolling, group=group.name, user=member.id) >= in_group:
                return True
            limit = personal.of(period)
            if limit is not None and self._within(period, personal.rolling, user=member.id) >= limit:
                return True
            limit = group.group_caps.of(period)
            if limit is not None and self._within(period, group.group_caps.rolling, group=group.name) >= limit:
                return True
        return False

    def _within(self, period: Period, rolling: bool, group: str | None = None, user: str | None = None) -> int:
        if rolling:
            days = {Period.HOUR: 1 / 24, Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}[period]
            return self._given(self.now - dt.timedelta(days=days), True, group, user)
        since = self.now.astimezone(self.zone).replace(minute=0, second=0, microsecond=0)
        if period is not Period.HOUR:
            since = since.replace(hour=0)
        if period is Period.WEEK:
            since -= dt.timedelta(days=(since.weekday() - self.policy.week_starts) % 7)
        if period is Period.MONTH:
            since = since.replace(day=1)
        return self._given(since.astimezone(dt.UTC), False, group, user)

    def _given(self, since: dt.datetime, after: bool, group: str | None = None, user: str | None = None) -> int:
        """Assignments since then; each window is counted once and then kept up to date."""
        if (since, after) not in self.counted:
            self.counted[since, after] = (defaultdict(int), defaultdict(int), defaultdict(int))
            for at, name, whom in self.given:
                if at > since or (at == since and not after):
                    self._add(self.counted[since, after], name, whom)
        pairs, users, groups = self.counted[since, after]
        if group is None:
            return users[user]  # type: ignore[no-any-return]
        return groups[group] if user is None else pairs[group, user]  # type: ignore[no-any-return]

    def _count_given(self, at: dt.datetime, group: str, user: str) -> None:
        self.given.append((at, group, user))
        for counters in self.counted.values():
            self._add(counters, group, user)

    @staticmethod
    def _add(counters: tuple[dict, dict, dict], group: str, user: str) -> None:  # type: ignore[type-arg]
        counters[0][group, user] += 1
        counters[1][user] += 1
        counters[2][group] += 1

    # rank

    def persons(self, member: Member) -> list[Person]:
        if member.username not in self.people:
            self.people[member.username] = [
                one
                for one in self.policy.people
                if (one.username is not None and one.username.lower() == member.username.lower())
                or (one.condition is not None and self.holds(one.condition, _user(member)))
            ]
        return self.people[member.username]

    def weight(self, member: Member, listed: ListedMember) -> int:
        own = next((one.weight for one in self.persons(member) if one.weight is not None), None)
        found = _figure(listed.weight if listed.weight is not None else own, member)
        return 1_000_000 if found is None else max(0, _whole(found))

    def measure(self, group: Group) -> LoadMeasure:
        """Points where somebody who is switched on and active has no threshold to measure by. It does not change while
        a plan is made, so even a plain loop would look only once."""
        if group.name not in self.measures:
            self.measures[group.name] = self._measure(group)
        return self.measures[group.name]

    def _measure(self, group: Group) -> LoadMeasure:
        wanted = LoadMeasure.SHARE if self._by_match(group) else group.least_loaded
        if wanted in (LoadMeasure.POINTS, LoadMeasure.COUNT):
            return wanted
        for member, listed in self.groups[group.name]:
            if listed.enabled and member.is_active and self.threshold(group, member) is None:
                return LoadMeasure.POINTS
        return wanted

    def _by_match(self, group: Group) -> bool:
        return group.method in (Method.BEST_MATCH, Method.OPTIMAL)

    def turning_weight(self, group: Group, member: Member, listed: ListedMember) -> int:
        """The weight of the rotation: where headroom counts, times what is left of the threshold at this moment."""
        weight, threshold = self.weight(member, listed), self.threshold(group, member)
        if not group.weight.headroom or threshold is None:
            return weight
        return math.floor(weight * (1 - Fraction(self.load[member.id], threshold)) + Fraction(1, 2))

    def match(self, item: WorkItem, group: Group, member: Member) -> Fraction:
        """Weights of the pairs that hold, of the weights of all pairs about which the item says something."""
        found = []
        for pair in group.match:
            weight = pair.weight if pair.weight is not None else (0 if pair.required else 1)
            if item.values.get(pair.item.lower()) not in (None, ""):
                found.append((_whole(weight), self._pair(pair, item, member)))
        total = sum(weight for weight, _ in found)
        return Fraction(sum(weight for weight, holds in found if holds), total) if total else Fraction(1)

    def _weighted(self, group: Group) -> bool:
        if group.method is Method.LEAST_LOADED or self._by_match(group):
            return self.measure(group) in (LoadMeasure.POINTS, LoadMeasure.COUNT)
        return group.method is Method.WEIGHTED_ROUND_ROBIN

    def key(self, item: WorkItem, group: Group, member: Member, listed: ListedMember, place: int) -> tuple[object, ...]:
        if group.method is Method.ROUND_ROBIN:
            return (self.turn[group.name, member.id], self.anywhere[member.id], place)
        if group.method is Method.WEIGHTED_ROUND_ROBIN:
            return (-(self.credit[group.name, member.id] + self.turning_weight(group, member, listed)), place)
        if self._by_match(group):
            return (-self.match(item, group, member), *self._burden_key(group, member, listed, place))
        return self._burden_key(group, member, listed, place)

    def _burden_key(self, group: Group, member: Member, listed: ListedMember, place: int) -> tuple[object, ...]:
        return (self._burden(group, member, listed), self.anywhere[member.id], place)

    def _burden(self, group: Group, member: Member, listed: ListedMember) -> Fraction:
        measure, load = self.measure(group), self.load[member.id]
        if measure is LoadMeasure.SPARE:
            return Fraction(load - (self.threshold(group, member) or 0))
        if measure is LoadMeasure.SHARE:
            return Fraction(load, self.threshold(group, member) or 1)
        if measure is LoadMeasure.COUNT:
            active = sum(self.count[member.id, name] for name in self.policy.objects)
            return Fraction(active, self.weight(member, listed))
        return Fraction(load, self.weight(member, listed))


def _user(member: Member) -> Mapping[str, object]:
    return {"id": member.id, "username": member.username, "isactive": member.is_active, **member.values}
