"""What is SOQL over the API and what is not, by Salesforce's own rules."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from sfassign.soql import SoqlSyntaxError, parse, parse_condition
from sfassign.soql.tree import (
    And,
    Boolean,
    Comparator,
    Comparison,
    Date,
    DateLiteral,
    DateTime,
    FieldSet,
    From,
    Function,
    InList,
    InQuery,
    Not,
    Null,
    Number,
    Or,
    OrderItem,
    Path,
    SelectField,
    SetOperator,
    SubQuery,
    Text,
    Time,
    TypeOf,
    Value,
    When,
)

VALID_QUERIES = """
SELECT Id FROM Lead
select Id, Name from Lead
SELECT COUNT() FROM Lead LIMIT 5
SELECT count ( ) FROM Lead
SELECT COUNT(Id) total, MAX(Amount) FROM Opportunity
SELECT Id x, Name y FROM Lead
SELECT Id FROM Lead l WHERE l.Status = 'New'
SELECT Id FROM Lead AS l
SELECT Id FROM Contact c, c.Account a
SELECT FIELDS(ALL) FROM Lead LIMIT 200
SELECT FIELDS(standard), Id FROM Lead
SELECT toLabel(Status), FORMAT(convertCurrency(Amount)) x FROM Opportunity
SELECT DISTANCE(Loc__c, GEOLOCATION(37.775,-122.418), 'mi') FROM Lead
SELECT Id FROM Lead WHERE DISTANCE(Loc__c, GEOLOCATION(-10, +10.5), 'km') < 20
SELECT Id FROM Lead ORDER BY DISTANCE(a, GEOLOCATION(1,2), 'mi') DESC
SELECT TYPEOF What WHEN Account THEN Phone, Owner.Name WHEN User THEN Email ELSE Name END FROM Event
SELECT TYPEOF What WHEN Account THEN Phone END, Id FROM Event
SELECT Id, (SELECT Id, (SELECT Id FROM Cases) FROM Contacts LIMIT 5) FROM Account
SELECT (SELECT COUNT() FROM Contacts) FROM Account
SELECT Id FROM Lead USING SCOPE mine WHERE a = 1
SELECT Id FROM Lead WITH SECURITY_ENFORCED
SELECT Id FROM Lead WITH a = 'x' WITH USER_MODE
SELECT Id FROM Lead WITH RecordVisibilityContext (maxDescriptorPerRecord=100, supportsDomains=true)
SELECT Id FROM Q WITH DATA CATEGORY a AT b__c AND c ABOVE (d, e) AND f ABOVE_OR_BELOW g
SELECT Type FROM Lead GROUP BY Type HAVING COUNT(Id) > 1 AND (SUM(x) < 5 OR Type = 'x')
SELECT Id FROM Lead GROUP BY ROLLUP(a, b, CALENDAR_YEAR(convertTimezone(d)))
SELECT Id FROM Lead GROUP BY CUBE (a, b)
SELECT Id FROM Lead ORDER BY a DESC NULLS LAST, b ASC NULLS FIRST, COUNT(Id)
SELECT Id FROM Lead LIMIT 0
SELECT Id FROM Lead LIMIT 5 OFFSET 6
SELECT Id FROM Lead LIMIT 5OFFSET 6
SELECT Id FROM Lead FOR VIEW
SELECT Id FROM Lead FOR REFERENCE UPDATE TRACKING, VIEWSTAT
SELECT Id FROM Lead WHERE OwnerId IN (SELECT Id FROM User) OR A = 1
SELECT Id FROM Lead WHERE Id NOT IN (SELECT LeadId FROM X WHERE a = 1 WITH b = 'c')
SELECT Id,Name,(SELECT Id FROM Contacts)FROM Account
SELECT Id FROM Lead WHERE a='x'AND(b='y')
""".strip().splitlines()

INVALID_QUERIES = """
SELECT * FROM Lead
SELECT FROM Lead
SELECT Id, FROM Lead
SELECT Id FROM
SELECT Id AS x FROM Lead
SELECT Id FROM Lead;
SELECT Id FROM Lead FOR UPDATE
SELECT Id FROM Lead FOR VIEW FOR REFERENCE
SELECT Id FROM Lead ALL ROWS
SELECT Id FROM Lead -- x
SELECT Id FROM Lead /* x */
SELECT Id FROM Lead LIMIT '5'
SELECT Id FROM Lead LIMIT 1.5
SELECT Id FROM Lead LIMIT 2147483648
SELECT Id FROM Lead OFFSET 1 LIMIT 2
SELECT Id FROM Lead LIMIT 5 ORDER BY a
SELECT Id FROM Lead WHERE a = 1 WHERE b = 2
SELECT Id FROM Lead HAVING COUNT(Id) > 1
SELECT Id FROM Lead GROUP BY ROLLUP()
SELECT Id FROM Lead ORDER BY 1
SELECT Id FROM Lead ORDER BY a NULLS
SELECT COUNT() c FROM Lead
SELECT COUNT(), Id FROM Lead
SELECT Id, COUNT() FROM Lead
SELECT SUM() FROM Lead
SELECT SUM(a, b) FROM Lead
SELECT FOO('x') FROM Lead
SELECT convertCurrency(calendar_year(convertTimezone(d))) FROM account
SELECT DISTANCE(a, b, 'mi') FROM Lead
SELECT ((SELECT Id FROM Contacts)) FROM Account
SELECT (Id) FROM Account
SELECT TYPEOF What ELSE e END FROM Event
SELECT TYPEOF What WHEN Account, User THEN a END FROM Event
SELECT Id FROM Lead USING mine
SELECT Id FROM Lead USING SCOPE
SELECT Id FROM Lead WITH a = 'x' OR b = 'y'
SELECT Id FROM Lead WITH DATA CATEGORY a AT b OR c AT d
SELECT Id FROM Lead WHERE Id IN (SELECT Id FROM User LIMIT 5)
SELECT Id FROM Lead WHERE Id IN (SELECT Id, Name FROM User)
SELECT Id FROM Lead WHERE Id IN (SELECT COUNT() FROM User)
SELECT $a FROM Lead
SELECT _a FROM Lead
SELECT 1a FROM Lead
SELECT Id\u00a0FROM Lead
""".strip().splitlines()

VALID_CONDITIONS = r"""
(A = 1 AND B = 2) OR C = 3
A = 1 AND (NOT B LIKE 'x%')
(NOT(A = 1))
NOT (NOT A = 1)
NOT A IN ('x')
A IN (null, 'x', 5, true, 2020-01-01, TODAY)
A INCLUDES ('a;b', 'c')
A EXCLUDES ('a')
A <> 1
A < = 5
A = - 5
A = .5
A = +5.5
A=1and b=2
A = usd5000.50
D = LAST_N_DAYS : 5
D > 2026-01-01T00:00:00.000+0000
D > 2026-01-01t00:00:00z
D > 2026-01-01T00:00:00-15:00
T = 10:00:00.000Z
A = 'it\'s'
A = '\n\N\r\R\t\T\b\B\"\'\\\u0041\U0041'
A LIKE '100\%\_'
A LIKE null
CALENDAR_YEAR(CreatedDate) IN (2026)
Owner. Name = 'x'
A = ''
A = 'ü€😀	'
""".strip().splitlines()

INVALID_CONDITIONS = r"""
A = 1 AND B = 2 OR C = 3
A = 1 OR B = 2 AND C = 3
NOT A = 1 AND B = 2
A = 1 AND NOT B = 2
NOT NOT A = 1
A IN ()
A IN ('x',)
A IN (('x'))
A IN 'x'
A IS NULL
A IS NOT NULL
A BETWEEN 1 AND 2
A == 1
A => 1
A <=> 1
1 = A
A = B
A = (1)
(A) = 1
A
()
A = 'it''s'
A = "x"
A = 'x
A = 'x\q'
A = 'x\%'
A = '\u004'
A NOT LIKE 'x'
A NOT INCLUDES ('x')
A INCLUDES ()
A LIKE ('x')
A = 5.
A = 1e5
A = +-5
A = 5L
A = 1_000
A = USD 5
A = USD-5
D > 2026-01-01T00:00:00
D > 2026-01-01T00:00Z
D > 2026-01-01T00:00:00.12Z
D > 2026-01-01T00:00:00+1:00
D > 2026-01-01T00:00:00-25:00
D > 2026-13-01
D > 2026-02-30
D > 2026-1-1
D > 2026-01-01T25:00:00Z
D = LAST_N_HOURS:7
D = LAST_N_DAYS:-5
D = LAST_N_DAYS
D = TODAY:5
D = LAST_60_DAYS
A = :x
COUNT() = 1
FOO(BAR(BAZ(A))) = 1
A + 5 = 5
A..B = 1
Like = 5
DISTANCE(a, GEOLOCATION(1,2), 'mi') IN (20)
""".strip().splitlines()


@pytest.mark.parametrize("text", VALID_QUERIES)
def test_query_is_accepted_and_its_text_means_the_same(text: str) -> None:
    tree = parse(text)
    assert parse(str(tree)) == tree


@pytest.mark.parametrize("text", INVALID_QUERIES)
def test_query_the_org_would_refuse_is_refused(text: str) -> None:
    with pytest.raises(SoqlSyntaxError):
        parse(text)


@pytest.mark.parametrize("text", VALID_CONDITIONS)
def test_condition_is_accepted_and_its_text_means_the_same(text: str) -> None:
    tree = parse_condition(text)
    assert parse_condition(str(tree)) == tree
    assert parse(f"SELECT Id FROM Lead WHERE {text}").where == tree


@pytest.mark.parametrize("text", INVALID_CONDITIONS)
def test_condition_the_org_would_refuse_is_refused(text: str) -> None:
    with pytest.raises(SoqlSyntaxError):
        parse_condition(text)
    with pytest.raises(SoqlSyntaxError):
        parse(f"SELECT Id FROM Lead WHERE {text}")


KEYWORDS_THAT_ARE_NAMES = re.findall(
    r"\w+",
    """
    data category at above below above_or_below offset view reference typeof when then end distance geolocation group
    order case fields scope flat tracking viewstat avg sum min max format tolabel grouping all rows today last_n_days
    status name type day_only mine team user_mode
    """,
)
RESERVED = re.findall(
    r"\w+",
    """
    and or true false with for limit where else having includes excludes in not by asc desc nulls select from as using
    null update first last like rollup cube count
    """,
)


@pytest.mark.parametrize("word", KEYWORDS_THAT_ARE_NAMES)
@pytest.mark.parametrize(
    "query",
    [
        "SELECT {} FROM Lead",
        "SELECT Id {} FROM Lead",
        "SELECT COUNT(Id) {} FROM Lead",
        "SELECT COUNT({}) FROM Lead",
        "SELECT Id FROM {}",
        "SELECT Id FROM Lead {}",
        "SELECT Id FROM Lead WHERE {} = 1",
        "SELECT Id FROM Lead WHERE a = 1 AND {} = 1",
        "SELECT Id FROM Lead GROUP BY {}",
        "SELECT Id FROM Lead ORDER BY {} DESC",
    ],
)
def test_keyword_is_a_name_where_a_name_is_expected(query: str, word: str) -> None:
    tree = parse(query.format(word))
    assert word in str(tree)
    assert parse(str(tree)) == tree


@pytest.mark.parametrize("word", RESERVED)
def test_reserved_word_is_a_name_only_next_to_a_dot(word: str) -> None:
    assert parse(f"SELECT {word}.Id, a.{word} FROM Lead")
    for query in ("SELECT {} FROM Lead", "SELECT Id {} FROM Lead", "SELECT Id FROM Lead WHERE {} = 1"):
        with pytest.raises(SoqlSyntaxError):
            parse(query.format(word))


def test_clauses_win_over_aliases_of_the_same_name() -> None:
    tree = parse("SELECT order FROM order order GROUP BY group ORDER BY offset LIMIT 1 OFFSET 5")
    assert tree.sources == (From(Path(("order",)), "order"),)
    assert tree.group_by is not None
    assert tree.order_by == (OrderItem(Path(("offset",))),)
    assert (tree.limit, tree.offset) == (1, 5)
    assert parse("SELECT Id FROM Lead offset 5").offset == 5
    assert parse("SELECT Id FROM Lead offset").sources[0].alias == "offset"


def test_names_keep_the_capitals_of_their_writer() -> None:
    tree = parse("select oWner.NaMe from lEad where CoUnT(iD) > 1")
    assert str(tree) == "SELECT oWner.NaMe FROM lEad WHERE CoUnT(iD) > 1"
    assert tree.object == "lEad"


A = Path(("A",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'it\\'s'", Text("it's", "it's")),
        ("'a\\\\b'", Text("a\\b", "a\\\\b")),
        ("'\\u00e4\\n'", Text("ä\n", "ä\n")),
        ("5", Number("5")),
        ("- 5.50", Number("-5.50")),
        ("USD5000.", Number("5000", "USD")),
        ("tRue", Boolean(True)),
        ("FALSE", Boolean(False)),
        ("null", Null()),
        ("2026-01-31", Date(dt.date(2026, 1, 31))),
        ("last_n_days: 7", DateLiteral("LAST_N_DAYS", 7)),
        ("Today", DateLiteral("TODAY")),
    ],
)
def test_value_is_read_as_meant(text: str, value: Value) -> None:
    assert parse_condition(f"A = {text}") == Comparison(A, Comparator.EQ, value)


def test_datetimes_and_times_are_kept_in_utc() -> None:
    moment = parse_condition("A > 2026-01-31T01:30:00+02:00")
    assert isinstance(moment, Comparison)
    assert isinstance(moment.value, DateTime)
    assert moment.value.value.isoformat() == "2026-01-30T23:30:00+00:00"
    assert str(moment) == "A > 2026-01-31T01:30:00+02:00"
    time = parse_condition("A > 01:30:00.000+0200")
    assert isinstance(time, Comparison)
    assert isinstance(time.value, Time)
    assert time.value.value.isoformat() == "23:30:00"


def test_like_keeps_escaped_wildcards_apart_from_real_ones() -> None:
    tree = parse_condition(r"A LIKE '100\%\\_%'")
    assert tree == Comparison(A, Comparator.LIKE, Text("100%\\_%", "100\\%\\\\_%"))
    assert str(tree) == r"A LIKE '100\%\\_%'"


def test_conditions_nest_as_written() -> None:
    one, two = Comparison(A, Comparator.EQ, Number("1")), Comparison(A, Comparator.NE, Number("2"))
    tree = parse_condition("(NOT A = 1) AND ((A = 1 OR A <> 2) AND (NOT (NOT A = 1)))")
    assert tree == And((Not(one), And((Or((one, two)), Not(Not(one))))))
    assert str(tree) == "(NOT A = 1) AND ((A = 1 OR A != 2) AND (NOT (NOT A = 1)))"
    assert parse_condition("(((A = 1)))") == one


def test_lists_and_semi_joins_are_different_nodes() -> None:
    assert parse_condition("A not  in ('x')") == InList(A, SetOperator.NOT_IN, (Text("x", "x"),))
    assert isinstance(parse_condition("A IN (SELECT Id FROM User)"), InQuery)


def test_select_items_are_told_apart() -> None:
    tree = parse(
        "SELECT Id, Count(Id) n, FIELDS(custom), (SELECT Id FROM Tasks), "
        "TYPEOF Owner WHEN User THEN Id, Email ELSE Name END FROM Case"
    )
    plain, counted, fields, tasks, owner = tree.select
    assert plain == SelectField(Path(("Id",)))
    assert counted == SelectField(Function("Count", (Path(("Id",)),)), "n")
    assert fields == FieldSet("CUSTOM")
    assert isinstance(tasks, SubQuery)
    assert tasks.query.object == "Tasks"
    assert owner == TypeOf(Path(("Owner",)), (When("User", (Path(("Id",)), Path(("Email",)))),), (Path(("Name",)),))


def test_every_clause_lands_in_its_field() -> None:
    tree = parse(
        "SELECT Type FROM Lead USING SCOPE mine WHERE a = 1 WITH SECURITY_ENFORCED GROUP BY ROLLUP(Type) "
        "HAVING COUNT(Id) > 1 ORDER BY Type DESC NULLS LAST LIMIT 5 OFFSET 6 FOR VIEW UPDATE TRACKING, VIEWSTAT"
    )
    assert tree.scope == "mine"
    assert tree.with_filter == "SECURITY_ENFORCED"
    assert tree.group_by is not None
    assert tree.group_by.kind == "ROLLUP"
    assert tree.having is not None
    assert tree.order_by == (OrderItem(Path(("Type",)), descending=True, nulls_last=True),)
    assert (tree.limit, tree.offset) == (5, 6)
    assert tree.for_clause == ("VIEW",)
    assert tree.update == ("TRACKING", "VIEWSTAT")


def test_trees_can_be_dictionary_keys() -> None:
    text = "SELECT Id FROM Lead WHERE A IN ('x') AND B = TODAY"
    assert {parse(text): 1}[parse(text)] == 1


def test_size_and_depth_are_limited() -> None:
    assert parse_condition("(" * 200 + "A = 1" + ")" * 200)
    with pytest.raises(SoqlSyntaxError, match="within each other"):
        parse_condition("(" * 201 + "A = 1" + ")" * 201)
    with pytest.raises(SoqlSyntaxError, match="longer"):
        parse_condition(f"A = '{'x' * 100_000}'")
    for endless in ("A = {}", "A = 1.{}", "A = USD{}", "A = LAST_N_DAYS:{}"):
        with pytest.raises(SoqlSyntaxError):
            parse_condition(endless.format("9" * 5_000))
    with pytest.raises(SoqlSyntaxError):
        parse(f"SELECT Id FROM Lead LIMIT {'9' * 5_000}")
    assert parse_condition(" OR ".join(["(A = 1)"] * 5_000))
