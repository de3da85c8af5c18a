"""The daemon and its login: it logs in again and goes on, never hammers, and takes up what somebody mended."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from sfassign.bootstrap import App
from sfassign.cycle import run_cycle
from sfassign.daemon import Daemon
from sfassign.emulator import InProcessAdapter
from sfassign.errors import LoginFailed
from sfassign.outcome import CycleReport
from sfassign.salesforce import SalesforceOrg
from sfassign.settings import Settings
from tests.cycle.world import URL, World
from tests.salesforce.test_moved_org import LeftHost

POLL = 15.0
GOOD_SECRET = "the-secret"
RIGHT, WRONG, TOKEN = "r1ght&word", "wr0ng", "tOk3n"


class Logged:
    """A daemon with a login of its own, whose turns the test takes by hand; `mended` is what the environment says."""

    def __init__(self, world: World, **login: Any) -> None:
        self.world = world
        self.reports: list[CycleReport] = []
        self.app: App = world.app(**{"instance_url": None, "access_token": None, "login_url": URL} | login)
        self.mended: dict[str, Any] = {}
        self.daemon = Daemon(self.app, POLL, self.reports.append, self._renewed)
        self.daemon.begin()

    def _renewed(self) -> Settings:
        return self.app.settings.model_copy(update=self.mended)

    def turn(self) -> int:
        """One turn and a poll's time; how many items it assigned."""
        before = len(self.reports)
        self.daemon.tick()
        self.world.clock.pass_by(seconds=POLL)
        return sum(len(report.assigned) for report in self.reports[before:])

    def turns(self, minutes: float) -> int:
        return sum(self.turn() for _ in range(int(minutes * 60 / POLL)))

    def logins(self) -> int:
        return sum("oauth2/token" in entry.path or "/Soap/" in entry.path for entry in self.world.org.log)


@pytest.fixture(autouse=True)
def _every_connection_leads_to_the_world(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon that connects afresh makes a new client; there is no network here but the local org."""
    made = SalesforceOrg.__init__

    def connected(org: SalesforceOrg, *arguments: Any, **named: Any) -> None:
        made(org, *arguments, **named)
        org.transport.mount("https://", InProcessAdapter(world.org))

    monkeypatch.setattr(SalesforceOrg, "__init__", connected)


@pytest.fixture
def robot(world: World) -> str:
    user = world.org.add_user("robot@acme.example", "Robot")
    world.org.settings.soap_login = True
    world.org.set_password(user, RIGHT, TOKEN)
    world.org.add_client("the-app", "the-secret", run_as=user)
    return user


def by_password(world: World, password: str = RIGHT) -> Logged:
    return Logged(world, username="robot@acme.example", password=SecretStr(password), security_token=SecretStr(TOKEN))


def by_secret(world: World, secret: str = GOOD_SECRET) -> Logged:
    return Logged(world, consumer_key=SecretStr("the-app"), consumer_secret=SecretStr(secret))


def by_certificate(world: World, folder: Path, robot: str) -> Logged:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    world.org.add_client("the-app", "the-secret", certificate=public.decode(), approved=frozenset({robot}))
    (folder / "key.pem").write_bytes(private)
    return Logged(
        world,
        consumer_key=SecretStr("the-app"),
        private_key_file=folder / "key.pem",
        username="robot@acme.example",
    )


@pytest.mark.parametrize("way", ["certificate", "secret", "password"])
def test_it_logs_in_again_when_the_session_ends_and_goes_on_in_the_same_turn(
    world: World, robot: str, tmp_path: Path, way: str
) -> None:
    ways = {
        "certificate": lambda: by_certificate(world, tmp_path, robot),
        "secret": lambda: by_secret(world),
        "password": lambda: by_password(world),
    }
    logged = ways[way]()
    world.add_leads(2)
    assert logged.turn() == 2
    world.org.sessions.expire_all()
    world.add_leads(3)
    assert logged.turn() == 3
    assert logged.logins() == 2


def test_the_session_ends_in_the_middle_of_a_write_and_every_lead_is_given_out_once(world: World, robot: str) -> None:
    world.org.settings.composite_checks_session = True
    logged = by_secret(world)
    leads = world.add_leads(5)
    world.org.faults.between(world.org.sessions.expire_all, method="PATCH", path=leads[1], after=True)
    assert logged.turn() == 5
    assert logged.logins() == 2
    assert sorted(line.id for line in logged.reports[-1].assigned) == sorted(leads)
    changes = world.org.query("SELECT LeadId FROM LeadHistory WHERE Field = 'Owner'")
    assert len({change["LeadId"] for change in changes}) == 5


def test_a_wrong_password_is_sent_once_whatever_time_passes_and_the_daemon_stays(world: World, robot: str) -> None:
    logged = by_password(world, WRONG)
    world.add_leads(1)
    assert logged.turns(minutes=180) == 0
    assert logged.logins() == 1
    assert not logged.daemon.stop.is_set(), "a restart by systemd would send it again"


def test_the_right_password_in_its_file_is_taken_up_without_a_restart(world: World, robot: str) -> None:
    logged = by_password(world, WRONG)
    world.add_leads(2)
    logged.turns(minutes=30)
    logged.mended = {"password": SecretStr(RIGHT)}
    assert logged.turns(minutes=11) == 2
    assert logged.logins() == 2


def test_a_new_secret_of_the_app_is_taken_up_as_well(world: World, robot: str) -> None:
    logged = by_secret(world, "the-old-secret")
    world.add_leads(2)
    logged.turns(minutes=2)
    logged.mended = {"consumer_secret": SecretStr("the-secret")}
    assert logged.turns(minutes=11) == 2


def test_an_administrator_who_unlocked_the_user_reloads_the_daemon(world: World, robot: str) -> None:
    world.org.update("User", robot, {"IsActive": False})
    logged = by_password(world)
    world.add_leads(1)
    logged.turns(minutes=20)
    world.org.update("User", robot, {"IsActive": True})
    assert (logged.turns(minutes=20), logged.logins()) == (0, 1)
    logged.daemon._on_reload(signal.SIGHUP, None)
    assert logged.turns(minutes=6) == 1
    assert logged.logins() == 2


def test_a_reload_that_mends_nothing_sends_the_password_once_more_and_no_more(world: World, robot: str) -> None:
    logged = by_password(world, WRONG)
    logged.turns(minutes=20)
    logged.daemon._on_reload(signal.SIGHUP, None)
    logged.turns(minutes=60)
    assert logged.logins() == 2


def test_a_reload_of_a_working_daemon_logs_nobody_in(world: World, robot: str) -> None:
    logged = by_secret(world)
    logged.turn()
    logged.daemon._on_reload(signal.SIGHUP, None)
    logged.turns(minutes=1)
    assert logged.logins() == 1


def test_an_org_that_moved_is_followed_within_a_turn_or_two_and_for_good(world: World, robot: str) -> None:
    logged = by_secret(world)
    logged.turn()
    world.org.settings.instance_url = "https://acme-moved.my.salesforce.com"
    logged.app.org.transport.mount(f"{URL}/services/data", LeftHost((301, "")))
    world.add_leads(2)
    assert logged.turns(minutes=1) == 2
    world.add_leads(2)
    assert logged.turn() == 2
    assert logged.logins() == 2


def test_the_address_of_an_org_that_moved_is_taken_up_without_a_restart(world: World, robot: str) -> None:
    """With a session that exists, which no login replaces."""
    moved = "https://acme-moved.my.salesforce.com"
    logged = Logged(world, instance_url=URL, access_token=SecretStr(world.org.issue_token(robot)))
    logged.turn()
    logged.app.org.transport.mount(f"{URL}/services/data", LeftHost((301, "")))
    world.add_leads(1)
    assert logged.turns(minutes=20) == 0
    logged.mended = {"instance_url": moved}
    assert logged.turns(minutes=11) == 1
    assert logged.app.org.address == moved


def test_an_org_that_refuses_every_session_ends_a_cycle_with_1_after_one_renewal(world: World, robot: str) -> None:
    logged = by_secret(world)
    (lead,) = world.add_leads(1)
    world.org.faults.fail(
        path="/services/data/", status=401, code="INVALID_SESSION_ID", message="Session expired or invalid", times=-1
    )
    with pytest.raises(LoginFailed, match="refuses it at once") as told:
        run_cycle(logged.app.ports, logged.app.policy)
    assert (told.value.exit_code, logged.logins()) == (1, 2)
    logged.turns(minutes=120)
    assert logged.logins() <= 2 * 12, "a minute, two, four … a quarter of an hour between one try and the next"
    world.org.faults.clear()
    assert logged.turns(minutes=21) == 1
    assert world.owner(lead) in world.people.values()
