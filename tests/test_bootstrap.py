"""What the environment means beyond our own variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfassign.bootstrap import credentials, usual_ca_bundle
from sfassign.errors import WrongSettings
from sfassign.salesforce import AccessToken, ClientCredentials, JwtBearer, UsernamePassword
from sfassign.settings import read_settings


def test_the_certificates_of_a_corporate_network_are_taken_where_none_are_named(tmp_path: Path) -> None:
    corporate, other = tmp_path / "corporate.pem", tmp_path / "other.pem"
    corporate.touch()
    other.touch()
    assert usual_ca_bundle({"REQUESTS_CA_BUNDLE": str(corporate), "CURL_CA_BUNDLE": str(other)}) == corporate
    assert usual_ca_bundle({"CURL_CA_BUNDLE": str(other)}) == other
    assert usual_ca_bundle({"REQUESTS_CA_BUNDLE": str(tmp_path / "gone.pem"), "CURL_CA_BUNDLE": str(other)}) == other
    assert usual_ca_bundle({"REQUESTS_CA_BUNDLE": ""}) is None


TOKEN = {"SFASSIGN_INSTANCE_URL": "https://acme.my.salesforce.com", "SFASSIGN_ACCESS_TOKEN": "t"}
USER = {"SFASSIGN_USERNAME": "robot@acme.example"}
APP = {"SFASSIGN_CONSUMER_KEY": "k", "SFASSIGN_CONSUMER_SECRET": "s", "SFASSIGN_DOMAIN": "acme.my"}
PASSWORD = {"SFASSIGN_PASSWORD": "p"}


@pytest.mark.parametrize(
    ("environment", "flow"),
    [
        (TOKEN, AccessToken),
        (USER | {"SFASSIGN_CONSUMER_KEY": "k", "SFASSIGN_PRIVATE_KEY_FILE": "key.pem"}, JwtBearer),
        (APP, ClientCredentials),
        (USER | PASSWORD, UsernamePassword),
        (USER | PASSWORD | {"SFASSIGN_SECURITY_TOKEN": "x"}, UsernamePassword),
        (TOKEN | USER | PASSWORD, AccessToken),
        (APP | USER | PASSWORD, ClientCredentials),
        (APP | USER | PASSWORD | {"SFASSIGN_PRIVATE_KEY_FILE": "key.pem"}, JwtBearer),
    ],
)
def test_the_settings_say_which_login_is_used_the_better_one_first(
    environment: dict[str, str], flow: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "key.pem").write_text("a key")
    assert type(credentials(read_settings(environment))) is flow


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "no login is configured"),
        (PASSWORD, "SFASSIGN_USERNAME must be set as well"),
        (USER, "SFASSIGN_CONSUMER_KEY and SFASSIGN_PRIVATE_KEY_FILE must be set as well"),
        ({"SFASSIGN_CONSUMER_SECRET": "s"}, "SFASSIGN_CONSUMER_KEY must be set as well"),
        ({"SFASSIGN_CONSUMER_KEY": "k"}, "SFASSIGN_PRIVATE_KEY_FILE and SFASSIGN_USERNAME must be set as well"),
        ({"SFASSIGN_ACCESS_TOKEN": "t"}, "SFASSIGN_INSTANCE_URL must be set as well"),
    ],
)
def test_half_a_login_names_the_other_half(
    environment: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WrongSettings, match=said):
        credentials(read_settings(environment))


def test_a_password_may_stand_in_a_file_with_its_line_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text("p&ss\n")
    made = credentials(read_settings(USER | {"SFASSIGN_PASSWORD_FILE": "password"}))
    assert isinstance(made, UsernamePassword)
    assert made.sent == "p&ss"
