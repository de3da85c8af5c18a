"""What people ask of the running service: pause, resume, resync, reassign, undo.

One code for the daemon and the commands. Beside a running daemon a command puts its order into the database and the
daemon carries it out first thing in its next cycle; with no daemon the command takes the lease and does it itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

import structlog

from sfassign.bootstrap import App
from sfassign.by_hand import Handed
from sfassign.core.model import Pause
from sfassign.errors import SfassignError, WrongUsage
from sfassign.known_users import unknown_user
from sfassign.reassign import reassign
from sfassign.resync import Verification, resync
from sfassign.systemd import tell_alive
from sfassign.undo import undo

Order = Mapping[str, Any]

BY_HAND: Mapping[str, Callable[[App, Order], Handed]] = MappingProxyType({"reassign": reassign, "undo": undo})

log = structlog.get_logger()


def carry_out(app: App, kind: str, order: Order) -> dict[str, Any]:
    """Do what was ordered and say what came of it. Raises an SfassignError that tells the person what is wrong."""
    if kind == "pause":
        return _pause(app, order, Pause(order.get("reason") or "paused by hand", _moment(order.get("until"))))
    if kind == "resume":
        return _pause(app, order, None)
    if kind == "resync":
        if order.get("full"):
            app.shapes.refresh()
            app.check_policy()
        now = app.clock.now()
        report = resync(app.org, app.store, app.ports.gatherer, full=bool(order.get("full")))
        if not report.unread:
            Verification(app.store, app.settings.resync).worked(now)
        return {**asdict(report), "drifted": [asdict(drift) for drift in report.drifted]}
    if kind in BY_HAND:
        return _by_hand(app, kind, order)
    raise WrongUsage(f"nobody knows how to carry out '{kind}'")


def _by_hand(app: App, kind: str, order: Order) -> dict[str, Any]:
    """A daemon that runs dry carries out dry."""
    handed = BY_HAND[kind](app, {**order, "dry_run": order.get("dry_run") or app.settings.dry_run})
    for line in () if handed.dry_run else handed.reassigned:
        log.info(line.sentence, action="item.reassigned", object=line.object, id=line.id, decision=line.decision)
    return handed.as_json()


def answer_orders(app: App) -> None:
    """Carry out everything that waits in the database, the failures told to whoever asked. An order may take minutes,
    so the watchdog hears of each."""
    for request in app.store.take_requests():
        try:
            answer = {"done": True, "result": carry_out(app, request.kind, request.payload)}
        except SfassignError as error:
            answer = {"done": False, "error": str(error), "exit_code": error.exit_code}
        app.store.answer_request(request.id, answer)
        tell_alive()


def _pause(app: App, order: Order, pause: Pause | None) -> dict[str, Any]:
    target = order["target"]
    if order["kind"] == "user":
        user = app.store.find_user(target)
        if user is None:
            raise unknown_user(app.store, target)
        app.store.pause("user", user.id, pause)
        return {"kind": "user", "target": user.username}
    if order["kind"] == "group" and target not in {group.name for group in app.policy.groups}:
        names = ", ".join(group.name for group in app.policy.groups)
        raise WrongUsage(f"no group '{target}' in the policy; there are: {names}")
    app.store.pause(order["kind"], target, pause)
    return {"kind": order["kind"], "target": target}


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None
