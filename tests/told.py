"""Messages as the outlets get them, for their tests."""

from __future__ import annotations

import datetime as dt

from sfassign.core.notice import Message, Outlet

SINCE = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
REASON = "Web leads → ann@acme.example by round_robin: longest since their last turn"


def message(outlet: Outlet, number: int = 1, **said: object) -> Message:
    fields: dict[str, object] = {
        "outlet": outlet,
        "numbers": (number,),
        "user": "005000000000001AAA",
        "user_name": "Ann Ames",
        "object": "Lead",
        "item": f"00Q{number:012d}EAA",
        "title": "Lead 'Ann Smith' (Acme Ltd) is yours",
        "lines": ("Lead 'Ann Smith' (Acme Ltd) is yours: Web leads, score 57. https://acme.example/00Q", REASON),
        "several": False,
        "tried": False,
        "since": SINCE,
        "day": SINCE.date(),
    }
    return Message(**(fields | said))  # type: ignore[arg-type]
