"""What a creditor's employee and an administrator do on the pages, in Chromium on a whole installation."""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from schuldhulp.demonstration.people import Case, households
from schuldhulp.services.clock import SystemClock, today
from tests.browser.conftest import PATIENCE
from tests.browser.test_accessibility import check
from tests.browser.test_journeys import SIDEWAYS

CREDITOR = re.compile("Stroomgoed")
WITHOUT_PAGES = re.compile("Waterbedrijf Hunze")
ADMINISTRATOR = re.compile("Arjen Smit")
HOSTILE = '<img src=x onerror="document.title=1">[k](javascript:1) \u202e**b**'
NUMBER = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z*~$=]$")


def somebody_known() -> tuple[str, str, str, str]:
    """Return surname, birth date, postcode and house number of somebody whom creditors can see."""
    for household in households(today(SystemClock())):
        person = household.applicants[0]
        if household.case is Case.PLAIN and household.number % 5 and person.addresses:
            address = person.addresses[0]
            return person.surname, person.birth_date.dutch, address.postcode, str(address.house_number)
    raise LookupError


def fill(visitor, surname: str, birth_date: str, postcode: str, house_number: str, reference: str) -> None:
    """Fill in the fields of a check."""
    for label, typed in (
        ("Achternaam", surname), ("Geboortedatum", birth_date), ("Postcode", postcode),
        ("Huisnummer", house_number), ("Uw kenmerk", reference),
    ):  # fmt: skip
        visitor.page.get_by_label(label, exact=True).fill(typed)


def test_one_check_gives_green_and_leaves_nothing_typed(visitor, size):
    employee = visitor(size)
    employee.log_in("Inloggen met eHerkenning", CREDITOR)
    employee.sees("Toets")
    assert not employee.page.get_by_label("BSN").count()
    check(employee, "check")
    employee.press("Toets deze persoon", re.compile("5 dingen"))
    check(employee, "check, refused")
    surname, *rest = somebody_known()
    fill(employee, surname, *rest, f"K-1-{size}")
    employee.press("Toets deze persoon", re.compile("Bekend bij de kredietbank"))
    assert NUMBER.match(employee.page.locator(".answer .check-number").inner_text())
    assert employee.page.evaluate("document.activeElement.classList.contains('answer')")
    check(employee, "green")
    assert surname not in employee.page.content() + employee.page.url
    employee.press("Toets nog iemand", "Toets")
    assert employee.page.get_by_label("Achternaam", exact=True).input_value() == ""
    fill(employee, f"{surname}qq", *rest, f"K-2-{size}")
    employee.press("Toets deze persoon", re.compile("Niet bekend"))
    check(employee, "red")
    employee.follow("Naar Mijn toetsen", "Mijn toetsen")
    employee.reads(f"K-2-{size}")
    check(employee, "history")
    employee.page.get_by_role("link", name=re.compile("^Rood")).click()
    expect(employee.page).to_have_url(re.compile("antwoord=rood"))
    employee.reads("Wis filters")
    assert not employee.page.evaluate(SIDEWAYS)
    employee.follow("Uitleg", "Uitleg")
    check(employee, "explanation")


def test_one_check_by_keyboard_alone(visitor):
    employee = visitor()
    employee.log_in("Inloggen met eHerkenning", CREDITOR)
    employee.page.get_by_label("Achternaam", exact=True).focus()
    for typed in (*somebody_known(), "K-9"):
        employee.page.keyboard.type(typed)
        employee.page.keyboard.press("Tab")
    assert employee.page.evaluate("document.activeElement.textContent") == "Toets deze persoon"
    employee.page.keyboard.press("Enter")
    employee.sees(re.compile("Bekend bij de kredietbank"))
    for name in ("Dien uw vordering in", "Toets nog iemand"):
        employee.page.keyboard.press("Tab")
        assert employee.page.evaluate("document.activeElement.textContent") == name


def test_hostile_text_in_every_field_of_a_check_is_only_text(visitor):
    employee = visitor()
    employee.log_in("Inloggen met eHerkenning", CREDITOR)
    fill(employee, *[HOSTILE] * 5)
    employee.press("Toets deze persoon", re.compile("dingen die nog niet kloppen"))
    assert employee.page.locator("img[src=x]").count() == 0
    assert employee.page.title() == "Toets – Schuldhulp"


def test_list_comes_back_with_the_answers(visitor, size):
    employee = visitor(size)
    employee.log_in("Inloggen met eHerkenning", CREDITOR)
    employee.follow("Lijst toetsen", "Lijst toetsen")
    check(employee, "list")
    for english in ("Upload", "per file", "Drag"):
        assert english not in employee.page.locator("main, [data-testid=stMain]").first.inner_text()
    content = "klant;achternaam;geboortedatum;postcode;huisnummer\r\n" + "\r\n".join(
        (";".join(("A1", *somebody_known())), f"A2;{HOSTILE};31-02-1980;9711AB;1", "A3;Nergens;01-02-1980;9711AB;1")
    )
    upload = {"name": "personen.csv", "mimeType": "text/csv", "buffer": content.encode()}
    employee.page.locator("input[type=file]").set_input_files(files=[upload])  # type: ignore[list-item]
    employee.reads("personen.csv")
    expect(employee.page.get_by_role("button", name="Verwijder het bestand")).to_be_visible()
    check(employee, "list, chosen")
    employee.page.get_by_label("Uw kenmerk").fill(f"L-1-{size}")
    employee.page.get_by_role("button", name="Toets deze lijst").click()
    employee.reads("Uw lijst is getoetst")
    employee.settle()
    employee.reads("1 groen, 1 rood")
    check(employee, "list, done")
    assert employee.page.locator("img[src=x]").count() == 0
    with employee.page.expect_download() as download:
        employee.page.get_by_role("button", name=re.compile("Download de antwoorden")).click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8")), delimiter=";"))
    assert [(row["klant"], row["signal"]) for row in rows] == [("A1", "green"), ("A2", ""), ("A3", "red")]
    employee.page.get_by_role("button", name=re.compile("Wis deze lijst")).click()
    employee.reads("Bestand met personen")
    assert not employee.page.evaluate(SIDEWAYS)


def test_pages_say_that_they_are_closed_to_an_organisation(visitor, size):
    employee = visitor(size)
    employee.log_in("Inloggen met eHerkenning", WITHOUT_PAGES)
    employee.reads("staat voor uw organisatie nog uit")
    check(employee, "closed")


def test_administrator_admits_and_suspends(visitor, size):
    kvk = {"wide": "88800001", "phone": "88800002"}[size]
    administrator = visitor(size)
    administrator.log_in("Inloggen als medewerker", ADMINISTRATOR)
    administrator.follow("Schuldeisers", "Schuldeisers")
    check(administrator, "creditors")
    administrator.follow("Schuldeiser toelaten", "Schuldeiser toelaten")
    check(administrator, "admit")
    administrator.page.get_by_label("KvK-nummer").fill(kvk)
    administrator.page.get_by_label("Naam", exact=True).fill(HOSTILE)
    administrator.page.get_by_text("Medewerkers mogen toetsen").click()
    administrator.page.get_by_role("button", name=re.compile("Verder")).click()
    administrator.reads("Er is nog niets veranderd")
    check(administrator, "admit, checking")
    administrator.page.get_by_role("button", name=re.compile("Klopt")).click()
    administrator.reads("De schuldeiser is toegelaten")
    administrator.settle()
    check(administrator, "admitted")
    administrator.open(f"/schuldeisers?kvk={kvk}")
    administrator.reads("voor de pagina's, bewaard door de gemeente")
    check(administrator, "creditor")
    assert not administrator.page.evaluate(SIDEWAYS)
    assert administrator.page.locator("img[src=x]").count() == 0
    administrator.follow("Zet stop", re.compile("stopzetten"))
    administrator.page.get_by_label("Reden").fill(HOSTILE)
    administrator.page.get_by_role("button", name=re.compile("Verder")).click()
    administrator.reads("niet meer inloggen")
    administrator.page.get_by_role("button", name=re.compile("Klopt")).click()
    expect(administrator.page.get_by_text("De schuldeiser is stopgezet")).to_be_visible(timeout=PATIENCE)
    administrator.open(f"/schuldeisers?kvk={kvk}")
    administrator.reads("Laat weer toe")
    check(administrator, "suspended")


@pytest.mark.parametrize("path", ["", "lijst-toetsen", "mijn-toetsen", "uitleg"])
def test_pages_of_a_creditor_fit_the_smallest_screen(visitor, path):
    employee = visitor("phone")
    employee.page.set_viewport_size({"width": 320, "height": 640})
    employee.log_in("Inloggen met eHerkenning", CREDITOR)
    employee.open(f"/{path}")
    assert not employee.page.evaluate(SIDEWAYS)
