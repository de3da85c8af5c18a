"""Slack's incoming webhook: one channel, several messages to a post, one post a second or so (Slack: rate limits).

The URL is the secret: it stands in no message, and what a server answers is repeated only where it is one of Slack's
short codes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from sfassign.core.notice import Message
from sfassign.errors import WrongSettings
from sfassign.outlets.reach import is_loopback
from sfassign.ports import SENT, Outcome, Sending

TIMEOUT_SECONDS = (5.0, 5.0)
MOST_PER_POST = 10
LONGEST_WAIT = dt.timedelta(hours=1)
_PASSING = frozenset({408, 429})
_CODE = re.compile(r"[a-z_]{1,40}")


def webhook_url(text: str) -> str:
    """The URL as given. Raises WrongSettings, without repeating it, unless HTTPS, or HTTP on this machine."""
    try:
        parts = urlsplit(text.strip())
        hostname = parts.hostname or ""
    except ValueError:
        parts, hostname = urlsplit(""), ""
    if not hostname or parts.scheme not in ("https", "http"):
        raise WrongSettings(
            "SFASSIGN_SLACK_WEBHOOK_URL: expected the URL of an incoming webhook, https://hooks.slack.com/services/…"
        )
    if parts.scheme == "http" and not is_loopback(hostname):
        raise WrongSettings(
            "SFASSIGN_SLACK_WEBHOOK_URL: must begin with https:// (plain http is for this machine only)"
        )
    return text.strip()


def slack_text(text: str) -> str:
    """Slack reads `<…>` as mentions and links and `&…;` as characters; escaped, all of it is text (Slack: formatting
    text for app surfaces)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@dataclass
class SlackWebhook:
    """Names the person in words and mentions nobody: a webhook cannot know who somebody is in Slack."""

    url: str = field(repr=False)
    ca_bundle: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    most: int = MOST_PER_POST

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        return (self._post("\n\n".join(map(_for_somebody, messages))),) * len(messages)

    def _post(self, text: str) -> Outcome:
        body = {"text": slack_text(text), "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
        with requests.Session() as session:
            session.trust_env = False
            session.verify = str(self.ca_bundle) if self.ca_bundle else True
            if self.proxy:
                session.proxies = {"https": self.proxy}
            try:
                answer = session.post(self.url, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False)
            except requests.RequestException as error:
                return Outcome(Sending.LATER, f"no answer from Slack ({type(error).__name__})")
        return _read(answer)


def _for_somebody(message: Message) -> str:
    return f"{message.user_name}: {message.text}"


def _read(answer: requests.Response) -> Outcome:
    if answer.status_code == 200:
        return SENT
    code = answer.text.strip() if _CODE.fullmatch(answer.text.strip()) else ""
    words = f"Slack answered {answer.status_code} {code}".rstrip()
    if answer.status_code >= 500 or answer.status_code in _PASSING:
        return Outcome(Sending.LATER, words, _wait(answer.headers.get("Retry-After", "")))
    return Outcome(Sending.REFUSED, words)


def _wait(text: str) -> dt.timedelta | None:
    """`Retry-After` in seconds."""
    return min(dt.timedelta(seconds=int(text[:6])), LONGEST_WAIT) if text.isdecimal() else None
