"""Salesforce's own command line against the local org: optional, where `sf` is installed (it weighs 300 MB)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import LEADS, Served

pytestmark = [
    pytest.mark.salesforce_cli,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        shutil.which("sf") is None, reason="the Salesforce CLI is not installed (npm i -g @salesforce/cli)"
    ),
]
Sf = Callable[..., Any]


@pytest.fixture
def sf(served: Served, tmp_path: Path) -> Sf:
    """`sf("data", "query", …)` gives the command's result; its home is a folder of its own."""
    quiet = {"SF_DISABLE_TELEMETRY": "true", "SF_AUTOUPDATE_DISABLE": "true", "SF_USE_GENERIC_UNIX_KEYCHAIN": "true"}
    environment = os.environ | quiet | {"HOME": str(tmp_path), "SF_ACCESS_TOKEN": served.token}

    def run(*words: str) -> Any:
        done = subprocess.run(
            ["sf", *words, "--json"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        answer = json.loads(done.stdout)
        assert answer["status"] == 0, answer
        return answer["result"]

    run(
        "org", "login", "access-token", "--instance-url", served.url, "--no-prompt", "--alias", "local", "--set-default"
    )
    return run


def test_the_command_line_reads_writes_and_describes(sf: Sf, served: Served, tmp_path: Path) -> None:
    made = sf("data", "create", "record", "--sobject", "Lead", "--values", "LastName=Lovelace Company=Engines")
    lead = str(made["id"])
    sf("data", "update", "record", "--sobject", "Lead", "--record-id", lead, "--values", "Rating=Hot")
    assert sf("data", "get", "record", "--sobject", "Lead", "--record-id", lead)["Rating"] == "Hot"
    rows = sf("data", "query", "--query", "SELECT LastName, Owner.Name FROM Lead")
    assert [(row["LastName"], row["Owner"]["Name"]) for row in rows["records"]] == [("Lovelace", "Ann Abel")]
    assert len(sf("data", "query", "--query", "SELECT Id FROM Contact")["records"]) == LEADS
    assert sf("data", "search", "--query", "FIND {Lovelace} RETURNING Lead(Id)")["searchRecords"][0]["Id"] == lead
    sf("data", "export", "bulk", "--query", "SELECT LastName FROM Contact", "--output-file", "all.csv", "--wait", "1")
    assert (tmp_path / "all.csv").read_text().count("Contact ") == LEADS
    sf("data", "delete", "record", "--sobject", "Lead", "--record-id", lead)
    assert served.org.get("Lead", lead)["IsDeleted"] is True
    assert sf("sobject", "describe", "--sobject", "Lead")["keyPrefix"] == "00Q"
    assert {"Lead", "Case"} <= set(sf("sobject", "list", "--sobject", "all"))
    limits = {one["name"]: one for one in sf("org", "list", "limits")}
    assert limits["DailyApiRequests"]["max"] == served.org.settings.daily_limit
