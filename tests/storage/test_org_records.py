"""What the org said of hours, absence, skills and groups is kept as it was said, until it is said anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from sfassign.core.records import (
    AwayRecord,
    BusinessHoursRecord,
    Directory,
    GroupRecord,
    HolidayRecord,
    LinkRecord,
    OrgRecord,
    OrgRecords,
    Pool,
    ResultsRecord,
    RoleRecord,
    SkillRecord,
)
from sfassign.storage import SqlStore

from .world import ALICE, GROUP, QUEUE, T0, looked_at, minute

CHRISTMAS = dt.date(2026, 12, 25)
RECORDS: dict[str, tuple[OrgRecord, ...]] = {
    "business_hours": (
        BusinessHoursRecord("Default", True, "Europe/London", ((dt.time(9), dt.time(17, 30)), (None, None))),
    ),
    "holidays": (
        HolidayRecord("Christmas", CHRISTMAS),
        HolidayRecord("Eve", None, (720, None), "RecursYearly", CHRISTMAS, CHRISTMAS, 1, 62, 24, "Last", "December"),
    ),
    "skills": (SkillRecord(ALICE, "Plant hire", "Plant_hire", T0, None), SkillRecord(ALICE, "x", "x", T0, minute(9))),
    "away": (AwayRecord(ALICE, T0, minute(60), False), AwayRecord(ALICE, T0, T0, True)),
    "pools": (Pool(GROUP, frozenset({ALICE}), frozenset({"00E000000000001AAA"}), ("no such queue",)), Pool("B")),
    "results": (ResultsRecord("Lead 90d: won of closed", ((ALICE, 18, 40), ("005000000000002AAA", 0, 0))),),
}
DIRECTORY: dict[str, tuple[OrgRecord, ...]] = {
    "groups": (GroupRecord(QUEUE, "Web", "Web", "Queue", None),),
    "links": (LinkRecord(QUEUE, ALICE),),
    "roles": (RoleRecord("00E000000000001AAA", None, False), RoleRecord("00E000000000002AAA", "x", True)),
}


def test_nothing_is_known_before_the_first_reading(store: SqlStore) -> None:
    assert looked_at(store).records == OrgRecords()
    assert (store.directory(), store.pools()) == (Directory(), None)


def test_every_kind_of_record_comes_back_as_it_was_read(store: SqlStore) -> None:
    for part, records in {**RECORDS, **DIRECTORY}.items():
        store.keep_records(part, records, minute(1))
    assert looked_at(store).records == OrgRecords(**RECORDS, away_at=minute(1))  # type: ignore[arg-type] # one kind each
    assert store.directory() == Directory(**DIRECTORY)  # type: ignore[arg-type] # one kind each
    assert store.pools() == RECORDS["pools"]


@pytest.mark.parametrize(("again", "known"), [(RECORDS["away"][:1], RECORDS["away"][:1]), ((), ()), (None, None)])
def test_a_reading_replaces_the_one_before_and_may_be_forgotten(
    store: SqlStore, again: Sequence[OrgRecord] | None, known: object
) -> None:
    store.keep_records("away", RECORDS["away"], minute(1))
    store.keep_records("away", again, minute(2))
    records = looked_at(store).records
    assert (records.away, records.away_at) == (known, None if known is None else minute(2))
