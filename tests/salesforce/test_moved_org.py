"""The org moves to another host: the old one redirects, shows a page or is gone, and only a new login says where the
org is now. What was written is written once, and nobody is logged in again and again."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from structlog.testing import capture_logs
from urllib3.exceptions import MaxRetryError, NewConnectionError

from sfassign.errors import OrgError
from sfassign.ports import Answer
from sfassign.salesforce import SalesforceOrg
from tests.salesforce.acme import READS, SOAP_LOGIN, Acme, changes_of, read
from tests.salesforce.test_four_logins import FLOWS, RENEWING, logins

Answering = tuple[int, str]
LEFT: Mapping[str, Answering | None] = {
    "redirects": (301, ""),
    "has no such page": (404, "<html>URL No Longer Exists</html>"),
    "shows a login page": (200, "<html><script>window.location='/login'</script></html>"),
    "asks who we are": (401, "<html>who are you?</html>"),
    "is gone": None,
}
"""What the old host answers: status and body, None where nobody does."""


class LeftHost(BaseAdapter):
    """A host the org has left. `asked` counts the requests it got."""

    def __init__(self, answering: Answering | None) -> None:
        super().__init__()
        self._answering = answering
        self.asked = 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.asked += 1
        if self._answering is None:
            unknown = NewConnectionError(None, "Name or service not known")  # type: ignore[arg-type] # as requests wraps it
            raise requests.ConnectionError(MaxRetryError(None, "/", unknown))  # type: ignore[arg-type] # likewise
        response = requests.Response()
        response.request, response.url = request, str(request.url)
        response.status_code, body = self._answering
        response.headers["Location"] = "https://acme-moved.my.salesforce.com/"
        response.raw = io.BytesIO(body.encode())
        return response

    def close(self) -> None:
        """Nothing is open."""


def leave(acme: Acme, org: SalesforceOrg, how: str) -> LeftHost:
    """The old host no longer is the org's."""
    left = LeftHost(LEFT[how])
    org.transport.mount(f"{acme.url}/services/data", left)
    return left


def move(acme: Acme, org: SalesforceOrg, how: str) -> LeftHost:
    """The org goes to another host, which logins name from now on."""
    acme.local.settings.instance_url = acme.url.replace("127.0.0.1", "localhost").replace("acme.my", "acme2.my")
    return leave(acme, org, how)


def connected(acme: Acme, flow: str) -> SalesforceOrg:
    """An org that was read, under a session at its old host."""
    org: Callable[[Acme], SalesforceOrg] = FLOWS[flow]
    acme.leads(1)
    made = org(acme)
    read(made)
    return made


@pytest.mark.parametrize("how", LEFT)
@pytest.mark.parametrize("flow", [name for name in RENEWING if name != "certificate"])
def test_an_org_that_moved_is_found_by_one_more_login(acme: Acme, flow: str, how: str) -> None:
    org = connected(acme, flow)
    left = move(acme, org, how)
    with capture_logs() as told:
        assert len(read(org)) == 1
        assert len(read(org)) == 1
    assert (logins(acme), left.asked) == (2, 1)
    assert [line["host"] for line in told if line["action"] == "org.moved"] == [org.log_in()]


@pytest.mark.parametrize("how", ["redirects", "is gone"])
def test_a_write_nobody_took_is_written_once_at_the_new_host(acme: Acme, how: str) -> None:
    org = connected(acme, "client credentials")
    rows = read(org)
    move(acme, org, how)
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert (result.answer, acme.owner(rows[0].id)) == (Answer.ACCEPTED, acme.alice)
    assert sum(entry.method == "PATCH" for log in acme.local.log for entry in log.subrequests) == 1


@pytest.mark.parametrize("how", ["has no such page", "shows a login page"])
def test_a_write_answered_by_a_page_may_have_landed_and_is_never_repeated(acme: Acme, how: str) -> None:
    org = connected(acme, "client credentials")
    rows = read(org)
    move(acme, org, how)
    [result] = org.write(changes_of(rows, acme.alice), READS)
    assert (result.answer, acme.owner(rows[0].id)) == (Answer.UNKNOWN, acme.queue)
    assert len(read(org)) == 1, "the next call goes to the new host"


@pytest.mark.parametrize("how", LEFT)
def test_a_host_that_stays_odd_makes_no_login_loop(acme: Acme, how: str) -> None:
    org = connected(acme, "client credentials")
    left = leave(acme, org, how)
    for _ in range(24 * 12):
        with pytest.raises(OrgError):
            read(org)
        acme.clock.pass_by(300)
    assert logins(acme) <= 24 * 4 + 4, "a minute, two, four … a quarter of an hour between one login and the next"
    assert left.asked >= 24 * 12


def test_a_host_that_comes_and_goes_logs_in_once_a_minute_at_the_most(acme: Acme) -> None:
    org = connected(acme, "client credentials")
    address = f"{acme.url}/services/data"
    there = org.transport.get_adapter(address)
    until = acme.clock.now() + dt.timedelta(hours=1)
    while acme.clock.now() < until:
        leave(acme, org, "has no such page")
        with pytest.raises(OrgError):
            read(org)
        org.transport.mount(address, there)
        read(org)
        acme.clock.pass_by(1)
    assert logins(acme) <= 61


def test_where_the_new_login_is_refused_the_old_session_is_kept(acme: Acme) -> None:
    org = connected(acme, "password")
    left = leave(acme, org, "is gone")
    acme.local.set_password(acme.robot, "another", "word")
    for _ in range(20):
        with capture_logs() as told, pytest.raises(OrgError, match="Name or service not known"):
            read(org)
        acme.clock.pass_by(1_000)
    assert acme.asked(SOAP_LOGIN) == 2, "a wrong password is sent once"
    assert any(line["action"] == "org.login_failed" and "INVALID_LOGIN" in line["reason"] for line in told)
    assert left.asked
    org.transport.adapters.pop(f"{acme.url}/services/data")
    acme.local.settings.session_seconds = 1_000_000
    assert len(read(org)) == 1


@pytest.mark.parametrize("how", LEFT)
def test_a_given_session_cannot_look_and_says_what_to_set(acme: Acme, how: str) -> None:
    org = connected(acme, "session")
    move(acme, org, how)
    with pytest.raises(OrgError, match="set SFASSIGN_INSTANCE_URL and SFASSIGN_ACCESS_TOKEN anew"):
        read(org)
    assert logins(acme) == 0
