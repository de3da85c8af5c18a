"""The environment becomes typed settings, every problem is said at once, and no secret is ever shown."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sfassign.errors import WrongSettings
from sfassign.settings import Settings, known_variables, read_settings

HUSH = "s3cr3t-Zf9"


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def complaint(environ: dict[str, str]) -> str:
    with pytest.raises(WrongSettings) as raised:
        read_settings(environ)
    return str(raised.value)


def test_nothing_set_gives_the_documented_defaults() -> None:
    settings = read_settings({})
    assert settings.poll == dt.timedelta(seconds=15)
    assert settings.resync == dt.timedelta(hours=24)
    assert settings.presence_max_age == dt.timedelta(minutes=2)
    assert settings.api_version == "62.0"
    assert settings.login_host == "https://login.salesforce.com"
    assert settings.write_seconds == 120
    assert settings.policy == Path("config/policy.yaml")
    assert settings.database_url.get_secret_value() == "sqlite:///sfassign.db"


def test_under_systemd_the_database_lives_in_the_state_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/sfassign")
    assert read_settings({}).database_url.get_secret_value() == "sqlite:////var/lib/sfassign/sfassign.db"


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SFASSIGN_POL", "15s", "SFASSIGN_POL: unknown variable; did you mean SFASSIGN_POLL?"),
        ("SFASSIGN_POLL", "soon", "SFASSIGN_POLL: expected a duration such as 30s"),
        ("SFASSIGN_POLL", "0s", "SFASSIGN_POLL: expected a duration"),
        ("SFASSIGN_DRY_RUN", "maybe", "SFASSIGN_DRY_RUN: expected true or false"),
        ("SFASSIGN_API_VERSION", "latest", "SFASSIGN_API_VERSION: expected a REST API version such as 62.0"),
        ("SFASSIGN_API_BUDGET", "120%", "SFASSIGN_API_BUDGET: expected a share such as 20%"),
        ("SFASSIGN_LOG_LEVEL", "loud", "SFASSIGN_LOG_LEVEL: expected debug, info, warning or error"),
        ("SFASSIGN_ORG_ID", "005000000000001", "SFASSIGN_ORG_ID: expected an organization Id"),
        ("SFASSIGN_ACCESS_TOKEN_FILE", "/nowhere/token", "SFASSIGN_ACCESS_TOKEN_FILE: the file /nowhere/token cannot"),
        ("SFASSIGN_DOMAIN", "acme.my.salesforce.com", "SFASSIGN_DOMAIN: expected login, test or a My Domain"),
        ("SFASSIGN_DOMAIN", "https://acme.my.salesforce.com/", "without .salesforce.com; did you mean acme.my?"),
        ("SFASSIGN_DOMAIN", "login.salesforce.com", "did you mean login?"),
        ("SFASSIGN_DOMAIN", "acme.lightning.force.com", "SFASSIGN_LOGIN_URL takes a login host that ends otherwise"),
        ("SFASSIGN_DOMAIN", "acme my", "SFASSIGN_DOMAIN: expected login, test or a My Domain such as acme.my"),
        ("SFASSIGN_API_BUDGET", "²", "SFASSIGN_API_BUDGET: expected a share such as 20%"),
        ("SFASSIGN_PRESENCE_MAX_AGE", "9999999d", "this one is longer than ten years; at most 3650d"),
        ("SFASSIGN_TIMEOUT", "3650d", "SFASSIGN_TIMEOUT: expected a duration such as 30s or 2m; a request is waited"),
        ("SFASSIGN_WEB", "garbage", "SFASSIGN_WEB: expected an address such as 127.0.0.1:8600 or [::1]:8600, or off"),
        ("SFASSIGN_WEB", "127.0.0.1:99999", "SFASSIGN_WEB: expected an address"),
        ("SFASSIGN_WEB", "0.0.0.0:80", "SFASSIGN_WEB_TOKEN: required, since others can reach SFASSIGN_WEB=0.0.0.0:80"),
        ("SFASSIGN_USERNAME", "ann\udcff", "SFASSIGN_USERNAME: expected UTF-8 text"),
    ],
)
def test_a_bad_variable_is_named_with_what_was_expected(variable: str, value: str, said: str) -> None:
    assert said in complaint({variable: value})


def test_every_problem_is_reported_in_one_go() -> None:
    said = complaint({"SFASSIGN_POLL": "x", "SFASSIGN_TIMEOUT": "y", "SFASSIGN_NOPE": "z"})
    assert [line.split(":")[0] for line in said.splitlines()] == ["SFASSIGN_NOPE", "SFASSIGN_POLL", "SFASSIGN_TIMEOUT"]


def test_variables_of_other_programs_do_not_matter() -> None:
    assert read_settings({"PATH": "/bin", "SF_ACCESS_TOKEN": "x"}).access_token is None


def test_the_process_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("SFASSIGN_POLL=30s\nSFASSIGN_TIMEOUT=7s\nOTHER=1\n")
    env.chmod(0o600)
    settings = read_settings({"SFASSIGN_ENV_FILE": str(env), "SFASSIGN_POLL": "20s"})
    assert (settings.poll.seconds, settings.timeout.seconds) == (20, 7)


@pytest.mark.parametrize("web", ["off", "127.0.0.1:8600", "[::1]:8600", "localhost:80"])
def test_a_web_address_that_only_this_machine_reaches_needs_no_token(web: str) -> None:
    assert read_settings({"SFASSIGN_WEB": web}).web == web


def test_a_web_address_that_others_reach_is_taken_with_a_token() -> None:
    assert read_settings({"SFASSIGN_WEB": "0.0.0.0:80", "SFASSIGN_WEB_TOKEN": HUSH}).web == "0.0.0.0:80"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("SFASSIGN_DRY_RUN true", "expected SFASSIGN_DRY_RUN=value"),
        ("SFASSIGN_DRY_RUN: true", "expected SFASSIGN_DRY_RUN=value"),
        ("SFASSIGN_DRY_RUN", "expected SFASSIGN_DRY_RUN=value"),
        ('SFASSIGN_DRY_RUN="true', "expected SFASSIGN_DRY_RUN=value, with the value's quotes closed"),
        ("=true", "expected NAME=value"),
        ("SFASIGN_DRY_RUN=true", "SFASIGN_DRY_RUN: unknown variable; did you mean SFASSIGN_DRY_RUN?"),
        ("sfassign_dry_run=true", "sfassign_dry_run: unknown variable; did you mean SFASSIGN_DRY_RUN?"),
        ("SF_ASSIGN_DRY_RUN=true", "SF_ASSIGN_DRY_RUN: unknown variable; did you mean SFASSIGN_DRY_RUN?"),
        ("sfassign-dry-run=true", "sfassign-dry-run: unknown variable; did you mean SFASSIGN_DRY_RUN?"),
        ("SFASSIGN_DRYRUN=true", "SFASSIGN_DRYRUN: unknown variable; did you mean SFASSIGN_DRY_RUN?"),
        ("DRY_RUN=true", "DRY_RUN: unknown variable; did you mean SFASSIGN_DRY_RUN?"),
    ],
)
def test_a_line_of_the_env_file_that_cannot_be_meant_is_named(line: str, said: str, tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text(f"# our daemon\n\n{line}\nSFASSIGN_POLL=30s\n")
    env.chmod(0o600)
    assert complaint({"SFASSIGN_ENV_FILE": str(env)}) == f"{env}, line 3: {said}"


def test_a_mangled_line_never_shows_what_may_be_a_secret(tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text(f"SFASSIGN_PASSWORD {HUSH}\n{HUSH}\nSFASSIGN_PASWORD={HUSH}\n")
    env.chmod(0o600)
    said = complaint({"SFASSIGN_ENV_FILE": str(env)})
    assert len(said.splitlines()) == 3
    assert HUSH not in said


def test_variables_of_other_programs_may_stand_in_the_env_file(tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("SF_ACCESS_TOKEN=x\nREQUESTS_CA_BUNDLE=/etc/ca.pem\nTZ=UTC\nexport SFASSIGN_DRY_RUN='true' # now\n")
    env.chmod(0o600)
    assert read_settings({"SFASSIGN_ENV_FILE": str(env)}).dry_run is True


def test_an_env_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("SFASSIGN_DRY_RUN=true\n", encoding="utf-8-sig")
    env.chmod(0o600)
    assert read_settings({"SFASSIGN_ENV_FILE": str(env)}).dry_run is True


def test_an_empty_line_for_a_secrets_file_sets_nothing() -> None:
    assert read_settings({"SFASSIGN_PASSWORD_FILE": ""}).password is None


def test_an_env_file_that_others_may_read_is_refused_with_the_mend(tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text(f"SFASSIGN_ACCESS_TOKEN={HUSH}\n")
    env.chmod(0o644)
    said = complaint({"SFASSIGN_ENV_FILE": str(env)})
    assert "chmod" in said
    assert HUSH not in said


def test_an_env_file_that_was_named_must_exist() -> None:
    assert "cannot be read as the env file" in complaint({"SFASSIGN_ENV_FILE": "nowhere.env"})


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(f"{HUSH}\n")
    settings = read_settings({"SFASSIGN_ACCESS_TOKEN_FILE": str(token)})
    assert settings.access_token is not None
    assert settings.access_token.get_secret_value() == HUSH


def test_no_secret_is_in_a_message_or_a_repr() -> None:
    secrets = [name for name, info in Settings.model_fields.items() if "SecretStr" in str(info.annotation)]
    assert len(secrets) >= 9
    for name in secrets:
        environ = {f"SFASSIGN_{name.upper()}": HUSH, "SFASSIGN_POLL": "never"}
        assert HUSH not in complaint(environ)
        del environ["SFASSIGN_POLL"]
        settings = read_settings(environ)
        assert HUSH not in repr(settings) + str(settings) + settings.model_dump_json()


def test_every_secret_also_exists_as_a_file_variable() -> None:
    assert {"SFASSIGN_ACCESS_TOKEN_FILE", "SFASSIGN_DATABASE_URL_FILE", "SFASSIGN_SMTP_URL_FILE"} <= {
        *known_variables()
    }
