"""Sticky preference through the whole product: from the org's accounts, histories and addresses to the new owner."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from sfassign.bootstrap import App
from sfassign.core.model import Pause
from sfassign.cycle import preview
from sfassign.errors import WrongPolicy, WrongUsage
from sfassign.outcome import CycleReport
from sfassign.policy import read_policy
from sfassign.storage import Views
from sfassign.whatif import Present, decide_otherwise, why_not
from tests.cycle.world import POLICY, World

STICKY = POLICY + "    prefer: [account_owner, previous_owner, same_email]\n    ramp: off\n"
PATIENT = STICKY + "    prefer_wait: 30m\n"
CASES = STICKY.replace("object: Lead", "object: Case")
ACCOUNTS_ONLY = POLICY + "    prefer: [account_owner]\n    ramp: off\n"


def account(world: World, name: str, owner: str) -> str:
    return world.org.insert("Account", {"Name": name, "OwnerId": world.people[owner]})


def contact(world: World, email: str, owner: str) -> str:
    return world.org.insert("Contact", {"LastName": "Roe", "Email": email, "OwnerId": world.people[owner]})


def started(world: World, text: str = STICKY, **settings: Any) -> App:
    """The product after a first cycle with nothing to do."""
    world.write_policy(text)
    app = world.app(**settings)
    world.cycle(app)
    return app


def names(report: CycleReport) -> list[str]:
    return [(line.owner_username or "").split("@")[0] for line in report.assigned]


# who gets it ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cyd", "bob"])
def test_a_lead_goes_to_the_owner_of_the_account_called_like_its_company(world: World, name: str) -> None:
    app = started(world)
    account(world, "O'Neil & Söhne", name)
    (lead,) = world.add_leads(1, Company="o'neil & söhne")
    (line,) = world.cycle(app).assigned
    assert world.name_of(world.owner(lead)) == name
    assert line.why == (
        f"Web leads → {name}@acme.example by preference: it prefers its account owner {name}@acme.example"
        " (3 of 3 could take it)"
    )
    assert line.method == "round_robin"
    first = Views(app.store).explain(lead).members[0]
    assert (first["username"], first["key"]["preferred"]) == (f"{name}@acme.example", "account_owner")


def test_a_case_goes_to_the_owner_of_its_account_or_to_whoever_owns_its_contact(world: World) -> None:
    app = started(world, CASES)
    known = account(world, "Acme", "cyd")
    person = contact(world, "jo@roe.example", "bob")
    cases = [
        world.org.insert("Case", {"OwnerId": world.queue, **fields})
        for fields in (
            {"AccountId": known, "SuppliedEmail": "jo@roe.example"},
            {"SuppliedEmail": "JO@roe.example"},
            {"ContactId": person},
        )
    ]
    world.clock.pass_by(seconds=5)
    assert len(world.cycle(app).assigned) == 3
    assert [world.name_of(world.owner(case, "Case")) for case in cases] == ["cyd", "bob", "bob"]


def test_a_lead_that_came_back_goes_to_whoever_had_it_before(world: World) -> None:
    app = started(world)
    lead = world.add_lead(owner=world.people["cyd"])
    world.clock.pass_by(seconds=30)
    world.org.update("Lead", lead, {"OwnerId": world.queue})
    world.clock.pass_by(seconds=5)
    assert names(world.cycle(app)) == ["cyd"]


def test_where_the_org_keeps_no_history_our_own_journal_says_who_had_it(world: World) -> None:
    world.org.settings.track_history = False
    app = started(world)
    (lead,) = world.add_leads(1)
    first = names(world.cycle(app))
    world.add_leads(1)
    world.cycle(app)
    world.org.update("Lead", lead, {"OwnerId": world.queue})
    world.clock.pass_by(seconds=5)
    report = world.cycle(app)
    assert (names(report), report.warnings) == (first, ())
    assert "prefers its previous owner" in report.assigned[0].why


def test_an_account_of_somebody_outside_the_group_changes_nothing(world: World) -> None:
    app = started(world, PATIENT)
    outsider = world.org.add_user("zoe@acme.example", "Zoe")
    world.org.insert("Account", {"Name": "Acme", "OwnerId": outsider})
    world.add_leads(1, Company="Acme")
    (line,) = world.cycle(app).assigned
    assert "by round_robin" in line.why


# waiting for them ----------------------------------------------------------------------------------------------------


def test_an_item_waits_for_its_account_owner_and_then_goes_by_rank(world: World) -> None:
    app = started(world, PATIENT)
    account(world, "Acme", "cyd")
    app.store.pause("user", world.people["cyd"], Pause("dentist", world.clock.now() + dt.timedelta(hours=2)))
    created = world.clock.now()
    world.add_leads(1, Company="Acme")
    until = (created + dt.timedelta(minutes=30)).strftime("%H:%M Europe/London")
    (line,) = world.cycle(app).waiting
    assert line.why.startswith(f"waits until {until} for its account owner cyd@acme.example (paused: dentist until ")
    assert line.reasons == {"paused": 1}
    world.clock.pass_by(minutes=28)
    assert [one.why for one in world.cycle(app).waiting] == [line.why], "nothing that is said of it runs with the clock"
    world.clock.pass_by(minutes=2)
    assert len(world.cycle(app).assigned) == 1


def test_whoever_comes_back_in_time_gets_what_waited_for_them(world: World) -> None:
    app = started(world, PATIENT)
    account(world, "Acme", "cyd")
    app.store.pause("user", world.people["cyd"], Pause("dentist", world.clock.now() + dt.timedelta(hours=2)))
    world.add_leads(1, Company="Acme")
    assert world.cycle(app).assigned == ()
    app.store.pause("user", world.people["cyd"], None)
    assert names(world.cycle(app)) == ["cyd"]


def test_others_are_told_how_long_it_waits_for_somebody_else(world: World) -> None:
    app = started(world, PATIENT)
    account(world, "Acme", "cyd")
    app.store.pause("user", world.people["cyd"], Pause("dentist", world.clock.now() + dt.timedelta(hours=2)))
    (lead,) = world.add_leads(1, Company="Acme")
    world.cycle(app)
    answer = why_not(present(world, app), Views(app.store).explain(lead), "ann@acme.example")
    assert [(one.gate, one.change.split(", ")[1]) for one in answer.obstacles] == [("held", "when it waits no longer")]


# what it costs -------------------------------------------------------------------------------------------------------


def test_only_a_cycle_with_new_items_asks_once_for_all_of_them(world: World) -> None:
    app = started(world, PATIENT)
    account(world, "Acme", "cyd")
    app.store.pause("user", world.people["cyd"], Pause("dentist"))
    app.store.pause("user", world.people["bob"], Pause("lunch", world.clock.now() + dt.timedelta(hours=2)))
    contact(world, "jo@roe.example", "bob")
    assert world.cycle(app).api_calls == 1
    world.add_leads(40, Email="jo@roe.example")
    report = world.cycle(app)
    assert (report.api_calls, len(report.waiting)) == (2, 40)
    for _ in range(5):
        assert world.cycle(app).api_calls == 1


def test_it_is_asked_again_only_when_what_it_goes_by_changed(world: World) -> None:
    app = started(world, PATIENT)
    account(world, "Acme", "cyd")
    for name in ("ann", "bob", "cyd"):
        app.store.pause("user", world.people[name], Pause("fire drill", world.clock.now() + dt.timedelta(hours=2)))
    (lead,) = world.add_leads(1, Company="Doe Ltd", Email="jo@roe.example")
    world.cycle(app)
    world.org.update("Lead", lead, {"Rating": "Hot"})
    world.clock.pass_by(seconds=5)
    assert world.cycle(app).api_calls == 1
    world.org.update("Lead", lead, {"Company": "Acme"})
    world.clock.pass_by(seconds=5)
    report = world.cycle(app)
    assert report.api_calls == 2
    asked = [entry.path for entry in world.org.log[-1].subrequests]
    assert len(asked) == 1
    assert "FROM+Account" in asked[0]
    assert "cyd@acme.example" in report.waiting[0].why


def test_a_morning_full_of_new_items_is_looked_up_in_line_order_bit_by_bit(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sfassign.preferences.MOST_ITEMS", 3)
    app = started(world, ACCOUNTS_ONLY.replace("ramp: off", "ramp: off\n    priority: 1"))
    account(world, "Doe Ltd", "cyd")
    leads = []
    for _ in range(8):
        leads += world.add_leads(1)
    found = [world.cycle(app) for _ in range(3)]
    assert [[line.id for line in report.assigned] for report in found] == [leads[:3], leads[3:6], leads[6:]]
    assert {line.why for line in found[0].waiting} == {"whom it prefers is still to be looked up (account_owner)"}
    assert all(world.name_of(world.owner(lead)) == "cyd" for lead in leads)


def test_ten_thousand_new_items_stop_no_cycle(world: World) -> None:
    world.write_policy(STICKY + "    caps: {day: 10}\n")
    app = world.app()
    world.cycle(app)
    row = {"LastName": "Doe", "OwnerId": world.queue}
    rows = [row | {"Company": f"Company {n}", "Email": f"{n}@roe.example"} for n in range(10_000)]
    world.org.bulk_insert("Lead", rows)
    world.clock.pass_by(seconds=5)
    report = world.cycle(app)
    to_come = sum("still to be looked up" in line.why for line in report.waiting)
    assert (len(report.assigned), to_come) == (30, 9_000)
    assert report.api_calls <= 5 + 4 + 2, "five pages of leads, a few look-ups, two writes"


# what the org does not tell ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hidden", "kind", "reads"),
    [
        ("Account", "account owners", "Account"),
        ("LeadHistory", "previous owners", "LeadHistory"),
        ("Contact", "owners of the same e-mail", "Lead and Contact"),
    ],
)
def test_what_the_org_refuses_holds_nothing_and_is_a_warning(world: World, hidden: str, kind: str, reads: str) -> None:
    app = started(world, PATIENT)
    world.org.hide_object(hidden)
    world.add_leads(2, Email="jo@roe.example")
    report = world.cycle(app)
    assert (len(report.assigned), report.exit_code) == (2, 3)
    (warning,) = report.warnings
    assert warning.startswith(f"the {kind} of Lead cannot be looked up (INVALID_TYPE: ")
    assert f"grant read access to {reads}, or take " in warning
    assert world.cycle(app).warnings == (), "it is asked again with the next new items, not before"


def test_a_rehearsal_looks_up_too_and_says_whom_it_would_choose(world: World) -> None:
    app = started(world)
    account(world, "Acme", "cyd")
    (lead,) = world.add_leads(1, Company="Acme")
    report = preview(app.ports, app.policy)
    assert names(report) == ["cyd"]
    assert json.dumps(report.as_json())
    assert world.owner(lead) == world.queue


def test_a_kind_that_the_object_cannot_have_stops_the_start(world: World) -> None:
    text = STICKY.replace("object: Lead", "object: Opportunity").replace("Owner.Name", "Owner.Username")
    world.write_policy(text)
    with pytest.raises(WrongPolicy, match=r"'same_email' goes by the field 'Email', which Opportunity does not have"):
        world.app().check_policy()


# another policy ------------------------------------------------------------------------------------------------------


def present(world: World, app: App) -> Present:
    return Present(app.store, app.policy, world.clock.now(), dt.timedelta(minutes=2))


def test_a_policy_with_preferences_that_were_never_looked_up_cannot_be_answered(world: World) -> None:
    app = started(world, ACCOUNTS_ONLY)
    app.store.pause("all", "", Pause("stocktaking"))
    (lead,) = world.add_leads(1, Company="Acme", Email="jo@roe.example")
    world.cycle(app)
    app.store.pause("all", "", None)
    found = Views(app.store).explain(lead)
    with pytest.raises(WrongUsage, match=r"also needs Lead\.Email, whom it prefers \(previous_owner\)"):
        decide_otherwise(present(world, app), read_policy(STICKY, "new.yaml"), found)
    again = read_policy(ACCOUNTS_ONLY + "    prefer_wait: 30m\n", "new.yaml")
    assert decide_otherwise(present(world, app), again, found).decision is not None
