"""The one place that knows every adapter: `build(settings)` makes the App that commands and the daemon work with."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sfassign import solver
from sfassign.certificates import trusted_certificates
from sfassign.core.notice import Outlet
from sfassign.core.policy import Policy
from sfassign.cycle import Ports
from sfassign.errors import WrongPolicy, WrongSettings
from sfassign.gather import Gatherer
from sfassign.identity import OrgIdentity
from sfassign.notify import Post
from sfassign.outlets import SlackWebhook, SmtpMail, mail_server, webhook_url
from sfassign.policy import Finding, against_org, policy_text, read_policy
from sfassign.ports import Clock, Notifier
from sfassign.salesforce import AccessToken, ClientCredentials, Credentials, JwtBearer, SalesforceOrg, UsernamePassword
from sfassign.settings import Settings
from sfassign.shapes import Shapes
from sfassign.storage import SqlStore, open_store


class SystemClock:
    """This machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def credentials(settings: Settings) -> Credentials:
    """The configured way to log in. Raises WrongSettings naming what is missing."""
    if settings.instance_url and settings.access_token:
        return AccessToken(settings.instance_url, settings.access_token.get_secret_value())
    if settings.consumer_key and settings.private_key_file and settings.username:
        return JwtBearer(
            login_url=settings.login_host,
            consumer_key=settings.consumer_key.get_secret_value(),
            private_key_pem=_private_key(settings),
            username=settings.username,
        )
    if settings.consumer_key and settings.consumer_secret:
        return ClientCredentials(
            login_url=settings.login_host,
            consumer_key=settings.consumer_key.get_secret_value(),
            consumer_secret=settings.consumer_secret.get_secret_value(),
        )
    if settings.username and settings.password:
        return UsernamePassword(
            login_url=settings.login_host,
            username=settings.username,
            password=settings.password.get_secret_value(),
            security_token=settings.security_token.get_secret_value() if settings.security_token else "",
        )
    raise WrongSettings(_missing(settings))


def _private_key(settings: Settings) -> str:
    path = settings.private_key_file
    try:
        return path.read_text(encoding="utf-8") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings(
            f"SFASSIGN_PRIVATE_KEY_FILE: the file {path} cannot be read ({error.__class__.__name__})"
        ) from None


def _missing(settings: Settings) -> str:
    token = {"SFASSIGN_INSTANCE_URL": settings.instance_url, "SFASSIGN_ACCESS_TOKEN": settings.access_token}
    jwt = {
        "SFASSIGN_CONSUMER_KEY": settings.consumer_key,
        "SFASSIGN_PRIVATE_KEY_FILE": settings.private_key_file,
        "SFASSIGN_USERNAME": settings.username,
    }
    password = {"SFASSIGN_PASSWORD": settings.password, "SFASSIGN_USERNAME": settings.username}
    app = {"SFASSIGN_CONSUMER_SECRET": settings.consumer_secret, "SFASSIGN_CONSUMER_KEY": settings.consumer_key}
    meant = (token, *(names for names in (password, app) if next(iter(names.values()))), jwt)
    for names in meant:
        lacking = [name for name, value in names.items() if not value]
        if len(lacking) < len(names):
            return f"the login is incomplete: {' and '.join(lacking)} must be set as well"
    return (
        "no login is configured: set SFASSIGN_CONSUMER_KEY, SFASSIGN_PRIVATE_KEY_FILE and SFASSIGN_USERNAME"
        " (OAuth 2.0 JWT bearer), or SFASSIGN_INSTANCE_URL and SFASSIGN_ACCESS_TOKEN (an existing session)"
    )


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy with the file it came from, for messages that name line and column."""

    policy: Policy
    path: Path
    text: str


def open_policy(path: Path) -> PolicyFile:
    """Raises WrongPolicy with every problem of the file."""
    text = policy_text(path)
    return PolicyFile(read_policy(text, str(path)), path, text)


@dataclass
class App:
    """Settings, policy, store and org, ready to work. `close` when done. `alive` is called after every answer of the
    org: a long reading is no standstill."""

    settings: Settings
    clock: Clock
    file: PolicyFile
    store: SqlStore
    org: SalesforceOrg
    identity: OrgIdentity
    shapes: Shapes
    stopping: Callable[[], bool]
    alive: Callable[[], None]
    ports: Ports = field(init=False)
    post: Post = field(init=False)
    _credentials: Credentials = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._connect_ports()
        self._credentials = credentials(self.settings)

    @property
    def policy(self) -> Policy:
        return self.file.policy

    def check_policy(self) -> None:
        """Compare the policy with what the org's objects look like. Raises WrongPolicy with every finding."""
        refuse_unknown_fields(self.file, self.shapes)

    def use(self, file: PolicyFile) -> None:
        """Go on with another policy. Raises WrongPolicy or WrongSettings, keeping the present one, where it does not
        fit the org or the environment."""
        refuse_unknown_fields(file, self.shapes)
        refuse_missing_outlets(file.policy, self.settings)
        self.file = file
        self._connect_ports()

    def reconnect(self, settings: Settings) -> None:
        """Log in afresh, as the environment says now: a renewed token in a file is picked up."""
        self.org = connect(settings, self.clock, self.alive)
        self._credentials = credentials(settings)
        self.identity = OrgIdentity(self.org, self.store, self.settings.org_id)
        self.shapes = Shapes(self.org, self.store, self.clock, self.identity)
        self._connect_ports()

    def reconnect_if_changed(self, settings: Settings) -> None:
        """Log in afresh where the environment says otherwise than before; the same credentials are not tried again."""
        if credentials(settings) != self._credentials:
            self.reconnect(settings)

    def masked(self, text: str) -> str:
        """The text without any secret that we know of: the environment's, and those of the org's logins."""
        return self.org.masked(self.settings.masked(text))

    def once(self) -> Ports:
        """The ports for a single cycle, after which nobody comes back soon."""
        return replace(self.ports, waits_for_fresh=True, neglect_poll=dt.timedelta(0))

    @contextlib.contextmanager
    def lease(self, wait_seconds: float) -> Iterator[None]:
        """The right to write to this org. Raises LeaseHeld naming the holder."""
        holder = f"{' '.join(sys.argv[:2]) or 'sfassign'} (process {os.getpid()} on {socket.gethostname()})"
        with self.store.lease(holder, wait_seconds):
            yield

    def close(self) -> None:
        self.store.close()

    def _connect_ports(self) -> None:
        self.ports = self._ports()
        self.post = Post(
            store=self.store,
            org=self.org,
            clock=self.clock,
            notifiers=notifiers(self.settings, self.org),
            address=lambda: self.org.address,
            timezone=self.policy.timezone,
            stopping=self.stopping,
        )

    def _ports(self) -> Ports:
        gatherer = Gatherer(
            self.org,
            self.store,
            self.clock,
            self.shapes,
            self.file.policy,
            identity=self.identity,
            resweep=self.settings.resweep,
        )
        age = self.settings.presence_max_age
        solve = solver.solve if solver.installed() else None
        poll, neglect_poll = self.settings.poll, self.settings.neglect_poll
        ports = Ports(self.org, self.store, self.clock, gatherer, age, self.stopping, solve=solve)
        return replace(ports, poll=poll, neglect_poll=neglect_poll)


def build(
    settings: Settings,
    clock: Clock | None = None,
    stopping: Callable[[], bool] = lambda: False,
    alive: Callable[[], None] = lambda: None,
) -> App:
    """Everything a command needs, checked in the order in which a person would mend it: policy, login, database."""
    clock = clock or SystemClock()
    file = open_policy(settings.policy)
    refuse_missing_outlets(file.policy, settings)
    org = connect(settings, clock, alive)
    store = open_store(settings.database_url.get_secret_value(), clock)
    identity = OrgIdentity(org, store, settings.org_id)
    return App(settings, clock, file, store, org, identity, Shapes(org, store, clock, identity), stopping, alive)


def connect(settings: Settings, clock: Clock, answered: Callable[[], None] = lambda: None) -> SalesforceOrg:
    """The org as configured; nothing is sent yet."""
    return SalesforceOrg(
        credentials=credentials(settings),
        clock=clock,
        api_version=settings.api_version,
        timeout_seconds=settings.timeout.total_seconds(),
        write_timeout_seconds=settings.write_seconds,
        ca_bundle=trusted_certificates(settings.ca_bundle, os.environ),
        proxy=settings.proxy.get_secret_value() if settings.proxy else None,
        answered=answered,
    )


def notifiers(settings: Settings, org: SalesforceOrg) -> Mapping[Outlet, Notifier]:
    """The outlets that are set up: the org's own, Slack where there is a webhook, a mail server instead of the org's
    e-mail where there is one. Raises WrongSettings where a URL cannot be one."""
    found = dict(org.notifiers())
    bundle = trusted_certificates(settings.ca_bundle, os.environ)
    if settings.slack_webhook_url is not None:
        proxy = settings.proxy.get_secret_value() if settings.proxy else None
        found[Outlet.SLACK] = SlackWebhook(webhook_url(settings.slack_webhook_url.get_secret_value()), bundle, proxy)
    if settings.smtp_url is not None:
        found[Outlet.EMAIL] = SmtpMail(mail_server(settings.smtp_url.get_secret_value()), org.addresses, bundle)
    return found


def missing_outlets(policy: Policy, settings: Settings) -> tuple[str, ...]:
    """What the policy's groups notify by and the environment does not have."""
    names = [group.name for group in policy.enabled_groups if Outlet.SLACK.value in group.notify]
    if not names or settings.slack_webhook_url is not None:
        return ()
    return (f"SFASSIGN_SLACK_WEBHOOK_URL: group '{names[0]}' notifies by slack; set it to the incoming webhook's URL",)


def refuse_missing_outlets(policy: Policy, settings: Settings) -> None:
    """Raises WrongSettings naming what is not set, or cannot be what it should be."""
    if missing := missing_outlets(policy, settings):
        raise WrongSettings("\n".join(missing))
    if settings.slack_webhook_url is not None:
        webhook_url(settings.slack_webhook_url.get_secret_value())
    if settings.smtp_url is not None:
        mail_server(settings.smtp_url.get_secret_value())


def unknown_fields(file: PolicyFile, shapes: Shapes) -> tuple[Finding, ...]:
    """What of the policy the org does not have, or has otherwise."""
    return against_org(file.policy, shapes.of, str(file.path), file.text)


def refuse_unknown_fields(file: PolicyFile, shapes: Shapes) -> None:
    """Raises WrongPolicy naming every object and field of the policy that the org does not have."""
    errors = [finding for finding in unknown_fields(file, shapes) if finding.severity == "error"]
    if errors:
        raise WrongPolicy("\n".join(str(finding) for finding in errors))
