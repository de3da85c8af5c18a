"""People are told what they were given: once it is certain, never twice without need, and never at the cycle's cost."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from sfassign.answers import HONOURED
from sfassign.bootstrap import App, open_policy
from sfassign.core.notice import Message, Notice, NoticeKind, Outlet
from sfassign.core.policy import Policy
from sfassign.cycle import preview, run_cycle
from sfassign.daemon import Daemon
from sfassign.errors import WrongSettings
from sfassign.notify import FIRST_PAUSE, LONGEST_PAUSE, MOST_TRIES, MOST_WAITING, notify
from sfassign.outcome import CycleReport
from sfassign.ports import SENT, Outcome, Sending
from tests.cycle.test_safety import Unplugged, _pull_the_plug
from tests.cycle.world import MONDAY, POLICY, World

BY_TASK = POLICY + "    notify: [task]\n"
LATER = Outcome(Sending.LATER, "no answer")


@dataclass
class Outside:
    """An outlet outside the org, as it answers: always the last of `answers` in the end."""

    answers: list[Outcome] = field(default_factory=lambda: [SENT])
    most: int = 2
    told: list[Message] = field(default_factory=list)
    asked: int = 0

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.told += messages if answer.sending is Sending.SENT else ()
        return (answer,) * len(messages)


def turn(world: World, app: App) -> CycleReport:
    """A cycle and the messages after it, and then a poll's time passes."""
    report = notify(app.post, run_cycle(app.ports, app.policy))
    world.clock.pass_by(seconds=15)
    return report


def by(world: World, **settings: Any) -> App:
    world.write_policy(POLICY + "    notify: [slack]\n")
    return world.app(slack_webhook_url=SecretStr("https://hooks.slack.com/services/s3cret"), **settings)


def with_outlet(app: App, outlet: Outside) -> None:
    app.post = replace(app.post, notifiers={**app.post.notifiers, Outlet.SLACK: outlet})


def slack(world: World, *answers: Outcome) -> tuple[App, Outside]:
    app, outside = by(world), Outside(list(answers) or [SENT])
    with_outlet(app, outside)
    return app, outside


def tasks(world: World) -> list[dict[str, Any]]:
    return world.org.query("SELECT OwnerId, WhoId, Subject, Description, ActivityDate FROM Task ORDER BY Id")


def news(number: int, at: dt.datetime = MONDAY, user: str = "005000000000001AAA") -> Notice:
    item = f"00Q{number:012d}EAA"
    return Notice(Outlet.SLACK, NoticeKind.REMINDER, user, "Ann", "Lead", item, None, "Web leads", None, "quiet", at)


def test_the_new_owner_finds_a_task_with_name_group_score_reason_and_link(world: World) -> None:
    world.write_policy(BY_TASK)
    (lead,) = world.add_leads(1, FirstName="Ann", LastName="Smith", Company="Acme Ltd")
    app = world.app()
    app.check_policy()
    report = turn(world, app)
    (task,) = tasks(world)
    assert (task["WhoId"], task["OwnerId"]) == (lead, world.owner(lead))
    assert task["Subject"] == "Lead 'Ann Smith' (Acme Ltd) is yours"
    assert task["ActivityDate"] == "2026-11-23"
    first, reason = task["Description"].split("\n")
    assert first.endswith(f"is yours: Web leads. https://acme.my.salesforce.com/{lead}")
    assert reason == report.assigned[0].why
    assert (report.notified, report.notices_waiting, report.exit_code) == (1, 0, 0)


def test_messages_cost_calls_only_when_there_are_any_and_are_counted(world: World) -> None:
    world.write_policy(BY_TASK)
    app = world.app()
    turn(world, app)
    assert turn(world, app).api_calls == 1
    world.add_leads(2)
    report = turn(world, app)
    assert (report.notified, report.api_calls) == (2, 3)
    assert turn(world, app).api_calls == 1


def test_today_is_today_where_the_policy_lives(world: World) -> None:
    world.write_policy(BY_TASK.replace("Europe/London", "Pacific/Auckland"))
    world.clock.pass_by(hours=1)
    world.add_leads(1)
    turn(world, world.app())
    assert tasks(world)[0]["ActivityDate"] == "2026-11-24"


def test_a_login_that_may_not_see_the_company_still_tells_the_name(world: World) -> None:
    world.write_policy(BY_TASK)
    world.add_leads(1)
    world.org.hide_field("Lead", "Company")
    turn(world, world.app())
    assert tasks(world)[0]["Subject"] == "Lead 'Doe' is yours"


def test_nothing_more_is_read_for_groups_that_tell_nobody(world: World) -> None:
    plain = world.app()
    world.cycle(plain)
    assert "Company" not in plain.ports.gatherer.reading().fields("Lead")
    world.write_policy(BY_TASK)
    telling = world.app()
    assert {"Name", "Company"} <= set(telling.ports.gatherer.reading().fields("Lead"))


def test_a_lost_race_tells_nobody(world: World) -> None:
    app, outside = slack(world)
    (lead,) = world.add_leads(1)

    def take() -> None:
        world.clock.pass_by(seconds=1)
        world.org.update("Lead", lead, {"OwnerId": world.org.admin_id})

    world.org.faults.between(take, method="PATCH", path="sobjects/Lead")
    report = turn(world, app)
    assert len(report.lost_race) == 1
    assert (outside.told, report.notices_waiting) == ([], 0)


def test_a_dry_run_tells_nobody(world: World) -> None:
    app, outside = slack(world)
    world.add_leads(1)
    assert len(preview(app.ports, app.policy).assigned) == 1
    notify(app.post, CycleReport(1, MONDAY))
    assert outside.asked == 0


def test_a_dry_running_daemon_sends_nothing_even_where_something_waits(world: World) -> None:
    app = by(world, dry_run=True)
    outside = Outside()
    with_outlet(app, outside)
    app.store.post([news(1, world.clock.now())])
    reports: list[CycleReport] = []
    daemon = Daemon(app, 15.0, reports.append)
    daemon.begin()
    daemon.tick()
    assert (len(reports), outside.asked) == (1, 0)


@pytest.mark.parametrize(("to", "told"), [("{user: cyd@acme.example}", 1), ("{queue: Second line}", 0)])
def test_overflow_to_a_person_tells_that_person_and_to_a_queue_nobody(world: World, to: str, told: int) -> None:
    world.org.add_queue("Second line", ["Lead"])
    members = (
        "members: [ann@acme.example]\n    available: {logged_in: true}\n    overflow: {after: 10m, to: " + to + "}"
    )
    world.write_policy(POLICY.replace("members: \"UserRole.Name = 'SDR'\"", members) + "    notify: [slack]\n")
    app = world.app(slack_webhook_url=SecretStr("https://hooks.slack.com/services/s3cret"))
    outside = Outside()
    with_outlet(app, outside)
    (lead,) = world.add_leads(1)
    turn(world, app)
    world.clock.pass_by(minutes=11)
    assert len(turn(world, app).overflowed) == 1
    assert [(message.user, message.item) for message in outside.told] == [(world.people["cyd"], lead)] * told


def test_many_at_once_are_one_list(world: World) -> None:
    app, outside = slack(world)
    world.write_policy(
        world.policy_path.read_text().replace("\"UserRole.Name = 'SDR'\"", "[ann@acme.example]\n    ramp: off")
    )
    app = world.app(slack_webhook_url=SecretStr("https://hooks.slack.com/services/s3cret"))
    with_outlet(app, outside)
    world.add_leads(6)
    report = turn(world, app)
    (message,) = outside.told
    assert (report.notified, message.lines[0], len(message.lines)) == (6, "6 items are yours:", 7)


# --- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_failing_outlet_never_fails_the_cycle_and_its_messages_wait(world: World) -> None:
    app, outside = slack(world, LATER)
    leads = world.add_leads(2)
    report = turn(world, app)
    assert {line.id for line in report.assigned} == set(leads)
    assert (report.notified, report.notices_waiting, report.exit_code) == (0, 2, 0)
    outside.answers = [SENT]
    assert turn(world, app).notified == 0
    world.clock.pass_by(seconds=30)
    assert turn(world, app).notified == 2


def test_the_pause_doubles_to_an_hour_and_after_twelve_tries_it_is_given_up(world: World) -> None:
    app, outside = slack(world, LATER)
    app.store.post([news(1, world.clock.now())])
    tried: list[dt.datetime] = []
    given_up: tuple[str, ...] = ()
    while not given_up:
        before = outside.asked
        report = notify(app.post, CycleReport(1, MONDAY))
        given_up = report.notices_given_up
        tried += [world.clock.now()] * (outside.asked - before)
        world.clock.pass_by(seconds=10)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert pauses == [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(MOST_TRIES - 1)]
    assert given_up == ("slack: 1 given up: no answer",)
    assert (report.exit_code, report.notices_waiting) == (3, 0)


def test_an_outlet_that_does_not_answer_is_asked_once_and_then_rests_as_a_whole(world: World) -> None:
    app, outside = slack(world, Outcome(Sending.LATER, "slow down", dt.timedelta(minutes=5)))
    app.store.post([news(n, world.clock.now(), f"005{n:012d}AAA") for n in range(1, 9)])
    for _ in range(19):
        assert turn(world, app).notices_waiting == 8
    assert outside.asked == 1
    outside.answers = [SENT]
    world.clock.pass_by(seconds=15)
    assert turn(world, app).notified == 8
    assert [message.tried for message in outside.told] == [True, True] + [False] * 6


def test_what_is_refused_for_good_is_given_up_at_once_in_the_outlets_words(world: World) -> None:
    app, _ = slack(world, Outcome(Sending.REFUSED, "Slack answered 404 no_service"))
    world.add_leads(3)
    report = turn(world, app)
    assert report.notices_given_up == ("slack: 3 given up: Slack answered 404 no_service",)
    assert (report.exit_code, report.notices_waiting, len(report.assigned)) == (3, 0, 3)
    assert turn(world, app).notices_given_up == ()


def test_news_of_yesterday_is_not_told_any_more(world: World) -> None:
    app, outside = slack(world)
    now = world.clock.now()
    app.store.post([news(1, now - dt.timedelta(hours=24)), news(2, now - dt.timedelta(hours=23, minutes=59))])
    report = turn(world, app)
    assert [message.item for message in outside.told] == ["00Q000000000002EAA"]
    assert report.notices_given_up == ("slack: 1 given up: not sent within 24 hours",)


def test_a_full_outbox_drops_the_oldest_and_says_so(world: World) -> None:
    app, _ = slack(world, LATER)
    app.store.post([news(n, world.clock.now(), f"005{n:012d}AAA") for n in range(1, MOST_WAITING + 4)])
    report = turn(world, app)
    assert report.notices_given_up == (
        f"outbox: 3 given up: more than {MOST_WAITING:,} waited, the oldest were dropped",
    )
    assert report.notices_waiting == MOST_WAITING


def test_one_pass_sends_at_most_fifty_messages_and_begins_none_after_five_seconds(world: World) -> None:
    app, _ = slack(world)
    app.store.post([news(n, world.clock.now(), f"005{n:012d}AAA") for n in range(1, 121)])
    assert [notify(app.post, CycleReport(1, MONDAY)).notified for _ in range(2)] == [50, 50]
    slow = Slow(world)
    with_outlet(app, slow)
    assert notify(app.post, CycleReport(1, MONDAY)).notified == 6
    assert notify(app.post, CycleReport(1, MONDAY)).notices_waiting == 8


@dataclass
class Slow(Outside):
    """Takes two seconds for two messages."""

    world: World | None = None

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        assert self.world is not None
        self.world.clock.pass_by(seconds=2)
        return super().send(messages)


def test_a_stop_begins_no_further_message(world: World) -> None:
    app, outside = slack(world)
    app.post = replace(app.post, stopping=lambda: outside.asked > 0)
    app.store.post([news(n, world.clock.now(), f"005{n:012d}AAA") for n in range(1, 6)])
    assert turn(world, app).notified == 2


def test_a_fault_in_an_outlet_costs_nobody_the_cycle_and_shows_no_secret(world: World) -> None:
    class Broken(Outside):
        def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
            raise UnicodeError("https://hooks.slack.com/services/s3cret")

    app = by(world)
    with_outlet(app, Broken())
    world.add_leads(1)
    with structlog.testing.capture_logs() as lines:
        report = turn(world, app)
    assert (len(report.assigned), report.notices_waiting) == (1, 1)
    assert [line["action"] for line in lines] == ["notice.fault", "notice.later"]
    assert "UnicodeError" in str(lines)
    assert "s3cret" not in str(lines)


def test_an_outlet_that_is_no_longer_set_up_gives_its_messages_up(world: World) -> None:
    app = world.app()
    app.store.post([news(1, world.clock.now())])
    report = turn(world, app)
    assert report.notices_given_up == ("slack: 1 given up: this outlet is not set up in the environment",)


EFFECTS = ["settle", "put_off", "send", "close_notices", "end_cycle"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("outlet", ["slack", "task"])
def test_the_plug_pulled_around_any_effect_loses_no_message(
    world: World, monkeypatch: pytest.MonkeyPatch, effect: str, when: str, outlet: str
) -> None:
    """Slack hears it once more at the most; a task is never made twice."""
    app, outside = slack(world)
    world.write_policy(POLICY + f"    notify: [{outlet}]\n")
    app.use(replace(app.file, policy=_reread(app)))
    with_outlet(app, outside)
    app.store.keep_fact(f"{HONOURED}:Lead", world.clock.now().isoformat())
    leads = world.add_leads(3)
    target: object = app.store
    if effect == "send":
        target = app.post.notifiers[Outlet(outlet)]
    _pull_the_plug(monkeypatch, target, effect, when)
    with pytest.raises(Unplugged):
        turn(world, app)
    monkeypatch.undo()
    world.clock.pass_by(minutes=2)
    again = world.app(slack_webhook_url=SecretStr("https://hooks.slack.com/services/s3cret"))
    with_outlet(again, outside)
    turn(world, again)
    assert turn(world, again).notices_waiting == 0
    if outlet == "task":
        assert sorted(task["WhoId"] for task in tasks(world)) == sorted(leads)
    else:
        heard = [message.item for message in outside.told]
        assert set(heard) == set(leads)
        assert len(heard) <= len(leads) + outside.most


def _reread(app: App) -> Policy:
    return open_policy(app.settings.policy).policy


# --- the environment --------------------------------------------------------------------------------------------------


def test_slack_without_its_webhook_is_refused_before_anything_is_asked(world: World) -> None:
    world.write_policy(POLICY + "    notify: [slack]\n")
    with pytest.raises(WrongSettings, match="SFASSIGN_SLACK_WEBHOOK_URL: group 'Web leads' notifies by slack"):
        world.app()
    assert world.org.calls == 0


def test_a_reload_that_needs_a_webhook_keeps_the_last_good_policy(world: World) -> None:
    app = world.app()
    reports: list[CycleReport] = []
    daemon = Daemon(app, 15.0, reports.append)
    daemon.begin()
    daemon.tick()
    before = app.policy.hash
    world.write_policy(POLICY + "    notify: [slack]\n")
    daemon.tick()
    assert (app.policy.hash, len(reports)) == (before, 2)


SETTINGS = [
    ({"slack_webhook_url": SecretStr("http://hooks.slack.com/s3cret")}, "SFASSIGN_SLACK_WEBHOOK_URL"),
    ({"smtp_url": SecretStr("smtp://u:s3cret@mail.acme.example")}, "SFASSIGN_SMTP_URL"),
]


@pytest.mark.parametrize(("settings", "variable"), SETTINGS)
def test_a_wrong_outlet_is_refused_at_the_start_without_its_secret(
    world: World, settings: dict[str, Any], variable: str
) -> None:
    with pytest.raises(WrongSettings, match=variable) as refused:
        world.app(**settings)
    assert "s3cret" not in str(refused.value)


def test_no_secret_reaches_the_database_or_the_report(world: World) -> None:
    app = world.app(
        slack_webhook_url=SecretStr("http://127.0.0.1:1/services/s3cret"),
        smtp_url=SecretStr("smtp://u:s3cret@127.0.0.1:1?from=a@b.example"),
    )
    world.write_policy(POLICY + "    notify: [slack, email]\n")
    app.use(replace(app.file, policy=_reread(app)))
    world.add_leads(1)
    report = turn(world, app)
    assert report.notices_waiting == 2
    assert "s3cret" not in str(report.as_json()) + repr(app.post)
    app.close()
    kept = b"".join(path.read_bytes() for path in world.folder.glob("sfassign.db*"))
    assert b"s3cret" not in kept
