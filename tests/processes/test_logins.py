"""`check` and `once` with each of the four logins, against the local org over HTTPS: what a person reads, what the exit
code says, and that no secret is shown."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sfassign.bootstrap import SystemClock
from sfassign.emulator import LocalOrg, serve
from tests.processes.conftest import POLICY, Done, Site

USERNAME, PASSWORD, SECURITY_TOKEN, SECRET = "robot@acme.example", 'p&ss<w>"ord', "tOk3nX", "the-consumer-s3cret"
FLOWS = {
    "certificate": "OAuth 2.0 JWT bearer",
    "client credentials": "OAuth 2.0 client credentials",
    "password": "user name and password (SOAP login())",
    "session": "a session that already exists",
}


@dataclass
class Clock:
    """This machine's, `ahead` of it as far as a test says."""

    ahead: dt.timedelta = field(default=dt.timedelta(0))

    def __call__(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.ahead


@dataclass
class Deployment:
    """An org, and the environments that log in to it."""

    site: Site
    org: LocalOrg
    clock: Clock
    url: str
    key: Path
    secrets: list[str]

    def login(self, flow: str) -> dict[str, str | None]:
        """The variables of one login; those of the session are taken away."""
        host = {"SFASSIGN_LOGIN_URL": self.url, "SFASSIGN_INSTANCE_URL": None, "SFASSIGN_ACCESS_TOKEN": None}
        app = {"SFASSIGN_CONSUMER_KEY": "the-app"}
        user = {"SFASSIGN_USERNAME": USERNAME}
        password = {"SFASSIGN_PASSWORD_FILE": "password", "SFASSIGN_SECURITY_TOKEN_FILE": "token"}
        return {
            "certificate": host | app | user | {"SFASSIGN_PRIVATE_KEY_FILE": str(self.key)},
            "client credentials": host | app | {"SFASSIGN_CONSUMER_SECRET": SECRET},
            "password": host | user | password,
            "session": {},
        }[flow]

    def run(self, *arguments: str, **changes: str | None) -> Done:
        """The command; no secret is in what it says."""
        done = self.site.run(*arguments, **changes)
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert [secret for secret in self.secrets if secret in said] == []
        return done

    def logins(self) -> int:
        return sum("oauth2/token" in entry.path or "/Soap/" in entry.path for entry in self.org.log)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def deployed(tmp_path: Path, key: rsa.RSAPrivateKey) -> Iterator[Deployment]:
    clock = Clock()
    org = LocalOrg(clock)
    robot = org.add_user(USERNAME, "Robot")
    org.add_user("ann@acme.example", "Ann", Department="Sales")
    org.add_queue("Web Leads", ["Lead"])
    org.settings.soap_login = True
    org.set_password(robot, PASSWORD, SECURITY_TOKEN)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    org.add_client("the-app", SECRET, run_as=robot, certificate=public.decode())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for name, text in (("policy.yaml", POLICY), ("password", PASSWORD), ("token", SECURITY_TOKEN)):
        (tmp_path / name).write_text(text)
    (tmp_path / "key.pem").write_bytes(private)
    with serve(org) as server:
        token = org.issue_token(robot)
        address = {"instance_url": server.url, "access_token": token, "ca_bundle": str(server.ca_bundle)}
        secrets = [PASSWORD, SECURITY_TOKEN, SECRET, token, private.decode().splitlines()[2]]
        yield Deployment(Site(tmp_path, address), org, clock, server.url, tmp_path / "key.pem", secrets)
    org.close()


def facts(deployed: Deployment) -> list[tuple[str, str]]:
    """What the database knows of the org."""
    with closing(sqlite3.connect(deployed.site.folder / "sfassign.db")) as database:
        return sorted(database.execute("SELECT key, value FROM fact"))


def findings(done: Done) -> dict[str, dict[str, Any]]:
    """The last finding of each kind, by kind."""
    return {one["check"]: one for one in json.loads(done.stdout)["checks"]}


@pytest.mark.parametrize("flow", FLOWS)
def test_check_names_the_login_and_once_works_with_it(deployed: Deployment, flow: str) -> None:
    checked = deployed.run("check", "--json", **deployed.login(flow))
    assert checked.returncode == 0, checked.stdout
    named = [one for one in json.loads(checked.stdout)["checks"] if one["check"] == "login"]
    assert (named[0]["level"], FLOWS[flow] in named[0]["message"]) == ("ok", True)
    assert named[0]["message"].endswith(f"session at {deployed.url.removeprefix('https://')}")
    retiring = [one for one in named if one["level"] == "warning"]
    assert bool(retiring) == (flow == "password")
    assert deployed.run("once", **deployed.login(flow)).returncode == 0


def test_check_says_that_soap_login_is_being_retired_and_what_to_move_to(deployed: Deployment) -> None:
    warned = findings(deployed.run("check", "--json", **deployed.login("password")))["login"]
    assert (warned["level"], "64.0" in warned["message"], "Summer '27" in warned["message"]) == ("warning", True, True)
    assert "SFASSIGN_PRIVATE_KEY_FILE" in warned["mend"]


def test_check_tells_the_edition_and_how_much_of_the_limit_is_used(deployed: Deployment) -> None:
    good = findings(deployed.run("check", "--json"))
    assert good["limits"]["level"] == "ok"
    assert "Developer Edition" in good["limits"]["message"]
    assert "of 100,000 API requests" in good["limits"]["message"]
    assert "at most 5 requests of more than 20 s" in good["limits"]["message"]
    deployed.org.settings.limit_excess_calls = 85_000
    scarce = findings(deployed.run("check", "--json"))["limits"]
    assert (scarce["level"], "SFASSIGN_POLL" in scarce["mend"]) == ("warning", True)


@pytest.mark.parametrize("flow", ["certificate", "session"])
@pytest.mark.parametrize(("minutes", "side"), [(10, "behind"), (-10, "ahead of")])
def test_check_tells_which_clock_is_wrong_and_how_to_mend_it(
    deployed: Deployment, flow: str, minutes: int, side: str
) -> None:
    deployed.clock.ahead = dt.timedelta(minutes=minutes)
    clock = findings(deployed.run("check", "--json", **deployed.login(flow)))["clock"]
    assert clock["level"] == "warning"
    assert "clock is 0:10:0" in clock["message"] or "clock is 0:09:5" in clock["message"]
    assert f"{side} the org's" in clock["message"]
    assert "set-ntp" in clock["mend"]


def test_check_has_nothing_to_say_about_a_right_clock(deployed: Deployment) -> None:
    assert findings(deployed.run("check", "--json"))["clock"]["level"] == "ok"


@pytest.mark.parametrize("command", ["check", "once"])
@pytest.mark.parametrize(
    ("flow", "change", "code", "message"),
    [
        ("password", {"SFASSIGN_PASSWORD_FILE": "token"}, 1, "INVALID_LOGIN"),
        ("password", {"SFASSIGN_SECURITY_TOKEN_FILE": None}, 1, "SFASSIGN_SECURITY_TOKEN"),
        ("password", {"SFASSIGN_USERNAME": None}, 2, "SFASSIGN_USERNAME must be set as well"),
        ("client credentials", {"SFASSIGN_CONSUMER_SECRET": "wr0ng"}, 1, "SFASSIGN_CONSUMER_SECRET"),
        ("client credentials", {"SFASSIGN_CONSUMER_KEY": None}, 2, "SFASSIGN_CONSUMER_KEY must be set as well"),
        ("client credentials", {"SFASSIGN_LOGIN_URL": "https://login.salesforce.com"}, 2, "My Domain"),
        ("certificate", {"SFASSIGN_USERNAME": "x@acme.example"}, 1, "pre-authorise"),
        ("certificate", {"SFASSIGN_PRIVATE_KEY_FILE": "policy.yaml"}, 2, "SFASSIGN_PRIVATE_KEY_FILE"),
        ("certificate", {"SFASSIGN_LOGIN_URL": "http://login.salesforce.com"}, 2, "https"),
        ("session", {"SFASSIGN_ACCESS_TOKEN": "00D!old"}, 1, "set a new one"),
    ],
)
def test_a_wrong_login_has_a_message_an_exit_code_and_one_try(
    deployed: Deployment, command: str, flow: str, change: dict[str, str | None], code: int, message: str
) -> None:
    done = deployed.run(command, **(deployed.login(flow) | change))
    assert done.returncode == code
    assert message in done.stdout + done.stderr
    assert deployed.logins() <= 1


@pytest.mark.parametrize(
    ("change", "code", "said", "mend"),
    [
        ({"SFASSIGN_ACCESS_TOKEN": "00D!old"}, 1, "no longer takes the session", "SFASSIGN_ACCESS_TOKEN"),
        ({"SFASSIGN_INSTANCE_URL": "https://127.0.0.1:1"}, 1, "Connection refused", "SFASSIGN_INSTANCE_URL"),
        ({"SFASSIGN_API_VERSION": "99.0"}, 2, "SFASSIGN_API_VERSION", "mend the variable that the message names"),
    ],
)
def test_a_session_is_good_only_once_the_org_has_taken_it(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], code: int, said: str, mend: str
) -> None:
    monkeypatch.setattr(SystemClock, "sleep", lambda _clock, _seconds: None)
    done = deployed.run("check", "--json", **change)
    (login,) = [one for one in json.loads(done.stdout)["checks"] if one["check"] == "login"]
    assert (done.returncode, login["level"], said in login["message"]) == (code, "error", True), login
    assert mend in login["mend"]


def test_the_database_of_another_org_is_refused_and_left_as_it_is(deployed: Deployment) -> None:
    assert deployed.run("once").returncode == 0
    before = facts(deployed)
    other = LocalOrg(deployed.clock, seed=2)
    with serve(other) as server:
        there = {
            "SFASSIGN_INSTANCE_URL": server.url,
            "SFASSIGN_ACCESS_TOKEN": other.issue_token(),
            "SFASSIGN_CA_BUNDLE": str(server.ca_bundle),
        }
        checked, ran = deployed.run("check", "--json", **there), deployed.run("once", **there)
    other.close()
    assert (checked.returncode, ran.returncode) == (2, 2)
    found = json.loads(checked.stdout)
    assert (found["ok"], found["checks"][-1]["check"]) == (False, "org")
    assert found["checks"][-1]["message"] in ran.stderr
    assert "SFASSIGN_DATABASE_URL" in found["checks"][-1]["mend"]
    assert facts(deployed) == before


def test_an_org_that_is_not_the_one_meant_is_looked_at_no_further(deployed: Deployment) -> None:
    checked = deployed.run("check", "--json", SFASSIGN_ORG_ID="00D000000000009EAA")
    last = json.loads(checked.stdout)["checks"][-1]
    assert (checked.returncode, last["check"], last["level"]) == (2, "org", "error")
    assert "SFASSIGN_ORG_ID" in last["mend"]
    assert facts(deployed) == []


def test_a_right_that_hides_a_field_is_named_with_its_mistake(deployed: Deployment) -> None:
    deployed.org.hide_field("User", "Department")
    fields = findings(deployed.run("check", "--json"))["fields"]
    assert (fields["level"], "User has no field 'Department'" in fields["message"]) == ("error", True)
    assert "field-level security" in fields["mend"]


def test_an_org_that_refuses_every_session_ends_once_with_1_after_one_renewal(deployed: Deployment) -> None:
    deployed.org.faults.fail(
        path="/services/data/", status=401, code="INVALID_SESSION_ID", message="Session expired or invalid", times=-1
    )
    for flow in ("certificate", "client credentials", "password"):
        before = deployed.logins()
        done = deployed.run("once", **deployed.login(flow))
        assert (done.returncode, "refuses it at once" in done.stderr) == (1, True)
        assert deployed.logins() - before == 2


def test_check_tells_of_records_that_this_user_may_not_see(deployed: Deployment) -> None:
    for number in range(4):
        deployed.org.insert("Lead", {"LastName": f"L{number}", "Company": "C"})
    assert findings(deployed.run("check", "--json"))["records"]["level"] == "ok"
    deployed.org.settings.private_objects = frozenset({"Lead"})
    hidden = findings(deployed.run("check", "--json"))["records"]
    assert (hidden["level"], "sees 0 of some 4 Lead records" in hidden["message"]) == ("warning", True)
    assert "View All" in hidden["mend"]


def test_check_says_nothing_of_hidden_records_where_the_org_does_not_tell_their_number(deployed: Deployment) -> None:
    deployed.org.settings.setup_viewers = frozenset()
    assert "records" not in findings(deployed.run("check", "--json"))


def test_check_sees_a_right_that_was_taken_or_given_a_moment_ago(deployed: Deployment) -> None:
    """It never goes by what an earlier start has kept of the org's objects."""
    assert findings(deployed.run("check", "--json"))["rights"]["level"] == "ok"
    deployed.org.thing("Lead").make_read_only("OwnerId")
    checked = deployed.run("check", "--json")
    assert (checked.returncode, findings(checked)["rights"]["level"]) == (1, "error")


def test_a_table_too_large_to_count_is_a_warning_and_no_failure(deployed: Deployment) -> None:
    deployed.org.faults.fail(path="COUNT", status=400, code="QUERY_TIMEOUT", message="running for too long", times=-1)
    checked = deployed.run("check", "--json")
    found = findings(checked)["records"]
    assert (checked.returncode, found["level"], "QUERY_TIMEOUT" in found["message"]) == (0, "warning", True)
    assert "a count that takes too long is no harm" in found["mend"]
