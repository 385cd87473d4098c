"""Every page of every role under axe-core, WCAG 2.1 A and AA, in both sizes of window."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser.conftest import CASEWORKER, FILE_NUMBER, RESIDENT

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
LINE = re.compile(r"^\| `([a-z0-9-]+)` \| `([^`]+)` \|", re.MULTILINE)


def known() -> set[tuple[str, str]]:
    """Return the faults that docs/toegankelijkheid.md lists, by rule and selector."""
    return set(LINE.findall((ROOT / "docs" / "toegankelijkheid.md").read_text(encoding="utf-8")))


SEEN: set[tuple[str, str]] = set()


def check(visitor, name: str) -> None:
    """Fail on every fault of this page that is not listed."""
    visitor.whole_page()
    visitor.page.evaluate(AXE)
    outcome = visitor.page.evaluate("(tags) => axe.run(document, {runOnly: tags})", RULES)
    assert len(outcome["passes"]) > 5
    faults = []
    for violation in outcome["violations"]:
        for node in violation["nodes"]:
            listed = {
                (rule, selector)
                for rule, selector in known()
                if rule == violation["id"]
                and visitor.page.evaluate(
                    "([target, selector]) => !!document.querySelector(target)?.closest(selector)",
                    [node["target"][0], selector],
                )
            }
            SEEN.update(listed)
            if not listed:
                faults.append((violation["id"], node["target"], node["html"][:200]))
    assert faults == [], name


def test_pages_without_a_login(visitor, size):
    somebody = visitor(size)
    somebody.open()
    check(somebody, "welcome")
    somebody.log_in("Inloggen met DigiD", RESIDENT)
    check(somebody, "overview")


def test_pages_of_a_resident(visitor, size):
    resident = visitor(size)
    resident.log_in("Inloggen met DigiD", RESIDENT)
    for summary in resident.page.locator("summary").all():
        summary.click()
    check(resident, "overview, explained")
    for path in ("schulden", "inkomen-en-uitgaven", "afspraken", "wie-keek", "wie-weet-ervan"):
        resident.open(f"/{path}")
        check(resident, path)


def test_pages_of_a_caseworker(visitor, size):
    caseworker = visitor(size)
    caseworker.log_in("Inloggen als medewerker", CASEWORKER)
    check(caseworker, "clients")
    caseworker.page.get_by_label(re.compile("Zoek op naam")).fill("zzzz")
    caseworker.reads("Geen cliënt gevonden")
    check(caseworker, "no clients")
    caseworker.page.get_by_label(re.compile("Zoek op naam")).fill(FILE_NUMBER)
    caseworker.reads("1 tot en met 1 van 1")
    caseworker.follow(re.compile("Veenstra"), re.compile("Veenstra"))
    check(caseworker, "dossier")
    dossier = caseworker.page.url.removeprefix(caseworker.address)
    for part in ("inkomen", "afspraken", "personen", "verplichtingen"):
        caseworker.open(f"{dossier}&deel={part}")
        check(caseworker, part)
    caseworker.page.locator("tbody a").first.click()
    caseworker.sees("Geschiedenis")
    caseworker.page.get_by_text("Dit gegeven intrekken").click()
    caseworker.page.get_by_text("Bewijs van vastlegging").click()
    check(caseworker, "record")
    caseworker.open(dossier.replace("/dossier", "/aanmelden"))
    check(caseworker, "enrolment")
    for kind in ("obligation", "income", "expense", "agreement", "applicant"):
        caseworker.open(dossier.replace("/dossier", "/invoeren") + f"&soort={kind}")
        check(caseworker, kind)
        caseworker.press(re.compile("Verder"), re.compile("nog niet klop"))
        check(caseworker, f"{kind}, refused")


def test_form_with_its_lists_and_sections_open(visitor, size):
    caseworker = visitor(size)
    caseworker.log_in("Inloggen als medewerker", CASEWORKER)
    caseworker.page.get_by_label(re.compile("Zoek op naam")).fill(FILE_NUMBER)
    caseworker.reads("1 tot en met 1 van 1")
    caseworker.follow(re.compile("Veenstra"), re.compile("Veenstra"))
    caseworker.follow("Schuld of verplichting toevoegen", "Schuld of verplichting toevoegen")
    for section in ("Incassobureau", "Deurwaarder"):
        caseworker.page.get_by_text(section, exact=True).click()
    check(caseworker, "form, open sections")
    caseworker.page.get_by_role("combobox", name="Soort", exact=True).focus()
    caseworker.page.keyboard.press("ArrowDown")
    check(caseworker, "form, open list")


@pytest.mark.parametrize(
    ("way", "who"),
    [
        ("Inloggen als medewerker", re.compile("Arjen Smit")),
        ("Inloggen als medewerker", re.compile("Joke de Jong")),
        ("Inloggen met eHerkenning", re.compile("Stroomgoed")),
        ("Inloggen met DigiD", re.compile("veertig schuldeisers")),
        ("Inloggen met DigiD", re.compile("nog geen gegevens")),
        ("Inloggen met DigiD", re.compile("lange naam")),
    ],
)
def test_first_page_of_others(visitor, size, way, who):
    somebody = visitor(size)
    somebody.log_in(way, who)
    check(somebody, who.pattern)


def test_list_of_known_faults_holds_nothing_that_has_gone():
    # Runs last in this file: by now every page has been looked at.
    assert known() <= SEEN
