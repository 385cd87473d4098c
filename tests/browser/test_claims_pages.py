"""What a caseworker does with claims, in Chromium on a whole installation with the claims of the demonstration."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from schuldhulp.demonstration.words import ADMITTED
from tests.browser.conftest import CASEWORKER
from tests.browser.test_accessibility import check
from tests.browser.test_journeys import nothing_is_cut
from tests.support.installation import Running

LANDLORD, COLLECTOR = ADMITTED[0].kvk, ADMITTED[4].kvk
WAITING = re.compile("Nog geen dossier")
REASON = "vervanging van een collega"


@pytest.fixture(scope="module", autouse=True)
def claims_filed(installation: Running) -> None:
    """Have the demonstration's creditors file their claims, and staff and residents treat some of them."""
    done = installation.command("demo", "claims")
    assert done.returncode == 0, done.stderr


def open_inbox(visitor) -> None:
    visitor.log_in("Inloggen als medewerker", CASEWORKER)
    visitor.follow("Vorderingen", "Vorderingen")


def open_claim_of(visitor, kvk: str) -> None:
    """Open the claim of an organisation that belongs to no dossier yet."""
    visitor.page.get_by_role("link", name=WAITING).click()
    visitor.settle()
    row = visitor.page.locator(".table tbody tr").filter(has_text=f"KvK {kvk}").first
    row.get_by_role("link").click()
    visitor.sees("Wat u nu kunt doen")


def give_reason_if_asked(visitor, heading: str) -> None:
    """Say why a dossier is opened that may be a colleague's."""
    either = visitor.page.get_by_role("heading", name=re.compile(f"Waarom opent u dit dossier|{heading}"))
    expect(either.first).to_be_visible()
    visitor.settle()
    if visitor.page.get_by_role("heading", name="Waarom opent u dit dossier?").count():
        visitor.page.get_by_label("Reden", exact=True).fill(REASON)
        visitor.press("Dossier openen", re.compile(heading))


def test_caseworker_links_a_claim_and_takes_it_in(visitor):
    caseworker = visitor()
    open_inbox(caseworker)
    check(caseworker, "inbox")
    nothing_is_cut(caseworker)
    open_claim_of(caseworker, LANDLORD)
    check(caseworker, "claim")
    nothing_is_cut(caseworker)
    caseworker.reads("Misschien dezelfde schuld")
    address = caseworker.page.url
    assert "HUUR-2026" not in address
    caseworker.follow("Kies het dossier", "Bij welk dossier hoort deze vordering?")
    check(caseworker, "choosing a dossier")
    caseworker.page.get_by_role("button", name=re.compile("^Kies ")).first.click()
    give_reason_if_asked(caseworker, "Klopt dit dossier")
    check(caseworker, "comparing")
    caseworker.page.get_by_role("button", name="Ja, koppelen").dblclick()
    caseworker.reads("De vordering staat in dossier")
    caseworker.follow("Naar de vordering, om te besluiten", "Wat u nu kunt doen")
    caseworker.follow("Opnemen", "Vordering opnemen")
    check(caseworker, "taking in")
    caseworker.page.get_by_label(re.compile("Toelichting")).fill("Wij hebben uw vordering opgenomen.")
    caseworker.press(re.compile("Verder"), "Controleer uw antwoorden")
    check(caseworker, "check")
    caseworker.reads("Dit leest de schuldeiser")
    caseworker.page.get_by_role("button", name="Opnemen").dblclick()
    caseworker.reads("Opgeslagen bij vordering")
    caseworker.follow("Naar de vordering", "Besluiten tot nu toe")
    caseworker.reads("Wij hebben uw vordering opgenomen.")
    caseworker.page.get_by_role("link", name=re.compile("^Dossier ")).click()
    expect(caseworker.page).to_have_url(re.compile("/dossier.*deel=vorderingen"))
    caseworker.settle()
    caseworker.reads("Woonstichting Noorderlicht – huur")
    check(caseworker, "dossier")
    nothing_is_cut(caseworker)


def test_caseworker_declines_a_claim_on_a_phone(visitor):
    caseworker = visitor("phone")
    open_inbox(caseworker)
    check(caseworker, "inbox on a phone")
    nothing_is_cut(caseworker)
    open_claim_of(caseworker, COLLECTOR)
    check(caseworker, "claim on a phone")
    nothing_is_cut(caseworker)
    caseworker.follow("Afwijzen", "Vordering afwijzen")
    check(caseworker, "declining")
    caseworker.press(re.compile("Verder"), "Controleer uw antwoorden")
    caseworker.reads("Klant onbekend")
    nothing_is_cut(caseworker)
    caseworker.page.get_by_role("button", name="Afwijzen").dblclick()
    caseworker.reads("Opgeslagen bij vordering")


def test_caseworker_finds_what_a_resident_disputes(visitor, size):
    caseworker = visitor(size)
    open_inbox(caseworker)
    caseworker.page.get_by_role("link", name=re.compile("Bewoner: klopt niet")).click()
    expect(caseworker.page).to_have_url(re.compile("stand=betwist"))
    caseworker.settle()
    caseworker.reads("Wis filters")
    caseworker.page.locator(".table tbody tr").first.get_by_role("link").click()
    caseworker.sees("Wat u nu kunt doen")
    check(caseworker, "disputed claim")
    nothing_is_cut(caseworker)
