"""The demonstration, as a newcomer runs it without a terminal: bounded, explained, and good."""

from __future__ import annotations

import re

from tests.processes.conftest import Site


def test_the_demo_assigns_explains_and_ends_by_itself(site: Site) -> None:
    done = site.spawn("demo", "--minutes", "10", "--speed", "60")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = re.search(r"assigned +(\d+) items to (\d+) people, (\d+) of them explained", done.stdout)
    assert found is not None, done.stdout
    assigned, people, explained = (int(number) for number in found.groups())
    assert assigned == explained >= 50
    assert people >= 10
    assert "checked         0 to people who were not logged in, 0 beyond a cap" in done.stdout
    calls = re.findall(r"(\d+) (?:in \d+ cycles, counted by the client|counted by the org)", done.stdout)
    assert len({*calls}) == 1
