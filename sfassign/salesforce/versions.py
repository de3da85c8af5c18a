"""Which versions of the REST API an org has: it tells anybody, without a session and without counting the call.

Asked by `connection` where the org knows nothing of what was asked, which may be an object or the version itself.
"""

from __future__ import annotations

import requests

from sfassign.errors import WrongSettings
from sfassign.salesforce.addresses import Host
from sfassign.salesforce.transport import OrgSession


def refuse_unknown_version(transport: OrgSession, host: Host, version: str) -> None:
    """Raises WrongSettings where the org tells its versions and this is none of them."""
    found = _versions(transport, host)
    if found and version not in found:
        expected = f"expected one from {found[0]} to {found[-1]}"
        raise WrongSettings(f"SFASSIGN_API_VERSION: {host.netloc} has no REST API {version}; {expected}")


def _versions(transport: OrgSession, host: Host) -> list[str]:
    """Oldest first; empty where the org does not say."""
    try:
        answer = transport.get(f"{host.url}/services/data")
        listed = answer.json() if answer.ok else []
    except (requests.RequestException, ValueError):
        return []
    named = [str(one["version"]) for one in listed if isinstance(one, dict) and "version" in one]
    return sorted(named, key=lambda name: (len(name), name))
