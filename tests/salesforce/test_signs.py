"""Signs of work about items, asked of the local org: one query each, five to a call."""

from __future__ import annotations

import datetime as dt

from sfassign.core.touches import Sign, SignKind
from sfassign.ports import SignAsk, Unreadable
from tests.salesforce.acme import Acme


def asks(item: str, since: dt.datetime, *kinds: tuple[SignKind, str, str]) -> list[SignAsk]:
    return [SignAsk(kind, table, key, (item,), since) for kind, table, key in kinds]


def test_everything_done_about_a_lead_is_one_call(acme: Acme) -> None:
    [lead] = acme.leads(1)
    acme.clock.sleep(60)
    since, org = acme.clock.now(), acme.connect()
    local, alice, bob = acme.local, acme.alice, acme.bob
    local.insert("Task", {"Subject": "Call", "TaskSubtype": "Call", "WhoId": lead, "OwnerId": alice}, by=bob)
    start = {"StartDateTime": since, "DurationInMinutes": 30}
    local.insert("Event", {"Subject": "Visit", "WhoId": lead, "OwnerId": bob, **start}, by=bob)
    local.update("Lead", lead, {"Status": "Working - Contacted"}, by=alice)
    found = org.signs(
        asks(
            lead,
            since,
            (SignKind.TASK, "Task", "WhoId"),
            (SignKind.EVENT, "Event", "WhoId"),
            (SignKind.HISTORY, "LeadHistory", "LeadId"),
        )
    )
    at = local.get("Task", str(local.query("SELECT Id FROM Task")[0]["Id"]))["CreatedDate"]
    assert found[0] == (Sign(lead, SignKind.TASK, bob, dt.datetime.fromisoformat(str(at)), alice, None, "Call"),)
    assert [[(sign.item, sign.created_by) for sign in some] for some in found[1:] if isinstance(some, tuple)] == [
        [(lead, bob)],
        [(lead, alice)],
    ]
    assert org.calls == 1


def test_a_task_completed_since_is_found_however_old_it_is(acme: Acme) -> None:
    [lead] = acme.leads(1)
    task = acme.local.insert("Task", {"Subject": "Call back", "WhoId": lead, "OwnerId": acme.alice}, by=acme.bob)
    acme.clock.sleep(3_600)
    since = acme.clock.now()
    ask = asks(lead, since, (SignKind.TASK, "Task", "WhoId"))
    assert acme.connect().signs(ask) == ((),)
    acme.clock.sleep(60)
    acme.local.update("Task", task, {"Status": "Completed"}, by=acme.alice)
    ((found,),) = acme.connect().signs(ask)  # type: ignore[misc]
    assert (found.completed_at, found.created_at < since) == (acme.clock.now(), True)


def test_mails_that_came_in_or_were_never_sent_are_left_out(acme: Acme) -> None:
    case = acme.local.insert("Case", {"Subject": "Broken", "OwnerId": acme.alice})
    for number, (incoming, status) in enumerate([(False, "3"), (True, "0"), (False, "5")]):
        fields = {"ParentId": case, "Incoming": incoming, "Status": status, "Subject": f"Mail {number}"}
        acme.local.insert("EmailMessage", fields, by=acme.alice)
    since = acme.clock.now() - dt.timedelta(minutes=1)
    (found,) = acme.connect().signs(asks(case, since, (SignKind.EMAIL, "EmailMessage", "ParentId")))
    assert not isinstance(found, Unreadable)
    assert [sign.created_by for sign in found] == [acme.alice]


def test_what_we_may_not_read_is_said_for_itself(acme: Acme) -> None:
    [lead] = acme.leads(1)
    acme.local.hide_object("Event")
    kinds = ((SignKind.TASK, "Task", "WhoId"), (SignKind.EVENT, "Event", "WhoId"))
    tasks, events = acme.connect().signs(asks(lead, acme.clock.now(), *kinds))
    assert tasks == ()
    assert isinstance(events, Unreadable)
    assert events.code == "INVALID_TYPE"


def test_who_we_are_is_asked_once(acme: Acme) -> None:
    org = acme.connect()
    assert org.identify() == org.identify() is not None
