"""Made-up names: people by the office they work in, customers' companies, cities, subjects of cases.

Any likeness to a real person or company is accidental; every address ends in the reserved domain `.example`.
"""

from __future__ import annotations

COMPANY_DOMAIN = "acme.example"

FIRST_NAMES = {
    "Europe/London": (
        "Alice Amara Callum Chidi Dafydd Eilidh Fatima Gareth Harriet Imogen Isla Jamal Keira Leila Maisie Nadia "
        "Olivia Owen Priya Rhys Ruaridh Samira Tamsin Theo Yusuf Zara Bronagh Conor Declan Efua"
    ),
    "Europe/Berlin": (
        "Anke Bernd Cem Dilara Emre Franziska Gesine Hannes Ines Jonas Katja Lukas Malgorzata Moritz Nele Ozan Petra "
        "Rasmus Sabine Tilman Ulrike Veronika Wiebke Milan Jana"
    ),
    "America/New_York": (
        "Andre Beatriz Carlos Daniela Ethan Gabriela Hector Ivy Jasmine Kenji Latoya Mei Naomi Rafael Shanice Tyler "
        "Valentina Wei Xavier Yolanda"
    ),
    "Asia/Kolkata": (
        "Aarav Aditi Bhavna Debjani Farhan Gauri Harsh Ishaan Jyoti Kavya Lakshmi Meera Nikhil Pooja Rohan Sanjana "
        "Tanvi Utkarsh Vikram Zoya"
    ),
}

LAST_NAMES = {
    "Europe/London": (
        "Archer Adeyemi Bell Blackwood Chowdhury Davies Ellison Fairbairn Gallagher Hughes Ibrahim Jarvis Kaur "
        "Llewellyn MacLeod Mensah Nash Okafor Penrose Quigley Rahman Sinclair Tennant Underhill Vaughan Whitlock Yates "
        "Zaman Ormerod Trelawny"
    ),
    "Europe/Berlin": (
        "Albrecht Brandt Celik Dietrich Eberhardt Fuchs Gruber Hoffmann Iversen Jansen Kowalski Lindner Marek Neumann "
        "Oezdemir Pfeiffer Reuter Schreiber Thalberg Ullmann Vogel Wagner Yildiz Zielinski Novak"
    ),
    "America/New_York": (
        "Alvarez Brooks Castillo Delgado Edwards Fernandez Greenberg Hayashi Irving Jefferson Kim Lopez Morales Nguyen "
        "Ortega Patterson Ramirez Silva Tanaka Washington"
    ),
    "Asia/Kolkata": (
        "Agarwal Banerjee Chatterjee Das Dutta Fernandes Ghosh Iyer Joshi Khan Menon Mukherjee Nair Pillai Qureshi Rao "
        "Sen Thakur Verma Bose"
    ),
}

CUSTOMER_FIRST_NAMES = (
    "Ada Ben Clara David Elena Felix Grace Hugo Ingrid Jules Karim Lena Marco Nora Oscar Paula Quentin Rosa Stefan "
    "Tara Ursula Victor Wanda Yann Zoe Anil Divya Erik Fiona Gustavo"
)
CUSTOMER_LAST_NAMES = (
    "Abbott Becker Costa Durand Eriksen Fischer Garcia Hartley Ivanov Jacobs Keller Lambert Moreau Nielsen Oliveira "
    "Prakash Quinn Rossi Schneider Taylor Ueda Vargas Walsh Young Zimmermann Sharma Gupta Martin Bauer Clarke"
)
COMPANY_HEADS = (
    "Alder Beacon Cobalt Drift Ember Fathom Granite Harbour Indigo Juniper Kestrel Lumen Meridian Nimbus Orchard "
    "Pioneer Quarry Ridge Summit Tidal Upland Vantage Willow Yarrow Zephyr Birch Cedar Delta"
)
COMPANY_TAILS = (
    "Analytics Bakery Biotech Capital Components Energy Foods Freight Health Hotels Insurance Labs Logistics Machinery "
    "Media Motors Optics Pharma Publishing Retail Robotics Software Textiles Tools"
)
COMPANY_FORMS = {
    "United Kingdom": "Ltd",
    "Germany": "GmbH",
    "United States": "Inc",
    "France": "SARL",
    "India": "Pvt Ltd",
    "Spain": "SL",
}
CITIES = {
    "United Kingdom": "London Leeds Bristol Cardiff Glasgow Belfast Norwich",
    "Germany": "Berlin Hamburg Leipzig Köln Stuttgart Rostock",
    "United States": "Boston Chicago Austin Denver Portland Atlanta",
    "France": "Paris Lyon Nantes Lille",
    "India": "Kolkata Mumbai Pune Chennai Bengaluru",
    "Spain": "Madrid Sevilla Valencia Bilbao",
}
JOB_TITLES = (
    "Head of Operations",
    "IT Manager",
    "Chief Financial Officer",
    "Purchasing Lead",
    "Founder",
    "Director of Sales",
    "Office Manager",
    "VP Engineering",
)
INDUSTRIES = (
    "Banking",
    "Biotechnology",
    "Construction",
    "Education",
    "Energy",
    "Finance",
    "Healthcare",
    "Hospitality",
    "Manufacturing",
    "Retail",
    "Technology",
    "Transportation",
)
CASE_SUBJECTS = (
    "Cannot sign in since this morning",
    "Export stops at 10,000 rows",
    "Invoice shows the wrong VAT number",
    "How do we add a second location?",
    "Report is empty for last month",
    "Sync with accounting is two days behind",
    "Please raise our user limit",
    "Error 504 when saving an order",
    "Installation fails at step three",
    "Device does not come back after the update",
    "Wrong language in the customer portal",
    "Request for a copy of our contract",
)
