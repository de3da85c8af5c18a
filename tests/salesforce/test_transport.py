from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import responses

from sfassign.errors import OrgUnreachable
from sfassign.ports import PollRequest
from sfassign.salesforce import AccessToken, SalesforceOrg, transport
from sfassign.salesforce.transport import OrgSession
from tests.salesforce.answers import HOST, TOKEN, SteppingClock, composite, page
from tests.salesforce.conftest import Answering

FROZEN = PollRequest(frozen=True)


def test_every_request_has_a_time_out_and_our_headers(
    org: SalesforceOrg, http: responses.RequestsMock, answer: Answering
) -> None:
    answer(json=composite(q0=(200, page())))
    org.poll(FROZEN)
    request = http.calls[0].request
    assert request.req_kwargs["timeout"] == (7, 7)  # type: ignore[attr-defined] # responses adds it
    assert request.headers["Sforce-Auto-Assign"] == "FALSE"
    assert request.headers["Sforce-Call-Options"] == "client=sfassign"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert "gzip" in request.headers["Accept-Encoding"]


def test_a_redirect_is_not_followed(org: SalesforceOrg, http: responses.RequestsMock, answer: Answering) -> None:
    http.add(responses.POST, "https://elsewhere.example/", json={})
    http.add(responses.GET, "https://elsewhere.example/", json={})
    http.add(
        responses.POST,
        f"{HOST}/services/data/v62.0/composite",
        status=302,
        headers={"Location": "https://elsewhere.example/"},
    )
    with pytest.raises(Exception, match="redirect"):
        org.poll(FROZEN)
    assert [call.request.url for call in http.calls] == [f"{HOST}/services/data/v62.0/composite"]


def test_requests_are_counted_and_the_orgs_own_count_is_kept(org: SalesforceOrg, answer: Answering) -> None:
    assert (org.calls, org.usage) == (0, None)
    answer(json=composite(q0=(200, page())))
    org.poll(FROZEN)
    assert (org.calls, org.usage) == (1, (18, 5000))


def test_certificates_of_the_environment_do_not_count(
    monkeypatch: pytest.MonkeyPatch, clock: SteppingClock, tmp_path: Path
) -> None:
    ours = tmp_path / "ours.pem"
    ours.touch()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/theirs.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    session = OrgSession(clock, 7, ours, None)
    settings = session.merge_environment_settings(HOST, {}, None, None, None)
    assert settings["verify"] == str(ours)
    assert not settings["proxies"]


def test_the_proxy_is_for_the_org_and_not_for_this_machine(clock: SteppingClock) -> None:
    session = OrgSession(clock, 7, None, "http://proxy.example:3128")
    proxies = session.merge_environment_settings(HOST, {}, None, None, None)["proxies"]
    assert requests.utils.select_proxy(HOST, proxies) == "http://proxy.example:3128"
    assert not requests.utils.select_proxy("https://127.0.0.1:8443", proxies)
    assert not requests.utils.select_proxy("https://localhost:8443", proxies)


def test_an_answer_longer_than_any_of_the_orgs_is_given_up(
    org: SalesforceOrg, answer: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LONGEST_ANSWER_BYTES", 1_000)
    answer(json=composite(q0=(200, page())))
    assert org.poll(FROZEN).frozen == frozenset()
    answer(body=" " * 1_001)
    with pytest.raises(OrgUnreachable, match="longer than 1,000 bytes"):
        org.poll(FROZEN)


class _Plain(http.server.BaseHTTPRequestHandler):
    """A web server without TLS, answering every query with nothing."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"compositeResponse":[{"body":{"done":true,"records":[]},"httpStatusCode":200,"referenceId":"q0"}]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def plain_port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Plain) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_an_org_on_this_machine_is_spoken_to_in_plain_http_where_its_url_says_so(
    clock: SteppingClock, plain_port: int
) -> None:
    org = SalesforceOrg(AccessToken(f"http://127.0.0.1:{plain_port}", TOKEN), clock)
    assert org.poll(FROZEN).frozen == frozenset()
    org.transport.close()


def test_plain_http_is_never_a_fallback(clock: SteppingClock, plain_port: int) -> None:
    org = SalesforceOrg(AccessToken(f"https://127.0.0.1:{plain_port}", TOKEN), clock)
    with pytest.raises(Exception, match=r"no answer from 127\.0\.0\.1"):
        org.poll(FROZEN)
    org.transport.close()
