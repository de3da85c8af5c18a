"""What parser and evaluator raise: one error each, both ValueErrors."""

from __future__ import annotations


class SoqlSyntaxError(ValueError):
    """The org would answer MALFORMED_QUERY. `column` counts characters from 1 over the whole text, line ends included;
    `expected` names what could have stood there, readable for a person."""

    def __init__(self, message: str, column: int, expected: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.message} (column {self.column})"


class SoqlNotEvaluable(ValueError):
    """Only the org can decide this condition (a semi-join, DISTANCE, toLabel, a currency amount). Write it without, or
    let the org filter by it."""
