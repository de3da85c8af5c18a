"""API records as flat mappings: the only form in which conditions meet data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Scalar = str | int | float | bool | None


def flatten(record: Mapping[str, object]) -> dict[str, Scalar]:
    """A nested API record as flat: `{"Owner": {"Name": "Ann"}}` becomes `{"owner.name": "Ann"}`, names in lower case.

    `attributes` and child rows (a subquery's result, any other list) are left out. A parent that is null stays as one
    null; its fields are missing, which conditions read as null.
    """
    return dict(_fields(record, ""))


def _fields(record: Mapping[str, object], prefix: str) -> Iterator[tuple[str, Scalar]]:
    for name, value in record.items():
        path = prefix + name.lower()
        if name == "attributes" or isinstance(value, list):
            continue
        if isinstance(value, Mapping):
            if "records" not in value:
                yield from _fields(value, path + ".")
        elif value is None or isinstance(value, str | int | float):
            yield path, value
        else:
            raise TypeError(f"{path}: {type(value).__name__} is no JSON value")
