"""`check --write-test`: one record gets the owner it has, and the org shows whether it honours the guard of writes."""

from __future__ import annotations

import pytest

from sfassign.bootstrap import App
from sfassign.errors import LeaseHeld, WrongOrg, WrongUsage
from sfassign.finding import Check
from sfassign.guards import IGNORED, Guards
from sfassign.ports import Guard
from sfassign.write_checks import guard_findings, write_checks
from tests.cycle.world import World


def guard_of(app: App, world: World) -> Guard:
    return Guards(app.store, world.clock).of("Lead")


def test_the_write_test_proves_that_the_org_honours_the_date_and_changes_nothing(world: World) -> None:
    (lead,) = world.add_leads(1)
    app = world.app()
    before = world.org.get("Lead", lead)
    known, left = write_checks(app, lead)
    assert (known.level, left.level) == ("ok", "ok")
    assert "honours If-Unmodified-Since on Lead" in known.said
    assert "not written (412)" in left.said
    assert "written (204)" in left.said
    assert guard_of(app, world) is Guard.PRECONDITION
    stamps = {"LastModifiedDate", "LastModifiedById", "SystemModstamp"}
    after = world.org.get("Lead", lead)
    assert {name for name in before if before[name] != after[name]} <= stamps


def test_the_write_test_finds_an_org_that_ignores_it(world: World) -> None:
    world.org.settings.honours_preconditions = False
    lead = world.add_lead(world.org.admin_id)
    app = world.app()
    known, left = write_checks(app, lead)
    assert known.level == "warning"
    assert "hangs on a query" in known.said
    assert left.level == "ok"
    assert world.owner(lead) == world.org.admin_id
    assert app.store.fact(f"{IGNORED}:Lead")
    assert guard_of(app, world) is Guard.REFERENCE


def test_the_write_test_waits_until_the_second_of_the_last_change_is_over(world: World) -> None:
    lead = world.add_lead()
    known, _ = write_checks(world.app(), lead)
    assert "honours" in known.said


def test_a_record_that_cannot_be_written_teaches_nothing(world: World) -> None:
    (lead,) = world.add_leads(1)
    world.org.faults.refuse(lead, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Region is missing")
    app = world.app()
    world.org.settings.honours_preconditions = False
    failed, left = write_checks(app, lead)
    assert (failed.level, failed.exit_code) == ("error", 1)
    assert "Region is missing" in left.said
    assert guard_of(app, world) is Guard.UNPROVEN


def test_an_automation_that_answers_the_test_write_is_told(world: World) -> None:
    (lead,) = world.add_leads(1)
    ann = world.people["ann"]
    world.org.settings.honours_preconditions = False
    world.org.faults.between(
        lambda: world.org.update("Lead", lead, {"OwnerId": ann}), method="PATCH", path="sobjects/Lead", after=True
    )
    *_, left = write_checks(world.app(), lead)
    assert left.level == "warning"
    assert f"Its owner is now {ann}" in left.said


@pytest.mark.parametrize("wrong", ["001000000000001AAA", "nonsense", ""])
def test_an_id_of_no_object_of_the_policy_is_refused_with_what_was_expected(world: World, wrong: str) -> None:
    with pytest.raises(WrongUsage, match=r"expected one like 00Q… \(Lead\)"):
        write_checks(world.app(), wrong)


def test_a_lead_that_is_gone_is_an_error_and_nothing_is_written(world: World) -> None:
    (lead,) = world.add_leads(1)
    world.org.delete("Lead", lead)
    (found,) = write_checks(world.app(), lead)
    assert (found.level, found.exit_code) == ("error", 1)


def test_in_another_org_than_the_configured_one_nothing_is_written_and_nothing_remembered(world: World) -> None:
    (lead,) = world.add_leads(1)
    app = world.app(org_id="00D000000000001AAA")
    before = world.org.get("Lead", lead)
    with pytest.raises(WrongOrg, match="SFASSIGN_ORG_ID"):
        write_checks(app, lead)
    assert world.org.get("Lead", lead) == before
    assert app.store.fact("org") is None


def test_a_dry_run_writes_nothing_for_a_test_either(world: World) -> None:
    (lead,) = world.add_leads(1)
    with pytest.raises(WrongUsage, match="SFASSIGN_DRY_RUN"):
        write_checks(world.app(dry_run=True), lead)


def test_the_test_waits_for_nobody_who_writes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfassign.write_checks.LEASE_WAIT_SECONDS", 0.1)
    (lead,) = world.add_leads(1)
    daemon, app = world.app(), world.app()
    with daemon.store.lease("the daemon", 0), pytest.raises(LeaseHeld, match="the daemon"):
        write_checks(app, lead)


def test_check_shows_what_is_known_of_each_object(world: World) -> None:
    app = world.app()
    guards = Guards(app.store, world.clock)
    guards.keep("Lead", honoured=True)
    guards.keep("Case", honoured=False)
    found: list[Check] = [*guard_findings(guards, ["Case", "Lead", "Opportunity"])]
    assert [(one.level, "ignores" in one.said) for one in found] == [("ok", False), ("ok", False), ("warning", True)]
    assert "--write-test RECORD_ID" in found[1].said
    assert "Opportunity" in found[1].said
