"""The plug is pulled before statements and commits all through a cycle; what is left is always whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def test_a_process_killed_anywhere_leaves_a_whole_database(url: str) -> None:
    program = [sys.executable, "-m", "tests.storage.plug", url, "90", "3"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    run = subprocess.run(program, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout[:6]) == (0, "killed"), run.stderr
