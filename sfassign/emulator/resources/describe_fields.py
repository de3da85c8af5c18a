"""One field as describe prints it: every key of DescribeFieldResult, as recorded describes of real orgs show them."""

from __future__ import annotations

from typing import Any

from ..schema import NUMBER_TYPES, TEXT_TYPES, Field, SObject
from ..state import PARTS

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
_PERSONS = frozenset({"Lead", "Contact", "User"})
_PERSON_PARTS = frozenset({"FirstName", "LastName", "Salutation"})
_NUMBERED = {"Case": "CaseNumber"}
_FOUND_BY = {"Lead": {"Email"}, "Contact": {"Email"}, "Case": {"CaseNumber"}, "Opportunity": {"Name"}}
"""Fields besides Id and external Ids by which upsert and lookups may find a record."""
_SUBTYPES = {"textarea": "plaintextarea"}


def described(thing: SObject, one: Field, default: str | None) -> dict[str, Any]:
    """`default` is the value a new record gets where the writer is silent."""
    return _plain(one) | _placed(thing, one) | _chosen(one, default) | _NEVER


def _plain(one: Field) -> dict[str, Any]:
    number = one.type in NUMBER_TYPES
    return {
        "aggregatable": one.aggregatable,
        "byteLength": one.length * 3 if one.type in TEXT_TYPES - {"id", "reference"} else one.length,
        "createable": one.createable,
        "custom": one.custom,
        "digits": one.digits if one.type == "int" else 0,
        "externalId": one.external_id,
        "filterable": one.filterable,
        "groupable": one.groupable,
        "label": one.text or (one.label if one.custom else one.name),
        "length": one.length,
        "name": one.name,
        "namePointing": one.polymorphic,
        "nillable": one.nillable,
        "permissionable": one.nillable and one.createable,
        "polymorphicForeignKey": one.polymorphic,
        "precision": one.digits if number and one.type != "int" else 0,
        "queryByDistance": one.type in {"address", "location"},
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


def _placed(thing: SObject, one: Field) -> dict[str, Any]:
    """What depends on the object around the field."""
    numbered = _NUMBERED.get(thing.name)
    return {
        "autoNumber": one.name == numbered,
        "compoundFieldName": _compound(thing, one),
        "extraTypeInfo": _subtype(thing, one),
        "idLookup": one.type == "id" or one.external_id or one.name in _FOUND_BY.get(thing.name, ()),
        "nameField": one.name == (numbered or "Name"),
        "searchPrefilterable": _prefilters(one),
    }


def _compound(thing: SObject, one: Field) -> str | None:
    """The compound field this one is a part of: an address, a person's name, a fiscal period."""
    if thing.name in _PERSONS and one.name in _PERSON_PARTS:
        return "Name"
    if one.name in {"FiscalQuarter", "FiscalYear"} and thing.has("Fiscal"):
        return "Fiscal"
    for part in PARTS:
        ending = f"{part[0].upper()}{part[1:]}"
        whole = f"{one.name.removesuffix(ending)}Address"
        if one.name.endswith(ending) and thing.has(whole):
            return thing.fields[whole.lower()].name
    return None


def _prefilters(one: Field) -> bool:
    """Lookups to business records narrow a search; those to people and to the winner of a merge do not."""
    return one.type == "reference" and not {"User", "Group"} & set(one.references) and one.name != "MasterRecordId"


def _subtype(thing: SObject, one: Field) -> str | None:
    if thing.name in _PERSONS and one.name in _PERSON_PARTS | {"Name"}:
        return "personname"
    if one.name == "PhotoUrl":
        return "imageurl"
    return _SUBTYPES.get(one.type)


def _chosen(one: Field, default: str | None) -> dict[str, Any]:
    picklist = one.type in {"picklist", "multipicklist", "combobox"}
    first: str | bool | None = default if picklist else None
    if one.type == "boolean":
        first = False
    return {
        "defaultValue": first,
        "defaultedOnCreate": one.defaulted or one.type == "boolean",
        "picklistValues": [_value(value, default) for value in one.values] if picklist else [],
    }


def _value(value: str, default: str | None) -> dict[str, Any]:
    return {"active": True, "defaultValue": value == default, "label": value, "validFor": None, "value": value}


_NEVER: dict[str, Any] = {
    "aiPredictionField": False,
    "calculated": False,
    "calculatedFormula": None,
    "cascadeDelete": False,
    "caseSensitive": False,
    "controllerName": None,
    "defaultValueFormula": None,
    "dependentPicklist": False,
    "deprecatedAndHidden": False,
    "displayLocationInDecimal": False,
    "encrypted": False,
    "filteredLookupInfo": None,
    "formulaTreatNullNumberAsZero": False,
    "highScaleNumber": False,
    "htmlFormatted": False,
    "inlineHelpText": None,
    "mask": None,
    "maskType": None,
    "referenceTargetField": None,
    "relationshipOrder": None,
    "restrictedDelete": False,
    "writeRequiresMasterRead": False,
}
"""Features the local org's fields do not have."""
