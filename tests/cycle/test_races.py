"""Somebody else claims, edits, cools and hands back leads all around our writes, at random, hundreds of times."""

from __future__ import annotations

from pathlib import Path

import pytest

from sfassign.storage import Views
from tests.cycle.rivals import race
from tests.cycle.world import MONDAY


@pytest.mark.parametrize("known", [True, False], ids=["known", "first contact"])
@pytest.mark.parametrize(
    "honoured", [True, False], ids=["by the date", "by reference, save between its query and its write"]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_claim_is_overwritten_and_nothing_starves(tmp_path: Path, honoured: bool, seed: int, known: bool) -> None:
    rivals, app = race(tmp_path, 300, honoured=honoured, known=known, seed=seed)
    try:
        outcomes = Views(app.store).journal_sums(MONDAY).groups["Web leads"]
        assert outcomes.lost_races >= 5, "the dice must have made races"
        assert outcomes.overridden >= 1
        assert min(rivals.acts.values()) >= 3
        assert all(name.startswith("Rival (") for name in outcomes.overridden_by)
    finally:
        app.close()
