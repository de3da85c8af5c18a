"""Which certificates are trusted: those of the settings, else those that other programs of this machine are given."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path

from sfassign.errors import WrongSettings


def trusted_certificates(named: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The file or folder in SFASSIGN_CA_BUNDLE, else the file in REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE where there is
    one, else None. Raises WrongSettings naming the variable whose certificates cannot be used."""
    if named is not None:
        return _usable(named, "SFASSIGN_CA_BUNDLE")
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = environ.get(variable)
        if path and _is_file(Path(path), variable):
            return _usable(Path(path), variable)
    return None


def _is_file(path: Path, variable: str) -> bool:
    try:
        return path.is_file()
    except OSError as error:
        raise _unreadable(path, variable, error) from None


def _usable(path: Path, variable: str) -> Path:
    try:
        if not path.is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except FileNotFoundError:
        raise WrongSettings(f"{variable}: there is no file {path}") from None
    except ssl.SSLError:
        raise WrongSettings(
            f"{variable}: {path} holds no certificates; expected them in PEM form (-----BEGIN CERTIFICATE-----)"
        ) from None
    except OSError as error:
        raise _unreadable(path, variable, error) from None
    return path


def _unreadable(path: Path, variable: str, error: OSError) -> WrongSettings:
    return WrongSettings(f"{variable}: {path} cannot be read: {error.strerror}")
