"""What happens before a resource is reached: tokens, versions, limits, lengths."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import CertificateBuilder, Name, NameAttribute, random_serial_number
from cryptography.x509.oid import NameOID

from sfassign.emulator import LocalOrg
from sfassign.emulator.http import Request
from sfassign.emulator.oauth import JWT_BEARER

from .conftest import NOON, Client, Clock, Company, new_lead

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _certificate() -> str:
    name = Name([NameAttribute(NameOID.COMMON_NAME, "sfassign")])
    built = CertificateBuilder(
        name, name, KEY.public_key(), random_serial_number(), NOON, NOON + dt.timedelta(days=365)
    )
    return built.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def token(org: LocalOrg, form: dict[str, str], **headers: str) -> tuple[int, dict[str, Any]]:
    sent = {"content-type": "application/x-www-form-urlencoded", "host": "acme.my.salesforce.com"} | headers
    request = Request(
        "POST", "/services/oauth2/token", sent, urlencode(form).encode(), "https://acme.my.salesforce.com"
    )
    status, _, body = org.handle(request)
    return status, json.loads(body)


@pytest.fixture
def app(org: LocalOrg, company: Company) -> Company:
    org.add_client("key", "secret", run_as=company.ann, certificate=_certificate())
    org.set_password(company.bob, "pass" + "TOKEN")
    return company


def assertion(clock: Clock, **claims: Any) -> str:
    expires = str(int(clock().timestamp()) + 180)
    given = {"iss": "key", "sub": "ann@acme.example", "aud": "https://login.salesforce.com", "exp": expires} | claims
    return jwt.encode(given, KEY, algorithm="RS256")


def test_client_credentials_in_body_or_header_give_a_token_that_works(org: LocalOrg, app: Company) -> None:
    basic = "Basic " + base64.b64encode(b"key:secret").decode()
    in_body = {"grant_type": "client_credentials", "client_id": "key", "client_secret": "secret"}
    for form, headers in ((in_body, {}), ({"grant_type": "client_credentials"}, {"authorization": basic})):
        status, body = token(org, form, **headers)
        assert status == 200
        assert body["access_token"].startswith(f"{org.org_id[:15]}!")
        assert body["id"] == f"https://acme.my.salesforce.com/id/{org.org_id}/{app.ann}"
        assert body["instance_url"] == "https://acme.my.salesforce.com"
        assert body["issued_at"] == str(int(NOON.timestamp() * 1000))
        me = Client(org, body["access_token"])("GET", "/services/oauth2/userinfo")
        assert me.body["user_id"] == app.ann


def test_login_by_api_leaves_a_session_that_is_not_a_persons(org: LocalOrg, app: Company) -> None:
    token(org, {"grant_type": "client_credentials", "client_id": "key", "client_secret": "secret"})
    session = org.query(f"SELECT SessionType FROM AuthSession WHERE UsersId = '{app.ann}'")[0]
    assert session["SessionType"] == "Oauth2"
    assert (
        org.query(f"SELECT LoginTime FROM LoginHistory WHERE UserId = '{app.ann}'")[0]["LoginTime"]
        == (org.get("User", app.ann)["LastLoginDate"])
    )


def test_password_and_jwt_give_tokens_of_the_named_user(org: LocalOrg, app: Company, clock: Clock) -> None:
    form = {"grant_type": "password", "client_id": "key", "client_secret": "secret", "username": "BOB@acme.example"}
    assert token(org, form | {"password": "pass" + "TOKEN"})[1]["id"].endswith(app.bob)
    for expires in (int(NOON.timestamp()) + 60, str(int(NOON.timestamp()) + 60)):
        status, body = token(org, {"grant_type": JWT_BEARER, "assertion": assertion(clock, exp=expires)})
        assert (status, body["id"].rsplit("/", 1)[1]) == (200, app.ann)


@pytest.mark.parametrize(
    ("form", "host", "error", "description"),
    [
        (
            {"grant_type": "client_credentials", "client_id": "key", "client_secret": "no"},
            "",
            "invalid_client",
            "invalid client credentials",
        ),
        (
            {"grant_type": "client_credentials", "client_id": "no", "client_secret": "no"},
            "",
            "invalid_client_id",
            "client identifier invalid",
        ),
        (
            {"grant_type": "client_credentials", "client_id": "key", "client_secret": "secret"},
            "login.salesforce.com",
            "invalid_grant",
            "request not supported on this domain",
        ),
        (
            {
                "grant_type": "password",
                "client_id": "key",
                "client_secret": "secret",
                "username": "ann@acme.example",
                "password": "x",
            },
            "",
            "invalid_grant",
            "authentication failure",
        ),
        ({"grant_type": "magic"}, "", "unsupported_grant_type", "grant type not supported"),
        ({"grant_type": JWT_BEARER, "assertion": "a.b.c"}, "", "invalid_grant", "invalid assertion"),
    ],
)
def test_wrong_login_is_a_bad_request_with_an_object(
    org: LocalOrg, app: Company, form: dict[str, str], host: str, error: str, description: str
) -> None:
    headers = {"host": host} if host else {}
    assert token(org, form, **headers) == (400, {"error": error, "error_description": description})


@pytest.mark.parametrize(
    ("claims", "description"),
    [
        ({"aud": "https://elsewhere.example"}, "audience is invalid"),
        ({"exp": int(NOON.timestamp()) - 1}, "expired authorization code"),
        ({"sub": "nobody@acme.example"}, "user hasn't approved this consumer"),
    ],
)
def test_wrong_assertion_is_refused(org: LocalOrg, app: Company, clock: Clock, claims: Any, description: str) -> None:
    form = {"grant_type": JWT_BEARER, "assertion": assertion(clock, **claims)}
    assert token(org, form)[1]["error_description"] == description


def test_assertion_signed_by_another_key_is_refused(org: LocalOrg, app: Company, clock: Clock) -> None:
    forged = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = jwt.decode(assertion(clock), options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
    form = {"grant_type": JWT_BEARER, "assertion": jwt.encode(claims, forged, algorithm="RS256")}
    assert token(org, form)[1]["error_description"] == "invalid assertion"


@pytest.mark.parametrize("reason", ["inactive", "frozen"])
def test_inactive_or_frozen_user_gets_no_token(org: LocalOrg, app: Company, reason: str) -> None:
    if reason == "inactive":
        org.update("User", app.ann, {"IsActive": False})
    else:
        freeze(org, app.ann)
    form = {"grant_type": "client_credentials", "client_id": "key", "client_secret": "secret"}
    assert token(org, form)[1]["error"] == "inactive_user"


def test_session_lives_while_it_is_used(client: Client, clock: Clock) -> None:
    for _ in range(4):
        clock.advance(minutes=110)
        assert client("GET", "limits").status == 200
    clock.advance(minutes=121)
    answer = client("GET", "limits")
    assert answer.status == 401
    assert answer.body == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_expired_token_is_refused_and_a_shared_session_is_the_same_token(org: LocalOrg, client: Client) -> None:
    org.expire_token(client.token)
    assert client("GET", "limits").code == "INVALID_SESSION_ID"
    assert org.issue_token() != org.issue_token()
    org.settings.shared_sessions = True
    assert org.issue_token() == org.issue_token()


def freeze(org: LocalOrg, user: str, *, frozen: bool = True) -> None:
    login = org.query(f"SELECT Id FROM UserLogin WHERE UserId = '{user}'")[0]["Id"]
    org.update("UserLogin", login, {"IsFrozen": frozen})


def test_who_is_deactivated_is_out_at_once_and_for_good(org: LocalOrg, company: Company) -> None:
    client = Client(org, org.issue_token(company.ann))
    assert client("GET", "limits").status == 200
    org.update("User", company.ann, {"IsActive": False})
    answer = client("GET", "limits")
    assert (answer.status, answer.code) == (401, "INVALID_SESSION_ID")
    assert client("GET", "/services/oauth2/userinfo").status == 401
    org.update("User", company.ann, {"IsActive": True})
    assert client("GET", "limits").status == 401, "the session does not come back"


@pytest.mark.parametrize(("ends", "status"), [(True, 401), (False, 200)])
def test_a_frozen_users_session_ends_or_goes_on_as_the_org_is_set(
    org: LocalOrg, company: Company, ends: bool, status: int
) -> None:
    org.settings.freezing_ends_sessions = ends
    client = Client(org, org.issue_token(company.ann))
    freeze(org, company.ann)
    assert client("GET", "limits").status == status
    freeze(org, company.ann, frozen=False)
    assert client("GET", "limits").status == status


def test_daily_limit_stops_everything_until_the_window_has_moved(org: LocalOrg, client: Client, clock: Clock) -> None:
    org.settings.daily_limit = 2
    assert client("GET", "limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert client("GET", "limits").status == 200
    answer = client("GET", "limits")
    assert (answer.status, answer.code) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert answer.body[0]["message"] == "TotalRequests Limit exceeded."
    assert org.calls == 2
    clock.advance(hours=24, minutes=1)
    client.token = org.issue_token()
    assert client("GET", "limits").status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/services/data/v62.0/", 200),
        ("/services/data/v67.0/limits", 200),
        ("/services/data/v40.0/limits", 200),
        ("/services/data/v30.0/limits", 410),
        ("/services/data/v68.0/limits", 404),
        ("/services/data/v62.5/limits", 404),
        ("/services/data/v62.0/nonsense", 404),
        ("/services/nonsense", 404),
    ],
)
def test_version_and_resource_must_exist(org: LocalOrg, client: Client, path: str, status: int) -> None:
    answer = client("GET", path)
    assert answer.status == status
    assert answer.headers["Date"] == "Wed, 10 Jun 2026 12:00:00 GMT"
    assert (org.log[-1].path, org.log[-1].status) == (path, status)


def test_doubled_slash_before_the_path_is_one(client: Client) -> None:
    assert len(client("GET", "//services/data").body) > 30
    assert client("GET", "//services/data/v60.0/query?q=SELECT+Id+FROM+Lead").body["totalSize"] == 0


def test_resources_of_a_version_name_who_is_asking(org: LocalOrg, company: Company) -> None:
    client = Client(org, org.issue_token(company.ann))
    listed = client("GET", "/services/data/v60.0").body
    assert {"sobjects", "query", "search", "jobs", "composite", "limits"} <= set(listed)
    assert listed["identity"].endswith(f"/id/{org.org_id}/{company.ann}")
    assert client("GET", listed["identity"].removeprefix("https://localhost")).body["user_id"] == company.ann


def test_list_of_versions_needs_no_session_and_counts_nothing(org: LocalOrg, client: Client) -> None:
    client.token = "none"
    answer = client("GET", "/services/data/")
    assert answer.body[-1] == {"label": "Summer '26", "url": "/services/data/v67.0", "version": "67.0"}
    assert "Sforce-Limit-Info" not in answer.headers
    assert org.calls == 0


@pytest.mark.parametrize(("uri", "header", "status"), [(16_385, 0, 414), (9000, 9000, 431), (9000, 0, 400)])
def test_address_has_a_longest_length(client: Client, uri: int, header: int, status: int) -> None:
    assert (
        client("GET", "query?q=" + "x" * (uri - len("/services/data/v62.0/query?q=")), X_Long="y" * header).status
        == status
    )


def test_reply_is_compressed_for_who_accepts_it(client: Client) -> None:
    assert client("GET", "sobjects", Accept_Encoding="gzip, deflate").headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client("GET", "sobjects").headers


def test_notification_is_kept_and_a_wrong_one_refused(org: LocalOrg, company: Company, client: Client) -> None:
    kind = org.insert(
        "CustomNotificationType", {"DeveloperName": "Given", "MasterLabel": "Given", "CustomNotifTypeName": "Given"}
    )
    given = {
        "customNotifTypeId": kind,
        "recipientIds": [company.ann],
        "title": "New",
        "body": "Lead",
        "targetId": new_lead(org),
    }
    good = client("POST", "actions/standard/customNotificationAction", {"inputs": [given]})
    assert (good.status, good.body[0]["isSuccess"], org.sent[0].content["title"]) == (200, True, "New")
    bad = client("POST", "actions/standard/customNotificationAction", {"inputs": [given | {"title": "x" * 251}]})
    assert (bad.status, bad.body[0]["isSuccess"], len(org.sent)) == (400, False, 1)


def test_mail_recipients_are_called_otherwise_since_version_65(org: LocalOrg, client: Client) -> None:
    mail = {"emailSubject": "New", "emailBody": "Lead"}
    path = "actions/standard/emailSimple"
    assert "emailAddresses" in {one["name"] for one in client("GET", path).body["inputs"]}
    assert client("POST", path, {"inputs": [mail | {"emailAddresses": "a@acme.example, b@acme.example"}]}).status == 200
    for wrong in ({"recipientAddresses": "a@acme.example"}, {"emailAddresses": "nobody"}, {}):
        assert client("POST", path, {"inputs": [mail | wrong]}).status == 400
    assert len(org.sent) == 1


def test_chatter_knows_whom_and_what_a_post_is_about(org: LocalOrg, company: Company, client: Client) -> None:
    lead = new_lead(org)
    mention = {"type": "Mention", "id": company.ann}
    post = {"feedElementType": "FeedItem", "subjectId": lead, "body": {"messageSegments": [mention]}}
    assert client("POST", "chatter/feed-elements", post).status == 201
    nobody = {"messageSegments": [mention | {"id": lead}]}
    too_long = {"messageSegments": [{"type": "Text", "text": "x" * 10_001}]}
    for wrong in ({"subjectId": "00Q000000000000"}, {"body": nobody}, {"body": too_long}):
        assert client("POST", "chatter/feed-elements", post | wrong).status in (400, 404)
    org.hide_object("FeedItem")
    assert client("POST", "chatter/feed-elements", post).code == "FUNCTIONALITY_NOT_ENABLED"
    assert len(org.sent) == 1
