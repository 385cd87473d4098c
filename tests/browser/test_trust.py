"""The four states of trust, each brought about for real: on a page that somebody looks at."""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import CASEWORKER, FILE_NUMBER, PATIENCE, RESIDENT

VERIFIED = "Gecontroleerd: alles klopt"
BEING_RECORDED = "De laatste wijziging wordt vastgelegd"
DEVIATES = "Let op: iets wijkt af van wat is vastgelegd"
UNREACHABLE = "De controle kan nu even niet"


@pytest.fixture
def database(installation):
    path = installation.settings.database_url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    yield connection
    connection.close()


def at_the_dossier(visitor):
    caseworker = visitor()
    caseworker.log_in("Inloggen als medewerker", CASEWORKER)
    caseworker.page.get_by_label(re.compile("Zoek op naam")).fill(FILE_NUMBER)
    caseworker.reads("1 tot en met 1 van 1")
    caseworker.follow(re.compile("Veenstra"), re.compile("Veenstra"))
    return caseworker, caseworker.page.url.removeprefix(caseworker.address)


def sees_state(visitor, path, state):
    """Look again until the page shows a state."""
    for _ in range(60):
        visitor.open(path)
        if visitor.page.get_by_text(state).count():
            return
    pytest.fail(f"never seen: {state}")


def add_expense(caseworker, dossier, amount):
    caseworker.open(dossier.replace("/dossier", "/invoeren") + "&soort=expense")
    caseworker.choose("Van wie", re.compile("^K. Veenstra$"))
    caseworker.choose("Soort", "Vervoer")
    caseworker.page.get_by_label("Bedrag per keer").fill(amount)
    caseworker.page.get_by_label("Vanaf").fill("1-1-2026")
    caseworker.press(re.compile("Verder"), "Controleer uw antwoorden")
    caseworker.page.get_by_role("button", name="Opslaan").click()


@contextmanager
def changed_row(database, dossier):
    """One byte of the newest record of a dossier, changed behind the system's back."""
    *key, before = database.execute(
        "select record_id, version, ciphertext from record_versions where dossier_id = ? order by created_at desc",
        [bytes.fromhex(dossier)],
    ).fetchone()
    spoilt = bytearray(before)
    spoilt[len(spoilt) // 2] ^= 1
    change = "update record_versions set ciphertext = ? where record_id = ? and version = ?"
    database.execute(change, [bytes(spoilt), *key])
    try:
        yield
    finally:
        database.execute(change, [before, *key])


def test_verified_when_nothing_happens(visitor):
    resident = visitor()
    resident.log_in("Inloggen met DigiD", RESIDENT)
    sees_state(resident, "/", VERIFIED)
    caseworker, dossier = at_the_dossier(visitor)
    sees_state(caseworker, dossier, VERIFIED)


def test_being_recorded_while_the_worker_stands_still(visitor, installation):
    caseworker, dossier = at_the_dossier(visitor)
    installation.stop("worker")
    try:
        add_expense(caseworker, dossier, "12,34")
        caseworker.sees("Toegevoegd")
        sees_state(caseworker, dossier, BEING_RECORDED)
        caseworker.open(f"{dossier}&deel=inkomen")
        caseworker.reads("Wordt vastgelegd")
        resident = visitor("phone")
        resident.log_in("Inloggen met DigiD", RESIDENT)
        sees_state(resident, "/", BEING_RECORDED)
    finally:
        installation.parts.start_worker()
    sees_state(resident, "/", VERIFIED)


def test_deviates_when_a_row_was_edited_and_refuses_to_write(visitor, installation, database):
    caseworker, dossier = at_the_dossier(visitor)
    with changed_row(database, dossier.partition("dossier=")[2][:64]):
        sees_state(caseworker, dossier, DEVIATES)
        caseworker.reads("kan niet worden gelezen")
        resident = visitor("phone")
        resident.log_in("Inloggen met DigiD", RESIDENT)
        sees_state(resident, "/", DEVIATES)
        add_expense(caseworker, dossier, "23,45")
        caseworker.reads("Opslaan is gestopt")
        caseworker.reads("Er is niets opgeslagen")
    sees_state(caseworker, dossier, VERIFIED)
    caseworker.open(f"{dossier}&deel=inkomen")
    expect(caseworker.page.get_by_text("€ 23,45")).to_have_count(0, timeout=PATIENCE)


def test_unreachable_when_the_chain_is_gone_and_data_are_still_shown(visitor, installation):
    caseworker, dossier = at_the_dossier(visitor)
    resident = visitor("phone")
    resident.log_in("Inloggen met DigiD", RESIDENT)
    installation.kill("chain")
    try:
        sees_state(resident, "/", UNREACHABLE)
        resident.reads("Blijft over")
        sees_state(caseworker, dossier, UNREACHABLE)
        administrator = visitor()
        administrator.log_in("Inloggen als medewerker", re.compile("Arjen Smit"))
        administrator.reads("De keten geeft geen antwoord")
    finally:
        installation.parts.start_chain()
    sees_state(resident, "/", VERIFIED)
    sees_state(caseworker, dossier, VERIFIED)
