"""A creditor's employee hands in a claim after green and follows it, in Chromium on a whole installation."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from schuldhulp.services.clock import SystemClock, today
from tests.browser.conftest import PATIENCE, Visitor
from tests.browser.test_accessibility import check
from tests.browser.test_creditor_pages import CREDITOR, HOSTILE, WITHOUT_PAGES, fill, somebody_known
from tests.browser.test_journeys import SIDEWAYS

TRIES = 60
"""Times that messages are fetched before a receipt is taken not to come."""

TYPED = {
    "Ontstaan op": "01-03-2026",
    "Grond": "leveringsovereenkomst",
    "Hoofdsom": "1.234,56",
    "IBAN om op te betalen": "NL91ABNA0417164300",
    "Waarom moet dit betaald worden?": "De jaarrekening is niet betaald.",
    "Hoe kan de inwoner bezwaar maken?": "Schrijf naar incasso@example.nl.",
    "Naam of afdeling": "Afdeling incasso",
}


def fill_claim(visitor: Visitor, reference: str) -> None:
    """Fill in what a check does not fill in."""
    page = visitor.page
    day = f"{today(SystemClock()):%d-%m-%Y}"
    for label, text in {**TYPED, "Kenmerk van de schuld": reference, "Datum van de opgave": day}.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_label(re.compile("^E-mailadres")).fill("incasso@example.nl")
    visitor.choose("Soort schuld", "Energie")


def test_claim_is_handed_in_after_green_followed_amended_and_withdrawn(visitor, size):
    employee = visitor(size)
    employee.log_in("Inloggen met eHerkenning", CREDITOR)
    surname, *rest = somebody_known()
    fill(employee, surname, *rest, f"V-1-{size}")
    employee.press("Toets deze persoon", re.compile("Bekend bij de kredietbank"))
    employee.page.get_by_role("link", name="Dien uw vordering in").click()
    employee.sees("Vordering indienen")
    assert employee.page.get_by_label("Achternaam", exact=True).input_value() == surname
    check(employee, "claim")
    employee.press(re.compile("^Verder"), re.compile("dingen"))
    check(employee, "claim, refused")
    reference = f"FAC-{size}"
    fill_claim(employee, reference)
    employee.press(re.compile("^Verder"), "Controleer uw antwoorden")
    check(employee, "claim, checking")
    employee.press(re.compile("^Klopt"), "Vordering ingediend")
    check(employee, "claim, done")
    assert surname not in employee.page.content() + employee.page.url
    employee.page.get_by_role("link", name="Bekijk deze vordering").click()
    employee.sees(f"Vordering {reference}")
    check(employee, "one claim")
    receipt = received(employee, reference)
    with employee.page.expect_download() as download:
        receipt.click()
    assert json.loads(download.value.path().read_text("utf-8"))["format"] == "schuldhulp claim receipt 1"
    assert surname not in download.value.path().read_text("utf-8") + download.value.suggested_filename

    employee.page.get_by_role("link", name="Pas aan").click()
    employee.sees("Vordering aanpassen")
    employee.page.get_by_label(re.compile("^Kosten")).fill("40,00")
    employee.press(re.compile("^Verder"), "Controleer uw antwoorden")
    employee.press(re.compile("^Klopt"), "Vordering aangepast")

    employee.follow("Mijn vorderingen", "Mijn vorderingen")
    check(employee, "claims")
    employee.follow(reference, f"Vordering {reference}")
    employee.page.get_by_role("link", name="Draag over").click()
    employee.sees("Vordering overdragen")
    employee.page.get_by_label(re.compile("^Adres")).fill(HOSTILE)
    employee.page.get_by_role("button", name=re.compile("^Verder")).click()
    employee.reads("begint met 0x")
    check(employee, "hand over, refused")
    employee.page.get_by_role("link", name="Terug naar de vordering").click()
    employee.sees(f"Vordering {reference}")
    employee.page.get_by_role("link", name="Trek in").click()
    employee.sees("Vordering intrekken")
    check(employee, "withdraw")
    employee.page.get_by_role("button", name=re.compile("^Ja")).click()
    employee.reads("De vordering is ingetrokken")
    employee.follow("Mijn vorderingen", "Mijn vorderingen")
    employee.page.get_by_role("link", name=re.compile("^Gesloten")).click()
    expect(employee.page).to_have_url(re.compile("toon=gesloten"))
    employee.reads(reference)
    assert not employee.page.evaluate(SIDEWAYS)


def received(visitor: Visitor, reference: str):
    """Fetch messages until the receipt of a claim is there, and return the button for it."""
    button = visitor.page.get_by_role("button", name=re.compile("^Download ontvangstbewijs"))
    for _ in range(TRIES):
        visitor.open("/mijn-vorderingen")
        visitor.page.get_by_role("button", name="Haal berichten op").click()
        expect(visitor.page.get_by_text("Alles is bijgewerkt")).to_be_visible(timeout=PATIENCE)
        visitor.follow(reference, f"Vordering {reference}")
        if button.count():
            break
    return button.first


def test_pages_for_claims_are_closed_to_an_organisation_without_an_account(visitor, size):
    employee = visitor(size)
    employee.log_in("Inloggen met eHerkenning", WITHOUT_PAGES)
    for name in ("Vordering indienen", "Mijn vorderingen"):
        employee.follow(name, name)
        employee.reads("staat voor uw organisatie nog uit")
    check(employee, "claims, closed")
