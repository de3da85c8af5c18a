"""A judge that is not here must not look like one that agreed."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import node


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception), ("1", pytest.fail.Exception)]
)
def test_without_node_a_laptop_skips_and_ci_fails(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="node and npm are not installed"):
        node.packages()


def test_lock_file_names_exact_versions_and_no_place_to_fetch_them_from() -> None:
    lock = (node.JS / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert '"integrity"' in lock
