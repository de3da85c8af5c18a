"""The words of FIND {…} as a test of a record's texts.

Source: SOQL and SOSL Reference, FIND {SearchQuery}: words are what stands between spaces and punctuation, in any
capitals; AND is meant where nothing is said; parentheses bind first, then AND and AND NOT, then OR.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Texts = Sequence[Sequence[str]]
"""The words of each field."""
Words = Callable[[Texts], bool]
SHORTEST = 2

_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\(|\)|(?:[^\s()"\\]|\\.)+)')
_WORD = re.compile(r"\w+")


def split(text: str) -> list[str]:
    """The words of a field."""
    return [word.lower() for word in _WORD.findall(text)]


def wanted(find: str) -> Words | None:
    """The test of a whole FIND; None where it is no search at all."""
    tokens = _TOKEN.findall(find)
    if not tokens or _TOKEN.sub("", find).strip():
        return None
    try:
        test, rest = _either(tokens)
    except ValueError:
        return None
    return None if rest else test


def _either(tokens: list[str]) -> tuple[Words, list[str]]:
    left, rest = _both(tokens)
    while rest and rest[0].upper() == "OR":
        right, rest = _both(rest[1:])
        left = _or(left, right)
    return left, rest


def _both(tokens: list[str]) -> tuple[Words, list[str]]:
    left, rest = _single(tokens)
    while rest and rest[0] != ")" and rest[0].upper() != "OR":
        said = rest[0].upper() == "AND"
        rest = rest[1:] if said else rest
        negated = said and bool(rest) and rest[0].upper() == "NOT"
        right, rest = _single(rest[1:] if negated else rest)
        left = _and(left, _not(right) if negated else right)
    return left, rest


def _single(tokens: list[str]) -> tuple[Words, list[str]]:
    """ValueError where a word is missing, too short, or a parenthesis stays open."""
    if not tokens or tokens[0] == ")" or tokens[0].upper() in {"AND", "OR", "NOT"}:
        raise ValueError(tokens)
    if tokens[0] != "(":
        return _phrase(tokens[0].strip('"')), tokens[1:]
    inner, rest = _either(tokens[1:])
    if not rest or rest[0] != ")":
        raise ValueError(tokens)
    return inner, rest[1:]


def _phrase(text: str) -> Words:
    """Consecutive words of one field; `*` and `?` stand for characters unless a backslash is before them."""
    if len(text.replace("*", "")) < SHORTEST:
        raise ValueError(text)
    plain = re.sub(r"\\(.)", " ", text)
    parts = [re.compile(_pattern(part)) for part in re.findall(r"[\w*?]+", plain.lower())]

    def found(texts: Texts) -> bool:
        return any(_at(parts, words, place) for words in texts for place in range(len(words)))

    return found


def _pattern(part: str) -> str:
    return "".join({"*": r"\w*", "?": r"\w"}.get(char, re.escape(char)) for char in part)


def _at(parts: Sequence[re.Pattern[str]], words: Sequence[str], place: int) -> bool:
    window = words[place : place + len(parts)]
    return len(window) == len(parts) and all(map(re.Pattern.fullmatch, parts, window))


def _and(left: Words, right: Words) -> Words:
    return lambda texts: left(texts) and right(texts)


def _or(left: Words, right: Words) -> Words:
    return lambda texts: left(texts) or right(texts)


def _not(test: Words) -> Words:
    return lambda texts: not test(texts)
