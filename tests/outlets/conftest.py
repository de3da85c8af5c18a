"""A Slack and a mail server on this machine, which keep what they are sent and answer what they are told to."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

SECRET_PATH = "/services/T0/B0/s3cret"


@dataclass
class Slack:
    """`answer` is (status, headers, body) of the next posts."""

    url: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    answer: tuple[int, dict[str, str], str] = (200, {}, "ok")


@pytest.fixture
def slack() -> Iterator[Slack]:
    kept = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == SECRET_PATH:
                kept.posts.append(json.loads(body))
            status, headers, text = kept.answer
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(text))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        kept.url = f"http://127.0.0.1:{server.server_port}{SECRET_PATH}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


@dataclass
class Letterbox:
    """A mail server. `refuses` maps the beginning of a command (`RCPT TO:<bob`) to what it answers; `drops`: the
    command at which it hangs up. `logins` are what AUTH PLAIN brought."""

    port: int = 0
    ca: Path | None = None
    context: ssl.SSLContext | None = None
    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    drops: str = ""
    takes_seconds: float = 0.0
    connections: int = 0
    encrypted: bool = False


class _Conversation(socketserver.BaseRequestHandler):
    """As much of SMTP (RFC 5321) as a client that sends needs."""

    box: Letterbox

    def handle(self) -> None:
        self.box.connections += 1
        self.stream = self.request
        self.lines = self.stream.makefile("rb")
        self.to = ""
        self.say("220 letterbox")
        while line := self.lines.readline().decode().strip():
            if self.box.drops and line.upper().startswith(self.box.drops):
                return
            refusal = next((said for begin, said in self.box.refuses.items() if line.startswith(begin)), None)
            if refusal:
                self.say(refusal)
            elif not self.obey(line):
                return

    def finish(self) -> None:
        self.lines.close()
        self.stream.close()

    def obey(self, line: str) -> bool:
        word = line.split(maxsplit=1)[0].upper()
        if word == "EHLO":
            self.say("250-letterbox\r\n250-STARTTLS\r\n250 AUTH PLAIN")
        elif word == "STARTTLS" and self.box.context is not None:
            self.say("220 go")
            try:
                self.stream = self.box.context.wrap_socket(self.request, server_side=True)
            except ssl.SSLError:
                return False
            self.lines = self.stream.makefile("rb")
            self.box.encrypted = True
        elif word == "AUTH":
            self.box.logins.append(line.split()[2])
            self.say("235 welcome")
        elif word == "DATA":
            self.say("354 go on")
            time.sleep(self.box.takes_seconds)
            self.take_letter()
        elif word == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.to = line[9:-1] if line.upper().startswith("RCPT") else self.to
            self.say("250 ok")
        return True

    def take_letter(self) -> None:
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            content += self.lines.readline()
        self.box.letters.append((self.to, message_from_bytes(content[:-3], policy=default)))
        self.say("250 kept")

    def say(self, text: str) -> None:
        self.stream.sendall(f"{text}\r\n".encode())


@pytest.fixture
def letterbox(tmp_path: Path) -> Iterator[Letterbox]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    kept = Letterbox(ca=tmp_path / "ca.pem", context=context)
    authority.cert_pem.write_to_path(str(kept.ca))

    class Conversation(_Conversation):
        box = kept

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield kept
        server.shutdown()
        thread.join()
