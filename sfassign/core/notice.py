"""Messages to people: what is told to whom, and its text. Pure; `storage` keeps notices, `notify` sends messages.

A notice is one piece of news about one item for one person by one outlet. Notices become messages when they are sent:
one each, or one list where many wait for the same person. Every word from the org passes `one_line` here, so that no
name can break a line, hide a text or turn its direction; what an outlet's own format needs is escaped by the outlet.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from sfassign.core.decision import Assign
from sfassign.core.journal import BACK
from sfassign.core.model import Record

DIGEST_ABOVE = 3
"""More than this many for one person by one outlet become one message."""
DIGEST_LINES = 20
LONGEST_NAME = 120
LONGEST_REASON = 400

NAMED_BY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "Lead": ("Name", "Company"),
        "Case": ("CaseNumber", "Subject"),
        "Contract": ("ContractNumber",),
        "Order": ("OrderNumber",),
        "WorkOrder": ("WorkOrderNumber", "Subject"),
        "ServiceAppointment": ("AppointmentNumber", "Subject"),
        "Task": ("Subject",),
        "Event": ("Subject",),
    }
)
"""What a record is called by, and what helps to recognise it; any other object has a `Name`. (Object Reference for
the Salesforce Platform: the fields with the property Name Field.)"""


class Outlet(str, Enum):
    """The words of `notify` in the policy."""

    SALESFORCE = "salesforce"
    CHATTER = "chatter"
    SLACK = "slack"
    EMAIL = "email"
    TASK = "task"


class NoticeKind(str, Enum):
    ASSIGNED = "assigned"
    REASSIGNED = "reassigned"
    REMINDER = "reminder"
    TAKEN_AWAY = "taken_away"


_NEWS: Mapping[NoticeKind, tuple[str, str]] = MappingProxyType(
    {
        NoticeKind.ASSIGNED: ("is yours", "are yours"),
        NoticeKind.REASSIGNED: ("comes to you from a colleague", "come to you from colleagues"),
        NoticeKind.REMINDER: ("waits for you", "wait for you"),
        NoticeKind.TAKEN_AWAY: ("is no longer yours", "are no longer yours"),
    }
)


@dataclass(frozen=True, slots=True)
class Notice:
    """`user` is the Id of who is told. `label` is what the record is called, None where that is not known; `score` is
    None where the policy gives none; `reason` is the decision's own sentence. `at` is when it became true."""

    outlet: Outlet
    kind: NoticeKind
    user: str
    user_name: str
    object: str
    item: str
    label: str | None
    group: str
    score: float | None
    reason: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class WaitingNotice:
    """A notice in the outbox under its number. `attempts` counts the tries begun so far."""

    number: int
    notice: Notice
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """What one outlet sends one person: a `title` of one line and the `lines` of its text, the first of which says
    all that matters.

    `numbers` are the notices it tells; `several`: a list, with `item` the first one. `tried`: an earlier try may have
    gone through. `since` is when the first of them became true, `day` today where the policy lives.
    """

    outlet: Outlet
    numbers: tuple[int, ...]
    user: str
    user_name: str
    object: str
    item: str
    title: str
    lines: tuple[str, ...]
    several: bool
    tried: bool
    since: dt.datetime
    day: dt.date

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def one_line(text: str, most: int) -> str:
    """The text without line breaks, control characters and changes of direction, of at most so many characters."""
    kept = "".join(" " if _steers(letter) else letter for letter in text)
    return shortened(" ".join(kept.split()), most)


def shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def is_address(text: str | None) -> bool:
    """One plain e-mail address, with nothing in it that separates addresses or ends a header."""
    local, _, domain = (text or "").partition("@")
    return bool(local and domain) and not any(_breaks(letter) for letter in local + domain)


def _breaks(letter: str) -> bool:
    return letter.isspace() or letter in ",;<>\"'()[]@\\" or _steers(letter)


def _steers(letter: str) -> bool:
    return unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def name_fields(object_name: str) -> tuple[str, ...]:
    """The fields that a record of this object is called by."""
    return NAMED_BY.get(object_name, ("Name",))


def label_of(object_name: str, values: Record) -> str | None:
    """`'Ann Smith' (Acme Ltd)`, as far as the fields were read."""
    name, *detail = (values.get(field.lower()) for field in name_fields(object_name))
    named = one_line(str(name or ""), LONGEST_NAME)
    more = one_line(str(detail[0] or ""), LONGEST_NAME) if detail else ""
    if not named:
        return None
    return f"'{named}' ({more})" if more else f"'{named}'"


def notices_of(assign: Assign, at: dt.datetime) -> tuple[Notice, ...]:
    """What the new owner, and who had it before, are told when the assignment is confirmed; a queue has nobody to tell,
    and nobody watches for what comes back to a source. A task is for whoever has the item."""
    item, to, before = assign.item, assign.to, assign.taken_from
    kind = NoticeKind.ASSIGNED if assign.why is None else NoticeKind.REASSIGNED
    told = [(outlet, kind, to) for outlet in assign.notify if to.username and assign.method not in BACK]
    if before is not None:
        outlets = (outlet for outlet in assign.notify if outlet != Outlet.TASK.value)
        told += [(outlet, NoticeKind.TAKEN_AWAY, before) for outlet in outlets]
    label, score = label_of(item.object, item.values), assign.score.total or None
    return tuple(
        Notice(
            outlet=Outlet(outlet),
            kind=news,
            user=user.id,
            user_name=user.name or user.username,
            object=item.object,
            item=item.id,
            label=label,
            group=assign.group,
            score=score,
            reason=assign.sentence,
            at=at,
        )
        for outlet, news, user in told
    )


def messages_of(waiting: Iterable[WaitingNotice], address: str, day: dt.date) -> tuple[Message, ...]:
    """In the order in which the oldest notice of each came. `address` is the org's, `https://acme.my.salesforce.com`;
    empty: not known, the Id stands alone. A task belongs to its item and is never part of a list."""
    piles: dict[tuple[Outlet, str], list[WaitingNotice]] = {}
    for one in sorted(waiting, key=lambda one: one.number):
        piles.setdefault((one.notice.outlet, one.notice.user), []).append(one)
    found: list[Message] = []
    for (outlet, _), pile in piles.items():
        if len(pile) > DIGEST_ABOVE and outlet is not Outlet.TASK:
            found.append(_list(pile, address, day))
        else:
            found += [_single(one, address, day) for one in pile]
    return tuple(sorted(found, key=lambda message: message.numbers[0]))


def _single(one: WaitingNotice, address: str, day: dt.date) -> Message:
    notice = one.notice
    title = f"{_called(notice)} {_NEWS[notice.kind][0]}"
    lines = f"{title}: {_facts(notice, address)}", one_line(notice.reason, LONGEST_REASON)
    return _message([one], title, [line for line in lines if line], day)


def _list(pile: Sequence[WaitingNotice], address: str, day: dt.date) -> Message:
    kinds = {one.notice.kind for one in pile}
    news = _NEWS[kinds.pop()][1] if len(kinds) == 1 else "have news for you"
    title = f"{len(pile)} items {news}"
    told = [_listed(one.notice, address, alike=len(kinds) == 0) for one in pile[:DIGEST_LINES]]
    more = len(pile) - len(told)
    return _message(pile, title, [f"{title}:", *told, *([f"and {more} more"] if more else [])], day)


def _message(pile: Sequence[WaitingNotice], title: str, lines: Sequence[str], day: dt.date) -> Message:
    first = pile[0].notice
    return Message(
        outlet=first.outlet,
        numbers=tuple(one.number for one in pile),
        user=first.user,
        user_name=one_line(first.user_name, LONGEST_NAME),
        object=first.object,
        item=first.item,
        title=title,
        lines=tuple(lines),
        several=len(pile) > 1,
        tried=any(one.attempts for one in pile),
        since=min(one.notice.at for one in pile),
        day=day,
    )


def _listed(notice: Notice, address: str, *, alike: bool) -> str:
    news = "" if alike else f" {_NEWS[notice.kind][0]}"
    return f"{_called(notice)}{news}: {_facts(notice, address)}"


def _called(notice: Notice) -> str:
    return f"{notice.object} {one_line(notice.label or notice.item, 2 * LONGEST_NAME + 6)}"


def _facts(notice: Notice, address: str) -> str:
    """`Web leads, score 57. https://acme.my.salesforce.com/00Q…`."""
    score = "" if notice.score is None else f", score {round(notice.score, 1):g}"
    link = f"{address}/{notice.item}" if address else notice.item
    return f"{one_line(notice.group, LONGEST_NAME)}{score}. {link}"
