"""When an item that nobody takes is sent on, and what is written on items without a new owner."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from sfassign.core.decision import Assign, Hold, NoteKind, Review
from sfassign.core.engine import decide
from sfassign.core.model import Noted, Pause, WorkItem
from sfassign.core.policy import Destination, FieldWrites, Overflow, Policy, ReviewRule
from tests.core.world import CASE, LEAD, NOW, group, lead, listed, member, policy, snapshot, soql

MINUTE = dt.timedelta(minutes=1)
ABSENT = member("alice", is_active=False)
TELL = FieldWrites({"Problem__c": "{reason}"}, after=20 * MINUTE)
FLAG = FieldWrites({"Needs_Review__c": "true"})
REVIEWED = replace(
    LEAD, review=(ReviewRule(soql("Email = null"), "no e-mail"), ReviewRule(soql("Phone = null"), "no phone"))
)
ELSEWHERE = soql("Owner.Name = 'Elsewhere'")


def overflow(minutes: float = 20, **to: str) -> Overflow:
    return Overflow(minutes * MINUTE, Destination(**(to or {"queue": "Second line"})))


def floor(**said: Any) -> Policy:
    return policy(group(members=listed("alice"), **said), group("Second", listed("bob"), source=ELSEWHERE))


def decided(item: WorkItem, under: Policy, **said: Any) -> Any:
    (decision,) = decide(snapshot([item], [ABSENT, member("bob")], under, **said), under).decisions
    return decision


@pytest.mark.parametrize(("minutes", "goes"), [(19.9, False), (20, True), (500, True)])
def test_it_is_sent_on_when_nobody_took_it_for_so_long(minutes: float, goes: bool) -> None:
    held = decided(lead(1, minutes_old=minutes), floor(overflow=overflow()))
    assert (held.overflow is not None) is goes
    assert held.why == "0 of 1 can take it: 1 inactive"


def test_the_time_runs_in_the_present_spell_of_waiting() -> None:
    item = lead(1, minutes_old=500, waiting_since=NOW - 5 * MINUTE)
    assert decided(item, floor(overflow=overflow())).overflow is None


def test_whoever_can_take_it_gets_it_however_long_it_waited() -> None:
    under = policy(group(members=listed("bob"), overflow=overflow()))
    assert isinstance(decided(lead(1, minutes_old=500), under), Assign)


def test_a_paused_group_sends_nothing_on_and_writes_nothing() -> None:
    under = floor(overflow=overflow(), on_not_assigned=TELL)
    held = decided(lead(1, minutes_old=500), under, paused_groups={"Web leads": Pause("inventory")})
    assert (held.overflow, held.note) == (None, None)


def test_a_group_that_is_switched_off_gets_nothing() -> None:
    first = group(members=listed("alice"), overflow=overflow(group="Second"))
    under = policy(first, group("Second", listed("bob"), source=ELSEWHERE, enabled=False))
    assert decided(lead(1, minutes_old=30), under).overflow is None


def test_in_its_new_group_it_meets_that_groups_members_and_keeps_its_home() -> None:
    under = floor(overflow=overflow(group="Second"))
    item = lead(1, minutes_old=30, overflowed=("Web leads", "Second"))
    assert (decided(item, under).group, decided(item, under).to.username) == ("Second", "bob@acme.example")
    (held,) = decide(snapshot([item], [ABSENT], under), under).decisions
    assert isinstance(held, Hold)
    assert (held.group, held.home, held.overflow) == ("Second", "Web leads", None)


@pytest.mark.parametrize("overflowed", [("Another", "Second"), ("Web leads", "Gone")])
def test_an_overflow_counts_only_from_where_it_started_and_to_a_group_there_is(overflowed: tuple[str, str]) -> None:
    held = decided(lead(1, minutes_old=30, overflowed=overflowed), floor())
    assert held.group == "Web leads"


ABOUT = "inactive"
AGO = {"same reasons": (ABOUT, 600), "others, lately": ("absent", 59), "others, an hour ago": ("absent", 60)}


@pytest.mark.parametrize(("case", "written"), list(zip(AGO, (False, False, True), strict=True)))
def test_it_is_told_again_only_when_the_reason_codes_change_and_at_most_hourly(case: str, written: bool) -> None:
    about, minutes = AGO[case]
    item = lead(1, minutes_old=1000, unassigned=Noted(about, NOW - minutes * MINUTE))
    assert (decided(item, floor(on_not_assigned=TELL)).note is not None) is written


def test_a_new_spell_of_waiting_is_told_anew() -> None:
    told = Noted(ABOUT, NOW - 60 * MINUTE)
    item = lead(1, minutes_old=1000, waiting_since=NOW - 30 * MINUTE, unassigned=told)
    note = decided(item, floor(on_not_assigned=TELL)).note
    assert (note.kind, note.reason, note.about) == (NoteKind.NOT_ASSIGNED, "1 inactive", "inactive")


def test_not_before_its_time() -> None:
    assert decided(lead(1, minutes_old=19), floor(on_not_assigned=TELL)).note is None


def test_a_group_of_nobody_says_so() -> None:
    under = policy(
        group(members=listed("alice"), source=ELSEWHERE), group("Empty", soql_members(), on_not_assigned=TELL)
    )
    assert decided(lead(1, minutes_old=30), under).note.reason == "nobody is in the group"


def soql_members() -> Any:
    return replace(listed("x"), listed=None, condition=soql("Department = 'Nowhere'"))


@pytest.mark.parametrize(
    ("values", "flagged", "written"),
    [
        ({"email": None, "phone": None}, None, "no e-mail"),
        ({"email": "a", "phone": None}, None, "no phone"),
        ({"email": None, "phone": None}, "no e-mail", None),
        ({"email": "a", "phone": None}, "no e-mail", "no phone"),
    ],
)
def test_a_review_is_written_once_for_each_rule_that_begins_to_hold(
    values: dict[str, Any], flagged: str | None, written: str | None
) -> None:
    under = policy(group(on_review=FLAG), objects=(REVIEWED, CASE))
    item = lead(1, values=values, flagged=None if flagged is None else Noted(flagged, NOW))
    found = decided(item, under)
    assert isinstance(found, Review)
    assert (found.note.reason if found.note else None) == written


def test_a_rule_without_fields_to_set_writes_nothing() -> None:
    under = policy(objects=(REVIEWED, CASE))
    assert decided(lead(1, values={"email": None}), under).note is None


def test_what_travels_with_the_owner_is_in_the_decision() -> None:
    writes = FieldWrites({"Status": "Assigned"}, ("Task",))
    given = decided(lead(1), policy(group(members=listed("bob"), on_assigned=writes)))
    assert (dict(given.set), given.children) == ({"Status": "Assigned"}, ("Task",))
