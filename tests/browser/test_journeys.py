"""What people come for: a resident looks, a caseworker changes, and the resident sees it verified."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CASEWORKER, FILE_NUMBER, PATIENCE, RESIDENT

CUT = """() => [...document.querySelectorAll('.amount')].filter((amount) => {
    const box = amount.getBoundingClientRect();
    return amount.getClientRects().length !== 1 || box.right > document.documentElement.clientWidth
        || amount.scrollWidth > amount.offsetWidth + 1;
}).map((amount) => amount.textContent)"""
SIDEWAYS = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    return main.scrollWidth > main.clientWidth + 1;
}"""


def nothing_is_cut(visitor):
    assert visitor.page.evaluate(CUT) == []
    assert not visitor.page.evaluate(SIDEWAYS)


def open_dossier(visitor):
    visitor.log_in("Inloggen als medewerker", CASEWORKER)
    visitor.page.get_by_label(re.compile("Zoek op naam")).fill(FILE_NUMBER)
    visitor.reads("1 tot en met 1 van 1")
    assert FILE_NUMBER not in visitor.page.url
    visitor.follow(re.compile("Veenstra"), re.compile("Veenstra"))


def test_resident_sees_her_verified_overview(visitor, size):
    resident = visitor(size)
    resident.log_in("Inloggen met DigiD", RESIDENT)
    resident.sees("Overzicht")
    for text in ("Inkomsten", "Vaste lasten", "Blijft over", "Schulden samen", "Wat u nu kunt doen"):
        resident.reads(text)
    resident.reads("Gecontroleerd: alles klopt")
    nothing_is_cut(resident)
    for link, heading in (("Schulden", "Schulden"), ("Inkomen en uitgaven", "Inkomsten"), ("Afspraken", "Afspraken")):
        resident.page.get_by_role("navigation").get_by_role("link", name=link, exact=True).click()
        resident.sees(heading)
        nothing_is_cut(resident)
    assert resident.page.title() == "Afspraken – Schuldhulp"


def test_amounts_are_whole_on_the_smallest_screen(visitor):
    resident = visitor("phone")
    resident.page.set_viewport_size({"width": 320, "height": 640})
    resident.log_in("Inloggen met DigiD", RESIDENT)
    nothing_is_cut(resident)


def test_caseworker_adds_what_the_resident_then_sees_verified(visitor, size):
    caseworker = visitor(size)
    open_dossier(caseworker)
    name = f"Proefschuldeiser {size}"
    caseworker.follow("Schuld of verplichting toevoegen", "Schuld of verplichting toevoegen")
    caseworker.page.get_by_label(re.compile("Bedrag volgens de schuldeiser")).fill("1234.5")
    caseworker.press(re.compile("Verder"), re.compile("dingen die nog niet kloppen"))
    errors = caseworker.page.get_by_role("alert")
    expect(errors).to_be_focused()
    expect(errors).to_contain_text("schrijf het bedrag met een komma")
    errors.get_by_role("link", name=re.compile("Bedrag volgens de schuldeiser")).click()
    amount = caseworker.page.get_by_label(re.compile("Bedrag volgens de schuldeiser"))
    expect(amount).to_be_focused()
    expect(amount).to_have_attribute("aria-invalid", "true")
    amount.fill("1.234,50")
    caseworker.choose("Soort", "Telefoon en internet")
    caseworker.choose("Van wie", re.compile("^K. Veenstra$"))
    caseworker.choose("Hoe het staat", "Achterstand")
    caseworker.page.get_by_label("Naam", exact=True).fill(name)
    caseworker.press(re.compile("Verder"), "Controleer uw antwoorden")
    nothing_is_cut(caseworker)
    caseworker.page.get_by_role("button", name="Opslaan").dblclick()
    caseworker.sees("Toegevoegd")
    caseworker.follow("Terug naar het dossier", re.compile("Veenstra"))

    caseworker.follow("Afspraak toevoegen", "Afspraak toevoegen")
    caseworker.choose("Soort afspraak", "Betalingsregeling")
    caseworker.page.get_by_label("Wie spreken dit af").fill("K. Veenstra\nKredietbank")
    caseworker.page.get_by_label("Wat is afgesproken").fill(f"Elke maand aan {name}")
    caseworker.page.get_by_label("Begint op").fill("01-12-2026")
    caseworker.press(re.compile("Verder"), "Controleer uw antwoorden")
    caseworker.press("Opslaan", "Toegevoegd")

    caseworker.follow("Terug naar het dossier", re.compile("Veenstra"))
    caseworker.follow(re.compile("Schulden en verplichtingen"), re.compile("Veenstra"))
    expect(caseworker.page.get_by_role("link", name=name)).to_have_count(1)
    nothing_is_cut(caseworker)

    resident = visitor(size)
    resident.log_in("Inloggen met DigiD", RESIDENT)
    until_verified(resident)
    resident.reads("Er ligt een afspraak voor u klaar")
    resident.page.get_by_role("navigation").get_by_role("link", name="Schulden", exact=True).click()
    resident.reads(name)
    resident.page.get_by_role("navigation").get_by_role("link", name="Afspraken", exact=True).click()
    resident.reads(f"Elke maand aan {name}")
    resident.page.get_by_role("button", name="Ik ga akkoord").first.click()
    resident.page.get_by_role("button", name="Ja, ik ga akkoord").dblclick()
    resident.reads("Uw akkoord is opgeslagen")
    until_verified(resident)


def until_verified(visitor):
    """Look again until the worker has put the change on the chain."""
    for _ in range(60):
        visitor.open()
        if visitor.page.get_by_text("Gecontroleerd: alles klopt").count():
            return
    pytest.fail("never verified")


def test_caseworker_looks_at_history_and_withdraws(visitor):
    caseworker = visitor()
    open_dossier(caseworker)
    caseworker.follow("Uitgave toevoegen", "Uitgave toevoegen")
    caseworker.choose("Van wie", re.compile("^K. Veenstra$"))
    caseworker.choose("Soort", "Kleding")
    caseworker.page.get_by_label("Bedrag per keer").fill("50")
    caseworker.page.get_by_label("Vanaf").fill("1-1-2026")
    caseworker.press(re.compile("Verder"), "Controleer uw antwoorden")
    caseworker.press("Opslaan", "Toegevoegd")
    caseworker.follow("Bekijk het gegeven", "Kleding")
    caseworker.follow("Wijzigen", "Uitgave wijzigen")
    caseworker.page.get_by_label("Bedrag per keer").fill("60")
    caseworker.press(re.compile("Verder"), "Controleer uw antwoorden")
    caseworker.press("Opslaan", "Gewijzigd")
    caseworker.follow("Bekijk het gegeven", "Geschiedenis")
    caseworker.reads("€ 50,00 → € 60,00")
    caseworker.page.get_by_text("Dit gegeven intrekken").click()
    caseworker.page.get_by_label("Waarom trekt u dit in?").fill("Proef")
    caseworker.page.get_by_role("button", name="Intrekken", exact=True).click()
    caseworker.reads("Dit gegeven is ingetrokken en telt niet meer mee")


def test_dossier_of_a_colleague_asks_why(visitor):
    caseworker = visitor()
    caseworker.log_in("Inloggen als medewerker", re.compile("Mehmet Bakker"))
    caseworker.page.get_by_label(re.compile("Zoek op naam")).fill(FILE_NUMBER)
    caseworker.reads("1 tot en met 1 van 1")
    caseworker.follow(re.compile("Veenstra"), "Waarom opent u dit dossier?")
    caseworker.page.get_by_label("Reden").fill("Vervanging van een collega")
    caseworker.press("Dossier openen", re.compile("Veenstra"))


def test_language_is_changed_by_a_switch_and_kept(visitor):
    somebody = visitor()
    somebody.open()
    somebody.follow("English", "An overview of your money and your debts")
    assert somebody.page.evaluate("document.documentElement.lang") == "en"
    somebody.open()
    somebody.sees("An overview of your money and your debts")
    somebody.follow("Nederlands", "Overzicht over uw geld en uw schulden")
    assert somebody.page.evaluate("document.documentElement.lang") == "nl"


def test_log_out_ends_it_in_this_browser(visitor):
    resident = visitor()
    resident.log_in("Inloggen met DigiD", RESIDENT)
    resident.page.get_by_role("button", name="Uitloggen").click()
    expect(resident.page.get_by_role("button", name="Uitloggen")).to_have_count(0, timeout=PATIENCE)
    resident.open("/schulden")
    expect(resident.page.get_by_role("button", name="Inloggen met DigiD")).to_be_visible(timeout=PATIENCE)


def test_cookies_hold_no_name_and_end_with_the_browser(visitor, browser):
    resident = visitor()
    resident.log_in("Inloggen met DigiD", RESIDENT)
    cookies = resident.page.context.cookies(resident.address)
    assert {cookie["expires"] for cookie in cookies if cookie["name"].startswith("_streamlit")} == {-1}
    assert not [cookie["name"] for cookie in cookies if "Veenstra" in cookie["value"]]
