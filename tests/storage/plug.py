"""A process that is killed at every statement of its cycle, and looks each time at what it left behind.

Run by `test_plug_pulled` as a program of its own: it forks, and a process with threads must not.
`python -m tests.storage.plug URL LAST STEP`
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from dataclasses import replace

from sqlalchemy import Engine, event

from sfassign.core.decision import Assign, Plan
from sfassign.core.journal import Event, State
from sfassign.core.model import Turn
from sfassign.ports import Settlement
from sfassign.storage import SqlStore, Views, open_store

from .world import ALICE, BOB, GROUP, ManualClock, absorb, assert_sums_equal_rows, assign, minute, seen

USERS = (ALICE, BOB)
ITEMS_PER_CYCLE = 3


def cycle(store: SqlStore, number: int) -> None:
    """Settle, sync, decide, journal, send, settle: in this world every write that was sent has landed."""
    settle(store, number)
    store.join({GROUP: list(USERS)}, {})
    first = number * ITEMS_PER_CYCLE
    absorb(store, minute(number), *(seen(first + one, points=0.3) for one in range(ITEMS_PER_CYCLE)))
    snapshot = store.snapshot(minute(number), ())
    assigns = []
    for turn, item in enumerate(snapshot.items, start=snapshot.last_turn + 1):
        to, other = USERS[turn % 2], USERS[1 - turn % 2]
        decided = assign(item, to, turn, moves={to: -1_000_000, other: 1_000_000})
        assigns.append(replace(decided, notify=("slack",)))
    entered = store.plan(assigns, plan_of(number, assigns), {one.item.id: minute(0) for one in assigns}, False)
    store.sent([entry.id for entry in entered], minute(number))
    settle(store, number)


def plan_of(number: int, assigns: list[Assign]) -> Plan:
    return Plan(minute(number), "sha256:abc", tuple(assigns))


def settle(store: SqlStore, number: int) -> None:
    events = {State.PLANNED: Event.NOT_SENT, State.SENT: Event.LANDED}
    entries = store.open_entries()
    store.settle([Settlement(entry.id, events[entry.state], minute(number)) for entry in entries])


def killed_at(url: str, number: int, statement: int) -> bool:
    """One cycle in a child process that dies before its so-manyth statement or commit; False where it got through."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    left = statement

    def count_down(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    store = open_store(url, ManualClock())
    event.listen(Engine, "before_cursor_execute", count_down)
    event.listen(Engine, "commit", count_down)
    code = 1
    try:
        cycle(store, number)
        code = 0
    finally:
        os._exit(code)


def look(url: str) -> None:
    """Sums equal rows; rotation, line and messages are what the confirmed entries say, and nothing else."""
    assert_sums_equal_rows(url)
    store = open_store(url, ManualClock())
    history = [row.entry for row in Views(store).history()]
    snapshot = store.snapshot(minute(0), ())
    confirmed = [entry for entry in history if entry.state is State.CONFIRMED]
    turns: dict[str, int] = {}
    moved: Counter[str] = Counter()
    for entry in confirmed:
        turns[entry.owner] = max(turns.get(entry.owner, 0), entry.turn)
        moved.update(entry.credit_moves)
    for (_, user), turn in snapshot.rotation.items():
        assert turn == Turn(turns.get(user, 0), user not in turns, moved[user])
    assert max(Counter(entry.item for entry in confirmed).values(), default=1) == 1
    assert not {entry.item for entry in confirmed} & {item.id for item in snapshot.items}
    held = sum(load.counts["Lead"] for owner, load in snapshot.load.items() if owner in USERS)
    assert held == len(confirmed)
    told = [one.notice.item for one in store.notice_box(minute(10_000), 10_000).due]
    assert sorted(told) == sorted(entry.item for entry in confirmed)
    store.close()


def main(url: str, last: int, step: int) -> None:
    open_store(url, ManualClock()).close()
    deaths = range(0, last, step)
    killed = 0
    for statement in deaths:
        killed += killed_at(url, statement, statement)
        look(url)
    assert killed > len(deaths) / 2, f"only {killed} were killed"
    assert not killed_at(url, last, sys.maxsize)
    store = open_store(url, ManualClock())
    assert store.open_entries() == ()
    assert not store.snapshot(minute(0), ()).items
    store.close()
    print("killed", killed)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
