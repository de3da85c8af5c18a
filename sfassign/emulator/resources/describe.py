"""What the org says of its objects and fields: describe global and describe of one object."""

from __future__ import annotations

from typing import Any

from ..http import Reply, http_date, read_http_date
from ..schema import NUMBER_TYPES, TEXT_TYPES, Field, SObject
from .call import Call

_SOAP = {
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "id": "tns:ID",
    "reference": "tns:ID",
    "address": "urn:address",
    "anyType": "xsd:anyType",
}


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
    return _cached(
        call,
        object_describe(call, thing)
        | {
            "fields": [_field(one) for one in thing.fields.values()],
            "childRelationships": _children(call, thing),
            "recordTypeInfos": [_MASTER],
            "supportedScopes": [
                {"label": f"All {_plural(thing)}", "name": "everything"},
                {"label": f"My {_plural(thing)}", "name": "mine"},
            ],
        },
    )


def object_describe(call: Call, thing: SObject) -> dict[str, Any]:
    return _summary(call, thing)


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
        "createable": thing.createable,
        "custom": thing.custom,
        "customSetting": False,
        "deletable": thing.deletable,
        "deprecatedAndHidden": False,
        "feedEnabled": thing.has("OwnerId"),
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


def _field(one: Field) -> dict[str, Any]:
    number = one.type in NUMBER_TYPES
    picklist = one.type in {"picklist", "multipicklist", "combobox"}
    return {
        "aggregatable": one.aggregatable,
        "autoNumber": one.name == "CaseNumber",
        "byteLength": one.length * 3 if one.type in TEXT_TYPES - {"id", "reference"} else one.length,
        "calculated": False,
        "calculatedFormula": None,
        "caseSensitive": False,
        "createable": one.createable,
        "custom": one.custom,
        "defaultValue": False if one.type == "boolean" else None,
        "defaultedOnCreate": one.defaulted or one.type == "boolean",
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": one.digits if one.type == "int" else 0,
        "externalId": one.external_id,
        "filterable": one.filterable,
        "groupable": one.groupable,
        "htmlFormatted": False,
        "idLookup": one.type == "id" or one.external_id,
        "inlineHelpText": None,
        "label": one.text or (one.label if one.custom else one.name),
        "length": one.length,
        "name": one.name,
        "nameField": one.name == "Name",
        "namePointing": one.polymorphic,
        "nillable": one.nillable,
        "permissionable": one.nillable and one.createable,
        "picklistValues": [_value(value) for value in one.values] if picklist else [],
        "polymorphicForeignKey": one.polymorphic,
        "precision": one.digits if number and one.type != "int" else 0,
        "referenceTo": list(one.references),
        "relationshipName": one.relationship,
        "restrictedPicklist": one.restricted,
        "scale": one.scale,
        "soapType": _SOAP.get(one.type, "xsd:string"),
        "sortable": one.sortable,
        "type": one.type,
        "unique": one.external_id,
        "updateable": one.updateable,
    }


def _value(value: str) -> dict[str, Any]:
    return {"active": True, "defaultValue": False, "label": value, "validFor": None, "value": value}


def _children(call: Call, thing: SObject) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": False,
            "childSObject": child.object,
            "deprecatedAndHidden": False,
            "field": child.field,
            "relationshipName": child.name,
            "restrictedDelete": False,
        }
        for child in thing.children.values()
        if call.org.schema.find(child.object)
    ]


_MASTER = {
    "active": True,
    "available": True,
    "defaultRecordTypeMapping": True,
    "developerName": "Master",
    "master": True,
    "name": "Master",
    "recordTypeId": "012000000000000AAA",
}
