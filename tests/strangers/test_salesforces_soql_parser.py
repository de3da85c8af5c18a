"""Our SOQL grammar held against Salesforce's own parser (`@salesforce/soql-common`, as the REST API reads queries).

A query counts as SOQL here where both of Salesforce's published parsers take it, this one and the Apex front end.
`KNOWN_DIFFERENCES` are the places where this one says otherwise than we do, each with who or what is on our side.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfassign.soql import SoqlSyntaxError, parse
from tests.soql.test_corpus import entries
from tests.soql.test_round_trip import queries

from . import node

pytestmark = pytest.mark.timeout(400)

_TOKEN = re.compile(r"'(?:[^'\\]|\\.)*'|[A-Za-z_][\w.]*|\d[\w:.+-]*|<=|>=|!=|<>|\S", re.DOTALL)
_OUTSIDE = r"(?:'(?:[^'\\]|\\.)*'|[^'])*?"


@dataclass(frozen=True)
class Difference:
    """`theirs` is what soql-common says of an `example`; `mark` recognises such queries."""

    reason: str
    example: str
    theirs: bool
    mark: str


KNOWN_DIFFERENCES = [
    Difference(
        r"the reference lists the escape \f, the Apex front end takes it, soql-common only knows \F",
        r"SELECT Id FROM Lead WHERE City = 'a\f'",
        False,
        r"'(?:[^'\\]|\\.)*?\\f",
    ),
    Difference(
        "COUNT without parentheses as the name of a field, an object or an alias is refused by the Apex front end",
        "SELECT COUNT FROM Lead",
        True,
        rf"^{_OUTSIDE}\bCOUNT\b(?!\s*\(|\.)",
    ),
    Difference(
        "a function's name with a dot in it is refused by the Apex front end",
        "SELECT Owner.Name(Id) FROM Lead",
        True,
        rf"^{_OUTSIDE}\w\.\s*\w+\s*\(",
    ),
    Difference(
        "UPDATE with anything but TRACKING and VIEWSTAT is refused by the Apex front end",
        "SELECT Id FROM Lead UPDATE anything, VIEWSTAT",
        True,
        rf"^{_OUTSIDE}\bUPDATE\s+(?!(?:TRACKING|VIEWSTAT)(?:\s*,\s*(?:TRACKING|VIEWSTAT))?\s*\)?\s*$)",
    ),
    Difference(
        "AS without an alias behind it is refused by the Apex front end",
        "SELECT Id FROM Lead AS WHERE Id = '1'",
        True,
        rf"^{_OUTSIDE}\bAS\s*(?:,|\)|$|\b(?:WHERE|WITH|GROUP|HAVING|ORDER|LIMIT|OFFSET|FOR|UPDATE|USING)\b)",
    ),
    Difference(
        "a scope for each object of FROM: both parsers take it, the reference knows one scope behind all of FROM",
        "SELECT Id FROM Lead USING SCOPE mine, Group USING SCOPE mine",
        True,
        rf"^{_OUTSIDE}\bUSING\s+SCOPE\s+\w+\s*,",
    ),
    Difference(
        "a date literal without the number it needs: both parsers leave that to the org, which knows no such literal",
        "SELECT Id FROM Lead WHERE CreatedDate = LAST_N_DAYS",
        True,
        rf"^{_OUTSIDE}\b(?:(?:LAST|NEXT)_N_[A-Z_]+|N_[A-Z_]+_AGO)\b(?!\s*:\s*\d)",
    ),
    Difference(
        "a date literal with a number it does not take: likewise",
        "SELECT Id FROM Lead WHERE CreatedDate = TODAY:5",
        True,
        rf"^{_OUTSIDE}\b(?:YESTERDAY|TODAY|TOMORROW|(?:THIS|LAST|NEXT)_(?!N_)[A-Z0-9_]+)\s*:",
    ),
]


@dataclass
class Judge:
    """Salesforce's parser in a process of its own; asked once per query."""

    process: subprocess.Popen[str]

    def accepts(self, soql: str) -> bool:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(soql) + "\n")
        self.process.stdin.flush()
        return bool(json.loads(self.process.stdout.readline())["accepted"])


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with node.start("soql_verdicts.js") as process:
        yield Judge(process)
        process.terminate()


def ours(soql: str) -> bool:
    try:
        parse(soql)
    except SoqlSyntaxError:
        return False
    return True


def is_known(soql: str, *, theirs: bool) -> bool:
    return any(one.theirs is theirs and re.search(one.mark, soql, re.I | re.S) for one in KNOWN_DIFFERENCES)


def agree(judge: Judge, soql: str) -> bool:
    theirs = judge.accepts(soql)
    return ours(soql) is theirs or is_known(soql, theirs=theirs)


@pytest.mark.parametrize("difference", KNOWN_DIFFERENCES, ids=[one.reason for one in KNOWN_DIFFERENCES])
def test_each_known_difference_is_still_one(judge: Judge, difference: Difference) -> None:
    assert judge.accepts(difference.example) is difference.theirs
    assert ours(difference.example) is not difference.theirs
    assert re.search(difference.mark, difference.example, re.I | re.S)


@pytest.mark.parametrize("name", ["queries.json", "mutated.json", "omnichannel_realworld.json"])
def test_public_queries_get_the_same_verdict_from_both(judge: Judge, name: str) -> None:
    wrong = [text for text in (str(entry["soql"]) for entry in entries(name)) if ours(text) is not judge.accepts(text)]
    assert not wrong


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(queries)
def test_every_query_our_tree_can_say_is_taken_by_both(judge: Judge, query: object) -> None:
    assert agree(judge, str(query)), str(query)


WORDS = st.sampled_from(
    [
        *(
            "AND",
            "OR",
            "NOT",
            "(",
            ")",
            ",",
            "IN",
            "NOT IN",
            "LIKE",
            "INCLUDES",
            "null",
            "true",
            "'x'",
            "''",
            "5",
            "-1",
        ),
        *("LIMIT", "OFFSET", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "NULLS LAST", "DESC", "FOR VIEW", "FOR UPDATE"),
        *(
            "COUNT()",
            "COUNT(Id)",
            "Id",
            "Name",
            "Owner.Name",
            "TODAY",
            "LAST_N_DAYS:3",
            "2026-01-01",
            "USD5",
            "ALL ROWS",
        ),
        *(
            "2026-01-01T00:00:00Z",
            "TYPEOF",
            "WHEN",
            "THEN",
            "ELSE",
            "END",
            ":",
            "*",
            ".",
            "DISTANCE",
            "WITH",
            "AS",
            "==",
        ),
        *(
            "USING SCOPE mine",
            "FORMAT(Name)",
            "convertCurrency(Name)",
            "GROUPING(Name)",
            "ROLLUP(",
            "IS",
            "BETWEEN",
            ";",
        ),
    ]
)


@st.composite
def _damaged(draw: st.DrawFn) -> str:
    """A query with a word or two dropped, put in, replaced or swapped."""
    tokens = _TOKEN.findall(str(draw(queries)))
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.integers(0, len(tokens) - 1))
        match draw(st.sampled_from(["drop", "put in", "replace", "swap"])):
            case "drop" if len(tokens) > 1:
                tokens.pop(place)
            case "put in":
                tokens.insert(place, draw(WORDS))
            case "swap":
                other = draw(st.integers(0, len(tokens) - 1))
                tokens[place], tokens[other] = tokens[other], tokens[place]
            case _:
                tokens[place] = draw(WORDS)
    return " ".join(tokens)


@settings(max_examples=800, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_damaged())
def test_damaged_queries_get_the_same_verdict_from_both(judge: Judge, soql: str) -> None:
    assert agree(judge, soql), soql
