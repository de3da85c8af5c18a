"""What to tell a person whose query cannot be parsed: what stands there, what could, and how to mend it.

`parser.py` calls `syntax_error` with lark's complaint. The table of hints knows the habits people bring from SQL, from
Apex and from programming languages.
"""

from __future__ import annotations

import re

from lark import UnexpectedInput

from sfassign.soql.errors import SoqlSyntaxError

_VALUES = frozenset({"STRING", "NUMBER", "CURRENCY", "NULL", "DATE", "DATETIME", "TIME", "DATE_LITERAL"})
_READABLE = {
    "PATH": "a field",
    "FUNCTION": "a function",
    "DISTANCE": "a function",
    "COUNT_ALL": "COUNT()",
    "SCOPE_NAME": "a scope",
    "INTEGER": "a whole number",
    "STRING": "a text in single quotes",
    "_EQ": "=",
    "COMPARATOR": "a comparison",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": ",",
    "$END": "the end",
    "CATEGORY_OPERATOR": "AT, ABOVE or BELOW",
}
_COUNTED = re.compile(
    r"((LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S"
    r"|N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S_AGO)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z0-9_.]+|\S|$")


def syntax_error(text: str, error: UnexpectedInput) -> SoqlSyntaxError:
    """The error for the place where the text stops making sense."""
    at = _literal_start(text, _position(text, error))
    accepts = _accepts(error)
    found = _found(text, at)
    expected = _expected(accepts)
    hint = _hint(text, at, found, accepts)
    what = f"unexpected {found!r}" if found else "the text ends too early"
    return SoqlSyntaxError(hint or f"{what}: expected {_either(expected)}", at + 1, expected)


def _position(text: str, error: UnexpectedInput) -> int:
    """Where the first character stands that fits nowhere; the end of the text when it just stops."""
    token = getattr(error, "token", None)
    if token is not None and token.type == "$END":
        return len(text.rstrip())
    return error.pos_in_stream or 0


def _literal_start(text: str, at: int) -> int:
    """Where the date begins of which the year alone was read."""
    digits = re.search(r"\d{1,4}$", text[:at])
    return digits.start() if digits and re.match(r"[-/]\d", text[at:]) else at


def _accepts(error: UnexpectedInput) -> set[str]:
    """The terminals that would have been fine at the place of the error."""
    parser = error.interactive_parser
    accepts: set[str] = parser.accepts() if parser else set()  # type: ignore[no-untyped-call]  # lark has no types here
    return accepts or {"$END"}


def _found(text: str, at: int) -> str:
    match = _WORD.match(text, at)
    return match[0] if match else ""


def _expected(accepts: set[str]) -> tuple[str, ...]:
    names = ["a value"] if accepts >= _VALUES else []
    rest = sorted(accepts - _VALUES - {"TRUE", "FALSE"} if names else accepts, key=_rank)
    return tuple(dict.fromkeys(names + [_READABLE.get(name, name.strip("_").replace("_", " ")) for name in rest]))


def _rank(name: str) -> tuple[int, str]:
    order = list(_READABLE)
    return (order.index(name) if name in _READABLE else len(order) - 1, name)


def _either(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " or " + names[-1]


# --- hints ------------------------------------------------------------------------------------------------------------


def _hint(text: str, at: int, found: str, accepts: set[str]) -> str | None:
    return _logic_hint(text, at, found.upper(), accepts) or _habit_hint(text, at) or _value_hint(text, at, accepts)


def _logic_hint(text: str, at: int, word: str, accepts: set[str]) -> str | None:
    if {"AND": "_OR", "OR": "_AND"}.get(word) in accepts:
        return "AND and OR are mixed without parentheses: write (A AND B) OR C, or A AND (B OR C)"
    if word in ("AND", "OR") and re.search(r"\bNOT\b", text[:at], re.IGNORECASE) and "$END" in accepts | {"RPAR"}:
        return f"NOT beside {word} needs its own parentheses: write (NOT A) {word} B"
    if word == "NOT" and "PATH" in accepts:
        return "NOT inside a condition needs its own parentheses: write A AND (NOT B)"
    return None


_HABITS: tuple[tuple[str, str], ...] = (
    (r"IS\s+NOT\s+NULL\b", "SOQL has no IS NOT NULL: write != null"),
    (r"IS\s+NULL\b", "SOQL has no IS NULL: write = null"),
    (r"BETWEEN\b", "SOQL has no BETWEEN: write A >= 1 AND A <= 2"),
    (r"NOT\s+(LIKE|INCLUDES|EXCLUDES)\b", "write (NOT A LIKE 'x%'); for a multi-select picklist, EXCLUDES"),
    (r"&&", "SOQL has no &&: write AND"),
    (r"\|\|", "SOQL has no ||: write OR"),
    (r"!(?!=)", "SOQL has no !: write NOT, or != between field and value"),
    (r'"', "texts stand in single quotes: 'x'"),
    (r"--|//|/\*|#", "SOQL over the API has no comments"),
    (r":", "SOQL over the API has no bind variables: write the value itself"),
    (r";", "a query ends without a semicolon"),
    (r"\*", "SOQL has no *: name the fields, or write FIELDS(ALL) with LIMIT 200"),
    (r"UPDATE\s*$", "FOR UPDATE exists in Apex only, not over the API"),
    (r"(ALL\s+)?ROWS\b", "ALL ROWS exists in Apex only; over the API, use queryAll"),
    (r"LIMIT\b", "LIMIT stands once, near the end (ORDER BY, LIMIT, OFFSET), and not in a semi-join"),
    (r"\d{4}-\d\d-\d\dT", "a datetime ends in its zone: 2026-01-31T09:00:00Z or 2026-01-31T09:00:00+01:00"),
    (r"(?!\d{4}-\d\d-\d\d\b)\d{1,4}[-/]\d", "a date is written 2026-01-31, a datetime 2026-01-31T09:00:00Z"),
    (r"USING\b", "write USING SCOPE and a scope, directly behind FROM"),
    (r"WHERE\b", "WHERE stands once, directly behind FROM; a condition is what stands behind it"),
    (r"SELECT\b", "this is a whole query where only a condition or a field belongs"),
)
_HABITS_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), hint) for pattern, hint in _HABITS)


def _habit_hint(text: str, at: int) -> str | None:
    return next((hint for pattern, hint in _HABITS_COMPILED if pattern.match(text, at)), None)


def _value_hint(text: str, at: int, accepts: set[str]) -> str | None:
    """What goes wrong where a value should stand, or in the middle of one."""
    rest, before = text[at:], text[:at]
    if rest.startswith("'"):
        return _quote_hint(rest, before, accepts)
    if "STRING" not in accepts:
        return None
    if rest.startswith("="):
        return "SOQL compares with a single ="
    if rest.startswith(")"):
        return "a list of values needs at least one: null, if nothing else is meant"
    return _word_hint(rest)


def _quote_hint(rest: str, before: str, accepts: set[str]) -> str | None:
    if before.endswith("'"):
        return "a quote inside a text is written \\'"
    if "STRING" in accepts:
        return "this text has no closing quote" if "'" not in rest[1:] else "a text may not run over the end of a line"
    return None


def _word_hint(rest: str) -> str | None:
    word = re.match(r"[A-Za-z_][\w.]*", rest)
    if word is None:
        return None
    if _COUNTED.fullmatch(word[0]):
        return f"{word[0]} needs a number: {word[0]}:7"
    if re.match(r"(TO|YESTER)|(THIS|LAST|NEXT)_(?!N_)", word[0], re.IGNORECASE) and rest[len(word[0]) :][:1] == ":":
        return f"{word[0]} takes no number"
    if re.match(r"(LAST|NEXT|THIS|N)_", word[0], re.IGNORECASE):
        return f"SOQL knows no date literal {word[0]}: its units are days, weeks, months, quarters and years"
    return f"a text needs single quotes: '{word[0]}'"
