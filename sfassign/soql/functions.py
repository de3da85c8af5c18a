"""The date functions of SOQL on JSON values: `CALENDAR_MONTH`, `DAY_ONLY`, `HOUR_IN_DAY` and their kin.

On datetimes they look at UTC unless `convertTimezone` is inside; on dates there is no zone. Weeks are counted from the
1st (of the month, of the year), not from a weekday, as the reference says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sfassign.soql.dates import moment
from sfassign.soql.errors import SoqlNotEvaluable
from sfassign.soql.tree import Function, Path

DateFunction = Callable[[dt.datetime, int], int | str]

DATE_FUNCTIONS: dict[str, DateFunction] = {
    "CALENDAR_MONTH": lambda at, _: at.month,
    "CALENDAR_QUARTER": lambda at, _: (at.month + 2) // 3,
    "CALENDAR_YEAR": lambda at, _: at.year,
    "DAY_IN_MONTH": lambda at, _: at.day,
    "DAY_IN_WEEK": lambda at, _: at.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda at, _: at.timetuple().tm_yday,
    "DAY_ONLY": lambda at, _: at.date().isoformat(),
    "FISCAL_MONTH": lambda at, start: (at.month - start) % 12 + 1,
    "FISCAL_QUARTER": lambda at, start: (at.month - start) % 12 // 3 + 1,
    "FISCAL_YEAR": lambda at, start: at.year + (1 < start <= at.month),
    "HOUR_IN_DAY": lambda at, _: at.hour,
    "WEEK_IN_MONTH": lambda at, _: (at.day + 6) // 7,
    "WEEK_IN_YEAR": lambda at, _: (at.timetuple().tm_yday + 6) // 7,
}
"""By upper-case name; the second argument is the month in which the fiscal year starts. A fiscal year that does not
start in January has the name of the calendar year in which it ends."""


def operand_path(function: Function) -> tuple[Path, bool]:
    """The field a date function looks at, and whether in the user's zone. Raises SoqlNotEvaluable for any other."""
    inner = function.arguments[0] if function.arguments else None
    local = isinstance(inner, Function) and inner.kind == "CONVERTTIMEZONE"
    if local and isinstance(inner, Function):
        inner = inner.arguments[0]
    if function.kind not in DATE_FUNCTIONS or not isinstance(inner, Path):
        raise SoqlNotEvaluable(f"only the org can compute {function}")
    return inner, local


def date_function(function: Function, timezone: dt.tzinfo, fiscal_start: int) -> Callable[[object], int | str | None]:
    """The function over a JSON value (null stays null). Raises SoqlNotEvaluable for what is no date function."""
    _, local = operand_path(function)
    compute = DATE_FUNCTIONS[function.kind]
    zone = timezone if local else dt.UTC

    def apply(value: object) -> int | str | None:
        at = moment(value)
        if at is None:
            return None
        return compute(at if at.tzinfo is None else at.astimezone(zone), fiscal_start)

    return apply
