"""Runs one measurement in a process of its own, so that its CPU seconds and its peak memory are its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable

BYTES_PER_KB = 1024
Figures = dict[str, float]


def in_own_process(module: str, *arguments: str) -> Figures:
    """What `module` prints as JSON when it is run with these arguments."""
    command = [sys.executable, "-m", module, *arguments]
    found: Figures = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return found


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_mb() -> float:
    """The most memory this process ever held (maximum resident set), the interpreter included."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / BYTES_PER_KB


def say(figures: Figures) -> None:
    sys.stdout.write(json.dumps(figures) + "\n")
