"""What a caseworker does with a landlord's statement, in Chromium on a whole installation with the demonstration."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from schuldhulp.demonstration.words import ADMITTED
from tests.browser.conftest import CASEWORKER
from tests.browser.test_accessibility import check
from tests.browser.test_claims_pages import give_reason_if_asked
from tests.browser.test_journeys import nothing_is_cut
from tests.support.installation import Running

LANDLORD = ADMITTED[0]
PATIENCE = 300.0
"""Seconds after which a statement is taken not to come in; it takes a few."""


@pytest.fixture(scope="module", autouse=True)
def statement_sent(installation: Running) -> None:
    """Have the demonstration's landlord send its statement, and wait until the worker has looked at it."""
    done = installation.command("demo", "claims")
    assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + PATIENCE
    while [one["state"] for one in installation.ask("statements", "list", "--as", "s.visser")["statements"]] != [
        "waiting"
    ]:
        assert time.monotonic() < deadline
        time.sleep(1)


def open_statement(visitor) -> None:
    visitor.log_in("Inloggen als medewerker", CASEWORKER)
    visitor.open("/opgaven")
    check(visitor, "statements")
    nothing_is_cut(visitor)
    visitor.page.locator(".table tbody tr").first.get_by_role("link").click()
    visitor.sees("Wat de afzender opgeeft")


def begin_taking_over(visitor) -> None:
    visitor.page.get_by_role("link", name=re.compile("Overnemen in dossier")).first.click()
    give_reason_if_asked(visitor, "Opgave overnemen")
    visitor.sees("Opgave overnemen")


def test_caseworker_reads_a_statement_and_may_decline_it(visitor, size):
    caseworker = visitor(size)
    open_statement(caseworker)
    caseworker.reads(LANDLORD.name)
    caseworker.reads("Er is toestemming")
    check(caseworker, "statement")
    nothing_is_cut(caseworker)
    assert LANDLORD.name not in caseworker.page.url
    caseworker.follow("Opgave afwijzen", "Opgave afwijzen")
    caseworker.press(re.compile("Verder"), "Opgave afwijzen")
    caseworker.reads("maak een keuze")
    check(caseworker, "declining, refused")
    caseworker.choose("Waarom", "Klopt niet")
    caseworker.press(re.compile("Verder"), "Opgave afwijzen")
    caseworker.reads("Wijs de opgave af")
    check(caseworker, "declining, checked")
    nothing_is_cut(caseworker)


def test_caseworker_takes_a_statement_over_on_a_phone(visitor):
    caseworker = visitor("phone")
    open_statement(caseworker)
    begin_taking_over(caseworker)
    check(caseworker, "taking over")
    nothing_is_cut(caseworker)
    caseworker.choose("Welk gegeven wordt dit?", "Een nieuw gegeven")
    caseworker.press(re.compile("Verder"), "Dit komt erbij")
    caseworker.reads("Opgave van")
    check(caseworker, "taking over, checked")
    nothing_is_cut(caseworker)
    caseworker.page.get_by_role("button", name="Neem de opgave over").dblclick()
    caseworker.reads("De opgave is overgenomen")
    caseworker.settle()
    check(caseworker, "taken over")
    nothing_is_cut(caseworker)
    caseworker.follow("Bekijk het gegeven", re.compile(LANDLORD.name))
    caseworker.open("/opgaven")
    caseworker.reads("Er wacht geen opgave")
    caseworker.page.get_by_role("link", name="Alle").first.click()
    expect(caseworker.page).to_have_url(re.compile("stand=alle"))
    caseworker.reads("Overgenomen")


def test_caseworker_sees_the_consents_of_a_dossier(visitor, size):
    caseworker = visitor(size)
    caseworker.log_in("Inloggen als medewerker", CASEWORKER)
    caseworker.page.get_by_label(re.compile("Zoek op naam")).fill("DEMO-012")
    caseworker.reads("1 tot en met 1 van 1")
    caseworker.page.locator(".table tbody tr").first.get_by_role("link").first.click()
    give_reason_if_asked(caseworker, ".*")
    dossier = re.search("dossier=[0-9a-f]+", caseworker.page.url)
    assert dossier is not None
    caseworker.open(f"/toestemmingen?{dossier[0]}")
    caseworker.reads(LANDLORD.name)
    check(caseworker, "consents")
    nothing_is_cut(caseworker)
