"""The guide's own lines, typed into a shell: what they leave is what an administrator deploys."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

FOLDER = Path(__file__).parents[2] / "config/salesforce"
GUIDE = (FOLDER / "GUIDE.md").read_text(encoding="utf-8")
DEFAULT = "force-app/main/default"
SETS = {path.name.partition(".")[0] for path in FOLDER.rglob("*.permissionset-meta.xml")}


def lines_of(step: int) -> str:
    """The shell lines of one step."""
    section = GUIDE.split(f"\n## {step}. ")[1].partition("\n## ")[0]
    return "\n".join(re.findall(r"```\n(.*?)```", section, re.DOTALL))


def typed(lines: str, home: Path, clone: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", lines],
        cwd=clone,
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone that stands anywhere but in the home folder."""
    shutil.copytree(FOLDER, tmp_path / "clone/config/salesforce")
    return tmp_path / "clone"


def certificate_in(home: Path) -> str:
    file = home / "sfassign-org/project" / DEFAULT / "extlClntAppGlobalOauthSets/sfassign_global.ecaGlblOauth-meta.xml"
    root = ElementTree.parse(file).getroot()  # noqa: S314 — our own
    return next(str(one.text) for one in root if one.tag.endswith("}certificate"))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the guide makes the certificate with openssl")
def test_the_guides_lines_leave_a_certificate_and_no_placeholder(home: Path, clone: Path) -> None:
    before = sorted(clone.rglob("*"))
    for _ in ("the first time", "again"):
        for step in (1, 2):
            done = typed(lines_of(step), home, clone)
            assert done.returncode == 0, done.stderr
    pem = (home / "sfassign-org/sfassign.crt").read_text()
    assert "".join(pem.splitlines()[1:-1]) == certificate_in(home)
    whole = "\n".join(file.read_text() for file in (home / "sfassign-org/project").rglob("*-meta.xml"))
    assert not re.search(r">[A-Z_]{6,}<|<certificate></certificate>", whole), "every placeholder is filled in"
    assert sorted(clone.rglob("*")) == before, "nothing is left in the clone, no key above all"


def test_without_a_certificate_the_placeholder_stays_and_somebody_is_told(home: Path, clone: Path) -> None:
    done = typed(lines_of(2), home, clone)
    assert done.returncode != 0
    assert "do step 1 first" in done.stderr
    assert certificate_in(home) == "CERTIFICATE"


def test_every_permission_set_is_deployed_by_itself_and_the_one_the_app_names_comes_first() -> None:
    deploys = [re.findall(r"--source-dir (\S+)", line) for line in lines_of(3).splitlines() if "deploy start" in line]
    assert all((FOLDER / path).exists() for paths in deploys for path in paths)
    alone = [paths[0] for paths in deploys if "permissionset" in paths[0]]
    assert {Path(path).name.partition(".")[0] for path in alone} == SETS
    assert all(len(paths) == 1 for paths in deploys if "permissionset" in paths[0])
    assert deploys[0] == [f"{DEFAULT}/permissionsets/sfassign.permissionset-meta.xml"]
    folders = {path.name for path in (FOLDER / DEFAULT).iterdir()} - {"permissionsets"}
    assert {Path(path).name for paths in deploys for path in paths if "permissionset" not in path} == folders


def test_every_placeholder_is_filled_in_by_the_guide_and_no_secret_is_there() -> None:
    whole = "\n".join(path.read_text(encoding="utf-8") for path in FOLDER.rglob("*-meta.xml"))
    placeholders = set(re.findall(r">([A-Z_]{6,})<", whole))
    assert placeholders == {"CONTACT_EMAIL", "CERTIFICATE"}
    assert {name for name in placeholders if f"s/{name}/" in GUIDE or f"s|{name}|" in GUIDE} == placeholders
    assert not re.search(r"consumerKey|consumerSecret|BEGIN", whole)
    assert {name for name in SETS if f"`{name}`" in GUIDE} == SETS
