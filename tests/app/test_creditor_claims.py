"""The pages on which a creditor's employee hands in claims and follows them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.screens import creditor_claim_prefill
from app.screens.creditor_claim_fields import SECTIONS, fields_in, named, plain_of, raw_of
from app.texts import en, nl
from schuldhulp.domain.claims import ClaimStage, ClaimStatus, DecisionReason, RefusalReason, contents_to_plain
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, Unreachable
from schuldhulp.services.creditor_pages.claim_views import Unfinished
from tests.app.conftest import go, html_of, press, text_of
from tests.app.test_creditor_pages import TRACES, ask, kept, make_known
from tests.support.fake_claim_pages import ACCOUNT, claim_id_of, make_contents
from tests.support.fake_cockpit import NOW

TYPED = {
    "debtor_surname": "Wolkenstein",
    "debtor_birth_date": "17-03-1981",
    "debtor_postcode": "9712 QX",
    "debtor_house_number": "417",
    "reference": "FAC-2026/9",
    "origin_date": "01-03-2026",
    "legal_ground": "leveringsovereenkomst",
    "principal": "1.234,56",
    "costs": "40",
    "statement_date": "20-11-2026",
    "iban": "NL91 ABNA 0417 1643 00",
    "contact_name": "Afdeling incasso",
    "contact_email": "incasso@example.nl",
}
AREAS = {"why_owed": "De jaarrekening is niet betaald.", "objection": "Schrijf naar incasso@example.nl."}
OTHER = "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"


def fill(at, **changes):
    """Fill the form in."""
    for name, text in {**TYPED, **changes}.items():
        at.text_input(key=f"filing_{name}").set_value(text)
    for name, text in AREAS.items():
        at.text_area(key=f"filing_{name}").set_value(text)
    at.selectbox(key="filing_type").set_value("energy")
    return press(at, "filing_check")


def test_form_is_closed_without_an_account_and_says_what_to_do(visit, fake):
    fake.creditor_claims.open_ = False
    for path in ("vordering-indienen", "mijn-vorderingen"):
        at = visit("creditor", path)
        assert "staat voor uw organisatie nog uit" in text_of(at)
        assert not at.text_input


@pytest.mark.parametrize("who", ["resident", "caseworker", "administrator", None])
def test_pages_are_for_creditors_alone(visit, who):
    for path in ("vordering-indienen", "mijn-vorderingen"):
        at = visit(who, path)
        assert not at.text_input
        assert "Haal berichten op" not in [button.label for button in at.button]


def test_claim_is_checked_before_it_is_handed_in_and_confirmed_with_a_number(visit, fake):
    at = fill(visit("creditor", "vordering-indienen"))
    text = text_of(at)
    assert "Er is nog niets verstuurd" in text
    assert fake.creditor_claims.done == []
    for part in (
        "Wolkenstein",
        "17 maart 1981",
        "1.234,56",
        "1.274,56",
        "NL91ABNA0417164300",
        "Er is geen termijn meer",
    ):
        assert part in text
    at = press(at, "filing_sure")
    assert [name for name, _ in fake.creditor_claims.done] == ["file"]
    [said] = fake.creditor_claims.said.values()
    assert (said.original_creditor.kvk, said.holder.kvk, said.stage) == ("12345678", "12345678", ClaimStage.CREDITOR)
    assert (said.principal, said.costs, said.interest) == (123456, 4000, 0)
    text = text_of(at)
    assert "vastgelegd en versleuteld verstuurd" in text
    digits = claim_id_of("FAC-2026/9").hex()[:16].upper()
    assert "-".join(digits[start : start + 4] for start in range(0, 16, 4)) in text
    # Nothing of the person is left in the session, and a reload hands nothing in once more.
    for trace in TRACES:
        assert trace not in kept(at)
    at.run()
    assert len(fake.creditor_claims.done) == 1
    at = press(at, "filing_another")
    assert at.text_input(key="filing_debtor_surname").value == ""


def test_form_begins_with_the_check_that_gave_green(visit, fake):
    make_known(fake)
    at = ask(visit("creditor"))
    assert 'href="/vordering-indienen"' in html_of(at)
    at = go(at, "vordering-indienen")
    values = {field.key: field.value for field in at.text_input}
    assert values["filing_debtor_surname"] == "Wolkenstein-Ülger"
    assert values["filing_debtor_birth_date"] == "17-03-1981"
    assert (values["filing_debtor_house_number"], values["filing_debtor_suffix"]) == ("417", "b")
    assert "7X2P-QK4M-90ZT-H" in text_of(at)


def test_red_answer_leads_to_no_claim(visit):
    assert 'href="/vordering-indienen"' not in html_of(ask(visit("creditor"))).split("Het antwoord")[1]


def test_form_begins_empty_without_a_check_and_says_so(visit):
    at = visit("creditor", "vordering-indienen")
    assert "Toets eerst" in text_of(at)
    assert at.text_input(key="filing_debtor_surname").value == ""


def test_form_begins_with_what_is_the_same_each_time_and_no_person(visit, fake):
    fake.creditor_claims.put("FAC-1")
    at = visit("creditor", "vordering-indienen")
    assert at.text_input(key="filing_iban").value == "NL91ABNA0417164300"
    assert at.text_input(key="filing_contact_name").value == "Incasso"
    assert at.text_input(key="filing_debtor_surname").value == ""
    assert at.text_input(key="filing_reference").value == ""


def test_prefill_is_forgotten_after_its_time(monkeypatch):
    timers = []

    class Timer:
        daemon = False

        def __init__(self, seconds, act, args):
            timers.append((seconds, act, args))

        def start(self):
            pass

    state: dict[str, object] = {}
    monkeypatch.setattr(creditor_claim_prefill.threading, "Timer", Timer)
    monkeypatch.setattr(creditor_claim_prefill.st, "session_state", state)
    creditor_claim_prefill.keep("7X2P", {"bsn": "999990019"})
    found = creditor_claim_prefill.prefill()
    assert found is not None
    assert found.raw == {"debtor_bsn": "999990019"}
    [(seconds, act, args)] = timers
    assert timedelta(seconds=seconds) == creditor_claim_prefill.KEPT
    act(*args)
    assert (found.raw, found.number) == ({}, "7X2P")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("debtor_surname", "", "Achternaam: vul dit in"),
        ("debtor_birth_date", "31-02-1980", "deze dag bestaat niet"),
        ("debtor_house_number", "12a", "Huisnummer:"),
        ("reference", "---", "Kenmerk van de schuld: vul dit in"),
        ("principal", "veel", "geen bedrag"),
        ("principal", "0", "een vordering is meer dan nul"),
        ("statement_date", "01-01-2030", "ligt in de toekomst"),
        ("statement_date", "01-01-2020", "ligt vóór de begindatum"),
        ("iban", "NL00 ABNA 0417 1643 00", "geen goed rekeningnummer"),
        ("contact_email", "incasso", "geen e-mailadres"),
        ("contact_email", "", "E-mailadres: vul dit in"),
        ("preference_ground", "artikel 21 Invorderingswet", "alleen in als de vordering voorgaat"),
        ("instalment_proposal_amount", "99.999,00", "Hoe vaak: vul dit in"),
    ],
)
def test_form_names_the_field_that_is_wrong_and_hands_nothing_in(visit, fake, name, text, said):
    costs = {"costs": ""} if name == "principal" else {}
    at = fill(visit("creditor", "vordering-indienen"), **{name: text, **costs})
    shown = text_of(at)
    assert said in shown
    assert "Er is nog niets verstuurd" not in shown
    assert fake.creditor_claims.done == []


def test_form_says_all_that_is_wrong_at_once_and_keeps_what_was_typed(visit):
    at = fill(visit("creditor", "vordering-indienen"), debtor_surname="", iban="x", principal="y")
    text = text_of(at)
    assert "3 dingen" in text
    for key in ("filing_debtor_surname", "filing_iban", "filing_principal"):
        assert f'href="#veld-{key}"' in text
    assert at.text_input(key="filing_reference").value == TYPED["reference"]


def test_collector_names_the_original_creditor(visit, fake):
    at = visit("creditor", "vordering-indienen")
    assert "filing_original_creditor_kvk" not in {field.key for field in at.text_input}
    at.radio(key="filing_stage").set_value(ClaimStage.COLLECTOR).run()
    at = fill(at, original_creditor_name="Waterbedrijf", original_creditor_kvk="87654321")
    press(at, "filing_sure")
    [said] = fake.creditor_claims.said.values()
    assert (said.original_creditor.kvk, said.stage) == ("87654321", ClaimStage.COLLECTOR)


def test_form_has_no_field_for_a_bsn_without_the_ground(visit, fake):
    keys = {field.key for field in visit("creditor", "vordering-indienen").text_input}
    assert "filing_debtor_bsn" not in keys
    fake.creditor_claims.bsn = True
    assert "filing_debtor_bsn" in {field.key for field in visit("creditor", "vordering-indienen").text_input}


def test_slips_are_asked_about_before_handing_in(visit):
    at = fill(visit("creditor", "vordering-indienen"), objection_until="01-01-2026", debtor_birth_date="17-03-2015")
    assert "bezwaar te maken is al voorbij" in text_of(at)
    assert "nog geen 18" in text_of(at)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Conflict("claim_still_open", "open"), "Er staat al een vordering open"),
        (Unreachable("evaluator_unreachable", "silent"), "geeft geen antwoord"),
        (NotAllowed("balance_too_low", "poor"), "te weinig om de kosten"),
    ],
)
def test_failed_handing_in_can_be_tried_again(visit, fake, error, said):
    at = fill(visit("creditor", "vordering-indienen"))
    fake.creditor_claims.failing = error
    at = press(at, "filing_sure")
    assert said in text_of(at)
    assert "niets dubbel ingediend" in text_of(at)
    assert "vastgelegd en versleuteld verstuurd" in text_of(press(at, "filing_sure"))


def test_refusal_of_a_field_by_the_chain_leads_back_to_the_field(visit, fake):
    fake.creditor_claims.bsn = True
    at = fill(visit("creditor", "vordering-indienen"), debtor_bsn="999990019")
    fake.creditor_claims.failing = NotAllowed("bsn_not_allowed", "no", field="debtor.bsn")
    at = press(at, "filing_sure")
    assert 'href="#veld-filing_debtor_bsn"' in text_of(at)
    assert at.text_input(key="filing_debtor_surname").value == TYPED["debtor_surname"]


def test_list_is_empty_with_what_to_do(visit):
    assert "Begin met een toets" in text_of(visit("creditor", "mijn-vorderingen"))


def test_list_shows_where_each_claim_stands_and_what_to_do(visit, fake):
    claims = fake.creditor_claims
    claims.put("FAC-1")
    asked = claims.put("FAC-2")
    claims.decide(asked, ClaimStatus.ASKED, DecisionReason.MORE_INFORMATION, "Welke maanden?")
    included = claims.put("FAC-3")
    claims.decide(included, ClaimStatus.INCLUDED, DecisionReason.INCLUDED)
    claims.put("FAC-4", renewal_due=True)
    claims.put("FAC-5", status=ClaimStatus.WITHDRAWN)
    at = visit("creditor", "mijn-vorderingen")
    text = text_of(at)
    for part in ("FAC-1", "Ingediend", "Vraag aan u", "Antwoord door de vordering aan te passen", "Opgenomen",
                 "ouder dan zes maanden", "Ingetrokken"):  # fmt: skip
        assert part in text
    shown = text_of(go(at, "mijn-vorderingen", toon="doen"))
    assert "FAC-2" in shown
    assert "FAC-4" in shown
    assert "FAC-1" not in shown
    assert "FAC-3" in text_of(go(at, "mijn-vorderingen", toon="opgenomen"))
    assert "Geen vordering gevonden" not in text_of(go(at, "mijn-vorderingen", toon="gesloten"))


def test_one_claim_shows_times_reason_and_receipts(visit, fake):
    claims = fake.creditor_claims
    claim_id = claims.put("FAC-1")
    claims.receipt(claim_id)
    claims.decide(claim_id, ClaimStatus.DECLINED, DecisionReason.CLIENT_UNKNOWN, "Neem contact op.")
    at = visit("creditor", "mijn-vorderingen", vordering=claim_id)
    text = text_of(at)
    for part in ("Vordering FAC-1", "Afgewezen", "geen klant van de kredietbank", "Neem contact op.",
                 "Compleet ontvangen", "Wolkenstein"):  # fmt: skip
        assert part in text
    assert [button.proto.label for button in at.get("download_button")] != []
    # Decided on: nothing to amend any more.
    assert "stap=intrekken" not in html_of(at)


def test_hostile_text_of_the_credit_bank_is_only_text(visit, fake):
    claim_id = fake.creditor_claims.put("<img src=x>")
    fake.creditor_claims.decide(claim_id, ClaimStatus.ASKED, DecisionReason.OTHER, "<img src=x onerror=1>\n**b**")
    at = visit("creditor", "mijn-vorderingen", vordering=claim_id)
    assert "<img" not in html_of(at)
    assert "<img" not in html_of(go(at, "mijn-vorderingen"))


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_every_refusal_says_what_to_do(visit, fake, reason):
    claim_id = fake.creditor_claims.put("FAC-1")
    fake.creditor_claims.receipt(claim_id, reason)
    assert nl.TEXTS[f"filed.refused_{reason}"] in text_of(visit("creditor", "mijn-vorderingen", vordering=claim_id))


def test_every_status_reason_step_and_field_has_words():
    keys = {
        *(f"filed.status_{one.name.lower()}" for one in ClaimStatus),
        *(f"filed.reason_{one}" for one in DecisionReason),
        *(f"filed.todo_unfinished_{one}" for one in Unfinished),
        *(f"filing.stage_{one}" for one in ClaimStage),
        *(f"field.filing.{item.name}" for item in fields_in(SECTIONS)),
        *(f"filing.section_{name}" for name in SECTIONS),
    }
    assert keys - nl.TEXTS.keys() == set()
    assert keys - en.TEXTS.keys() == set()


def test_claim_shows_when_a_new_statement_was_asked_for(visit, fake):
    claim_id = fake.creditor_claims.put("FAC-1", renewal_due=True, renewal_asked_at=NOW)
    text = text_of(visit("creditor", "mijn-vorderingen", vordering=claim_id))
    assert "Nieuwe opgave gevraagd op" in text
    assert "23 november 2026" in text


# Of receipts, decisions and keys that are no page's doing: a message that is wrong is named in one sentence for all.
NOT_ON_A_PAGE = {"signer_other", "receipt_invalid", "receipt_elsewhere"}


@pytest.mark.parametrize(
    "pattern",
    ["creditor/claims*.py", "creditor/transactions.py", "creditor/channel.py", "creditor/journal.py",
     "services/creditor_pages/*.py"],
)  # fmt: skip
def test_every_error_that_handing_in_can_meet_has_a_sentence(pattern):
    found = set()
    for file in (Path(__file__).resolve().parents[2] / "schuldhulp").glob(pattern):
        found |= set(
            re.findall(
                r"(?:InvalidInput|NotAllowed|NotFound|NotAdmitted|Conflict|Deviation|Unreachable|ChainMismatch"
                r'|Misconfigured)[(,]\s*"([a-z_]+)"',
                file.read_text(encoding="utf-8"),
            )
        )
    assert found
    assert {key for key in found if f"error.{key}" not in nl.TEXTS} - NOT_ON_A_PAGE == set()


def test_unknown_claim_gives_the_list(visit):
    at = visit("creditor", "mijn-vorderingen", vordering=claim_id_of("of somebody else"))
    assert "Mijn vorderingen" in text_of(at)
    assert "Begin met een toets" in text_of(at)
    assert "Begin met een toets" in text_of(go(at, "mijn-vorderingen", vordering="zz"))


def test_unfinished_step_can_be_finished(visit, fake):
    claim_id = fake.creditor_claims.put("FAC-1", unfinished=Unfinished.FILE, status=ClaimStatus.NONE)
    at = visit("creditor", "mijn-vorderingen", vordering=claim_id)
    assert "niet afgemaakt" in text_of(at)
    fake.creditor_claims.failing = Unreachable("rpc_unreachable", "silent")
    at = press(at, "filed_go_on")
    assert "keten" in text_of(at)
    at = press(at, "filed_go_on")
    assert fake.creditor_claims.done == [("go on", claim_id)]
    assert "niet afgemaakt" not in text_of(at)


def test_claim_is_amended_with_creditor_and_reference_fixed(visit, fake):
    claim_id = fake.creditor_claims.put("FAC-1", renewal_due=True)
    at = visit("creditor", "vordering-indienen", vordering=claim_id)
    keys = {field.key for field in at.text_input}
    assert "filing_reference" not in keys
    assert at.text_input(key="filing_debtor_surname").value == "Wolkenstein"
    at.text_input(key="filing_costs").set_value("75,00")
    at = press(press(at, "filing_check"), "filing_sure")
    assert fake.creditor_claims.done == [("amend", claim_id)]
    assert fake.creditor_claims.said[claim_id].costs == 7500
    assert "Vordering aangepast" in text_of(at)


def test_claim_that_was_decided_on_cannot_be_amended(visit, fake):
    claim_id = fake.creditor_claims.put("FAC-1", status=ClaimStatus.INCLUDED)
    at = visit("creditor", "vordering-indienen", vordering=claim_id)
    assert "niet meer aanpassen" in text_of(at)
    assert not at.text_input


def test_claim_is_withdrawn_after_a_yes(visit, fake):
    claim_id = fake.creditor_claims.put("FAC-1")
    at = visit("creditor", "mijn-vorderingen", vordering=claim_id.hex(), stap="intrekken")
    assert "doet niets meer" in text_of(at)
    assert fake.creditor_claims.done == []
    at = press(at, "filed_withdraw_sure")
    assert fake.creditor_claims.done == [("withdraw", claim_id)]
    assert "De vordering is ingetrokken" in text_of(at)


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "vul dit in"), ("0x12", "begint met 0x"), (OTHER.replace("A", "a", 1), "hoofdletters"),
     (ACCOUNT, "uw eigen organisatie")],
)  # fmt: skip
def test_claim_is_handed_over_to_no_wrong_address(visit, fake, typed, said):
    claim_id = fake.creditor_claims.put("FAC-1")
    at = visit("creditor", "mijn-vorderingen", vordering=claim_id.hex(), stap="overdragen")
    at.text_input(key="filed_hand_over_holder").set_value(typed)
    at = press(at, "filed_hand_over_check")
    if typed == ACCOUNT:
        at = press(at, "filed_hand_over_sure")
    assert said in text_of(at)
    assert fake.creditor_claims.done == []


def test_claim_is_handed_over_after_a_yes(visit, fake):
    claim_id = fake.creditor_claims.put("FAC-1")
    at = visit("creditor", "mijn-vorderingen", vordering=claim_id.hex(), stap="overdragen")
    at.text_input(key="filed_hand_over_holder").set_value(OTHER.lower())
    at = press(at, "filed_hand_over_check")
    assert OTHER in text_of(at)
    assert "niet terugdraaien" in text_of(at)
    at = press(at, "filed_hand_over_sure")
    assert fake.creditor_claims.done == [("hand over", claim_id)]
    assert "De vordering is overgedragen" in text_of(at)
    assert "Een ander houdt deze vordering" in text_of(go(at, "mijn-vorderingen", vordering=claim_id))


def test_messages_are_fetched_on_demand(visit, fake):
    at = press(visit("creditor", "mijn-vorderingen"), "filed_fetch")
    assert "Alles is bijgewerkt" in text_of(at)
    fake.creditor_claims.problems = ["silent"]
    assert "Nog niet alles" in text_of(press(at, "filed_fetch"))
    fake.creditor_claims.failing = Conflict("journal_in_use", "busy")
    assert "Er wordt nu aan de vorderingen" in text_of(press(at, "filed_fetch"))


def test_fields_give_back_the_contents_they_were_filled_with():
    contents = make_contents(NOW, instalment_proposal={"amount": 2500, "frequency": "monthly"})
    raw = raw_of(contents)
    values = {item.name: item.read(raw[item.name]) for item in fields_in(SECTIONS)}
    plain = plain_of(values, stage=contents.stage)
    wanted = json.loads(json.dumps(contents_to_plain(contents)))
    for part in ("debtor", "instalment_proposal", "contact", "original_creditor"):
        wanted[part] = {name: value for name, value in wanted[part].items() if value is not None}
    assert plain == {name: value for name, value in wanted.items() if name not in ("municipality", "holder", "sent_at")}


@pytest.mark.parametrize(
    ("field", "name"),
    [("debtor.surname", "debtor_surname"), ("total", "principal"), ("contact", "contact_email"), ("stage", None),
     (None, None)],
)  # fmt: skip
def test_named_finds_the_field_of_the_page(field, name):
    assert named(InvalidInput("required", "text", field=field)).field == name


def test_question_of_the_credit_bank_stands_above_the_answer(visit, fake):
    claim_id = fake.creditor_claims.put("FAC-1")
    fake.creditor_claims.decide(claim_id, ClaimStatus.ASKED, DecisionReason.MORE_INFORMATION, "Welke maanden?")
    text = text_of(visit("creditor", "vordering-indienen", vordering=claim_id))
    assert text.index("Welke maanden?") < text.index("Van wie")


def test_refusal_of_the_receiving_account_leads_back_to_its_field(visit, fake):
    claim_id = fake.creditor_claims.put("FAC-1")
    at = visit("creditor", "mijn-vorderingen", vordering=claim_id.hex(), stap="overdragen")
    at.text_input(key="filed_hand_over_holder").set_value(OTHER)
    at = press(at, "filed_hand_over_check")
    fake.creditor_claims.failing = NotAllowed("receiver_no_creditor", "no", field="holder")
    at = press(at, "filed_hand_over_sure")
    assert 'href="#veld-filed_hand_over_holder"' in text_of(at)
    assert "hoort niet bij een schuldeiser" in text_of(at)
