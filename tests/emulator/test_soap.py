"""SOAP's login() of the local org: what Salesforce documents about who gets in, and what the others are told."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from xml.sax.saxutils import escape

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from sfassign.emulator import InProcessAdapter, LocalOrg
from sfassign.emulator.http import Request

from .conftest import Client, Clock, Company

HOME = "https://acme.my.salesforce.com"
ENVELOPE = """<?xml version="1.0" encoding="utf-8" ?>
<env:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">
  <env:Body><n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{}</n1:username>
  <n1:password>{}</n1:password></n1:login></env:Body>
</env:Envelope>"""


def send(org: LocalOrg, body: str, version: str = "64.0", door: str = "u") -> tuple[int, str]:
    headers = {"content-type": "text/xml", "soapaction": "login", "host": "acme.my.salesforce.com"}
    request = Request("POST", f"/services/Soap/{door}/{version}", headers, body.encode(), HOME)
    status, answered, content = org.handle(request)
    assert answered["Content-Type"] == "text/xml;charset=UTF-8"
    return status, content.decode()


GOOD = "pass<&>TOKEN"


def login(
    org: LocalOrg, password: str = GOOD, user: str = "bob@acme.example", version: str = "64.0"
) -> tuple[int, str]:
    return send(org, ENVELOPE.format(escape(user), escape(password)), version)


def refused(answer: tuple[int, str]) -> str:
    """The exceptionCode, named as clients look for it."""
    status, text = answer
    assert status == 500
    return text.partition("<sf:exceptionCode>")[2].partition("<")[0]


@pytest.fixture
def door(org: LocalOrg, company: Company) -> Company:
    org.settings.soap_login = True
    org.set_password(company.bob, "pass<&>", "TOKEN")
    return company


def test_password_and_token_give_a_session_that_works_over_rest(org: LocalOrg, door: Company) -> None:
    status, text = login(org, user="BOB@acme.example")
    assert status == 200
    found = dict(re.findall(r"<(\w+)>([^<]*)</\1>", text))
    assert found["serverUrl"] == f"{HOME}/services/Soap/u/64.0/{org.org_id[:15]}"
    assert (found["userId"], found["passwordExpired"], found["organizationId"]) == (door.bob, "false", org.org_id)
    assert f"<sessionId>{found['sessionId']}</sessionId>" in text, "clients look for the name without a prefix"
    assert Client(org, str(found["sessionId"]), version="v67.0")("GET", "limits").status == 200


def test_result_has_its_elements_in_the_documented_order(org: LocalOrg, door: Company) -> None:
    result, _, person = login(org)[1].partition("<result>")[2].partition("<userInfo>")
    names = ("metadataServerUrl", "passwordExpired", "sandbox", "serverUrl", "sessionId", "userId")
    assert tuple(re.findall(r"<(\w+)>", result)) == names
    assert re.findall(r"<(\w+)>", person)[8] == "organizationId"


def test_after_the_org_moved_the_session_is_at_the_new_host(org: LocalOrg, door: Company) -> None:
    org.settings.instance_url = "https://acme2.my.salesforce.com"
    assert "<serverUrl>https://acme2.my.salesforce.com/services/Soap/u/" in login(org)[1]


@pytest.mark.parametrize(
    ("version", "code"), [("65.0", "UNSUPPORTED_API_VERSION"), ("30.0", "UNSUPPORTED_API_VERSION"), ("31.0", None)]
)
def test_login_exists_from_31_to_64(org: LocalOrg, door: Company, version: str, code: str | None) -> None:
    answer = login(org, version=version)
    assert answer[0] == 200 if code is None else refused(answer) == code


def test_new_org_has_login_switched_off(org: LocalOrg, door: Company) -> None:
    org.settings.soap_login = False
    answer = login(org)
    assert refused(answer) == "INVALID_OPERATION"
    assert "SOAP API login() is disabled by default in this org" in answer[1]


def test_org_or_user_without_the_api_gets_nowhere(org: LocalOrg, door: Company, client: Client) -> None:
    org.settings.api_enabled = False
    assert refused(login(org)) == "API_DISABLED_FOR_ORG"
    assert (client("GET", "limits").status, client("GET", "limits").code) == (403, "API_DISABLED_FOR_ORG")


def test_outside_the_trusted_network_the_security_token_is_needed(org: LocalOrg, door: Company) -> None:
    assert refused(login(org, "pass<&>")) == "LOGIN_MUST_USE_SECURITY_TOKEN"
    org.settings.trusted_network = True
    assert login(org, "pass<&>")[0] == 200
    assert login(org)[0] == 200


def test_tenth_wrong_password_locks_for_a_quarter_of_an_hour(org: LocalOrg, door: Company, clock: Clock) -> None:
    assert {refused(login(org, "wrong")) for _ in range(10)} == {"INVALID_LOGIN"}
    assert refused(login(org)) == "PASSWORD_LOCKOUT"
    assert org.query(f"SELECT IsPasswordLocked FROM UserLogin WHERE UserId = '{door.bob}'")[0]["IsPasswordLocked"]
    assert [row["Status"] for row in org.query("SELECT Status FROM LoginHistory")] == ["Invalid Password"] * 10
    clock.advance(minutes=15)
    assert login(org)[0] == 200
    assert not org.query(f"SELECT IsPasswordLocked FROM UserLogin WHERE UserId = '{door.bob}'")[0]["IsPasswordLocked"]


def test_right_password_forgets_the_wrong_ones(org: LocalOrg, door: Company) -> None:
    for _ in range(3):
        assert {refused(login(org, "wrong")) for _ in range(9)} == {"INVALID_LOGIN"}
        assert login(org)[0] == 200


@pytest.mark.parametrize("who", ["nobody@acme.example", "ann@acme.example"])
def test_unknown_user_looks_like_a_wrong_password(org: LocalOrg, door: Company, who: str) -> None:
    assert refused(login(org, user=who)) == "INVALID_LOGIN"


def test_inactive_user_looks_like_a_wrong_password(org: LocalOrg, door: Company) -> None:
    org.update("User", door.bob, {"IsActive": False})
    assert refused(login(org)) == "INVALID_LOGIN"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not xml",
        "<env:Envelope",
        ENVELOPE.format("bob@acme.example", "Cl&ever"),
        ENVELOPE.replace("n1:login", "n1:logout").format("bob@acme.example", "pass"),
        '<!DOCTYPE a [<!ENTITY x "y">]>' + ENVELOPE.partition("?>")[2].format("bob@acme.example", "&x;"),
    ],
)
def test_what_is_no_login_is_a_fault(org: LocalOrg, door: Company, body: str) -> None:
    assert refused(send(org, body)) == "UNKNOWN_EXCEPTION"


@pytest.mark.parametrize("login", ["password", "password within one org", "certificate"])
def test_simple_salesforce_logs_in_by_itself(org: LocalOrg, door: Company, login: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    org.add_client("key", "secret", certificate=public.decode())
    org.clock.now = dt.datetime.now(dt.UTC)  # type: ignore[attr-defined] # the library signs by this machine's clock
    org.settings.trusted_network = True
    password = {"username": "bob@acme.example", "password": "pass<&>"}
    given: dict[str, dict[str, Any]] = {
        "password": password | {"security_token": "TOKEN"},
        "password within one org": password | {"organizationId": org.org_id},
        "certificate": {"username": "bob@acme.example", "consumer_key": "key", "privatekey": private},
    }
    with requests.Session() as session:
        session.mount("https://", InProcessAdapter(org))
        sf = Salesforce(**given[login], domain="acme.my", session=session, version="62.0")
        assert sf.query("SELECT Id FROM User WHERE Username = 'bob@acme.example'")["records"][0]["Id"] == door.bob


def test_simple_salesforce_reads_a_fault_by_its_prefixed_names(org: LocalOrg, door: Company) -> None:
    with requests.Session() as session:
        session.mount("https://", InProcessAdapter(org))
        with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
            Salesforce(username="bob@acme.example", password="no", security_token="", domain="acme.my", session=session)
