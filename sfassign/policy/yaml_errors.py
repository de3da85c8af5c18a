"""YAML's own complaints in an admin's words, with line and column. Used by `document` alone."""

from __future__ import annotations

import re

import yaml

MAX_CHARACTERS = 500_000
"""Far above any real policy (a hundred groups are some 50,000) and read within seconds."""
MAX_DEPTH = 30
"""The deepest key of the schema stands seven levels down."""

_UNREADABLE = re.compile("[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")

# (what PyYAML says, what we say, what is expected)
_WORDS: tuple[tuple[str, str, str | None], ...] = (
    (r"found character '\\t'", "a tab stands here; YAML is indented with spaces", "spaces"),
    (
        r"found character '(?P<it>.)' that cannot",
        "text cannot start with {it} unless it is quoted",
        'quotes around the text: "{it}…"',
    ),
    (
        "mapping values are not allowed",
        "a ':' is not possible here",
        "quotes around a text that has ': ' in it, or the key on a line of its own, indented like its neighbours",
    ),
    ("sequence entries are not allowed", "a '- ' is not possible here", "the list on the lines below its key"),
    ("found unexpected end of stream", "the quote that opens here is never closed", "a closing quote"),
    (
        "found unknown escape character '(?P<it>.)'",
        "'\\{it}' means nothing between double quotes",
        "'\\\\' for a backslash, or single quotes",
    ),
    (r"expected ',' or '\]'", "the list that opens with '[' is not closed before this", "',' or ']'"),
    (r"expected ',' or '\}'", "the mapping that opens with '{{' is not closed before this", "',' or '}}'"),
    (
        "expected <block end>, but found '<scalar>'",
        "this text does not belong to what stands before it",
        "one value after a key; quotes around the whole text",
    ),
    (
        "expected <block end>",
        "this line is not indented like its neighbours",
        "the same indentation for all keys of one part",
    ),
    ("could not find expected ':'", "a key without ':'", "key: value"),
    ("expected '<document start>'", "nothing may follow here; the policy has ended", None),
    (
        "expected alphabetic or numeric",
        "'&' and '*' start anchors and aliases, which a policy has not",
        "quotes around the text",
    ),
    ("did not find expected", "this cannot be read as YAML", None),
)


def unreadable_character(text: str) -> tuple[int, int, str] | None:
    """Line, column and words for the first character that no YAML file may hold; None if there is none."""
    found = _UNREADABLE.search(text)
    if not found:
        return None
    before = text[: found.start()]
    line = before.count("\n") + 1
    column = found.start() - (before.rfind("\n") + 1) + 1
    return line, column, f"the character U+{ord(found.group()):04X} cannot be read; is this a text file in UTF-8?"


def in_words(error: Exception) -> tuple[int, int, str, str | None]:
    """Line, column, message and what was expected instead."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", None) or "")
    context_mark = getattr(error, "context_mark", None)
    if "unexpected end of stream" in problem and context_mark is not None:
        mark = context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    if not isinstance(error, yaml.YAMLError):
        return line, column, "a number in an escape or directive is too large to be read as YAML", None
    for pattern, message, expected in _WORDS:
        found = re.search(pattern, problem)
        if found:
            return line, column, message.format(**found.groupdict()), expected and expected.format(**found.groupdict())
    return line, column, f"this cannot be read as YAML: {problem or 'it ends too early'}", None
