"""What Salesforce's documentation leaves open does not matter to us: a day goes well in either kind of org."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from sfassign.emulator import Settings
from sfassign.errors import LoginFailed
from tests.cycle.short_day import TRAP, ShortDay
from tests.cycle.world import URL, World

TESTS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Doubt:
    """`other`: what an org may do instead of the default. `because` says what of the day, or which test, looks at it,
    or why nothing we send can meet it; those that only that last reason is given for have no day of their own."""

    other: object
    because: str
    met: bool = True


DOUBTS = {
    "honours_preconditions": Doubt(False, "claims; test_guards.py, test_races.py"),
    "precondition_field": Doubt("SystemModstamp", "claims; test_writing_the_local_org.py"),
    "precondition_body": Doubt(False, "claims: a 412 is known by its status alone"),
    "unequal_finds_null": Doubt(False, "the source has a !=, and leads without a rating; test_condition_checks.py"),
    "nulls_first_descending": Doubt(False, "no query of ours sorts DESC by a field that may be empty", met=False),
    "locator_error_status": Doubt(404, "the lost pages"),
    "polymorphic_type": Doubt("User", "the source asks for Owner.Name; we never read attributes.type of an owner"),
    "composite_inherits_auto_assign": Doubt(True, "the trap: each of our writes says FALSE itself"),
    "icu_formats": Doubt(False, "no query of ours calls FORMAT()", met=False),
    "currency_symbol": Doubt("€", "no query of ours calls FORMAT()", met=False),
    "childless_is_null": Doubt(False, "no query of ours has a subquery of children", met=False),
    "clamps_batch_size": Doubt(False, "we ask for no batchSize", met=False),
    "collections_auto_assign": Doubt(
        False, "of collections we write tasks only, which no assignment rule touches", met=False
    ),
    "cross_reference_status": Doubt(
        403, "a refusal is known by its code; test_switches.py, the refused owner", met=False
    ),
    "session_stamp_share": Doubt(0.5, "pauses just shorter than half a session"),
    "whole_second_stamps": Doubt(True, "claims, and everything that is read by its stamp"),
    "reset_case_owner": Doubt(False, "the cases: each of our writes says FALSE"),
    "default_case_owner": Doubt(TRAP, "the cases: each of our writes says FALSE"),
    "locator_hours": Doubt(0.25, "the lost pages: a result is read to its end at once"),
    "lockout_minutes": Doubt(90, "test_switches.py, the locked user", met=False),
    "longest_assertion_seconds": Doubt(180, "the login by certificate"),
    "composite_checks_session": Doubt(True, "the lost session; test_sessions_that_end.py"),
    "transfers_from_inactive_owners": Doubt(False, "test_answers.py, the lead whose owner left", met=False),
    "freezing_ends_sessions": Doubt(False, "test_access.py, whoever is frozen", met=False),
    "week_starts": Doubt(0, "the source has THIS_WEEK, which the org alone computes"),
    "compress_above_bytes": Doubt(0, "every reply of the day is compressed then"),
}
FACTS = {
    "track_history": "cycle/test_neglect_safety.py",
    "page_size": "salesforce/test_reading_the_local_org.py",
    "page_shrink": "salesforce/test_reading_the_local_org.py",
    "bulk_seconds": "salesforce/test_many_rows.py",
    "bulk_failure": "salesforce/test_many_rows.py",
    "session_seconds": "cycle/short_day.py",
    "shared_sessions": "salesforce/test_traps.py",
    "instance_url": "salesforce/test_four_logins.py",
    "soap_login": "salesforce/test_four_logins.py",
    "trusted_network": "salesforce/test_four_logins.py",
    "login_attempts": "salesforce/test_four_logins.py",
    "api_enabled": "salesforce/test_four_logins.py",
    "session_viewers": "cycle/test_presence_checks.py",
    "private_objects": "cycle/test_access.py",
    "read_only_objects": "cycle/test_access.py",
    "read_only_records": "cycle/test_access.py",
    "untransferable_objects": "cycle/test_access.py",
    "no_read": "cycle/test_access.py",
    "inactive_owner_editors": "cycle/test_answers.py",
    "setup_viewers": "cycle/test_rights_checks.py",
    "daily_limit": "cycle/test_safety.py",
    "concurrent_limit": "cycle/test_bad_lines.py",
    "long_requests": "cycle/test_bad_lines.py",
    "limit_excess_calls": "cycle/day.py",
    "notification_senders": "salesforce/test_notifying_the_local_org.py",
}
"""How an org is set up, which no documentation could tell: the file whose tests run our client in either."""


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def live(folder: Path, key: rsa.RSAPrivateKey, switches: dict[str, object]) -> None:
    day = ShortDay(folder, key, switches)
    try:
        day.run()
        day.hold_the_laws()
    finally:
        day.app.close()
        day.org.close()


def test_every_switch_of_the_local_org_is_tried_both_ways_with_our_client() -> None:
    defaults = {field.name: field.default for field in fields(Settings)}
    assert DOUBTS.keys() | FACTS.keys() == defaults.keys()
    assert not DOUBTS.keys() & FACTS.keys()
    assert [name for name, doubt in DOUBTS.items() if doubt.other == defaults[name]] == []
    assert [name for name, file in FACTS.items() if f"settings.{name}" not in (TESTS / file).read_text()] == []


def test_a_day_goes_well_where_the_org_is_as_we_think(tmp_path: Path, key: rsa.RSAPrivateKey) -> None:
    live(tmp_path, key, {})


@pytest.mark.parametrize("name", [name for name, doubt in DOUBTS.items() if doubt.met])
def test_a_day_goes_as_well_where_one_thing_is_otherwise(tmp_path: Path, key: rsa.RSAPrivateKey, name: str) -> None:
    live(tmp_path, key, {name: DOUBTS[name].other})


@pytest.mark.parametrize("honoured", [True, False])
def test_a_day_goes_as_well_where_everything_is_otherwise(
    tmp_path: Path, key: rsa.RSAPrivateKey, honoured: bool
) -> None:
    others = {name: doubt.other for name, doubt in DOUBTS.items()}
    live(tmp_path, key, others | {"honours_preconditions": honoured})


@pytest.mark.parametrize("status", [400, 403])
def test_an_owner_the_org_refuses_is_told_by_the_code_whatever_the_status(world: World, status: int) -> None:
    lead, other = world.add_leads(2)
    world.org.faults.refuse(lead, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "no access", status)
    report = world.cycle(world.app())
    assert [line.id for line in report.assigned] == [other]
    assert [(line.id, line.code) for line in report.failed] == [(lead, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")]


@pytest.mark.parametrize("minutes", [15, 90])
def test_a_locked_user_is_waited_for_however_long_an_org_locks(world: World, minutes: int) -> None:
    robot = world.org.add_user("robot@acme.example", "Robot")
    world.org.settings.soap_login, world.org.settings.login_attempts = True, 1
    world.org.settings.lockout_minutes = minutes
    world.org.set_password(robot, "right", "token")
    login: dict[str, Any] = {
        "login_url": URL,
        "username": "robot@acme.example",
        "security_token": SecretStr("token"),
    }
    guess, org = (
        world.app(instance_url=None, access_token=None, password=SecretStr(password), **login).org
        for password in ("wrong", "right")
    )
    with pytest.raises(LoginFailed):
        guess.log_in()
    tried = len(world.org.log)
    waited = 0
    while True:
        try:
            org.log_in()
        except LoginFailed:
            world.clock.pass_by(minutes=1)
            waited += 1
            continue
        break
    assert minutes <= waited <= minutes + 60
    assert len(world.org.log) - tried <= 1 + waited // 30
