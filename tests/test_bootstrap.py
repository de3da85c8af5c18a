"""What the environment means beyond our own variables."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from sfassign.bootstrap import credentials
from sfassign.certificates import trusted_certificates
from sfassign.errors import WrongSettings
from sfassign.salesforce import AccessToken, ClientCredentials, JwtBearer, UsernamePassword
from sfassign.settings import read_settings


def test_the_certificates_of_a_corporate_network_are_taken_where_none_are_named(tmp_path: Path) -> None:
    corporate, other = tmp_path / "corporate.pem", tmp_path / "other.pem"
    for path in (corporate, other):
        trustme.CA().cert_pem.write_to_path(path)
    both = {"REQUESTS_CA_BUNDLE": str(corporate), "CURL_CA_BUNDLE": str(other)}
    assert trusted_certificates(None, both) == corporate
    assert trusted_certificates(other, both) == other
    assert trusted_certificates(None, {"CURL_CA_BUNDLE": str(other)}) == other
    assert trusted_certificates(None, both | {"REQUESTS_CA_BUNDLE": str(tmp_path / "gone.pem")}) == other
    assert trusted_certificates(None, {"REQUESTS_CA_BUNDLE": ""}) is None


def test_certificates_that_cannot_be_used_are_told_with_the_variable_that_names_them(tmp_path: Path) -> None:
    letter, endless = tmp_path / "letter.txt", tmp_path / ("x" * 300)
    letter.write_text("Dear Sir or Madam")
    with pytest.raises(
        WrongSettings, match=r"SFASSIGN_CA_BUNDLE: .*letter\.txt holds no certificates; expected .* PEM"
    ):
        trusted_certificates(letter, {})
    with pytest.raises(WrongSettings, match=r"^CURL_CA_BUNDLE: .*letter\.txt holds no certificates"):
        trusted_certificates(None, {"CURL_CA_BUNDLE": str(letter)})
    with pytest.raises(WrongSettings, match="SFASSIGN_CA_BUNDLE: there is no file"):
        trusted_certificates(tmp_path / "gone.pem", {})
    with pytest.raises(WrongSettings, match=r"SFASSIGN_CA_BUNDLE: .* cannot be read: File name too long"):
        trusted_certificates(endless, {})
    with pytest.raises(WrongSettings, match=r"REQUESTS_CA_BUNDLE: .* cannot be read: File name too long"):
        trusted_certificates(None, {"REQUESTS_CA_BUNDLE": str(endless)})


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
