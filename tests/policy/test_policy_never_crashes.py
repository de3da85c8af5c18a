"""Whatever a file says, the answer is a policy or findings; never a traceback, never a wrong place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sfassign.errors import WrongPolicy
from sfassign.policy import PolicyErrors, lint, load_policy, policy_hash, read_policy

WHOLE = (Path(__file__).parent / "whole_file.yaml").read_text(encoding="utf-8")
LINES = WHOLE.splitlines(keepends=True)
SCRAPS = [
    "",
    " ",
    ":",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "'",
    '"',
    "&a ",
    "*a",
    "!!x ",
    "0",
    "off",
    "~",
    "\t",
    "\n",
    "#",
    "|",
    "<<: ",
]


def check_findings(text: str) -> None:
    findings = lint(text, "p.yaml")
    lines = text.count("\n") + text.count("\r") + text.count("\x85") + text.count("\u2028") + text.count("\u2029")
    assert all(1 <= finding.line <= lines + 2 and finding.column >= 1 for finding in findings)
    assert list(findings) == sorted(findings, key=lambda finding: (finding.line, finding.column, finding.message))
    if any(finding.severity == "error" for finding in findings):
        with pytest.raises(PolicyErrors):
            read_policy(text, "p.yaml")
    else:
        assert read_policy(text, "p.yaml").groups


@given(st.text())
@example("groups: [{source: '" + "NOT " * 4000 + "A = 1'}]")
@example("groups: [{source: '" + "A = 1 OR (" * 1200 + "'}]")
@example("groups: [{source: " + "(" * 10_000)
@settings(max_examples=60, deadline=None)
def test_any_text_gives_findings(text: str) -> None:
    check_findings(text)


@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.sampled_from(SCRAPS))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_whole_file_with_a_scrap_in_it_gives_findings(at: int, lost: int, scrap: str) -> None:
    check_findings(WHOLE[:at] + scrap + WHOLE[at + lost :])


@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES) - 1), st.integers(-6, 6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_whole_file_with_a_line_elsewhere_gives_findings(taken: int, put: int, indent: int) -> None:
    lines = LINES.copy()
    line = lines.pop(taken)
    moved = " " * indent + line if indent >= 0 else line[-indent:]
    lines.insert(put, moved)
    check_findings("".join(lines))


VALUES = st.recursive(
    st.one_of(st.none(), st.text(max_size=8), st.integers(), st.booleans()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)
KEYS = ("hours", "objects", "people", "groups", "name", "source", "object", "members", "available", "match", "caps",
        "ramp", "overflow", "neglect", "score", "load", "tiers", "days", "quota", "on_assigned", "was")  # fmt: skip


@given(st.sampled_from(KEYS), VALUES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_known_key_with_any_value_gives_findings(key: str, value: object) -> None:
    text = json.dumps(value)
    check_findings(f"version: 1\n{key}: {text}\n")
    check_findings(
        "version: 1\nobjects:\n  Lead:\n"
        f"    {key}: {text}\nhours:\n  office:\n    {key}: {text}\npeople:\n  - {key}: {text}\n"
        f"groups:\n  - {key}: {text}\n  - neglect:\n      {key}: {text}\n    available:\n      {key}: {text}\n"
    )


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WrongPolicy, match=r"there is no policy file .*; SFASSIGN_POLICY names another"):
        load_policy(tmp_path / "policy.yaml")


def test_a_folder_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(WrongPolicy, match="cannot be read: Is a directory"):
        load_policy(tmp_path)


def test_a_file_that_is_not_utf_8_says_so(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes("name: Büro".encode("latin-1"))
    with pytest.raises(WrongPolicy, match="byte 8 is not UTF-8; save the policy as UTF-8 text"):
        load_policy(path)


def test_a_name_of_a_file_that_no_system_has_says_so() -> None:
    with pytest.raises(WrongPolicy, match="cannot be read"):
        load_policy("a\0b")


def test_a_file_is_read_with_its_mark_and_named_in_findings(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"\xef\xbb\xbfversion: 1\ngroups: []\n")
    with pytest.raises(PolicyErrors) as refused:
        load_policy(path)
    assert str(refused.value) == f"{path}:2:9: groups is empty (expected: at least one entry)"
    assert refused.value.exit_code == 2


def test_the_hash_is_of_the_text() -> None:
    assert policy_hash("a") == "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert policy_hash("a") != policy_hash("a\n")
