"""Who is in, as the org shows it: UI sessions for everyone, Omni-Channel presence for Support.

Rows appear on login and vanish (sessions) or are closed (presence) on logout; a session's stamp is renewed while
its owner works, and stands still during lunch, breaks and meetings.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sfassign.emulator.floor.company import BUSY_STATUSES, Company
from sfassign.emulator.floor.desk import Desk
from sfassign.emulator.floor.people import Person
from sfassign.emulator.floor.shifts import Doing

SESSION_SECONDS = 7200
REFRESH_AFTER = dt.timedelta(minutes=4)
CAPACITY = 10


@dataclass(slots=True)
class Seat:
    """Someone who is logged in. `session_ids` has the UI session first, then its children."""

    doing: Doing
    since: dt.datetime
    refreshed_at: dt.datetime
    session_ids: tuple[str, ...]
    presence_id: str | None = None


class Presence:
    """Keeps AuthSession, LoginHistory and UserServicePresence in step with what people do."""

    def __init__(self, desk: Desk, company: Company) -> None:
        self._desk = desk
        self._company = company
        self._seats: dict[int, Seat] = {}

    def doing(self, person: Person) -> Doing:
        seat = self._seats.get(person.number)
        return seat.doing if seat else Doing.GONE

    def change(self, person: Person, doing: Doing, at: dt.datetime) -> None:
        """The person turns to something else: logs in, goes to lunch, comes back, logs out."""
        seat = self._seats.get(person.number)
        if doing is Doing.GONE:
            self._leave(person, at)
        elif seat is None:
            self._log_in(person, doing, at)
        else:
            self._show(person, seat, doing, at)

    def refresh(self, person: Person, at: dt.datetime) -> None:
        """A click: the session's stamp moves, at most every few minutes."""
        seat = self._seats[person.number]
        if at - seat.refreshed_at >= REFRESH_AFTER:
            seat.refreshed_at = at
            self._desk.update("AuthSession", seat.session_ids[0], {}, by=self._user(person), at=at)

    def _user(self, person: Person) -> str:
        return self._company.user_ids[person.number]

    def _log_in(self, person: Person, doing: Doing, at: dt.datetime) -> None:
        user = self._user(person)
        address = f"198.51.100.{person.number + 1}"
        login = {"UserId": user, "LoginTime": at, "LoginType": "Application", "SourceIp": address, "Status": "Success"}
        session = {
            "UsersId": user,
            "LoginHistoryId": self._desk.insert("LoginHistory", login, by=user, at=at),
            "NumSecondsValid": SESSION_SECONDS,
            "SessionType": "UI",
            "LoginType": "Application",
            "SourceIp": address,
        }
        main = self._desk.insert("AuthSession", session, by=user, at=at)
        child = session | {"SessionType": "Visualforce", "ParentId": main}
        children = (self._desk.insert("AuthSession", child, by=user, at=at),) if person.number % 4 == 0 else ()
        self._seats[person.number] = seat = Seat(doing, at, at, (main, *children))
        self._show(person, seat, doing, at)

    def _leave(self, person: Person, at: dt.datetime) -> None:
        seat = self._seats.pop(person.number, None)
        if seat:
            self._end_status(person, seat, at)
            for session_id in reversed(seat.session_ids):
                self._desk.remove("AuthSession", session_id, by=self._user(person))

    def _show(self, person: Person, seat: Seat, doing: Doing, at: dt.datetime) -> None:
        self._end_status(person, seat, at)
        seat.doing, seat.since = doing, at
        if doing is Doing.WORKING:
            self.refresh(person, at)
        if person.uses_omni:
            name = BUSY_STATUSES.get(doing, "Available_Cases" if person.number % 3 == 0 else "Available")
            fields = {
                "UserId": self._user(person),
                "OwnerId": self._user(person),
                "ServicePresenceStatusId": self._company.status_ids[name],
                "StatusStartDate": at,
                "IsCurrentState": True,
                "IsAway": doing is not Doing.WORKING,
                "ConfiguredCapacity": CAPACITY,
            }
            seat.presence_id = self._desk.insert("UserServicePresence", fields, by=self._user(person), at=at)

    def _end_status(self, person: Person, seat: Seat, at: dt.datetime) -> None:
        if seat.presence_id:
            seconds = int((at - seat.since).total_seconds())
            ended = {"IsCurrentState": False, "StatusEndDate": at, "StatusDuration": seconds}
            self._desk.update("UserServicePresence", seat.presence_id, ended, by=self._user(person), at=at)
            seat.presence_id = None
