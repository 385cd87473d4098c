"""Words that demonstration people are made of: common Dutch names, streets, and the parties they owe."""

from __future__ import annotations

from typing import NamedTuple

FIRST_NAMES = (
    "Anna", "Bert", "Carla", "Daan", "Emma", "Fatima", "Gerrit", "Hanna", "Ibrahim", "Jeroen", "Karin", "Lotte",
    "Mohammed", "Nadia", "Oscar", "Petra", "Quinten", "Roos", "Sander", "Tessa", "Umut", "Vera", "Willem", "Xandra",
    "Yara", "Zeynep", "Aaltje", "Bouke", "Derk", "Femke", "Geesje", "Harm", "Ineke", "Jelle", "Klaas", "Luuk",
    "Marieke", "Noor", "Okke", "Renske", "Sjoerd", "Trijntje", "Wiebe", "Ymkje", "Zoë", "André", "Chloë", "Björn",
)  # fmt: skip

SURNAMES = (
    ("", "Jansen"), ("de", "Vries"), ("van den", "Berg"), ("", "Bakker"), ("van", "Dijk"), ("", "Visser"),
    ("", "Smit"), ("de", "Boer"), ("", "Mulder"), ("de", "Groot"), ("", "Bos"), ("", "Vos"), ("", "Peters"),
    ("", "Hendriks"), ("van", "Leeuwen"), ("", "Dekker"), ("", "Brouwer"), ("de", "Wit"), ("", "Dijkstra"),
    ("", "Smits"), ("de", "Graaf"), ("van der", "Meer"), ("", "Kok"), ("", "Jacobs"), ("de", "Haan"),
    ("", "Vermeulen"), ("van der", "Veen"), ("van den", "Broek"), ("", "Schouten"), ("van", "Beek"),
    ("", "Willems"), ("van", "Vliet"), ("", "Hoekstra"), ("", "Koster"), ("", "Prins"), ("", "Huisman"),
    ("", "Yılmaz"), ("", "El Amrani"), ("", "Nguyễn"), ("", "Kowalski"), ("", "Müller"), ("", "Sørensen"),
    ("'t", "Hart"), ("", "Postma"), ("", "Wiersma"), ("", "Veenstra"), ("", "Bosma"), ("ter", "Haar"),
)  # fmt: skip

LONG_SURNAME = "Wolfenstein-Oldehuis van Nijenrode"
"""A surname of 34 characters, as the registers hold them."""

STREETS = (
    "Nieuwe Ebbingestraat", "Korreweg", "Eikenlaan", "Paterswoldseweg", "Hoendiep", "Vinkenstraat", "Oosterhamrikkade",
    "Star Numanstraat", "Bedumerweg", "Helperzoom", "Van Lenneplaan", "Siersteenlaan", "Goudlaan", "Oliemuldersweg",
    "Beijumerweg", "Rivierenhof", "Wegalaan", "Pioenstraat", "Kometenstraat", "Lewenborgsingel",
)  # fmt: skip

POSTCODES = ("9715", "9716", "9717", "9718", "9721", "9722", "9727", "9728", "9731", "9733", "9736", "9741", "9742")

CITY = "Groningen"


class Organisation(NamedTuple):
    """A made-up organisation that is owed something, or collects."""

    kvk: str
    name: str
    trade: str


ADMITTED = (
    Organisation("99000001", "Woonstichting Noorderlicht", "rent"),
    Organisation("99000002", "Stroomgoed Energie", "energy"),
    Organisation("99000003", "Zekerzorg Zorgverzekeringen", "health_insurance"),
    Organisation("99000004", "Waterbedrijf Hunze", "water"),
    Organisation("99000005", "Incassobureau Van Dalen", "collector"),
    Organisation("99000006", "Gerechtsdeurwaarders Reitdiep", "bailiff"),
)
"""The creditors that are admitted to the signal."""

WITHOUT_PAGES = "99000004"
"""The admitted creditor to which the pages stay closed, so that one can see what they then say."""

OTHERS = (
    Organisation("99000011", "Belastingsamenwerking Noord", "municipal_tax"),
    Organisation("99000012", "Rijksbelastingkantoor", "national_tax"),
    Organisation("99000013", "Toeslagenkantoor", "benefit_repayment"),
    Organisation("99000014", "Mobiel Direct", "telecom"),
    Organisation("99000015", "Postorderhuis Wester", "consumer_credit"),
    Organisation("99000016", "Kredietmaatschappij De Brug", "consumer_credit"),
    Organisation("99000017", "Boetebureau Noord", "fine"),
    Organisation("99000018", "Kabel en Net", "telecom"),
    Organisation("99000019", "Sportcentrum De Wolden", "other"),
    Organisation("99000020", "Tandartspraktijk Zuidwolde", "other"),
)

SURNAME_OF_MANY = tuple(
    f"{trade} {place}"
    for trade in ("Webwinkel", "Garage", "Kinderopvang", "Bibliotheek")
    for place in (
        "Aduard",
        "Bedum",
        "Haren",
        "Leek",
        "Loppersum",
        "Roden",
        "Ten Boer",
        "Uithuizen",
        "Winsum",
        "Zuidhorn",
    )
)
"""Forty small creditors for the dossier that has so many."""


class Staff(NamedTuple):
    """A made-up member of staff."""

    login: str
    name: str
    function: str
    roles: tuple[str, ...]


STAFF = (
    Staff("s.visser", "Sanne Visser", "schuldhulpverlener", ("caseworker",)),
    Staff("m.bakker", "Mehmet Bakker", "schuldhulpverlener", ("caseworker",)),
    Staff("j.dejong", "Joke de Jong", "teamleider", ("caseworker", "team_leader")),
    Staff("a.smit", "Arjen Smit", "functioneel beheerder", ("administrator",)),
)
