"""No secret is logged for a fault anywhere, as text or JSON: no local variables, no known secret in a message."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from sfassign.bootstrap import App
from sfassign.daemon import Daemon
from sfassign.logs import set_up_logs
from sfassign.salesforce.server_clock import ServerClock
from sfassign.settings import Settings
from sfassign.storage import SqlStore
from tests.cycle.world import World

KEY, SECRET, WEBHOOK = "marked-consumer-key", "marked-consumer-secret", "https://hooks.example/marked-webhook"
PLACES = {
    "a login's answer": (ServerClock, "saw"),
    "a snapshot": (SqlStore, "snapshot"),
    "the journal": (SqlStore, "plan"),
}


@pytest.fixture(autouse=True)
def _logs_are_as_before_afterwards() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def opened(world: World) -> App:
    user = world.org.add_user("robot@acme.example", "Robot")
    world.org.add_client(KEY, SECRET, run_as=user)
    login: dict[str, Any] = {"instance_url": None, "access_token": None, "login_url": "https://acme.my.salesforce.com"}
    return world.app(
        **login,
        consumer_key=SecretStr(KEY),
        consumer_secret=SecretStr(SECRET),
        slack_webhook_url=SecretStr(WEBHOOK),
        database_url=SecretStr(f"sqlite:///{world.folder}/marked-path.db"),
    )


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize("place", PLACES)
def test_a_fault_in_the_program_shows_where_it_was_and_no_secret(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, log_format: str, place: str
) -> None:
    app = opened(world)
    world.add_leads(2)
    set_up_logs(log_format, "info", app.masked)
    owner, method = PLACES[place]

    def faulty(*_arguments: object, **_named: object) -> None:
        session = app.org._connection._login._session
        token = session.token.text if session else ""
        tokens.append(token or SECRET)
        raise RuntimeError(f"unexpected {KEY} {SECRET} {WEBHOOK} {token}")

    tokens: list[str] = []
    monkeypatch.setattr(owner, method, faulty)
    daemon = Daemon(app, 15.0, lambda _: None, lambda: app.settings)
    daemon.begin()
    daemon.tick()
    text = capsys.readouterr().err
    assert "a fault in the program" in text
    assert "RuntimeError: unexpected" in text
    assert f"in {faulty.__name__}" in text
    assert [one for one in (KEY, SECRET, WEBHOOK, "Bearer", *tokens) if one in text] == []
    assert len(text) < 20_000, "no local variables"


def test_what_is_secret_is_hidden_and_the_rest_of_a_line_is_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(
        consumer_secret=SecretStr(SECRET), database_url=SecretStr("postgresql+psycopg://me:marked-word@db.example/x")
    )
    set_up_logs("json", "info", settings.masked)
    structlog.get_logger().info(
        "said", calls=[1, 2], seconds=0.5, odd={"body": SECRET}, where="me:marked-word@db.example"
    )
    line = capsys.readouterr().err
    assert "marked" not in line
    assert '"calls": [1, 2], "seconds": 0.5' in line
    assert "me:********@db.example" in line


def test_a_fault_in_a_command_shows_no_local_variables() -> None:
    program = f"""
import sfassign.cli.check, sfassign.cli
def faulty():
    held = "-".join(["{SECRET}", "held"])
    raise ZeroDivisionError
sfassign.cli.check.read_settings = faulty
sfassign.cli.run_command(["check"])
"""
    environment = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm"}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=False
    )
    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
    assert f"{SECRET}-held" not in ended.stdout + ended.stderr
