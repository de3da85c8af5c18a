"""What people are told, word for word: clear, short, and safe whatever a record is called."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfassign.core.decision import Assign
from sfassign.core.engine import decide
from sfassign.core.journal import OVERFLOW, RETURN
from sfassign.core.model import Member, Why, WorkItem
from sfassign.core.notice import (
    DIGEST_ABOVE,
    Message,
    Notice,
    NoticeKind,
    Outlet,
    WaitingNotice,
    label_of,
    messages_of,
    notices_of,
    one_line,
)
from tests.core.world import NOW, group, lead, listed, member, policy, snapshot, user_id

ORG = "https://acme.my.salesforce.com"
TODAY = dt.date(2026, 11, 19)


def notice(number: int = 1, outlet: Outlet = Outlet.SLACK, user: str = "ann", **said: object) -> Notice:
    fields: dict[str, object] = {
        "outlet": outlet,
        "kind": NoticeKind.ASSIGNED,
        "user": user_id(user),
        "user_name": user.title(),
        "object": "Lead",
        "item": f"00Q{number:015d}",
        "label": "'Ann Smith' (Acme Ltd)",
        "group": "Web leads",
        "score": 57.0,
        "reason": "Web leads → ann@acme.example by round_robin: longest since their last turn",
        "at": NOW,
    }
    return Notice(**(fields | said))  # type: ignore[arg-type]


def waiting(*notices: Notice) -> tuple[WaitingNotice, ...]:
    return tuple(WaitingNotice(number, one) for number, one in enumerate(notices, start=1))


def only(*notices: Notice) -> Message:
    (message,) = messages_of(waiting(*notices), ORG, TODAY)
    return message


def given_to_bob(item: WorkItem) -> Assign:
    notified = policy(group(members=listed("bob"), notify=("slack", "task")))
    (decision,) = decide(snapshot([item], [member("bob")], notified), notified).decisions
    assert isinstance(decision, Assign)
    return decision


def test_a_salesperson_reads_what_it_is_why_and_where() -> None:
    message = only(notice())
    assert message.title == "Lead 'Ann Smith' (Acme Ltd) is yours"
    assert message.lines == (
        f"Lead 'Ann Smith' (Acme Ltd) is yours: Web leads, score 57. {ORG}/00Q000000000000001",
        "Web leads → ann@acme.example by round_robin: longest since their last turn",
    )


NEWS = [
    (NoticeKind.ASSIGNED, "Lead 'Ann Smith' (Acme Ltd) is yours"),
    (NoticeKind.REASSIGNED, "Lead 'Ann Smith' (Acme Ltd) comes to you from a colleague"),
    (NoticeKind.REMINDER, "Lead 'Ann Smith' (Acme Ltd) waits for you"),
    (NoticeKind.TAKEN_AWAY, "Lead 'Ann Smith' (Acme Ltd) is no longer yours"),
]


@pytest.mark.parametrize(("kind", "title"), NEWS, ids=[kind.value for kind, _ in NEWS])
def test_each_kind_of_news_says_what_happened(kind: NoticeKind, title: str) -> None:
    assert only(notice(kind=kind)).title == title


def test_without_name_score_and_link_the_message_still_says_which_item() -> None:
    (message,) = messages_of(waiting(notice(label=None, score=None)), "", TODAY)
    assert message.lines[0] == "Lead 00Q000000000000001 is yours: Web leads. 00Q000000000000001"


LABELS = [
    ("Lead", {"name": "Ann Smith", "company": "Acme Ltd"}, "'Ann Smith' (Acme Ltd)"),
    ("Lead", {"name": "Ann Smith"}, "'Ann Smith'"),
    ("Lead", {"company": "Acme Ltd"}, None),
    ("Case", {"casenumber": "00001026", "subject": "Printer on fire"}, "'00001026' (Printer on fire)"),
    ("Opportunity", {"name": "500 chairs"}, "'500 chairs'"),
    ("Ticket__c", {"name": "T-0007"}, "'T-0007'"),
]


@pytest.mark.parametrize(("name", "values", "label"), LABELS)
def test_a_record_is_called_by_what_its_object_goes_by(name: str, values: dict[str, str], label: str | None) -> None:
    assert label_of(name, values) == label


def test_the_new_owner_is_told_by_every_outlet_of_the_group_with_the_decisions_own_sentence() -> None:
    assign = given_to_bob(lead(1, values={"name": "Ann Smith", "company": "Acme Ltd"}))
    slack, task = notices_of(assign, NOW)
    assert (slack.outlet, task.outlet) == (Outlet.SLACK, Outlet.TASK)
    assert (slack.user, slack.user_name, slack.kind) == (user_id("bob"), "Bob", NoticeKind.ASSIGNED)
    assert (slack.label, slack.reason) == ("'Ann Smith' (Acme Ltd)", assign.sentence)


def test_what_was_a_colleagues_a_moment_ago_is_told_as_such_and_the_colleague_hears_of_it_but_for_a_task() -> None:
    taken = replace(given_to_bob(lead(1)), why=Why.NEGLECTED, taken_from=member("ann"), notify=("slack", "task"))
    told = [(one.outlet.value, one.kind.value, one.user) for one in notices_of(taken, NOW)]
    assert told == [
        ("slack", "reassigned", user_id("bob")),
        ("task", "reassigned", user_id("bob")),
        ("slack", "taken_away", user_id("ann")),
    ]


def test_nobody_watches_for_what_comes_back_to_an_intake_user() -> None:
    back = replace(given_to_bob(lead(1)), why=Why.RETURNED, method=RETURN, taken_from=member("ann"), notify=("slack",))
    assert [(one.kind.value, one.user) for one in notices_of(back, NOW)] == [("taken_away", user_id("ann"))]


def test_a_queue_has_nobody_to_tell_and_a_group_without_outlets_tells_nobody() -> None:
    assign = given_to_bob(lead(1))
    queue = Member("00G1", "", "Second line", is_active=True, timezone="UTC")
    assert notices_of(replace(assign, to=queue, method=OVERFLOW), NOW) == ()
    assert notices_of(replace(assign, notify=()), NOW) == ()


def test_three_are_told_one_by_one_and_four_as_a_list() -> None:
    few = messages_of(waiting(*(notice(n) for n in range(1, DIGEST_ABOVE + 1))), ORG, TODAY)
    assert [message.several for message in few] == [False, False, False]
    many = only(*(notice(n, label=f"'L{n}'") for n in range(1, DIGEST_ABOVE + 2)))
    assert many.numbers == (1, 2, 3, 4)
    assert many.lines[0] == "4 items are yours:"
    assert many.lines[1] == f"Lead 'L1': Web leads, score 57. {ORG}/00Q000000000000001"
    assert len(many.lines) == 5


def test_a_long_list_shows_twenty_and_counts_the_rest() -> None:
    message = only(*(notice(n) for n in range(1, 35)))
    assert len(message.lines) == 1 + 20 + 1
    assert (message.lines[0], message.lines[-1]) == ("34 items are yours:", "and 14 more")


def test_a_list_of_mixed_news_says_of_each_item_what_it_is() -> None:
    kinds = [NoticeKind.ASSIGNED, NoticeKind.TAKEN_AWAY, NoticeKind.ASSIGNED, NoticeKind.REMINDER]
    message = only(*(notice(n, kind=kind, label=f"'L{n}'") for n, kind in enumerate(kinds, start=1)))
    assert message.lines[0] == "4 items have news for you:"
    assert message.lines[2].startswith("Lead 'L2' is no longer yours: Web leads")


def test_lists_are_for_one_person_and_one_outlet_and_tasks_stand_alone() -> None:
    notices = [notice(n, outlet, user) for n in range(3) for outlet in (Outlet.SLACK, Outlet.EMAIL) for user in "ab"]
    assert not any(message.several for message in messages_of(waiting(*notices), ORG, TODAY))
    tasks = [notice(n, Outlet.TASK) for n in range(8)]
    assert len(messages_of(waiting(*tasks), ORG, TODAY)) == 8


HOSTILE = "\x1b[31mAnn\r\nBcc: everybody@acme.example\u202e\u2066\x00\u2028<!channel>\ud800"


def test_a_hostile_name_stays_one_harmless_line() -> None:
    message = only(notice(label=f"'{HOSTILE}'", reason=HOSTILE, group=HOSTILE, user_name=HOSTILE))
    for text in (message.title, message.user_name, *message.lines):
        assert not any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in text)
    assert len(message.lines) == 2


def test_an_endless_name_is_cut() -> None:
    message = only(notice(label=label_of("Lead", {"name": "x" * 5_000, "company": "y" * 5_000}), reason="z" * 5_000))
    assert len(message.title) < 300
    assert len(message.text) < 1_000


@given(st.text(), st.integers(1, 80))
def test_one_line_is_one_line_of_at_most_so_many_characters(text: str, most: int) -> None:
    line = one_line(text, most)
    assert len(line) <= most
    assert len(line.splitlines()) <= 1
    assert one_line(line, most) == line


PILES = st.lists(st.tuples(st.sampled_from(list(Outlet)), st.sampled_from("abc"), st.integers(0, 3)), max_size=40)


@given(PILES)
def test_every_notice_is_told_in_exactly_one_message_to_its_person_by_its_outlet(
    pile: list[tuple[Outlet, str, int]],
) -> None:
    kept = [
        WaitingNotice(number, notice(number, outlet, user), attempts)
        for number, (outlet, user, attempts) in enumerate(pile, start=1)
    ]
    messages = messages_of(reversed(kept), ORG, TODAY)
    assert sorted(number for message in messages for number in message.numbers) == [one.number for one in kept]
    by_number = {one.number: one for one in kept}
    for message in messages:
        told = [by_number[number] for number in message.numbers]
        assert {(one.notice.outlet, one.notice.user) for one in told} == {(message.outlet, message.user)}
        assert message.tried == any(one.attempts for one in told)
    assert [message.numbers[0] for message in messages] == sorted(message.numbers[0] for message in messages)
