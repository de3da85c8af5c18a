"""Mail goes out as plain text, one per person, encrypted where there is a password, and no name can change a header."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import pytest

from sfassign.core.notice import Message, Outlet
from sfassign.errors import OrgUnreachable, WrongSettings
from sfassign.outlets import SmtpMail, mail_server
from sfassign.outlets.mail import letter
from sfassign.ports import Sending
from tests.outlets.conftest import Letterbox
from tests.told import message

ANN = "005000000000001AAA"
BOB = "005000000000002AAA"


def addresses(_users: Sequence[str]) -> Mapping[str, str]:
    return {ANN: "ann@acme.example", BOB: "bob@acme.example"}


def news(number: int = 1, **said: object) -> Message:
    return message(Outlet.EMAIL, number, **({"user": ANN} | said))


def mail(box: Letterbox, options: str = "?from=router@acme.example", user: str = "") -> SmtpMail:
    return SmtpMail(mail_server(f"smtp://{user}127.0.0.1:{box.port}{options}"), addresses, box.ca)


def test_everybody_gets_their_own_mail_over_one_connection(letterbox: Letterbox) -> None:
    outcomes = mail(letterbox).send([news(1), news(2, user=BOB)])
    assert [outcome.sending for outcome in outcomes] == [Sending.SENT, Sending.SENT]
    assert [to for to, _ in letterbox.letters] == ["ann@acme.example", "bob@acme.example"]
    _, first = letterbox.letters[0]
    assert (first["To"], first["From"]) == ("ann@acme.example", "router@acme.example")
    assert first["Subject"] == "Lead 'Ann Smith' (Acme Ltd) is yours"
    assert first.get_content_type() == "text/plain"
    assert first.get_content().splitlines() == list(news().lines)
    assert letterbox.connections == 1


def test_a_password_travels_only_after_the_line_is_encrypted(letterbox: Letterbox) -> None:
    (outcome,) = mail(letterbox, "?starttls", "ann%40acme.example:p%40ss@").send([news()])
    assert (outcome.sending, letterbox.encrypted) == (Sending.SENT, True)
    assert base64.b64decode(letterbox.logins[0]) == b"\x00ann@acme.example\x00p@ss"
    assert letterbox.letters[0][1]["From"] == "ann@acme.example"


def test_a_server_that_cannot_prove_who_it_is_gets_no_password(letterbox: Letterbox) -> None:
    stranger = SmtpMail(mail_server(f"smtp://u:s3cret@127.0.0.1:{letterbox.port}?starttls&from=a@b.example"), addresses)
    (outcome,) = stranger.send([news()])
    assert (outcome.sending, letterbox.logins, letterbox.letters) == (Sending.LATER, [], [])


def test_one_refused_recipient_leaves_the_others_sent(letterbox: Letterbox) -> None:
    letterbox.refuses["rcpt TO:<bob"] = "550 no such mailbox"
    outcomes = mail(letterbox).send([news(1), news(2, user=BOB), news(3), news(4, user="005000000000009AAA")])
    assert [outcome.sending for outcome in outcomes] == [Sending.SENT, Sending.REFUSED, Sending.SENT, Sending.REFUSED]
    assert outcomes[1].words == "the mail server answered 550 no such mailbox"
    assert "no usable e-mail address" in outcomes[3].words
    assert len(letterbox.letters) == 2


def test_a_server_that_has_no_room_now_is_tried_later(letterbox: Letterbox) -> None:
    letterbox.refuses["rcpt TO:<ann"] = "451 try again later"
    (outcome,) = mail(letterbox).send([news()])
    assert (outcome.sending, outcome.words) == (Sending.LATER, "the mail server answered 451 try again later")


def test_a_server_that_hangs_up_leaves_what_it_took_and_the_rest_for_later(letterbox: Letterbox) -> None:
    letterbox.drops = "RCPT TO:<BOB"
    outcomes = mail(letterbox).send([news(1), news(2, user=BOB), news(3)])
    assert [outcome.sending for outcome in outcomes] == [Sending.SENT, Sending.LATER, Sending.LATER]
    assert len(letterbox.letters) == 1


def test_a_slow_server_gets_the_rest_later(letterbox: Letterbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sfassign.outlets.mail.LONGEST_SECONDS", 0.2)
    letterbox.takes_seconds = 0.15
    outcomes = mail(letterbox).send([news(number) for number in range(1, 9)])
    assert [outcome.sending for outcome in outcomes] == [Sending.SENT] * 2 + [Sending.LATER] * 6


def test_no_server_and_unreadable_addresses_are_for_later() -> None:
    def unreachable(_users: Sequence[str]) -> Mapping[str, str]:
        raise OrgUnreachable("no answer")

    nowhere = mail_server("smtp://127.0.0.1:1?from=a@b.example")
    for sending in (SmtpMail(nowhere, addresses), SmtpMail(nowhere, unreachable)):
        assert [outcome.sending for outcome in sending.send([news(1), news(2)])] == [Sending.LATER, Sending.LATER]


def test_a_refused_login_is_for_later_and_its_words_hold_no_password(letterbox: Letterbox) -> None:
    letterbox.refuses["AUTH"] = "535 no: s3cret is wrong"
    sending = mail(letterbox, "?starttls&from=a@b.example", "ann:s3cret@")
    (outcome,) = sending.send([news()])
    assert (outcome.sending, outcome.words) == (Sending.LATER, "the mail server answered 535 no: ******** is wrong")
    assert "s3cret" not in repr(sending)


HOSTILE = ["x\r\nBcc: all@acme.example", "x\nSubject: y", "<b>x</b>", "=?utf-8?q?Bcc=3A_all?=", "\u202ex", "ü" * 400]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_adds_no_header(name: str) -> None:
    written = letter(news(title=name, lines=(name,)), "router@acme.example", "ann@acme.example")
    assert written is not None
    head, _, _ = written.as_bytes().partition(b"\r\n\r\n")
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(
        [
            *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted"),
            *(b"Content-Type", b"Content-Transfer-Encoding", b"MIME-Version"),
        ]
    )
    assert written.get_content_type() == "text/plain"


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@acme.example, bob@acme.example", "ann@acme.example\r\nBcc: x@y.example", "@", "a@", "<a@b.c>"],
)
def test_what_is_not_one_address_gets_no_letter(address: str) -> None:
    assert letter(news(), "router@acme.example", address) is None


WRONG = [
    "mail.acme.example",
    "https://u:s3cret@mail.acme.example",
    "smtp://u:s3cret@mail.acme.example:587",
    "smtps://u:s3cret@mail.acme.example:port",
    "smtps://u:s3cret@mail.acme.example?form=a@b.example",
    "smtps://u:s3cret@mail.acme.example?from=nobody",
    "smtps://:s3cret@",
]


@pytest.mark.parametrize("url", WRONG)
def test_a_wrong_mail_server_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(WrongSettings, match="SFASSIGN_SMTP_URL") as refused:
        mail_server(url)
    assert "s3cret" not in str(refused.value)


RIGHT = [
    ("smtps://ann%40acme.example:p@mail.acme.example", ("mail.acme.example", 465, "at_once", "ann@acme.example")),
    ("smtp://u:p@mail:587?starttls&from=a@b.example", ("mail", 587, "starttls", "a@b.example")),
    ("smtp://localhost?from=a@b.example", ("localhost", 25, "none", "a@b.example")),
]


@pytest.mark.parametrize(("url", "server"), RIGHT)
def test_a_mail_server_as_the_environment_names_it(url: str, server: tuple[str, int, str, str]) -> None:
    made = mail_server(url)
    assert (made.host, made.port, made.tls, made.sender) == server
