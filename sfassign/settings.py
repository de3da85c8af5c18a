"""The environment as typed settings: where and how the daemon runs. What it decides stands in the policy.

Read from the process environment, then from the file that SFASSIGN_ENV_FILE names. Every problem is reported at
once, with the variable's name; a secret never appears in a message or in `repr`.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from sfassign.env_file import nearest_variable, read_env_file
from sfassign.errors import WrongSettings
from sfassign.salesforce.secrets import Secret, mask
from sfassign.setting_values import Boolean, Budget, Domain, Duration, Patience, WebAddress, only_here

PREFIX = "SFASSIGN_"
DEFAULT_ENV_FILE = Path("config/sfassign.env")


def _state_directory_database() -> SecretStr:
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return SecretStr(f"sqlite:///{state}/sfassign.db" if state else "sqlite:///sfassign.db")


class Settings(BaseModel):
    """The settings, one field per variable (`poll` is SFASSIGN_POLL). Durations are timedeltas."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    domain: Domain = "login"
    consumer_key: SecretStr | None = None
    consumer_secret: SecretStr | None = None
    private_key_file: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    security_token: SecretStr | None = None
    instance_url: str | None = None
    access_token: SecretStr | None = None
    login_url: str | None = None
    api_version: Annotated[str, Field(pattern=r"^[0-9][0-9]\.0$")] = "62.0"
    ca_bundle: Path | None = None
    proxy: SecretStr | None = None
    timeout: Patience = dt.timedelta(seconds=30)
    write_timeout: Patience | None = None
    org_id: Annotated[str, Field(pattern=r"^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$")] | None = None
    policy: Path = Path("config/policy.yaml")
    database_url: SecretStr = Field(default_factory=_state_directory_database)
    poll: Duration = dt.timedelta(seconds=15)
    neglect_poll: Duration = dt.timedelta(seconds=60)
    resweep: Duration = dt.timedelta(minutes=5)
    resync: Duration = dt.timedelta(hours=24)
    presence_max_age: Duration = dt.timedelta(minutes=2)
    api_budget: Budget = "20%"
    dry_run: Boolean = False
    web: WebAddress = "127.0.0.1:8600"
    web_token: SecretStr | None = None
    log_format: Annotated[str, Field(pattern="^(auto|text|json)$")] = "auto"
    log_level: Annotated[str, Field(pattern="^(debug|info|warning|error)$")] = "info"
    slack_webhook_url: SecretStr | None = None
    smtp_url: SecretStr | None = None

    @property
    def login_host(self) -> str:
        """The URL to log in at."""
        return self.login_url or f"https://{self.domain}.salesforce.com"

    @property
    def write_seconds(self) -> float:
        """Time-out of a write: four times the ordinary one unless given."""
        return (self.write_timeout or 4 * self.timeout).total_seconds()

    def masked(self, text: str) -> str:
        """The text without any of the secrets of the environment."""
        return mask(text, *(Secret(part) for name in SECRETS for part in _secret_parts(name, getattr(self, name))))


SECRETS = frozenset(name for name, info in Settings.model_fields.items() if "SecretStr" in str(info.annotation))
"""The variables that also exist as `…_FILE`, naming a file that holds the value."""


def _secret_parts(name: str, value: SecretStr | None) -> tuple[str, ...]:
    """What must not be seen of a secret: all of it, and the password of a URL by itself. The database's URL is not
    secret but for that."""
    text = value.get_secret_value() if value is not None else ""
    try:
        password = urlsplit(text).password or ""
    except ValueError:
        password = ""
    return (password,) if name == "database_url" else (text, password)


def known_variables() -> tuple[str, ...]:
    """Every name that may stand in the environment, `…_FILE` variants included."""
    names = [PREFIX + name.upper() for name in Settings.model_fields]
    names += [f"{PREFIX}{name.upper()}_FILE" for name in SECRETS]
    return tuple(sorted({*names, f"{PREFIX}ENV_FILE"}))


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises WrongSettings listing every problem."""
    values = dict(os.environ if environ is None else environ)
    problems: list[str] = []
    merged = {**_env_file(values, problems), **{k: v for k, v in values.items() if k.startswith(PREFIX)}}
    merged.pop(f"{PREFIX}ENV_FILE", None)
    fields = _fields(merged, problems)
    try:
        settings = Settings.model_validate(fields)
    except ValidationError as error:
        problems += [_problem(detail) for detail in error.errors(include_input=False, include_url=False)]
        settings = None
    if settings is not None and settings.web_token is None and not only_here(settings.web):
        problems.append(f"{PREFIX}WEB_TOKEN: required, since others can reach {PREFIX}WEB={settings.web}")
    if problems or settings is None:
        raise WrongSettings("\n".join(sorted(problems)))
    return settings


def _env_file(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    """The assignments of the env file, where one is named or stands in the usual place."""
    named = environ.get(f"{PREFIX}ENV_FILE")
    if not named and not _is_there(DEFAULT_ENV_FILE):
        return {}
    return read_env_file(Path(named) if named else DEFAULT_ENV_FILE, known_variables(), problems)


def _is_there(path: Path) -> bool:
    """Raises WrongSettings where nobody lets us look: going on without it would be another configuration."""
    try:
        return path.is_file()
    except OSError as error:
        raise WrongSettings(
            f"{path}: cannot be looked for ({error.__class__.__name__}); name the env file with {PREFIX}ENV_FILE"
        ) from None


def _fields(merged: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Field name → text, secrets read from their files; unknown names become problems. An empty value is unset."""
    fields: dict[str, Any] = {}
    for variable in sorted(merged):
        if not _is_text(merged[variable]):
            problems.append(f"{variable}: expected UTF-8 text")
            continue
        value, name = merged[variable], variable.removeprefix(PREFIX).lower()
        if name in Settings.model_fields:
            if value != "":
                fields.setdefault(name, value)
        elif value == "" and variable in known_variables():
            continue
        elif name.removesuffix("_file") in SECRETS and name.endswith("_file"):
            _read_secret(variable, value, fields, problems)
        else:
            near = nearest_variable(variable, known_variables())
            problems.append(f"{variable}: unknown variable" + (f"; did you mean {near}?" if near else ""))
    return fields


def _is_text(value: str) -> bool:
    """The system hands on bytes that are no UTF-8 as lone surrogates, which nothing could write down."""
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def _read_secret(variable: str, path: str, fields: dict[str, Any], problems: list[str]) -> None:
    name = variable.removeprefix(PREFIX).lower().removesuffix("_file")
    try:
        fields[name] = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        problems.append(f"{variable}: the file {path} cannot be read ({error.__class__.__name__})")


_EXPECTED = {
    "api_version": "expected a REST API version such as 62.0",
    "org_id": "expected an organization Id such as 00D000000000001EAA",
    "log_format": "expected auto, text or json",
    "log_level": "expected debug, info, warning or error",
}


def _problem(detail: Mapping[str, Any]) -> str:
    name = str(detail["loc"][0])
    text = str(detail["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{name.upper()}: {_EXPECTED.get(name, text)}"
