"""E-mail by a mail server of our own choice: plain text, one message per person, one connection for several.

`smtps://user:password@host`, `smtp://user:password@host:587?starttls`, `smtp://localhost`; `&from=…` is the sender.
A password never travels unencrypted to another machine, and is masked in what the server says.
"""

from __future__ import annotations

import email.utils
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from sfassign.core.notice import Message, is_address, one_line
from sfassign.errors import OrgError, WrongSettings
from sfassign.outlets.reach import is_loopback
from sfassign.ports import SENT, Outcome, Sending

TIMEOUT_SECONDS = 5.0
LONGEST_SECONDS = 5.0
"""No further message is begun after so long: a slow server may hold up its mail, not the next cycle."""
MOST_PER_CONNECTION = 50
LONGEST_SUBJECT = 200
_PORTS = {"smtp": 25, "smtps": 465}
_OPTIONS = {"starttls", "from"}
_SLOW = Outcome(Sending.LATER, "the mail server is slow")
_EXPECTED = (
    "SFASSIGN_SMTP_URL: expected smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST:587?starttls,"
    " and from=ADDRESS where the user is no address"
)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. `tls` is `at_once`, `starttls` or `none`."""

    host: str
    port: int
    tls: str
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def mail_server(url: str) -> MailServer:
    """Raises WrongSettings, without repeating the URL."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise WrongSettings(_EXPECTED) from None
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme not in _PORTS or not host or set(options) - _OPTIONS:
        raise WrongSettings(_EXPECTED)
    user = unquote(parts.username) if parts.username else None
    tls = "at_once" if parts.scheme == "smtps" else "starttls" if "starttls" in options else "none"
    if user and tls == "none" and not is_loopback(host):
        raise WrongSettings("SFASSIGN_SMTP_URL: a password needs smtps:// or ?starttls (else it travels in the clear)")
    sender = options.get("from", [user if user and "@" in user else f"sfassign@{socket.getfqdn()}"])[0]
    if _address(sender) is None:
        raise WrongSettings(_EXPECTED)
    password = unquote(parts.password) if parts.password else None
    return MailServer(host, port or _PORTS[parts.scheme], tls, sender, user, password)


@dataclass
class SmtpMail:
    """`addresses` tells the e-mail addresses of users by Id, and may raise an OrgError."""

    server: MailServer
    addresses: Callable[[Sequence[str]], Mapping[str, str]]
    ca_bundle: Path | None = None
    most: int = MOST_PER_CONNECTION

    def send(self, messages: Sequence[Message]) -> tuple[Outcome, ...]:
        try:
            known = self.addresses([message.user for message in messages])
        except OrgError as error:
            return (Outcome(Sending.LATER, f"the addresses cannot be read: {error}"),) * len(messages)
        outcomes: list[Outcome] = []
        try:
            with self._connected() as smtp:
                until = time.monotonic() + LONGEST_SECONDS
                for message in messages:
                    in_time = time.monotonic() < until
                    outcomes.append(self._send(smtp, message, known.get(message.user)) if in_time else _SLOW)
        except (OSError, smtplib.SMTPException) as error:
            outcomes += [self._failure(error)] * (len(messages) - len(outcomes))
        return tuple(outcomes)

    def _connected(self) -> smtplib.SMTP:
        server = self.server
        trusted = ssl.create_default_context(cafile=str(self.ca_bundle) if self.ca_bundle else None)
        if server.tls == "at_once":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_SECONDS, context=trusted)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_SECONDS)
        try:
            if server.tls == "starttls":
                smtp.starttls(context=trusted)
            if server.user is not None:
                smtp.login(server.user, server.password or "")
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _send(self, smtp: smtplib.SMTP, message: Message, address: str | None) -> Outcome:
        """Whatever the server says of one message is its outcome; a broken connection is the caller's."""
        written = letter(message, self.server.sender, address or "")
        if written is None:
            return Outcome(Sending.REFUSED, "the user is not active or has no usable e-mail address")
        try:
            smtp.send_message(written)
        except smtplib.SMTPServerDisconnected:
            raise
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError) as error:
            return self._failure(error)
        return SENT

    def _failure(self, error: Exception) -> Outcome:
        """A server's 5xx is for good, unless it concerns us and not the message: a login may be mended."""
        code, text = _answer(error)
        words = f"the mail server answered {code} {text}" if code else f"no mail server: {type(error).__name__} {text}"
        for_good = 500 <= code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError)
        return Outcome(Sending.REFUSED if for_good else Sending.LATER, self._masked(words).rstrip())

    def _masked(self, words: str) -> str:
        password = self.server.password
        return words.replace(password, "********") if password else words


def letter(message: Message, sender: str, recipient: str) -> EmailMessage | None:
    """The one place where text meets the format of mail. None where the recipient is no single address.

    Header values are one line before they get here, and the library refuses line breaks in them once more.
    """
    to, by = _address(recipient), _address(sender)
    if to is None or by is None:
        return None
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = by, to
    mail["Subject"] = one_line(message.title, LONGEST_SUBJECT)
    mail["Date"] = email.utils.localtime(message.since)
    mail["Message-ID"] = email.utils.make_msgid(f"notice-{message.numbers[0]}", by.domain)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def _address(text: str) -> Address | None:
    if not is_address(text):
        return None
    username, _, domain = text.partition("@")
    return Address(username=username, domain=domain)


def _answer(error: Exception) -> tuple[int, str]:
    code: int
    text: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return 0, one_line(getattr(error, "strerror", None) or "", 200)
    return code, one_line(text.decode(errors="replace") if isinstance(text, bytes) else str(text), 200)
