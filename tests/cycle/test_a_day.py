"""A day of the daemon in bad weather: nothing is lost, nothing is given twice, nobody gets more than they may.

The whole day runs as `tests.bench.bench_day`; here the same things happen closer together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cycle.day import Day, hours, script
from tests.cycle.day_audit import findings
from tests.cycle.weather import MISFORTUNES

pytestmark = pytest.mark.timeout(600)
"""A hundred and fifty cycles beside sixty people: twenty seconds where the machine has nothing else to do."""


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """The busiest half hour of the morning, and the calm after it."""
    made = Day(tmp_path_factory.mktemp("day"), replace(script(hours(0.4)), calm_lasts=hours(0.2)))
    made.weather.share = 0.05
    made.run()
    yield made
    made.close()


def test_a_day_in_bad_weather_ends_with_nothing_to_complain_of(day: Day) -> None:
    assert findings(day) == []


def test_it_was_a_day_worth_the_name(day: Day) -> None:
    """People were given work, some of it was taken away again for neglect, the weather was bad, the limit reached."""
    assert day.counted["assigned"] > 100
    assert day.counted["reassigned"] > 5
    assert day.counted["notified"] >= day.counted["assigned"]
    assert len(day.weather.met) >= len(MISFORTUNES) // 2
    assert any("REQUEST_LIMIT_EXCEEDED" in str(line.get("error")) for line in day.said("cycle.failed"))
    assert len(day.policies) == 2
    assert day.counted["starts"] == 2
