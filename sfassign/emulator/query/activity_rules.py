"""What a query for Activity History or Open Activities may not be, for users without View All Data.

Source: Object Reference, ActivityHistory, Usage: one record above, no WHERE, a fixed order, at most 500 rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from sfassign.soql.tree import Path, Query

from . import problems

MAX_ROWS = 500
ORDER = ["activitydate", "lastmodifieddate"]


def check_subquery(query: Query) -> None:
    """Raises ApiError."""
    name = query.object
    if query.where is not None:
        raise problems.malformed(f"WHERE is not allowed in a subquery of {name}")
    keys = [item.expression.key if isinstance(item.expression, Path) else "" for item in query.order_by]
    if keys and keys != ORDER:
        raise problems.malformed(f"{name} can only be sorted by ActivityDate, LastModifiedDate")
    if query.limit is not None and query.limit > MAX_ROWS:
        raise problems.malformed(f"LIMIT for {name} is at most {MAX_ROWS}")


def check_parents(name: str, parents: Sequence[str]) -> None:
    """Raises ApiError."""
    if len(parents) > 1:
        raise problems.malformed(f"a query with a subquery of {name} must find one record only: name its Id in WHERE")
