"""Proving a password: the security token outside the trusted network, and the lock after too many wrong ones.

Asked by the two logins that send a password, OAuth's and SOAP's. Source: Salesforce Help, password policies (ten wrong
ones lock for fifteen minutes by default) and security tokens (appended to the password outside the trusted IP ranges).
"""

from __future__ import annotations

import datetime as dt
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .org import LocalOrg


@dataclass(slots=True)
class Password:
    """What a user logs in with. `wrong` counts wrong ones in a row; `locked_until` is by the org's clock."""

    text: str
    security_token: str = ""
    wrong: int = 0
    locked_until: dt.datetime | None = None
    expired: bool = False


class Unproven(Exception):
    """The password does not prove who is calling; `code` is SOAP's exceptionCode."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def prove(org: LocalOrg, username: str, given: str) -> str:
    """The Id of the user this password belongs to. Raises Unproven."""
    user = user_called(org, username)
    kept = org.clients.passwords.get(user or "")
    if user is None or kept is None:
        raise Unproven("INVALID_LOGIN")
    if kept.locked_until is not None and org.clock() < kept.locked_until:
        raise Unproven("PASSWORD_LOCKOUT")
    if _same(given, kept.text + kept.security_token) or (org.settings.trusted_network and _same(given, kept.text)):
        kept.wrong, kept.locked_until = 0, None
        _mark_locked(org, user, locked=False)
        return user
    if _same(given, kept.text):
        raise Unproven("LOGIN_MUST_USE_SECURITY_TOKEN")
    _note_wrong(org, user, kept)
    raise Unproven("INVALID_LOGIN")


def user_called(org: LocalOrg, username: str) -> str | None:
    """The Id of the user with this Username, in any capitals."""
    found = org.storage.rows('SELECT Id FROM "User" WHERE Username = ? COLLATE NOCASE', (username,))
    return str(found[0]["Id"]) if found else None


def is_let_in(org: LocalOrg, user: str) -> bool:
    """Whether the user may log in: is active and not frozen."""
    active, frozen = _standing(org, user)
    return active and not frozen


def keeps_session(org: LocalOrg, user: str) -> bool:
    """Whether the user may go on with a session that is alive."""
    active, frozen = _standing(org, user)
    return active and not (frozen and org.settings.freezing_ends_sessions)


def _standing(org: LocalOrg, user: str) -> tuple[bool, bool]:
    found = org.storage.tuples(
        'SELECT IsActive, EXISTS(SELECT 1 FROM "UserLogin" WHERE UserId = "User".Id AND IsFrozen = 1) '
        'FROM "User" WHERE Id = ?',
        (user,),
    )
    return (bool(found[0][0]), bool(found[0][1])) if found else (False, False)


def _note_wrong(org: LocalOrg, user: str, kept: Password) -> None:
    kept.wrong += 1
    org.insert("LoginHistory", {"UserId": user, "LoginTime": org.clock(), "Status": "Invalid Password"})
    if kept.wrong >= org.settings.login_attempts:
        kept.wrong = 0
        kept.locked_until = org.clock() + dt.timedelta(minutes=org.settings.lockout_minutes)
        _mark_locked(org, user, locked=True)


def _mark_locked(org: LocalOrg, user: str, *, locked: bool) -> None:
    for login in org.storage.where(org.schema.object("UserLogin"), UserId=user, IsPasswordLocked=int(not locked)):
        org.update("UserLogin", login["Id"], {"IsPasswordLocked": locked})


def _same(given: str, kept: str) -> bool:
    return hmac.compare_digest(given.encode(), kept.encode())
