"""FORMAT(): numbers, money, dates and times as the user's locale writes them.

The reference promises the format of the user interface and gives no table; these are the patterns of the locales a
local org's users have. What the Classic and the newer (ICU) formats differ in is `Settings.icu_formats`.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from ..options import Settings
from ..schema import Field
from ..wire import moment
from . import problems
from .moments import Asker
from .names import Column

_NUMBERS = frozenset({"int", "double", "currency", "percent"})


@dataclass(frozen=True, slots=True)
class Locale:
    """`day` and `time` are format strings of the parts of a moment; `money` places symbol and amount."""

    day: str
    time: str
    thousands: str
    point: str
    money: str


LOCALES = {
    "en_US": Locale("{month}/{day}/{year}", "{hour12}:{minute:02d} {half}", ",", ".", "{symbol}{amount}"),
    "en_GB": Locale("{day:02d}/{month:02d}/{year}", "{hour:02d}:{minute:02d}", ",", ".", "{symbol}{amount}"),
    "de_DE": Locale("{day:02d}.{month:02d}.{year}", "{hour:02d}:{minute:02d}", ".", ",", "{amount} {symbol}"),
}


def formatted(column: Column, asker: Asker, name: str) -> Column:
    """The column as text in the asker's locale and time zone; text stays as it is."""
    kind = column.field.type
    if kind not in _NUMBERS | {"date", "datetime"}:
        return Column(column.sql, Field("FORMAT", "string"), column.thing, name)
    if asker.locale not in LOCALES:
        raise problems.not_offered(f"FORMAT() for the locale {asker.locale}")
    sql = f"formatted('{kind}', {column.sql}, '{asker.locale}', '{asker.now.zone.key}', {column.field.scale})"
    return Column(sql, Field("FORMAT", "string"), column.thing, name)


def register(connection: sqlite3.Connection, settings: Settings) -> None:
    """Give SQL the function `formatted(kind, value, locale, zone, decimal places)`."""

    def write(kind: str, value: float | str | None, locale: str, zone: str, scale: int) -> str | None:
        return None if value is None else _written(kind, value, LOCALES[locale], ZoneInfo(zone), scale, settings)

    connection.create_function("formatted", 5, write)


def _written(kind: str, value: float | str, locale: Locale, zone: ZoneInfo, scale: int, settings: Settings) -> str:
    if kind == "date":
        return _day(dt.date.fromisoformat(str(value)), locale)
    if kind == "datetime":
        at = moment(int(value)).astimezone(zone)
        between = ", " if settings.icu_formats else " "
        return f"{_day(at.date(), locale)}{between}{_time(at.time(), locale)}"
    amount = f"{abs(float(value)):,.{0 if kind == 'int' else scale}f}"
    amount = amount.translate(str.maketrans(",.", locale.thousands + locale.point))
    if kind == "currency":
        amount = locale.money.format(symbol=settings.currency_symbol, amount=amount)
    sign = "-" if float(value) < 0 else ""
    return f"{sign}{amount}{'%' if kind == 'percent' else ''}"


def _day(day: dt.date, locale: Locale) -> str:
    return locale.day.format(day=day.day, month=day.month, year=day.year)


def _time(time: dt.time, locale: Locale) -> str:
    half = "AM" if time.hour < 12 else "PM"
    return locale.time.format(hour=time.hour, hour12=time.hour % 12 or 12, minute=time.minute, half=half)
