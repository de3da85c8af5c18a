"""What YAML allows and a policy does not, and YAML that is none: told with line and column, in plain words."""

from __future__ import annotations

import pytest

from sfassign.policy import lint, read_policy
from sfassign.policy.yaml_reading import read_document

BROKEN = [
    ("a: &x 1", "1:4: anchor '&x': a policy has no anchors and aliases; write the value out"),
    ("a: 1\nb: *x", "2:4: alias '*x': a policy has no anchors and aliases; write the value out"),
    ("*x : 1", "1:1: alias '*x': a policy has no anchors and aliases; write the value out"),
    ("<<: {a: 1}\nb: 1", "1:1: merge key '<<': a policy has no anchors and merge keys; write the keys out"),
    ("a: !!int 3", "1:4: tag '!!int': a policy has no tags; write the value alone"),
    ("a: !here 3", "1:4: tag '!here': a policy has no tags; write the value alone"),
    ("a: 1\nb: 2\na: 3", "3:1: 'a' is given twice here; the first one is in line 1"),
    ("a: {b: 1, b: 2}", "1:11: 'b' is given twice here; the first one is in line 1"),
    ("a:\nb: 1", "1:1: 'a' has no value (expected: a value, or leave the key out)"),
    ("a: [1, {b: }]", "1:9: 'b' has no value (expected: a value, or leave the key out)"),
    ("a:\n  -\n  - 1", "2:4: this entry of the list has no value (expected: a value, or leave the key out)"),
    ("? [a]\n: b", "1:3: a key is text, not a mapping or a list"),
    ("a:\n\t- 1", "2:1: a tab stands here; YAML is indented with spaces (expected: spaces)"),
    ("a: 'x", "1:4: the quote that opens here is never closed (expected: a closing quote)"),
    ("a: [1, 2\nb: 3", "2:2: the list that opens with '[' is not closed before this (expected: ',' or ']')"),
    (
        "- a\nb: c",
        "2:1: this line is not indented like its neighbours (expected: the same indentation for all keys of one part)",
    ),
    ("a: @x", '1:4: text cannot start with @ unless it is quoted (expected: quotes around the text: "@…")'),
    (
        'a: "\\q"',
        "1:6: '\\q' means nothing between double quotes (expected: '\\\\' for a backslash, or single quotes)",
    ),
    (
        'a: "x" b',
        "1:8: this text does not belong to what stands before it "
        "(expected: one value after a key; quotes around the whole text)",
    ),
    ("a: 1\n---\na: 2", "2:1: a second document starts here ('---'); a policy is one document"),
    ("{a: 1}}", "1:7: nothing may follow here; the policy has ended"),
    ("a: x\x07", "1:5: the character U+0007 cannot be read; is this a text file in UTF-8?"),
    ('a: "\\uD800"', "1:4: an escape in this text stands for a character that cannot be used"),
    ('"\\0": 1', "1:1: an escape in this key stands for a character that cannot be used"),
    ("a: " + "[" * 100_000, "1:33: nested deeper than 30 levels"),
    ("a: " + "{b: " * 100_000, "1:120: nested deeper than 30 levels"),
    ("a: 1 # " + "x" * 600_000, "1:1: the file is larger than 500,000 characters"),
]


@pytest.mark.parametrize(("text", "finding"), BROKEN, ids=[finding[:40] for _, finding in BROKEN])
def test_yaml_that_a_policy_does_not_take_is_told_by_place(text: str, finding: str) -> None:
    found = [str(found).removeprefix("p.yaml:") for found in read_document(text, "p.yaml").findings]
    assert finding in found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the policy is empty"),
        ("# nothing yet\n", "the policy is empty"),
        ("{}", "the policy is empty"),
        ("- a\n- b\n", "a policy is keys with values, not one value or a list"),
        ("groups", "a policy is keys with values, not one value or a list"),
    ],
)
def test_a_file_without_keys_says_what_a_policy_needs(text: str, message: str) -> None:
    (finding,) = lint(text, "p.yaml")
    assert (finding.line, finding.column, finding.message) == (1, 1, message)
    assert finding.expected == "version: 1, and groups with name, object, source, members"


def test_scalars_stay_the_text_they_are() -> None:
    text = "a: off\nb: NO\nc: 10:00\nd: 007\ne: ~\nf: null\ng: 1e3\nh: 2026-12-25\ni: 0x1F\nj: ''\n"
    assert read_document(text, "p.yaml").data == {
        "a": "off",
        "b": "NO",
        "c": "10:00",
        "d": "007",
        "e": "~",
        "f": "null",
        "g": "1e3",
        "h": "2026-12-25",
        "i": "0x1F",
        "j": "",
    }


def test_a_broken_value_is_told_once_and_the_rest_of_the_file_still_checked() -> None:
    text = "version: 1\ngroups:\n  - name: A\n    object: Lead\n    source:\n    members: [a@b.c]\n"
    text += "    caps: *x\n    hold: x\n"
    assert [(found.line, found.column) for found in lint(text, "p.yaml")] == [(5, 5), (7, 11), (8, 11)]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    text = "version: 1\ngroups:\n  - {name: A, object: Lead, source: \"Owner.Name = 'Q'\", members: [a@b.c]}\n"
    plain = read_policy(text, "p.yaml")
    windows = read_policy("\ufeff" + text.replace("\n", "\r\n"), "p.yaml")
    assert windows.groups == plain.groups
