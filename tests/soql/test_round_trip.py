"""Laws: text and tree are two forms of the same thing, and a compiled condition does what a plain reading would."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfassign.soql import SoqlSyntaxError, compile_condition, parse, parse_condition
from sfassign.soql.literals import utc_text
from sfassign.soql.tree import (
    And,
    Boolean,
    Comparator,
    Comparison,
    Condition,
    Date,
    DateLiteral,
    DateTime,
    FieldSet,
    From,
    Function,
    GroupBy,
    InList,
    InQuery,
    Not,
    Null,
    Number,
    Or,
    OrderItem,
    Path,
    Query,
    SelectField,
    SetOperator,
    SubQuery,
    Text,
    TypeOf,
    Value,
    When,
)

NOW = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)

names = st.sampled_from(["Id", "Name", "OwnerId", "Group", "Order", "Type", "End", "View", "ns__Field__c", "Case"])
paths = st.lists(names, min_size=1, max_size=3).map(lambda parts: Path(tuple(parts)))
functions = st.builds(
    lambda name, path: Function(name, (path,)), st.sampled_from(["COUNT", "CALENDAR_YEAR", "toLabel"]), paths
)
operands = paths | functions
texts = st.text(max_size=8).map(lambda text: Text(text, text.replace("\\", "\\\\")))
patterns = st.lists(st.sampled_from(["a", "%", "_", "\\%", "\\_", "\\\\", "'", "\n", "É"]), max_size=6).map(
    lambda parts: Text("".join(part[-1] for part in parts), "".join(parts))
)
values: st.SearchStrategy[Value] = st.one_of(
    texts,
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9).map(
        lambda number: Number(f"{number:f}")
    ),
    st.booleans().map(Boolean),
    st.just(Null()),
    st.dates(dt.date(1700, 1, 1), dt.date(4000, 12, 31)).map(Date),
    st.integers(-(10**9), 10**9)
    .map(lambda s: dt.datetime.fromtimestamp(s, dt.UTC))
    .map(lambda at: DateTime(at, utc_text(at))),
    st.sampled_from([DateLiteral("TODAY"), DateLiteral("LAST_N_DAYS", 7), DateLiteral("N_FISCAL_YEARS_AGO", 0)]),
)
orders = [operator for operator in Comparator if operator is not Comparator.LIKE]
leaves: st.SearchStrategy[Condition] = st.one_of(
    st.builds(Comparison, operands, st.sampled_from(orders), values),
    st.builds(Comparison, operands, st.just(Comparator.LIKE), patterns),
    st.builds(InList, operands, st.sampled_from(SetOperator), st.lists(values, min_size=1, max_size=3).map(tuple)),
)


def joined(terms: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(terms, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, terms) | st.builds(And, several) | st.builds(Or, several)


conditions = st.recursive(leaves, joined, max_leaves=8)
sources = st.lists(st.builds(From, paths, st.none() | st.just("al")), min_size=1, max_size=2).map(tuple)
semi_joins = st.builds(
    lambda path, source, where: Query((SelectField(path),), source, where), paths, sources, st.none() | conditions
)
conditions_with_joins = st.recursive(
    leaves | st.builds(InQuery, paths, st.sampled_from([SetOperator.IN, SetOperator.NOT_IN]), semi_joins),
    joined,
    max_leaves=4,
)
several_paths = st.lists(paths, min_size=1, max_size=2).map(tuple)
fields = st.builds(SelectField, operands, st.none() | st.just("n"))
typeofs = st.builds(
    TypeOf,
    paths,
    st.lists(st.builds(When, names, several_paths), min_size=1, max_size=2).map(tuple),
    st.none() | several_paths,
)
subqueries = st.builds(
    lambda source, limit: SubQuery(Query((SelectField(Path(("Id",))),), source, limit=limit)),
    sources,
    st.none() | st.integers(0, 9),
)
items = st.one_of(fields, st.sampled_from(["ALL", "CUSTOM", "STANDARD"]).map(FieldSet), typeofs, subqueries)
queries = st.builds(
    Query,
    st.lists(items, min_size=1, max_size=3).map(tuple),
    sources,
    where=st.none() | conditions_with_joins,
    group_by=st.builds(
        GroupBy, st.lists(operands, min_size=1, max_size=2).map(tuple), st.sampled_from([None, "ROLLUP", "CUBE"])
    ),
    having=st.none() | conditions,
    order_by=st.lists(st.builds(OrderItem, operands, st.booleans(), st.none() | st.booleans()), max_size=2).map(tuple),
    limit=st.none() | st.integers(0, 2**31 - 1),
    offset=st.none() | st.integers(0, 2_000),
    scope=st.none() | st.just("mine"),
    with_filter=st.none() | st.sampled_from(["SECURITY_ENFORCED", "DATA CATEGORY a AT (b, c)", "n = 'it\\'s'"]),
    for_clause=st.sampled_from([(), ("VIEW",)]),
    update=st.sampled_from([(), ("TRACKING", "VIEWSTAT")]),
)


@settings(deadline=None)  # the grammar is built within the first example
@given(conditions_with_joins)
def test_condition_survives_its_own_text(condition: Condition) -> None:
    assert parse_condition(str(condition)) == condition


@settings(deadline=None)  # the grammar is built within the first example
@given(queries)
def test_query_survives_its_own_text(query: Query) -> None:
    assert parse(str(query)) == query


@settings(deadline=None)  # the grammar is built within the first example
@given(st.text(alphabet="aA1 '\"\\%_().,:;=<>!-+TZ\n", max_size=40))
def test_no_text_causes_anything_but_a_syntax_error(text: str) -> None:
    for read in (parse, parse_condition):
        try:
            tree = read(text)
        except SoqlSyntaxError as error:
            place = error.column
        else:
            place = 1
            assert read(str(tree)) == tree
        assert 1 <= place <= len(text) + 1


# --- an independent reading of text and number comparisons ------------------------------------------------------------


def plain(condition: Condition, record: dict[str, object]) -> bool:
    if isinstance(condition, Not):
        return not plain(condition.term, record)
    if isinstance(condition, And):
        return all(plain(term, record) for term in condition.terms)
    if isinstance(condition, Or):
        return any(plain(term, record) for term in condition.terms)
    assert isinstance(condition, Comparison | InList)
    assert isinstance(condition.operand, Path)
    found = record.get(condition.operand.key)
    if isinstance(condition, InList):
        among = any(same(found, value) for value in condition.values)
        return among is (condition.operator is SetOperator.IN)
    return compares(condition.operator, found, condition.value)


def same(found: object, value: Value) -> bool:
    left, right = key(found), key(value)
    return left == right and type(left) is type(right)


def compares(operator: Comparator, found: object, value: Value) -> bool:
    if operator in (Comparator.EQ, Comparator.NE):
        return same(found, value) is (operator is Comparator.EQ)
    left, right = key(found), key(value)
    if left is None or right is None or type(left) is not type(right):
        return False
    low, high = sorted([left, right])
    if low == high:
        return operator in (Comparator.LE, Comparator.GE)
    return (operator in (Comparator.LT, Comparator.LE)) is (left == low)


def key(value: object) -> str | Fraction | None:
    """Text without capitals, numbers exactly, '' as null."""
    if isinstance(value, Text):
        value = value.value
    if isinstance(value, Number):
        return value.value
    if isinstance(value, int | float):
        return Fraction(repr(value))
    return value.lower() or None if isinstance(value, str) else None


short = st.sampled_from(["", "a", "A", "b", "ab", "B"])
plain_values = short.map(lambda text: Text(text, text)) | st.sampled_from(
    [Null(), Number("1"), Number("1.5"), Number("-0.1"), Number("2")]
)
plain_fields = st.sampled_from(["A", "B"]).map(lambda name: Path((name,)))
plain_leaves: st.SearchStrategy[Condition] = st.builds(
    Comparison, plain_fields, st.sampled_from(orders), plain_values
) | st.builds(
    InList,
    plain_fields,
    st.sampled_from([SetOperator.IN, SetOperator.NOT_IN]),
    st.lists(plain_values, min_size=1, max_size=3).map(tuple),
)
found_values = st.none() | short | st.sampled_from([1, 2, 1.5, -0.1, 0])


@settings(deadline=None)  # the grammar is built within the first example
@given(st.recursive(plain_leaves, joined, max_leaves=6), found_values, found_values)
def test_compiled_condition_agrees_with_a_plain_reading(condition: Condition, a: object, b: object) -> None:
    record = {"a": a, "b": b}
    assert compile_condition(condition, dt.UTC)(record, NOW) is plain(condition, record)


@pytest.mark.parametrize(
    "node", [Path(("A",)), Text("it's", "it's"), Not(Comparison(Path(("A",)), Comparator.EQ, Null()))]
)
def test_every_node_has_a_text(node: object) -> None:
    assert str(node) in ("A", r"'it\'s'", "NOT A = NULL")
