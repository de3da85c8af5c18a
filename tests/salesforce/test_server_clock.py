from __future__ import annotations

import datetime as dt
import email.utils

from hypothesis import given
from hypothesis import strategies as st

from sfassign.salesforce.server_clock import ServerClock
from tests.salesforce.answers import NOON

MS = dt.timedelta(milliseconds=1)


def http_date(moment: dt.datetime) -> str:
    return email.utils.format_datetime(moment, usegmt=True)


@given(
    offset=st.integers(-86_400_000, 86_400_000),
    exchanges=st.lists(st.tuples(st.integers(0, 900_000), st.integers(0, 9_000), st.integers(0, 9_000)), min_size=1),
    asked=st.integers(0, 900_000),
)
def test_the_orgs_time_is_never_guessed_later_than_it_is(
    offset: int, exchanges: list[tuple[int, int, int]], asked: int
) -> None:
    """Whatever the two clocks' difference, however slow each exchange, wherever in it the answer was stamped."""
    clock = ServerClock()
    for start, until_stamped, until_received in exchanges:
        sent = NOON + start * MS
        stamped = sent + until_stamped * MS
        clock.saw(sent, stamped + until_received * MS, http_date(stamped + offset * MS))
    ours = NOON + asked * MS
    told = clock.at(ours)
    assert told is not None
    assert told <= ours + offset * MS
    slowest_step = max(received for _, _, received in exchanges)
    assert told > ours + offset * MS - dt.timedelta(seconds=1) - slowest_step * MS


def test_a_quick_answer_sharpens_what_slow_ones_left_open() -> None:
    clock = ServerClock()
    clock.saw(NOON, NOON + dt.timedelta(seconds=8), http_date(NOON))
    assert clock.at(NOON) == NOON - dt.timedelta(seconds=8)
    clock.saw(NOON, NOON + dt.timedelta(seconds=1), http_date(NOON))
    assert clock.at(NOON) == NOON - dt.timedelta(seconds=1)


def test_after_our_clock_was_set_what_was_learnt_before_is_forgotten() -> None:
    clock = ServerClock()
    clock.saw(NOON, NOON, http_date(NOON + dt.timedelta(hours=1)))
    clock.saw(NOON + dt.timedelta(hours=1), NOON + dt.timedelta(hours=1), http_date(NOON + dt.timedelta(hours=1)))
    assert clock.at(NOON + dt.timedelta(hours=1)) == NOON + dt.timedelta(hours=1)


def test_an_unreadable_date_teaches_nothing() -> None:
    clock = ServerClock()
    beyond = ("Mon, 31 Dec 9999 23:59:59 -2300", "Mon, 31 Dec 9999 23:59:59 GMT")
    for header in (None, "", "yesterday", "Mon, 99 Nov 2026 12:00:00 GMT", *beyond):
        clock.saw(NOON, NOON, header)
    assert clock.at(NOON) is None
