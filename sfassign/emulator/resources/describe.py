"""What the org says of its objects and fields: describe global and describe of one object."""

from __future__ import annotations

from typing import Any

from ..defaults import defaults
from ..http import Reply, http_date, read_http_date
from ..schema import SObject
from .call import Call
from .describe_fields import described


def describe_global(call: Call) -> Reply:
    call.allow("GET", "HEAD")
    return _cached(
        call,
        {
            "encoding": "UTF-8",
            "maxBatchSize": 200,
            "sobjects": [
                _summary(call, one) for _, one in sorted(call.org.schema.objects.items()) if one.name != "Name"
            ],
        },
    )


def describe(call: Call, thing: SObject) -> Reply:
    call.allow("GET", "HEAD")
    initial = defaults(call.org.state, thing, {}, call.user)
    return _cached(
        call,
        object_describe(call, thing)
        | {
            "actionOverrides": [],
            "childRelationships": _children(call, thing),
            "compactLayoutable": thing.createable,
            "defaultImplementation": None,
            "extendedBy": None,
            "extendsInterfaces": None,
            "fields": [described(thing, one, initial.get(one.name)) for one in thing.fields.values()],
            "implementedBy": None,
            "implementsInterfaces": None,
            "listviewable": None,
            "lookupLayoutable": None,
            "namedLayoutInfos": [],
            "networkScopeFieldName": None,
            "recordTypeInfos": [_master(call, thing)],
            "searchLayoutable": thing.createable,
            "sobjectDescribeOption": "FULL",
            "supportedScopes": _scopes(thing),
        },
    )


def object_describe(call: Call, thing: SObject) -> dict[str, Any]:
    return _summary(call, thing)


def _scopes(thing: SObject) -> list[dict[str, str]]:
    """The scopes the local org's queries understand (`USING SCOPE mine`)."""
    things = _plural(thing).lower()
    found = [{"label": f"All {things}", "name": "everything"}]
    return [*found, {"label": f"My {things}", "name": "mine"}] if thing.has("OwnerId") else found


def _cached(call: Call, body: dict[str, Any]) -> Reply:
    """304 where the schema is what it was at If-Modified-Since."""
    changed = call.org.schema_changed_at
    headers = {"Last-Modified": http_date(changed)}
    since = call.headers.get("if-modified-since")
    try:
        if since is not None and int(changed.timestamp()) <= int(read_http_date(since).timestamp()):
            return Reply(304, None, headers)
    except ValueError:
        return Reply(200, body, headers)
    return Reply(200, body, headers)


def _plural(thing: SObject) -> str:
    return f"{thing.label[:-1]}ies" if thing.label.endswith("y") else f"{thing.label}s"


def _summary(call: Call, thing: SObject) -> dict[str, Any]:
    base = f"{call.root}/sobjects/{thing.name}"
    return {
        "activateable": False,
        "associateEntityType": None,
        "associateParentEntity": None,
        "createable": thing.createable,
        "custom": thing.custom,
        "customSetting": False,
        "deepCloneable": thing.name == "Opportunity",
        "deletable": thing.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": thing.has("OwnerId"),
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": thing.prefix,
        "label": thing.label,
        "labelPlural": _plural(thing),
        "layoutable": thing.createable,
        "mergeable": thing.name in {"Account", "Case", "Contact", "Lead"},
        "mruEnabled": thing.createable,
        "name": thing.name,
        "queryable": thing.queryable,
        "replicateable": thing.has("IsDeleted") and thing.has("SystemModstamp"),
        "retrieveable": thing.queryable,
        "searchable": thing.createable,
        "triggerable": thing.createable,
        "undeletable": thing.deletable and thing.has("IsDeleted"),
        "updateable": thing.updateable,
        "urls": {"rowTemplate": f"{base}/{{ID}}", "describe": f"{base}/describe", "sobject": base},
    }


def _children(call: Call, thing: SObject) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.object,
            "deprecatedAndHidden": False,
            "field": child.field,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": child.name,
            "restrictedDelete": False,
        }
        for child in thing.children.values()
        if call.org.schema.find(child.object)
    ]


def _master(call: Call, thing: SObject) -> dict[str, Any]:
    layout = f"{call.root}/sobjects/{thing.name}/describe/layouts/{_MASTER_ID}"
    return {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": _MASTER_ID,
        "urls": {"layout": layout},
    }


_MASTER_ID = "012000000000000AAA"
