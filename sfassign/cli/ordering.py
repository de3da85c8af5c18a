"""How a command has something done: by the running daemon where there is one, else by itself under the lease."""

from __future__ import annotations

from typing import Any

from sfassign.bootstrap import App
from sfassign.cli.memory import tell_if_new
from sfassign.cli.opening import open_app
from sfassign.errors import LeaseHeld, SfassignError
from sfassign.orders import Order, carry_out

PATIENCE_POLLS = 4
LEAST_PATIENCE_SECONDS = 60.0


class OrderFailed(SfassignError):
    """The daemon could not carry out the order; the message is its reason."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def order(kind: str, what: Order, *, patience_seconds: float = 0.0, dry_run: bool = False) -> dict[str, Any]:
    """Have it carried out and return what came of it. A dry run needs no lease and asks no daemon; one that takes long
    has more patience. Raises an SfassignError that says why not."""
    app = open_app()
    try:
        tell_if_new(app.store)
        if dry_run:
            return carry_out(app, kind, what)
        with app.lease(wait_seconds=0):
            return carry_out(app, kind, what)
    except LeaseHeld:
        return _through_the_daemon(app, kind, what, patience_seconds)
    finally:
        app.close()


def _through_the_daemon(app: App, kind: str, what: Order, least_seconds: float) -> dict[str, Any]:
    number = app.store.put_request(kind, dict(what))
    patience = max(PATIENCE_POLLS * app.settings.poll.total_seconds(), LEAST_PATIENCE_SECONDS, least_seconds)
    answer = app.store.await_answer(number, patience)
    if answer is None:
        raise LeaseHeld(
            f"another process holds the lease and did not answer within {patience:.0f} s; what it has begun goes on"
        )
    if not answer["done"]:
        raise OrderFailed(str(answer["error"]), int(answer["exit_code"]))
    return dict(answer["result"])
