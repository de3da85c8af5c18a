"""Lead conversion: account, contact and, if wanted, an opportunity; the lead is read-only for clients afterwards."""

from __future__ import annotations

import datetime as dt

from .errors import ApiError
from .state import Row, State
from .wire import moment
from .writes import Write, create, live_row, update

_ADDRESS = ("Street", "City", "State", "PostalCode", "Country")


def convert(state: State, lead_id: str, write: Write, *, opportunity: bool) -> Row:
    """The Ids of what was made, by object name."""
    lead_object = state.schema.object("Lead")
    lead = live_row(state, lead_object, lead_id)
    if lead["IsConverted"]:
        raise ApiError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", 400, ())
    owner = lead["OwnerId"] if lead["OwnerId"].startswith("005") else write.by
    day = moment(write.at).date()
    with state.storage.transaction():
        made = {"Account": create(state, state.schema.object("Account"), _account(lead, owner), write)}
        contact = _contact(lead, owner) | {"AccountId": made["Account"]}
        made["Contact"] = create(state, state.schema.object("Contact"), contact, write)
        if opportunity:
            deal = _opportunity(lead, owner, made["Account"], day)
            made["Opportunity"] = create(state, state.schema.object("Opportunity"), deal, write)
        marks: Row = {"IsConverted": True, "ConvertedDate": day, "Status": _converted_status(state)}
        marks |= {f"Converted{name}Id": record_id for name, record_id in made.items()}
        update(state, lead_object, lead_id, marks | {"OwnerId": owner}, write)
    return dict(made)


def _account(lead: Row, owner: str) -> Row:
    places = {f"Billing{part}": lead[part] for part in _ADDRESS}
    return {"Name": lead["Company"], "OwnerId": owner, "Phone": lead["Phone"], "Industry": lead["Industry"]} | places


def _contact(lead: Row, owner: str) -> Row:
    same = ("FirstName", "LastName", "Salutation", "Title", "Phone", "MobilePhone", "Email", "LeadSource")
    return {name: lead[name] for name in same} | {"OwnerId": owner}


def _opportunity(lead: Row, owner: str, account: str, day: dt.date) -> Row:
    quarter_end = dt.date(day.year + (day.month > 9), ((day.month - 1) // 3 * 3 + 3) % 12 + 1, 1) - dt.timedelta(days=1)
    return {
        "Name": f"{lead['Company']}-",
        "AccountId": account,
        "OwnerId": owner,
        "StageName": "Prospecting",
        "CloseDate": quarter_end,
        "LeadSource": lead["LeadSource"],
    }


def _converted_status(state: State) -> str:
    return str(state.storage.where(state.schema.object("LeadStatus"), IsConverted=1)[0]["ApiName"])
