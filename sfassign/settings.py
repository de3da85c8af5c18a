"""The environment as typed settings: where and how the daemon runs. What it decides stands in the policy.

Read from the process environment, then from the file that SFASSIGN_ENV_FILE names. Every problem is reported at
once, with the variable's name; a secret never appears in a message or in `repr`.
"""

from __future__ import annotations

import datetime as dt
import difflib
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from sfassign.core.durations import parse_duration
from sfassign.errors import WrongSettings
from sfassign.salesforce.secrets import Secret, mask

PREFIX = "SFASSIGN_"
DEFAULT_ENV_FILE = Path("config/sfassign.env")


def _duration(value: object) -> object:
    if isinstance(value, dt.timedelta):
        return value
    duration = parse_duration(str(value).strip())
    if duration is None or duration <= dt.timedelta(0):
        raise ValueError("expected a duration such as 30s, 5m, 24h or 2d")
    return duration


def _boolean(value: object) -> object:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if isinstance(value, bool):
        return value
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise ValueError("expected true or false") from None


def _budget(value: object) -> str:
    text = str(value).strip()
    digits = text.removesuffix("%").strip()
    if not digits.isdigit() or int(digits) == 0 or (text.endswith("%") and int(digits) > 100):
        raise ValueError("expected a share such as 20% or a number of requests per 24 hours such as 15000")
    return f"{int(digits)}%" if text.endswith("%") else str(int(digits))


Duration = Annotated[dt.timedelta, BeforeValidator(_duration)]
Boolean = Annotated[bool, BeforeValidator(_boolean)]


def _state_directory_database() -> SecretStr:
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return SecretStr(f"sqlite:///{state}/sfassign.db" if state else "sqlite:///sfassign.db")


class Settings(BaseModel):
    """The settings, one field per variable (`poll` is SFASSIGN_POLL). Durations are timedeltas."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    domain: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")] = "login"
    consumer_key: SecretStr | None = None
    consumer_secret: SecretStr | None = None
    private_key_file: Path | None = None
    username: str | None = None
    password: SecretStr | None = None
    security_token: SecretStr | None = None
    instance_url: str | None = None
    access_token: SecretStr | None = None
    login_url: str | None = None
    api_version: Annotated[str, Field(pattern=r"^\d\d\.0$")] = "62.0"
    ca_bundle: Path | None = None
    proxy: SecretStr | None = None
    timeout: Duration = dt.timedelta(seconds=30)
    write_timeout: Duration | None = None
    org_id: Annotated[str, Field(pattern=r"^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$")] | None = None
    policy: Path = Path("config/policy.yaml")
    database_url: SecretStr = Field(default_factory=_state_directory_database)
    poll: Duration = dt.timedelta(seconds=15)
    neglect_poll: Duration = dt.timedelta(seconds=60)
    resweep: Duration = dt.timedelta(minutes=5)
    resync: Duration = dt.timedelta(hours=24)
    presence_max_age: Duration = dt.timedelta(minutes=2)
    api_budget: Annotated[str, BeforeValidator(_budget)] = "20%"
    dry_run: Boolean = False
    web: str = "127.0.0.1:8600"
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
    merged = {**_env_file(values), **{k: v for k, v in values.items() if k.startswith(PREFIX)}}
    merged.pop(f"{PREFIX}ENV_FILE", None)
    problems: list[str] = []
    fields = _fields(merged, problems)
    try:
        settings = Settings.model_validate(fields)
    except ValidationError as error:
        problems += [_problem(detail) for detail in error.errors(include_input=False, include_url=False)]
        settings = None
    if problems or settings is None:
        raise WrongSettings("\n".join(sorted(problems)))
    return settings


def _env_file(environ: Mapping[str, str]) -> dict[str, str]:
    """The assignments of the env file, which only its owner and group may read."""
    named = environ.get(f"{PREFIX}ENV_FILE")
    path = Path(named) if named else DEFAULT_ENV_FILE
    if not named and not path.is_file():
        return {}
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            raise WrongSettings(
                f"{path}: others may read or write this file, which may hold secrets; run: chmod 0600 {path}"
            )
        assigned = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongSettings(f"{path}: cannot be read as the env file ({error.__class__.__name__})") from None
    return {name: value or "" for name, value in assigned.items() if name.startswith(PREFIX)}


def _fields(merged: Mapping[str, str], problems: list[str]) -> dict[str, Any]:
    """Field name → text, secrets read from their files; unknown names become problems. An empty value is unset."""
    fields: dict[str, Any] = {}
    for variable in sorted(merged):
        value, name = merged[variable], variable.removeprefix(PREFIX).lower()
        if name in Settings.model_fields:
            if value != "":
                fields.setdefault(name, value)
        elif name.removesuffix("_file") in SECRETS and name.endswith("_file"):
            _read_secret(variable, value, fields, problems)
        else:
            problems.append(f"{variable}: unknown variable{_nearest(variable)}")
    return fields


def _read_secret(variable: str, path: str, fields: dict[str, Any], problems: list[str]) -> None:
    name = variable.removeprefix(PREFIX).lower().removesuffix("_file")
    try:
        fields[name] = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"{variable}: the file {path} cannot be read ({error.__class__.__name__})")


def _nearest(variable: str) -> str:
    near = difflib.get_close_matches(variable, known_variables(), n=1)
    return f"; did you mean {near[0]}?" if near else ""


_EXPECTED = {
    "domain": "expected login, test or a My Domain such as acme.my",
    "api_version": "expected a REST API version such as 62.0",
    "org_id": "expected an organization Id such as 00D000000000001EAA",
    "log_format": "expected auto, text or json",
    "log_level": "expected debug, info, warning or error",
}


def _problem(detail: Mapping[str, Any]) -> str:
    name = str(detail["loc"][0])
    text = str(detail["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{name.upper()}: {_EXPECTED.get(name, text)}"
