"""Conditions against records: the org's answer without asking the org.

Logic is two-valued: a comparison holds or does not, and NOT turns exactly that round. So `Status != 'New'`,
`Status NOT IN ('New')` and `NOT Status = 'New'` all hold where Status is null, and `NOT Amount > 5` holds where Amount
is null; a three-valued SQL would drop these rows. The core compiles each condition of the policy once; the emulator
does so once per query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from sfassign.soql.compare import Test, includes, membership, negated, test_of
from sfassign.soql.errors import SoqlNotEvaluable
from sfassign.soql.functions import date_function, operand_path
from sfassign.soql.order import Calendar
from sfassign.soql.tree import (
    And,
    Comparison,
    Condition,
    InList,
    InQuery,
    Not,
    Operand,
    Or,
    Path,
    SetOperator,
    Value,
)

Predicate = Callable[[Mapping[str, object], dt.datetime], bool]


def matches(
    condition: Condition,
    record: Mapping[str, object],
    now: dt.datetime,
    timezone: dt.tzinfo,
    week_starts: int = 6,
    fiscal_start: int = 1,
) -> bool:
    """Whether the condition holds for a flat record (see `flatten`) at the aware instant `now`.

    `timezone`, `week_starts` (Monday = 0) and `fiscal_start` (month) are the running user's and the org's. Raises
    SoqlNotEvaluable for what only the org can decide. For many records, `compile_condition` once.
    """
    return compile_condition(condition, timezone, week_starts, fiscal_start)(record, now)


def compile_condition(
    condition: Condition, timezone: dt.tzinfo, week_starts: int = 6, fiscal_start: int = 1
) -> Predicate:
    """The condition as a function of a flat record and an aware instant; literals are prepared once, here.

    Raises SoqlNotEvaluable for what only the org can decide, so a policy that passes here never fails in a cycle.
    """
    return _compile(condition, Calendar(timezone, week_starts, fiscal_start))


def _compile(condition: Condition, calendar: Calendar) -> Predicate:
    match condition:
        case And(terms):
            return _all(tuple(_compile(term, calendar) for term in terms))
        case Or(terms):
            return _any(tuple(_compile(term, calendar) for term in terms))
        case Not(term):
            return _not(_compile(term, calendar))
        case Comparison(operand, operator, value):
            return _over(operand, test_of(operator, value, _field(operand), calendar), calendar)
        case InList(operand, operator, values):
            return _over(operand, _list_test(operator, values, _field(operand), calendar), calendar)
        case InQuery():
            raise SoqlNotEvaluable(f"only the org can decide a semi-join: {condition}")


def _all(tests: tuple[Predicate, ...]) -> Predicate:
    def test(record: Mapping[str, object], now: dt.datetime) -> bool:
        for one in tests:  # noqa: SIM110  (all() over a generator takes twice as long, and this is the inner loop)
            if not one(record, now):
                return False
        return True

    return test


def _any(tests: tuple[Predicate, ...]) -> Predicate:
    def test(record: Mapping[str, object], now: dt.datetime) -> bool:
        for one in tests:  # noqa: SIM110  (as above)
            if one(record, now):
                return True
        return False

    return test


def _not(test: Predicate) -> Predicate:
    return lambda record, now: not test(record, now)


def _field(operand: Operand) -> Path | None:
    return operand if isinstance(operand, Path) else None


def _over(operand: Operand, test: Test, calendar: Calendar) -> Predicate:
    if isinstance(operand, Path):
        key = operand.key
        return lambda record, now: test(record.get(key), now)
    key = operand_path(operand)[0].key
    apply = date_function(operand, calendar.timezone, calendar.fiscal_start)
    return lambda record, now: test(apply(record.get(key)), now)


def _list_test(operator: SetOperator, values: tuple[Value, ...], path: Path | None, calendar: Calendar) -> Test:
    if operator in (SetOperator.INCLUDES, SetOperator.EXCLUDES):
        test = includes(values)
    else:
        test = membership(values, path, calendar)
    return negated(test) if operator in (SetOperator.NOT_IN, SetOperator.EXCLUDES) else test
