"""DISTANCE(Address, GEOLOCATION(48.2, 16.4), 'km'): how far an address's coordinates are from a place.

Source: SOQL and SOSL Reference, Location-Based SOQL Queries: the haversine formula on a sphere; an address with only
one coordinate has none; distances are compared with < and > alone, and not grouped by.
"""

from __future__ import annotations

import math
import sqlite3

from sfassign.soql.tree import Function, Number, Path, Text

from ..schema import Field
from . import problems
from .names import Column, Scope

EARTH_RADIUS = {"km": 6371.0, "mi": 6371.0 / 1.609344}
"""Mean radius, by the unit of the answer."""


def distance(scope: Scope, call: Function) -> Column:
    """ApiError where the first place is no address, the second no GEOLOCATION, or the unit none of km and mi."""
    match call.arguments:
        case (
            Path() as path,
            Function(name=_, arguments=(Number() as latitude, Number() as longitude)),
            Text(value=unit),
        ) if unit in EARTH_RADIUS:
            column = scope.column(path)
        case _:
            raise problems.malformed(f"unexpected token: '{call.name}'")
    if column.field.type != "address":
        raise problems.malformed(f"DISTANCE needs a location field, {column.name} is none")
    before, stem = path.parts[:-1], column.field.name.removesuffix("Address")
    here = [scope.column(Path((*before, f"{stem}{part}"))).sql for part in ("Latitude", "Longitude")]
    sql = f"distance({here[0]}, {here[1]}, {float(latitude.value)}, {float(longitude.value)}, {EARTH_RADIUS[unit]})"
    return Column(sql, Field("DISTANCE", "double", groupable=False), column.thing, str(call))


def register(connection: sqlite3.Connection) -> None:
    """Give SQL the function `distance(latitude, longitude, latitude, longitude, radius)`, degrees."""
    connection.create_function("distance", 5, _haversine, deterministic=True)


def _haversine(
    latitude: float | None, longitude: float | None, to_latitude: float, to_longitude: float, radius: float
) -> float | None:
    if latitude is None or longitude is None:
        return None
    north, to_north = math.radians(latitude), math.radians(to_latitude)
    east = math.radians(to_longitude - longitude)
    chord = math.sin((to_north - north) / 2) ** 2 + math.cos(north) * math.cos(to_north) * math.sin(east / 2) ** 2
    return 2 * radius * math.asin(min(1.0, math.sqrt(chord)))
