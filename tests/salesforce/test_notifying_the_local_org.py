"""People are told through the org: the bell, a Chatter post, an e-mail, a task. Each in the org's own shapes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from sfassign.core.notice import Message, Outlet
from sfassign.emulator import InProcessAdapter, LocalOrg
from sfassign.ports import Notifier, Outcome, Sending
from sfassign.salesforce import AccessToken, SalesforceOrg
from tests.salesforce.acme import Acme
from tests.salesforce.answers import NOON
from tests.told import REASON, message

HOSTILE = "Lead '<!channel> @[005000000000001] <b>&amp;' is yours"


@pytest.fixture
def bell(acme: Acme) -> str:
    """The type that an administrator has created."""
    names = dict.fromkeys(("DeveloperName", "MasterLabel", "CustomNotifTypeName"), "sfassign")
    return acme.local.insert("CustomNotificationType", {**names, "Desktop": True, "Mobile": True})


def about(acme: Acme, outlet: Outlet, count: int = 1, **said: object) -> list[Message]:
    fields: dict[str, object] = {"user": acme.alice, "since": acme.clock.now()}
    return [message(outlet, n, item=lead, **(fields | said)) for n, lead in enumerate(acme.leads(count), start=1)]


def sent(local: LocalOrg) -> list[Mapping[str, object]]:
    return [one.content for one in local.sent]


def notifier(acme: Acme, outlet: Outlet) -> Notifier:
    return acme.connect().notifiers()[outlet]


def sendings(outcomes: tuple[Outcome, ...]) -> list[Sending]:
    return [outcome.sending for outcome in outcomes]


def test_the_bell_rings_for_everybody_in_one_call_and_opens_the_record(acme: Acme, bell: str) -> None:
    org = acme.connect()
    ringing = org.notifiers()[Outlet.SALESFORCE]
    first, second = about(acme, Outlet.SALESFORCE, 2)
    assert sendings(ringing.send([first, second])) == [Sending.SENT, Sending.SENT]
    one, _ = sent(acme.local)
    assert (one["customNotifTypeId"], one["recipientIds"], one["targetId"]) == (bell, [acme.alice], first.item)
    assert one["title"] == "Lead 'Ann Smith' (Acme Ltd) is yours"
    assert REASON in str(one["body"])
    assert org.calls == 2
    ringing.send(about(acme, Outlet.SALESFORCE))
    assert org.calls == 3


def test_an_endless_text_still_rings(acme: Acme, bell: str) -> None:
    long = about(acme, Outlet.SALESFORCE, title="t" * 400, lines=("x" * 5_000,))
    assert sendings(notifier(acme, Outlet.SALESFORCE).send(long)) == [Sending.SENT]
    (one,) = sent(acme.local)
    assert (len(str(one["title"])), len(str(one["body"]))) == (250, 750)


def test_without_the_notification_type_messages_wait_and_say_what_to_create(acme: Acme) -> None:
    ringing = notifier(acme, Outlet.SALESFORCE)
    (outcome,) = ringing.send(about(acme, Outlet.SALESFORCE))
    assert outcome.sending is Sending.LATER
    assert "no custom notification type 'sfassign'" in outcome.words
    acme.local.insert(
        "CustomNotificationType", {"DeveloperName": "sfassign", "MasterLabel": "s", "CustomNotifTypeName": "s"}
    )
    assert sendings(ringing.send(about(acme, Outlet.SALESFORCE))) == [Sending.SENT]


def test_without_the_right_to_notify_it_is_the_orgs_own_words(acme: Acme, bell: str) -> None:
    acme.local.settings.notification_senders = frozenset()
    outcomes = notifier(acme, Outlet.SALESFORCE).send(about(acme, Outlet.SALESFORCE, 2))
    assert sendings(outcomes) == [Sending.REFUSED, Sending.REFUSED]
    assert outcomes[0].words == "INSUFFICIENT_ACCESS: You need the Send Custom Notifications permission"


def test_one_refused_notification_leaves_the_others_sent(acme: Acme, bell: str) -> None:
    good, bad, best = about(acme, Outlet.SALESFORCE, 3)
    bad = message(Outlet.SALESFORCE, 2, user=acme.alice, item=bad.item, title="")
    outcomes = notifier(acme, Outlet.SALESFORCE).send([good, bad, best])
    assert sendings(outcomes) == [Sending.SENT, Sending.REFUSED, Sending.SENT]
    assert len(acme.local.sent) == 2


def test_a_chatter_post_on_the_record_mentions_the_person(acme: Acme) -> None:
    (one,) = about(acme, Outlet.CHATTER)
    assert sendings(notifier(acme, Outlet.CHATTER).send([one])) == [Sending.SENT]
    (post,) = sent(acme.local)
    mention, text = post["body"]["messageSegments"]  # type: ignore[index]
    assert (post["subjectId"], mention) == (one.item, {"type": "Mention", "id": acme.alice})
    assert text == {"type": "Text", "text": f" {one.text}"}


def test_a_chatter_list_stands_on_the_persons_own_feed(acme: Acme) -> None:
    notifier(acme, Outlet.CHATTER).send(about(acme, Outlet.CHATTER, several=True))
    assert sent(acme.local)[0]["subjectId"] == acme.alice


def test_a_hostile_name_mentions_nobody_in_chatter(acme: Acme) -> None:
    notifier(acme, Outlet.CHATTER).send(about(acme, Outlet.CHATTER, lines=(HOSTILE,)))
    segments = sent(acme.local)[0]["body"]["messageSegments"]  # type: ignore[index]
    assert [one["type"] for one in segments] == ["Mention", "Text"]
    assert segments[1]["text"] == f" {HOSTILE}"


def test_an_org_without_chatter_refuses_for_good(acme: Acme) -> None:
    org = acme.connect()
    messages = about(acme, Outlet.CHATTER)
    assert org.has_chatter()
    acme.local.hide_object("FeedItem")
    (outcome,) = org.notifiers()[Outlet.CHATTER].send(messages)
    assert (outcome.sending, outcome.words[:25]) == (Sending.REFUSED, "FUNCTIONALITY_NOT_ENABLED")
    assert not org.has_chatter()


def test_chatters_hourly_limit_is_for_later(acme: Acme) -> None:
    messages = about(acme, Outlet.CHATTER)
    acme.local.faults.fail(path="chatter", status=503, code="REQUEST_LIMIT_EXCEEDED")
    assert sendings(notifier(acme, Outlet.CHATTER).send(messages)) == [Sending.LATER]


@pytest.mark.parametrize(("version", "called"), [("62.0", "emailAddresses"), ("65.0", "recipientAddresses")])
def test_the_org_sends_mail_whatever_its_version_calls_recipients(acme: Acme, version: str, called: str) -> None:
    acme.local.update("User", acme.alice, {"Email": "alice@acme.example"})
    org = at_version(acme, version)
    first, second = about(acme, Outlet.EMAIL, 2)
    mailing = org.notifiers()[Outlet.EMAIL]
    assert sendings(mailing.send([first, second])) == [Sending.SENT, Sending.SENT]
    one, _ = sent(acme.local)
    assert (one[called], one["emailSubject"], one["emailBody"]) == ("alice@acme.example", first.title, first.text)
    assert org.calls == 3
    mailing.send([first])
    assert org.calls == 5
    assert org.sends_mail()


def at_version(acme: Acme, version: str) -> SalesforceOrg:
    token = acme.local.issue_token(acme.robot)
    org = SalesforceOrg(AccessToken(acme.url, token), acme.clock, api_version=version, ca_bundle=acme.ca_bundle)
    if acme.ca_bundle is None:
        org.transport.mount("https://", InProcessAdapter(acme.local))
    acme.opened.append(org)
    return org


def test_whoever_has_no_usable_address_costs_the_others_nothing(acme: Acme) -> None:
    acme.local.update("User", acme.alice, {"Email": "alice@acme.example"})
    acme.local.update("User", acme.bob, {"Email": "bob@acme.example", "IsActive": False})
    first, second = about(acme, Outlet.EMAIL, 2)
    gone = message(Outlet.EMAIL, 3, user=acme.bob, item=first.item)
    outcomes = notifier(acme, Outlet.EMAIL).send([first, gone, second])
    assert sendings(outcomes) == [Sending.SENT, Sending.REFUSED, Sending.SENT]
    assert "no usable e-mail address" in outcomes[1].words
    assert len(acme.local.sent) == 2


def test_a_long_list_fits_what_the_org_takes_as_mail(acme: Acme) -> None:
    acme.local.update("User", acme.alice, {"Email": "alice@acme.example"})
    long = about(acme, Outlet.EMAIL, lines=tuple("Łódź → " * 40 for _ in range(20)))
    assert sendings(notifier(acme, Outlet.EMAIL).send(long)) == [Sending.SENT]
    assert 3_990 < len(str(sent(acme.local)[0]["emailBody"]).encode()) <= 4_000


def tasks(acme: Acme) -> list[dict[str, object]]:
    fields = "Id, OwnerId, WhoId, WhatId, Subject, Description, ActivityDate, Status, IsClosed, CreatedById"
    return acme.local.query(f"SELECT {fields} FROM Task ORDER BY Id")


def test_a_task_for_the_new_owner_hangs_on_the_lead_and_is_due_today(acme: Acme) -> None:
    acme.local.set_assignment_rule("Lead", acme.bob)
    (one,) = about(acme, Outlet.TASK, day=dt.date(2026, 11, 24))
    assert sendings(notifier(acme, Outlet.TASK).send([one])) == [Sending.SENT]
    (task,) = tasks(acme)
    assert (task["OwnerId"], task["WhoId"], task["WhatId"]) == (acme.alice, one.item, None)
    assert (task["Subject"], task["Description"]) == (one.title, one.text)
    assert (task["ActivityDate"], task["Status"], task["IsClosed"]) == ("2026-11-24", "Not Started", False)
    assert task["CreatedById"] == acme.robot


def test_tasks_about_cases_and_leads_go_in_one_call(acme: Acme) -> None:
    case = acme.local.insert("Case", {"Subject": "Help", "OwnerId": acme.queue})
    org = acme.connect()
    messages = [*about(acme, Outlet.TASK, 2), message(Outlet.TASK, 3, user=acme.bob, object="Case", item=case)]
    assert sendings(org.notifiers()[Outlet.TASK].send(messages)) == [Sending.SENT] * 3
    assert [task["WhatId"] for task in tasks(acme)] == [None, None, case]
    assert org.calls == 1


def test_a_task_on_a_deleted_lead_is_refused_and_the_others_are_made(acme: Acme) -> None:
    first, gone, last = about(acme, Outlet.TASK, 3)
    acme.local.delete("Lead", gone.item)
    outcomes = notifier(acme, Outlet.TASK).send([first, gone, last])
    assert sendings(outcomes) == [Sending.SENT, Sending.REFUSED, Sending.SENT]
    assert outcomes[1].words.startswith("ENTITY_IS_DELETED")


def test_a_task_whose_answer_was_lost_is_not_made_twice(acme: Acme) -> None:
    """Neither where our clock is ahead of the org's."""
    making = notifier(acme, Outlet.TASK)
    messages = about(acme, Outlet.TASK, 2)
    acme.local.faults.fail(method="POST", path="composite/sobjects", drop=True, after=True)
    assert sendings(making.send(messages)) == [Sending.LATER, Sending.LATER]
    assert len(tasks(acme)) == 2
    other = about(acme, Outlet.TASK)
    ahead = dt.timedelta(minutes=5)
    again = [
        message(Outlet.TASK, n, user=m.user, item=m.item, since=m.since + ahead, tried=True)
        for n, m in enumerate([*messages, *other])
    ]
    assert sendings(making.send(again)) == [Sending.SENT] * 3
    assert len(tasks(acme)) == 3


def test_the_same_task_from_an_earlier_turn_or_by_hand_does_not_count_as_ours(acme: Acme) -> None:
    (one,) = about(acme, Outlet.TASK, tried=True)
    by_hand = {"Subject": one.title, "OwnerId": acme.alice, "WhoId": one.item}
    acme.local.insert("Task", by_hand, by=acme.alice)
    acme.local.insert("Task", by_hand, by=acme.robot, at=NOON - dt.timedelta(days=3))
    org = acme.bearer()
    assert sendings(org.notifiers()[Outlet.TASK].send([one])) == [Sending.SENT]
    assert len(tasks(acme)) == 3


@pytest.mark.parametrize("outlet", [Outlet.SALESFORCE, Outlet.CHATTER, Outlet.EMAIL, Outlet.TASK])
@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": True}, {"html": "<html>maintenance</html>"}])
def test_an_org_that_does_not_answer_is_asked_once_and_told_later(
    acme: Acme, bell: str, outlet: Outlet, fault: dict[str, object]
) -> None:
    org = acme.connect()
    messages = about(acme, outlet)
    acme.local.faults.fail(times=-1, **fault)  # type: ignore[arg-type]
    assert sendings(org.notifiers()[outlet].send(messages)) == [Sending.LATER]
    assert org.calls <= 1
