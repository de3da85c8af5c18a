"""What an item looks like when it comes in: the fields of a new Lead, Case or Opportunity, of a customer, a contact.

All of it is drawn from the stream it is given; `simulation` and `history` decide when and in whose name.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

from sfassign.emulator.floor import names
from sfassign.emulator.floor.arrivals import Burst
from sfassign.emulator.floor.chance import around, pick
from sfassign.emulator.floor.people import PRODUCTS

Fields = dict[str, object]

COUNTRIES = {
    "United Kingdom": 0.31,
    "Germany": 0.25,
    "United States": 0.22,
    "France": 0.09,
    "India": 0.08,
    "Spain": 0.05,
}
LANGUAGE_OF = {"Germany": "German", "France": "French", "Spain": "Spanish", "India": "Hindi"}
HOME_LANGUAGE_SHARE = {"Germany": 0.85, "France": 0.8, "Spain": 0.8, "India": 0.25}
LEAD_SOURCES = {"Web": 0.5, "Partner Referral": 0.15, "Phone Inquiry": 0.15, "Purchased List": 0.12, "Other": 0.08}
RATINGS = {"Cold": 0.45, "Warm": 0.38, "Hot": 0.17}
CASE_ORIGINS = {"Email": 0.5, "Web": 0.3, "Phone": 0.2}
CASE_PRIORITIES = {"Low": 0.3, "Medium": 0.55, "High": 0.15}
CASE_REASONS = {"Installation": 0.2, "Performance": 0.25, "Breakdown": 0.2, "Feedback": 0.15, "Other": 0.2}
CASE_TYPES = {"Electronic": 0.5, "Electrical": 0.2, "Structural": 0.1, "Other": 0.2}
OPPORTUNITY_TYPES = {"New Customer": 0.6, "Existing Customer - Upgrade": 0.3, "Existing Customer - Replacement": 0.1}
UNREACHABLE_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with its first contact, as the rest of the floor needs it."""

    account_id: str
    contact_id: str
    company: str
    country: str
    email: str


def company_name(chance: random.Random, country: str) -> str:
    head, tail = chance.choice(names.COMPANY_HEADS.split()), chance.choice(names.COMPANY_TAILS.split())
    return f"{head} {tail} {names.COMPANY_FORMS[country]}"


def language_of(chance: random.Random, country: str) -> str:
    return LANGUAGE_OF[country] if chance.random() < HOME_LANGUAGE_SHARE.get(country, 0.0) else "English"


def account(chance: random.Random) -> Fields:
    country = pick(chance, COUNTRIES)
    return {
        "Name": company_name(chance, country),
        "Type": chance.choice(("Prospect", "Customer - Direct", "Customer - Direct", "Customer - Channel")),
        "Industry": chance.choice(names.INDUSTRIES),
        "BillingCountry": country,
        "BillingCity": chance.choice(names.CITIES[country].split()),
        **_size(chance),
    }


def contact(chance: random.Random, company: str) -> Fields:
    first = chance.choice(names.CUSTOMER_FIRST_NAMES.split())
    last = chance.choice(names.CUSTOMER_LAST_NAMES.split())
    return {
        "FirstName": first,
        "LastName": last,
        "Title": chance.choice(names.JOB_TITLES),
        "Email": f"{first}.{last}@{_domain(company)}".lower(),
        "Phone": f"+44 20 7946 {chance.randrange(1000):04d}",
    }


def lead(chance: random.Random, burst: Burst | None = None) -> Fields:
    country = pick(chance, COUNTRIES)
    company = company_name(chance, country)
    fields = contact(chance, company)
    if chance.random() < UNREACHABLE_SHARE:
        fields |= {"Email": None, "Phone": None}
    return fields | {
        "Company": company,
        "Country": country,
        "City": chance.choice(names.CITIES[country].split()),
        "Industry": chance.choice(names.INDUSTRIES),
        "LeadSource": "Web" if burst else pick(chance, LEAD_SOURCES),
        "Rating": pick(chance, RATINGS),
        "Status": "Open - Not Contacted",
        "Language__c": language_of(chance, country),
        "Product__c": burst.product if burst else chance.choice(PRODUCTS),
        **_size(chance),
    }


def case(chance: random.Random, customer: Customer, burst: Burst | None = None) -> Fields:
    product = burst.product if burst else chance.choice(PRODUCTS)
    subject = f"{product} is down" if burst else chance.choice(names.CASE_SUBJECTS)
    return {
        "Subject": subject,
        "Status": "New",
        "Origin": pick(chance, CASE_ORIGINS),
        "Priority": "High" if burst else pick(chance, CASE_PRIORITIES),
        "Reason": "Breakdown" if burst else pick(chance, CASE_REASONS),
        "Type": pick(chance, CASE_TYPES),
        "AccountId": customer.account_id,
        "ContactId": customer.contact_id,
        "SuppliedEmail": customer.email,
        "Language__c": language_of(chance, customer.country),
        "Product__c": product,
    }


def opportunity(chance: random.Random, customer: Customer, day: dt.date) -> Fields:
    return {
        "Name": f"{customer.company} - {chance.choice(PRODUCTS)}",
        "AccountId": customer.account_id,
        "StageName": "Prospecting",
        "CloseDate": day + dt.timedelta(days=chance.randrange(10, 60)),
        "Amount": float(round(around(chance, 22_000, 1.1), -2)),
        "Type": pick(chance, OPPORTUNITY_TYPES),
        "LeadSource": pick(chance, LEAD_SOURCES),
    }


def new_item(
    chance: random.Random, object_name: str, customers: Sequence[Customer], day: dt.date, burst: Burst | None = None
) -> Fields:
    """The fields of an item that comes in on this day."""
    match object_name:
        case "Lead":
            return lead(chance, burst)
        case "Case":
            return case(chance, chance.choice(customers), burst)
        case _:
            return opportunity(chance, chance.choice(customers), day)


def _size(chance: random.Random) -> Fields:
    employees = max(1, round(around(chance, 120, 1.6)))
    revenue = round(employees * around(chance, 140_000, 0.4), -3)
    return {"NumberOfEmployees": employees, "AnnualRevenue": float(revenue)}


def _domain(company: str) -> str:
    return "-".join(company.lower().split()[:2]) + ".example"
