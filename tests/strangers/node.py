"""Node and the packages of `js/`: put in place once per virtual environment, shared by every test process.

Where Node or npm is missing the tests that need them are skipped on a laptop and fail in CI, which installs both.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any, NoReturn

import pytest

JS = Path(__file__).parent / "js"
OLDEST_NODE = 18
INSTALL_SECONDS = 240
_INSTALLED_FROM = ("package.json", "package-lock.json", ".npmrc")


def packages() -> Path:
    """The folder of the installed packages, named by what the lock file says."""
    _check_node()
    mark = zlib.crc32(b"".join((JS / name).read_bytes() for name in _INSTALLED_FROM))
    folder = Path(sys.prefix) / "strangers" / f"{mark:08x}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            _install(folder)
            (folder / "installed").touch()
    return folder / "node_modules"


def start(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A script of `js/` with its standard streams open."""
    return subprocess.Popen(
        ["node", str(JS / script), *arguments],
        env=os.environ | {"NODE_PATH": str(packages())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(script: str, *arguments: str, timeout_seconds: float) -> Any:
    """The JSON a script of `js/` prints."""
    with start(script, *arguments) as process:
        out, complaints = process.communicate(timeout=timeout_seconds)
    assert process.returncode == 0, complaints
    return json.loads(out)


def missing(reason: str) -> NoReturn:
    """A judge is not here: in CI that is a failure, elsewhere a loud skip."""
    if os.environ.get("CI", "").lower() in {"true", "1"}:
        pytest.fail(f"CI must have every judge: {reason}")
    pytest.skip(reason)


def _check_node() -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        missing(f"node and npm are not installed; they need Node {OLDEST_NODE} or newer (apt install nodejs npm)")
    shown = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(shown.strip().lstrip("v").partition(".")[0]) < OLDEST_NODE:
        missing(f"node is {shown.strip()}, the clients need {OLDEST_NODE} or newer")


def _install(folder: Path) -> None:
    for name in _INSTALLED_FROM:
        shutil.copy(JS / name, folder / name)
    done = subprocess.run(
        ["npm", "ci", "--loglevel=error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=INSTALL_SECONDS,
    )
    if done.returncode:
        missing(f"npm ci failed: {done.stderr.strip()}")
