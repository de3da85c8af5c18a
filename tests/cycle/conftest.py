from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cycle.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    for app in made.apps:
        app.close()
    made.org.close()
