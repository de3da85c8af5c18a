"""`sfassign check --write-test`, as somebody types it."""

from __future__ import annotations

import json

from tests.processes.conftest import Site
from tests.processes.test_once import said


def test_the_write_test_says_what_it_wrote_and_check_remembers_what_it_learnt(site: Site) -> None:
    (lead,) = site.add_leads(1)
    assert "not known yet" in site.run("check").stdout
    done = site.run("check", "--write-test", lead)
    assert done.returncode == 0, said(done, site)
    assert "honours If-Unmodified-Since on Lead" in done.stdout
    assert f"wrote to Lead {lead} the owner it has" in done.stdout
    again = json.loads(site.run("check", "--json").stdout)["checks"]
    assert ["honours" in one["message"] for one in again if one["check"] == "guard"] == [True]


def test_a_record_of_another_object_is_wrong_usage(site: Site) -> None:
    done = site.run("check", "--write-test", "001000000000001AAA")
    assert done.returncode == 2, said(done, site)
    assert "expected one like 00Q… (Lead)" in done.stdout
