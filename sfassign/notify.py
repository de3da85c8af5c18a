"""Notify: send what waits in the outbox, after the cycle and never in its way. Called by `run`, `once` and `demo`.

    1. The notices whose time has come become messages (`core.notice`): one each, or one list per person.
    2. Outlet by outlet: count the try and set its back-off in the database, then send. A process that dies in between
       sends it again later: at least once, and once more at most for each such death or lost answer.
    3. What was sent is forgotten. What failed waits, 30 s at first, doubling to an hour. What the outlet refuses, is a
       day old or was tried twelve times is given up with a warning.

One pass sends at most fifty messages and begins nothing after five seconds. An outlet that does not answer rests as a
whole until the next try.
"""

from __future__ import annotations

import datetime as dt
import json
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from sfassign.core.calendar import zone_of
from sfassign.core.notice import Message, Outlet, WaitingNotice, messages_of
from sfassign.errors import OrgError
from sfassign.outcome import CycleReport
from sfassign.ports import Clock, Notifier, Org, Outcome, Sending, Store

LONGEST_PASS = dt.timedelta(seconds=5)
MOST_MESSAGES = 50
MOST_READ = 1_000
"""Notices looked at in one pass; more than that for one person are told in several lists."""
MOST_WAITING = 10_000
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=30), dt.timedelta(hours=1)
MOST_TRIES = 12
TOLD_WITHIN = dt.timedelta(hours=24)

TOO_OLD = "not sent within 24 hours"
TOO_MANY = f"more than {MOST_WAITING:,} waited, the oldest were dropped"
NOT_SET_UP = "this outlet is not set up in the environment"

log = structlog.get_logger()


@dataclass(frozen=True)
class Post:
    """What messages are sent with. `address` is the org's, for links, and may raise an OrgError; `timezone` the
    policy's, where it names one."""

    store: Store
    org: Org
    clock: Clock
    notifiers: Mapping[Outlet, Notifier]
    address: Callable[[], str]
    timezone: str | None
    stopping: Callable[[], bool]


def notify(post: Post, report: CycleReport) -> CycleReport:
    """One pass; returns the report of the cycle before it with what became of the messages. May raise
    DatabaseUnusable and LeaseHeld, and nothing else."""
    calls, sending = post.org.calls, _Pass(post)
    sending.run()
    given_up = (f"{where}: {count} given up: {words}" for (where, words), count in sending.given_up.items())
    return replace(
        report,
        api_calls=report.api_calls + post.org.calls - calls,
        notified=sending.sent,
        notices_waiting=sending.waiting,
        notices_given_up=tuple(given_up),
    )


@dataclass
class _Pass:
    """One pass over the outbox; `sent` and `waiting` count notices."""

    post: Post
    sent: int = 0
    waiting: int = 0
    given_up: Counter[tuple[str, str]] = field(default_factory=Counter)

    def run(self) -> None:
        store, now = self.post.store, self.post.clock.now()
        box = store.notice_box(now, MOST_READ)
        if box.waiting > MOST_WAITING:
            self.given_up["outbox", TOO_MANY] = store.drop_oldest_notices(MOST_WAITING)
            box = store.notice_box(now, MOST_READ)
        self.waiting = box.waiting
        old = [one for one in box.due if now - one.notice.at >= TOLD_WITHIN]
        self._close(old, TOO_OLD)
        due = {one.number: one for one in box.due if now - one.notice.at < TOLD_WITHIN}
        if due:
            messages = messages_of(due.values(), self._address(), self._today(now))[:MOST_MESSAGES]
            for outlet in dict.fromkeys(message.outlet for message in messages):
                mine = [message for message in messages if message.outlet is outlet]
                self._send_by(outlet, mine, due, now + LONGEST_PASS)

    def _send_by(
        self, outlet: Outlet, messages: Sequence[Message], due: Mapping[int, WaitingNotice], until: dt.datetime
    ) -> None:
        notifier = self.post.notifiers.get(outlet)
        if notifier is None:
            self._close([due[number] for number in _numbers(messages)], NOT_SET_UP)
            return
        left = list(messages)
        while left and not self.post.stopping() and self.post.clock.now() < until:
            batch, left = left[: notifier.most], left[notifier.most :]
            outcomes = self._send(notifier, batch, due)
            if all(outcome.sending is Sending.LATER for outcome in outcomes):
                self._rest([*batch, *left], due, outcomes[0])
                break

    def _send(
        self, notifier: Notifier, batch: Sequence[Message], due: Mapping[int, WaitingNotice]
    ) -> tuple[Outcome, ...]:
        """The tries are counted before anything leaves."""
        now = self.post.clock.now()
        by_attempts: dict[int, list[int]] = {}
        for number in _numbers(batch):
            by_attempts.setdefault(due[number].attempts, []).append(number)
        for attempts, numbers in by_attempts.items():
            self.post.store.put_off(numbers, now + _pause(attempts), trying=True)
        outcomes = _sent_by(notifier, batch)
        for message, outcome in zip(batch, outcomes, strict=True):
            self._take([due[number] for number in message.numbers], outcome)
        sent = [m for m, outcome in zip(batch, outcomes, strict=True) if outcome.sending is Sending.SENT]
        self._forget(_numbers(sent))
        self.sent += len(_numbers(sent))
        return outcomes

    def _take(self, told: Sequence[WaitingNotice], outcome: Outcome) -> None:
        """What is given up now: refused for good, or tried often enough."""
        if outcome.sending is Sending.REFUSED:
            self._close(told, outcome.words)
        elif outcome.sending is Sending.LATER:
            self._close([one for one in told if one.attempts + 1 >= MOST_TRIES], outcome.words)

    def _rest(self, messages: Sequence[Message], due: Mapping[int, WaitingNotice], outcome: Outcome) -> None:
        """The outlet does not answer: everything for it waits as long as the message that was tried, or as it asked."""
        attempts = due[messages[0].numbers[0]].attempts
        pause = max(_pause(attempts), outcome.wait or FIRST_PAUSE)
        outlet = messages[0].outlet.value
        log.warning("messages wait", action="notice.later", outlet=outlet, why=outcome.words, seconds=pause.seconds)
        self.post.store.put_off(_numbers(messages), self.post.clock.now() + pause, trying=False)

    def _close(self, notices: Sequence[WaitingNotice], words: str) -> None:
        self._forget([one.number for one in notices])
        for one in notices:
            self.given_up[one.notice.outlet.value, words] += 1

    def _forget(self, numbers: Sequence[int]) -> None:
        if numbers:
            self.post.store.close_notices(numbers)
            self.waiting -= len(numbers)

    def _address(self) -> str:
        """For links. Without it a message still says what it has to say."""
        try:
            return self.post.address()
        except OrgError:
            return ""

    def _today(self, now: dt.datetime) -> dt.date:
        kept = self.post.store.fact("org")
        timezone = self.post.timezone or (json.loads(kept)["timezone"] if kept else "UTC")
        return now.astimezone(zone_of(timezone)).date()


def _sent_by(notifier: Notifier, batch: Sequence[Message]) -> tuple[Outcome, ...]:
    """A fault in an outlet is told and costs nobody the cycle. Its place is told, not its text: that may hold the
    address of a webhook or a password."""
    try:
        return notifier.send(batch)
    except Exception as fault:  # noqa: BLE001 (a library's parser may trip over whatever a server says)
        at = traceback.extract_tb(fault.__traceback__)[-1]
        where = f"{type(fault).__name__} at {at.name}:{at.lineno}"
        log.error("a fault in the program", action="notice.fault", outlet=batch[0].outlet.value, where=where)
        return (Outcome(Sending.LATER, f"a fault in the program: {where}"),) * len(batch)


def _numbers(messages: Sequence[Message]) -> list[int]:
    return [number for message in messages for number in message.numbers]


def _pause(attempts: int) -> dt.timedelta:
    """After so many earlier tries and the present one."""
    doublings: int = 2 ** min(attempts, 10)
    return min(FIRST_PAUSE * doublings, LONGEST_PAUSE)
