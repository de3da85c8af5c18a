"""The API versions an org speaks, oldest to newest, and what it answers to the others."""

from __future__ import annotations

from .errors import ApiError, not_found

NEWEST_VERSION, OLDEST_VERSION, DEPRECATED_BELOW = 67, 31, 41


def check_version(major: int, minor: str) -> dict[str, str]:
    """Headers for a version that is spoken. Raises ApiError: 410 for a retired one, 404 for one that never was."""
    if major < OLDEST_VERSION:
        raise ApiError("UNSUPPORTED_API_VERSION", f"API version {major}.{minor} has been retired", 410)
    if major > NEWEST_VERSION or minor != "0":
        raise not_found()
    if major < DEPRECATED_BELOW:
        return {"Warning": f'299 - "The API version {major}.0 is deprecated and will be removed"'}
    return {}


def spoken(version: str) -> None:
    """Raises ApiError for a version, as it stands in a path (`v62.0`), that `check_version` refuses."""
    major, _, minor = version.removeprefix("v").partition(".")
    if not major.isdigit():
        raise not_found()
    check_version(int(major), minor)


def versions() -> list[dict[str, str]]:
    """Label, path and number of each, as `/services/data/` lists them."""
    seasons = ("Spring", "Summer", "Winter")
    names = {
        # Version 67 is Summer '26; three releases a year, Winter counted to the year that follows.
        number: f"{seasons[(number - 66) % 3]} '{26 + (number - 66) // 3 + ((number - 66) % 3 == 2):02d}"
        for number in range(OLDEST_VERSION, NEWEST_VERSION + 1)
    }
    return [
        {"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
        for number, label in names.items()
    ]
