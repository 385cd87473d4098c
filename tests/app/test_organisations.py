"""The administrator's page for creditors: look, fill in, check the answers, carry out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from schuldhulp.errors import Conflict, Unreachable
from schuldhulp.services.creditor_pages.organisations import Application
from schuldhulp.services.ports import Admission, Quota
from tests.app.conftest import go, press, text_of
from tests.support.fake_organisations import OWN, PAGES, make_organisation

KVK = "12345678"


@pytest.fixture
def known(fake):
    fake.organisations.stored[KVK] = make_organisation()
    return fake.organisations


def fill(at, **values):
    for name, value in values.items():
        key = f"org_admit_{name}"
        if isinstance(value, bool):
            at.checkbox(key=key).set_value(value)
        elif name in ("quota_reason", "bsn_ground"):
            at.text_area(key=key).set_value(value)
        else:
            at.text_input(key=key).set_value(value)
    return press(at, "org_admit_check")


def test_list_shows_state_accounts_and_quota(visit, known):
    text = text_of(visit("administrator", "schuldeisers"))
    for part in ("Energie voor Elkaar", KVK, "Toegelaten", "500 per dag, 10.000 per periode"):
        assert part in text


def test_list_is_empty_with_what_to_do(visit):
    assert "Begin bij Schuldeiser toelaten" in text_of(visit("administrator", "schuldeisers"))


def test_page_without_the_key_says_which_commands_to_run(visit, fake):
    fake.organisations.here = False
    text = text_of(visit("administrator", "schuldeisers", actie="toelaten"))
    assert "schuldhulp creditor admit --kvk" in text
    assert "schuldhulp creditor remove-account" in text


def test_admit_asks_to_check_and_carries_out_once(visit, fake):
    at = fill(
        visit("administrator", "schuldeisers", actie="toelaten"),
        kvk="87654321", name="Wonen & Zo", account=OWN, daily_quota="900", quota_reason="veel huurders", pages=True,
    )  # fmt: skip
    text = text_of(at)
    assert not fake.organisations.done
    assert "Er is nog niets veranderd" in text
    for part in ("87654321", "Wonen & Zo", OWN, "900", "veel huurders"):
        assert part in text
    at = press(at, "org_admit_sure")
    assert "De schuldeiser is toegelaten" in text_of(at)
    [(_, application)] = fake.organisations.done
    assert application == Application(
        kvk="87654321", name="Wonen & Zo", account=OWN, bsn_ground=None, withdraw_bsn=True, daily_quota=900,
        epoch_quota=None, quota_reason="veel huurders", pages=True,
    )  # fmt: skip


def test_admit_asks_for_an_account_or_the_pages(visit, fake):
    at = visit("administrator", "schuldeisers", actie="toelaten")
    assert "laat de organisatie op de pagina's toetsen" in text_of(fill(at, kvk="87654321", name="Wonen"))
    assert "KvK-nummer: een KvK-nummer heeft acht cijfers" in text_of(fill(at, kvk="1", pages=True))
    assert not fake.organisations.done


def test_admit_says_all_that_is_wrong_at_once(visit, fake):
    at = visit("administrator", "schuldeisers", actie="toelaten")
    at = fill(at, kvk="1", name="", account="0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", daily_quota="veel")
    for part in ("KvK-nummer: een KvK-nummer heeft acht cijfers", "Naam: vul dit in", "de hoofdletters in dit adres",
                 "Maximum per dag:"):  # fmt: skip
        # Once in the summary, once below the field.
        assert text_of(at).count(part) == 2, part
    at = fill(at, account="", daily_quota="")
    assert text_of(at).count("laat de organisatie op de pagina's toetsen") == 2
    assert text_of(at).count("een KvK-nummer heeft acht cijfers") == 2
    assert "van niemand" in text_of(fill(at, account="0x" + "0" * 40))


def test_admit_goes_back_to_the_field_that_the_service_refuses(visit, fake):
    fake.organisations.failing = Conflict("account_taken", "taken", field="account")
    at = fill(visit("administrator", "schuldeisers", actie="toelaten"), kvk="87654321", name="Wonen", account=OWN)
    at = press(at, "org_admit_sure")
    assert "dit account hoort bij een andere organisatie" in text_of(at)
    assert at.text_input(key="org_admit_name").value == "Wonen"
    at = press(fill(at, account=OWN), "org_admit_sure")
    assert "De schuldeiser is toegelaten" in text_of(at)


def test_admit_can_be_repeated_when_the_chain_was_silent(visit, fake):
    fake.organisations.failing = Unreachable("rpc_unreachable", "silent")
    at = fill(visit("administrator", "schuldeisers", actie="toelaten"), kvk="87654321", name="Wonen", pages=True)
    at = press(at, "org_admit_sure")
    assert "nog een keer uitvoeren" in text_of(at)
    assert "De schuldeiser is toegelaten" in text_of(press(at, "org_admit_sure"))


def test_change_begins_with_what_holds_and_keeps_the_pages(visit, known):
    at = visit("administrator", "schuldeisers", kvk=KVK, actie="wijzigen")
    assert at.text_input(key="org_admit_daily_quota").value == "500"
    at = press(fill(at, name="Energie voor Allen"), "org_admit_sure")
    [(_, application)] = known.done
    assert (application.kvk, application.name, application.pages) == (KVK, "Energie voor Allen", True)


def test_suspend_asks_for_a_reason_and_warns(visit, known):
    at = visit("administrator", "schuldeisers", kvk=KVK, actie="stopzetten")
    assert "Reden: vul dit in" in text_of(press(at, "org_suspend_check"))
    at.text_area(key="org_suspend_reason").set_value("vraagt naar onbekenden")
    at = press(at, "org_suspend_check")
    assert "niet meer inloggen" in text_of(at)
    assert not known.done
    press(at, "org_suspend_sure")
    assert known.done == [("suspend", KVK, "vraagt naar onbekenden")]
    assert "Laat weer toe" in text_of(go(at, "schuldeisers", kvk=KVK))


def test_remove_account_takes_the_one_that_was_chosen(visit, known):
    at = visit("administrator", "schuldeisers", kvk=KVK, actie="account-weghalen")
    at.selectbox(key="org_remove_account").set_value(PAGES)
    at.text_area(key="org_remove_reason").set_value("gelekt")
    press(press(at, "org_remove_check"), "org_remove_sure")
    assert known.done == [("remove", KVK, PAGES, "gelekt")]


def test_address_of_nobody_shows_the_list(visit, known):
    assert "Schuldeiser toelaten" in text_of(visit("administrator", "schuldeisers", kvk="00000000"))


def test_suspended_creditor_is_let_in_again_with_a_reason_only(visit, known):
    known.stored[KVK] = replace(known.stored[KVK], suspended=True)
    at = visit("administrator", "schuldeisers", kvk=KVK, actie="wijzigen")
    assert "Waarom mag de organisatie weer: vul dit in" in text_of(fill(at, name="Energie"))
    at.text_area(key="org_admit_lift_suspension").set_value("uitgelegd")
    press(press(at, "org_admit_check"), "org_admit_sure")
    [(_, application)] = known.done
    assert application.lift_suspension == "uitgelegd"


def decided(action="admit", accounts=(OWN,), quota=(500, 10_000), **more):
    told = {"account_quota": None, "bsn_ground": None, "reason": None, "by": "4", **more}
    limits = Quota(daily=quota[0], per_epoch=quota[1]) if quota else None
    return Admission(action=action, accounts=accounts, quota=limits, at=datetime(2026, 2, 3, 13, 5, tzinfo=UTC), **told)


def test_decisions_say_what_changed_why_when_and_by_whom(visit, known):
    known.decisions = tuple(
        reversed(
            [
                decided(),
                decided(quota=(100_000, 200_000), reason="grote verhuurder"),
                decided(quota=(100_000, 200_000), accounts=(OWN, PAGES), account_quota=1_500, bsn_ground="Wet X"),
                decided("suspend", (OWN, PAGES), None, reason="onderzoek", by="set-up"),
                decided(quota=(100_000, 200_000), accounts=(OWN, PAGES), reason="uitgelegd"),
                decided("remove", (OWN,), None, reason="gelekt"),
                decided(quota=(100_000, 200_000), accounts=(PAGES,)),
            ]
        )
    )
    text = text_of(visit("administrator", "schuldeisers", kvk=KVK)).partition("Besluiten")[2]
    told = (
        "Herhaald: niets gewijzigd",
        "Account weggehaald", f"account {OWN}", "gelekt",
        "Weer toegelaten", "mag het BSN niet meer gebruiken", "uitgelegd",
        "Stopgezet", "onderzoek", "set-up",
        "Gewijzigd", f"toetsen op de pagina's, met account {PAGES}", "eigen maximum van een account: 1.500 per dag",
        "grond voor het BSN: Wet X",
        "maximum van 500 per dag, 10.000 per periode naar 100.000 per dag, 200.000 per periode", "grote verhuurder",
        "Toegelaten", "maximum 500 per dag, 10.000 per periode", f"account erbij: {OWN}",
        "Applicatiebeheer (p.jansma)",
    )  # fmt: skip
    plain = re.sub(r"<[^>]+>", "", text).replace("\u00a0", " ")
    position = 0
    for part in told:
        assert part in plain[position:], part
        position = plain.index(part, position) + len(part)
    assert "3 februari 2026 14:05" in plain
