"""Slack gets one text for its channel: every message in words, nobody mentioned, the webhook's URL seen by nobody."""

from __future__ import annotations

import datetime as dt

import pytest

from sfassign.core.notice import Message, Outlet
from sfassign.errors import WrongSettings
from sfassign.outlets import SlackWebhook, webhook_url
from sfassign.ports import Outcome, Sending
from tests.outlets.conftest import Slack
from tests.told import message


def news(number: int = 1, **said: object) -> Message:
    return message(Outlet.SLACK, number, **said)


def test_the_channel_reads_who_got_what_and_why(slack: Slack) -> None:
    assert SlackWebhook(slack.url).send([news()]) == (Outcome(Sending.SENT),)
    (post,) = slack.posts
    first, second = post["text"].split("\n")
    assert first.startswith("Ann Ames: Lead 'Ann Smith' (Acme Ltd) is yours: Web leads, score 57. https://")
    assert second.startswith("Web leads → ann@acme.example by round_robin")


def test_several_messages_are_one_post(slack: Slack) -> None:
    outcomes = SlackWebhook(slack.url).send([news(1), news(2, user_name="Bob Bell")])
    assert [outcome.sending for outcome in outcomes] == [Sending.SENT, Sending.SENT]
    (post,) = slack.posts
    assert [part.split(":")[0] for part in post["text"].split("\n\n")] == ["Ann Ames", "Bob Bell"]


@pytest.mark.parametrize("hostile", ["<!channel>", "<@U012AB3CD>", "<https://evil.example|Acme>", "&lt;!here&gt;"])
def test_a_hostile_name_mentions_nobody_and_links_nowhere(slack: Slack, hostile: str) -> None:
    SlackWebhook(slack.url).send([news(lines=(hostile,), user_name=hostile)])
    (post,) = slack.posts
    assert not set("<>") & set(post["text"])
    plain = post["text"].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert plain == f"{hostile}: {hostile}"
    assert post["mrkdwn"] is False


WAITS = [
    (429, {"Retry-After": "30"}, dt.timedelta(seconds=30)),
    (429, {"Retry-After": "999999999"}, dt.timedelta(hours=1)),
    (429, {"Retry-After": "soon"}, None),
    (503, {}, None),
]


@pytest.mark.parametrize(("status", "headers", "wait"), WAITS)
def test_slack_is_left_alone_for_as_long_as_it_asks(
    slack: Slack, status: int, headers: dict[str, str], wait: dt.timedelta | None
) -> None:
    slack.answer = (status, headers, "rate_limited")
    (outcome,) = SlackWebhook(slack.url).send([news()])
    assert (outcome.sending, outcome.wait) == (Sending.LATER, wait)


@pytest.mark.parametrize(
    ("status", "code"), [(404, "no_service"), (403, "invalid_token"), (410, "channel_is_archived")]
)
def test_a_refused_webhook_is_refused_for_good_with_slacks_own_code(slack: Slack, status: int, code: str) -> None:
    slack.answer = (status, {}, code)
    (outcome,) = SlackWebhook(slack.url).send([news()])
    assert (outcome.sending, outcome.words) == (Sending.REFUSED, f"Slack answered {status} {code}")


def test_a_redirect_is_not_followed(slack: Slack) -> None:
    slack.answer = (302, {"Location": slack.url}, "")
    (outcome,) = SlackWebhook(slack.url).send([news()])
    assert (outcome.sending, len(slack.posts)) == (Sending.REFUSED, 1)


def test_the_url_is_in_no_words_and_no_repr(slack: Slack) -> None:
    slack.answer = (404, {}, f"there is nothing at {slack.url}")
    outlets = [SlackWebhook(slack.url), SlackWebhook("http://127.0.0.1:1/services/s3cret")]
    outcomes = [outlet.send([news()])[0] for outlet in outlets]
    assert [outcome.sending for outcome in outcomes] == [Sending.REFUSED, Sending.LATER]
    assert "s3cret" not in "".join(map(repr, [*outcomes, *outlets]))


@pytest.mark.parametrize(
    "url", ["http://hooks.slack.com/services/s3cret", "hooks.slack.com/s3cret", "", "https://[/s3cret"]
)
def test_a_url_that_cannot_be_a_webhook_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(WrongSettings, match="SFASSIGN_SLACK_WEBHOOK_URL") as refused:
        webhook_url(url)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["https://hooks.slack.com/services/T/B/x", "http://127.0.0.1:9/x", "http://localhost/x"]
)
def test_https_anywhere_and_plain_http_on_this_machine(url: str) -> None:
    assert webhook_url(f" {url}\n") == url
