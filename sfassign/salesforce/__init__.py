"""The conversation with Salesforce: connection and login, reading, writing. Implements `ports.Org`.

Bootstrap makes a `SalesforceOrg` from credentials; nobody else needs anything of this room.
"""

from sfassign.salesforce.asking import Size
from sfassign.salesforce.credentials import (
    AccessToken,
    ClientCredentials,
    Credentials,
    JwtBearer,
    UsernamePassword,
)
from sfassign.salesforce.org import SalesforceOrg
from sfassign.salesforce.own_rights import MOST_RECORDS, RecordAccess
from sfassign.salesforce.proving import Ask, Told

__all__ = [
    "MOST_RECORDS",
    "AccessToken",
    "Ask",
    "ClientCredentials",
    "Credentials",
    "JwtBearer",
    "RecordAccess",
    "SalesforceOrg",
    "Size",
    "Told",
    "UsernamePassword",
]
