"""The columns of a result, read as `sf data query` reads them before it prints its table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from sfassign.emulator import LocalOrg

from .conftest import Client, Company, new_lead

Column = dict[str, Any]


def read(columns: list[Column]) -> Iterator[tuple[str, Any]]:
    """Kind and name of each, by the rules of salesforcecli/plugin-data: a subquery is aggregate and joins, a function
    is aggregate and joins nothing, everything else is a field, those of a parent behind its name."""
    for column in columns:
        name, joined = column["columnName"], column["joinColumns"]
        if joined and column["aggregate"]:
            yield "subquery", (name, list(read(joined)))
        elif joined:
            yield from (("field", f"{name}.{path}") for one in joined for path in paths(one))
        elif column["aggregate"]:
            yield "function", (column["displayName"], None if name.startswith("expr") else name)
        else:
            yield "field", name


def paths(column: Column) -> list[str]:
    name = column["columnName"]
    return [f"{name}.{path}" for one in column["joinColumns"] for path in paths(one)] or [name]


def asked(client: Client, soql: str) -> Column:
    body: Column = client("GET", f"query?columns=true&q={quote(soql)}").body
    return body


@pytest.mark.parametrize(
    ("soql", "expected"),
    [
        ("SELECT Id, Name FROM Lead", [("field", "Id"), ("field", "Name")]),
        (
            "SELECT Name, Owner.Name, Owner.Profile.Name FROM Lead",
            [("field", "Name"), ("field", "Owner.Name"), ("field", "Owner.Profile.Name")],
        ),
        (
            "SELECT Name, (SELECT LastName, Account.Owner.Name FROM Contacts) FROM Account",
            [
                ("field", "Name"),
                ("subquery", ("Contacts", [("field", "LastName"), ("field", "Account.Owner.Name")])),
            ],
        ),
        (
            "SELECT Rating, COUNT(Id), MAX(CreatedDate) latest FROM Lead GROUP BY Rating",
            [("field", "Rating"), ("function", ("count(Id)", None)), ("function", ("max(CreatedDate)", "latest"))],
        ),
        (
            "SELECT TYPEOF Owner WHEN User THEN Email ELSE Name END FROM Lead",
            [("field", "Owner.Email"), ("field", "Owner.Name")],
        ),
    ],
)
def test_the_command_line_finds_every_column(client: Client, soql: str, expected: list[Any]) -> None:
    assert list(read(asked(client, soql)["columnMetadata"])) == expected


def test_a_column_says_what_kind_of_value_it_holds(client: Client) -> None:
    found = asked(client, "SELECT Id, Name, IsConverted, NumberOfEmployees, CreatedDate, Owner.Name FROM Lead")
    kinds = {
        one["columnName"]: [kind for kind in ("textType", "booleanType", "numberType") if one[kind]]
        for one in found["columnMetadata"]
    }
    assert kinds == {
        "Id": [],
        "Name": ["textType"],
        "IsConverted": ["booleanType"],
        "NumberOfEmployees": ["numberType"],
        "CreatedDate": [],
        "Owner": [],
    }
    assert found["columnMetadata"][-1]["foreignKeyName"] == "OwnerId"
    assert (found["entityName"], found["idSelected"], found["groupBy"], found["keyPrefix"]) == (
        "Lead",
        True,
        False,
        "00Q",
    )


def test_a_grouped_field_is_no_function(client: Client) -> None:
    found = asked(client, "SELECT Owner.Name, COUNT(Id) FROM Lead GROUP BY Owner.Name")
    assert [(one["columnName"], one["aggregate"], one["numberType"]) for one in found["columnMetadata"]] == [
        ("Name", False, False),
        ("expr0", True, True),
    ]
    assert (found["entityName"], found["groupBy"]) == ("Lead", True)


def test_every_value_of_a_record_is_found_under_its_column(org: LocalOrg, client: Client, company: Company) -> None:
    new_lead(org, OwnerId=company.ann)
    soql = "SELECT Name, Owner.Name, Owner.Profile.Name, IsConverted FROM Lead"
    (record,) = client.query(soql).body["records"]
    for _, path in read(asked(client, soql)["columnMetadata"]):
        value: Any = record
        for step in path.split("."):
            value = None if value is None else value[step]
        assert not isinstance(value, dict)


def test_a_query_that_is_none_has_no_columns(client: Client) -> None:
    answer = client("GET", "query?columns=true&q=SELECT+Nope+FROM+Lead")
    assert (answer.status, answer.code) == (400, "INVALID_FIELD")
