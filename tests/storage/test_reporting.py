"""The journal summed up for the report, on both databases."""

from __future__ import annotations

import datetime as dt
import math

from sfassign.core.journal import Event
from sfassign.ports import Settlement
from sfassign.storage import Outcomes, SqlStore, Views

from .world import ALICE, BOB, GROUP, T0, absorb, assign, items, landed, lead, minute, planned, seen, sql, under_way

LONG_AGO = T0 - dt.timedelta(days=1)


def decide(store: SqlStore, number: int, to: str = ALICE, at: float = 0, group: str = GROUP) -> int:
    absorb(store, minute(at), seen(number))
    item = items(store, minute(at))[lead(number)]
    (entry,) = under_way(store, [assign(item, to, number, group=group)], minute(at))
    return entry


def end(store: SqlStore, entry: int, event: Event, code: str | None = None, at: float = 1) -> None:
    store.settle([Settlement(entry, event, minute(at), code, "words")])


def test_every_outcome_is_counted_once_under_its_own_name(store: SqlStore) -> None:
    landed(store, [decide(store, 1), decide(store, 2, BOB)], minute(1))
    end(store, decide(store, 3), Event.OTHER_OWNER)
    end(store, decide(store, 4), Event.GONE)
    end(store, decide(store, 5), Event.OTHER_OWNER, "OVERRIDDEN")
    end(store, decide(store, 6), Event.REFUSED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    end(store, decide(store, 7), Event.REFUSED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    end(store, decide(store, 8), Event.NOT_LANDED, "CHANGED_SINCE")
    end(store, decide(store, 9), Event.NOT_LANDED)
    decide(store, 10, BOB)
    found = Views(store).journal_sums(LONG_AGO)
    alice = Outcomes(1, 2, 1, 0, {"FIELD_CUSTOM_VALIDATION_EXCEPTION": 2}, {"CHANGED_SINCE": 1, "NO_ANSWER": 1})
    assert found.members == {(GROUP, ALICE): alice, (GROUP, BOB): Outcomes(assigned=1, open=1)}
    assert (found.groups[GROUP].assigned, found.groups[GROUP].open) == (2, 1)
    assert (found.decisions, found.policies) == (10, {"sha256:abc": 10})
    assert found.usernames == {ALICE: f"{ALICE}@acme.example", BOB: f"{BOB}@acme.example"}


def test_who_overrode_us_is_counted_by_name_beside_how_often(store: SqlStore) -> None:
    for number, by in enumerate(["Robot (005R)", "Robot (005R)", "Mia (005M)", None], start=1):
        ended = Settlement(decide(store, number), Event.OTHER_OWNER, minute(1), "OVERRIDDEN", overridden_by=by)
        store.settle([ended])
    found = Views(store).journal_sums(LONG_AGO).groups[GROUP]
    assert (found.overridden, found.lost_races) == (4, 0)
    assert found.overridden_by == {"Robot (005R)": 2, "Mia (005M)": 1}


def test_dry_runs_and_what_was_decided_before_do_not_count(store: SqlStore) -> None:
    landed(store, [decide(store, 1, at=-10)], minute(-9))
    absorb(store, T0, seen(2))
    planned(store, [assign(items(store)[lead(2)], ALICE, 2)], dry_run=True)
    found = Views(store).journal_sums(minute(-5))
    assert (found.decisions, dict(found.groups), dict(found.waits)) == (0, {}, {})


def test_the_percentiles_are_the_nearest_ranks_of_the_times_from_waiting_to_confirmation(store: SqlStore) -> None:
    waits = [7, 1, 30, 4, 2, 90, 3, 5, 60, 11, 8]
    for number, wait in enumerate(waits, start=1):
        landed(store, [decide(store, number, ALICE if number % 2 else BOB)], minute(wait))
    found = Views(store).journal_sums(LONG_AGO)

    def ranks(minutes: list[int]) -> tuple[float, ...]:
        return tuple(60.0 * sorted(minutes)[math.ceil(share * len(minutes)) - 1] for share in (0.5, 0.9, 0.99))

    assert found.waits == {GROUP: ranks(waits)}
    assert found.member_waits == {(GROUP, ALICE): ranks(waits[::2]), (GROUP, BOB): ranks(waits[1::2])}


def test_groups_are_told_apart(store: SqlStore) -> None:
    landed(store, [decide(store, 1), decide(store, 2, group="Cases")], minute(1))
    found = Views(store).journal_sums(LONG_AGO)
    assert {name: outcomes.assigned for name, outcomes in found.groups.items()} == {GROUP: 1, "Cases": 1}
    assert set(found.waits) == {GROUP, "Cases"}


def test_what_one_person_was_given_is_told_with_its_moments(store: SqlStore) -> None:
    for number, at in ((1, -30), (2, -10), (3, 0)):
        landed(store, [decide(store, number, at=at)], minute(at))
    landed(store, [decide(store, 4, BOB)], minute(0))
    end(store, decide(store, 5), Event.GONE)
    assert Views(store).given_times(ALICE, minute(-20)) == ((minute(-10), GROUP), (T0, GROUP))


def test_a_user_renamed_since_goes_by_the_name_last_written_down(store: SqlStore, url: str) -> None:
    first, second = decide(store, 1), decide(store, 2)
    landed(store, [first, second], minute(1))
    sql(url, f"UPDATE journal SET owner_username = 'zoe@acme.example' WHERE id = {first}")
    sql(url, f"UPDATE journal SET owner_username = 'ann@acme.example' WHERE id = {second}")
    assert Views(store).journal_sums(LONG_AGO).usernames == {ALICE: "ann@acme.example"}
