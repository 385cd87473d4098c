"""Adding and changing records, enrolling and ending: what is typed, what is refused, and that nothing is sent twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.components.fields import (
    Amount,
    BirthDate,
    Choice,
    CitizenNumber,
    Day,
    Items,
    Kvk,
    Line,
    Person,
    Postcode,
    Whole,
    label_of,
)
from app.components.forms import Submission
from app.components.recordforms import SECTIONS, TYPES, build, fields_of, value_of
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import (
    Agreement,
    Applicant,
    ConfirmationRole,
    Enrolment,
    EnrolmentBasis,
    Expense,
    ExpenseCategory,
    Income,
    IncomeCategory,
    Obligation,
    ObligationType,
    RecordKind,
)
from schuldhulp.domain.trust import TrustState
from schuldhulp.errors import Conflict, Deviation, InvalidInput, Unreachable
from tests.app.conftest import go, press, text_of
from tests.support.fake_cockpit import dossier_id, record_id

FIRST = dossier_id(0)
ME, PARTNER = record_id("me"), record_id("partner")


def fill(at, screen, **values):
    """Fill in fields by the end of their keys."""
    for name, value in values.items():
        key = f"{screen}_{name}"
        for widgets in (at.text_input, at.text_area, at.selectbox, at.checkbox):
            found = [widget for widget in widgets if widget.key == key]
            if found:
                found[0].set_value(value)
                break
        else:
            raise AssertionError(key)
    return at


def newest(fake, kind):
    found = [versions[-1] for versions in fake.stored[FIRST].records.values() if isinstance(versions[-1].record, kind)]
    return found[-1]


def form(visit, kind, **query):
    return visit("caseworker", "invoeren", dossier=FIRST, soort=kind, **query)


ANSWERS = {
    "obligation": {
        "type": ObligationType.ENERGY,
        "owed_by": (ME, PARTNER),
        "creditor_name": "Energie voor Elkaar",
        "creditor_kvk": "12345678",
        "amount_resident": "1.234,56",
        "amount_creditor": "€ 1.300",
        "instalment": "45,00",
        "frequency": Frequency.MONTHLY,
        "due_day": "15",
        "statement_date": "1-11-2026",
        "bailiff_name": "Deurwaarder Zuid",
        "note": "Twee\nregels",
    },
    "income": {
        "owner": ME,
        "category": IncomeCategory.BENEFIT,
        "description": "Gemeente",
        "amount": "1.100,00",
        "from_date": "01-01-2026",
    },
    "expense": {
        "owner": PARTNER,
        "category": ExpenseCategory.GROCERIES,
        "amount": "300",
        "from_date": "2026-01-01",
    },
    "agreement": {
        "type": "payment_arrangement",
        "parties": "F.M. van der Meulen\nKredietbank",
        "text": "Elke maand 45 euro",
        "amount": "45,00",
        "frequency": Frequency.MONTHLY,
        "start": "01-12-2026",
        "status": "confirmed",
        "confirmed_resident": True,
    },
}
KINDS = {"obligation": Obligation, "income": Income, "expense": Expense, "agreement": Agreement}


@pytest.mark.parametrize("kind", list(ANSWERS))
def test_record_is_added_after_the_check(visit, fake, kind):
    at = fill(form(visit, kind), kind, **ANSWERS[kind])
    press(at, f"{kind}_check")
    assert "Controleer uw antwoorden" in text_of(at)
    assert fake.saved == 0
    press(at, f"{kind}_save")
    assert fake.saved == 1
    assert "Opgeslagen onder nummer" in text_of(at)
    assert isinstance(newest(fake, KINDS[kind]).record, KINDS[kind])


def test_record_holds_what_was_typed(visit, fake):
    at = fill(form(visit, "obligation"), "obligation", **ANSWERS["obligation"])
    press(press(at, "obligation_check"), "obligation_save")
    record = newest(fake, Obligation).record
    assert record.owed_by == (ME, PARTNER)
    assert (record.amount_resident, record.amount_creditor, record.original_amount) == (123_456, 130_000, None)
    assert (record.creditor.kvk, record.bailiff.name, record.collector) == ("12345678", "Deurwaarder Zuid", None)
    assert (record.due_day, record.statement_date.isoformat()) == (15, "2026-11-01")
    assert record.note == "Twee\nregels"


def test_agreement_says_who_confirmed_it(visit, fake):
    at = fill(form(visit, "agreement"), "agreement", **ANSWERS["agreement"])
    press(press(at, "agreement_check"), "agreement_save")
    (given,) = newest(fake, Agreement).record.confirmations
    # Not the name of the resident: that stands under what the resident pressed.
    assert (given.by, given.role) == ("doorgegeven door begeleider", ConfirmationRole.RESIDENT)


def test_agreement_that_says_something_else_is_a_proposal_again(visit, fake):
    before = fake.stored[FIRST].records[record_id("agreement")][-1].record
    assert before.confirmations
    at = form(visit, "agreement", gegeven=record_id("agreement"))
    press(fill(at, "agreement", text="Iets anders"), "agreement_check")
    assert "De bevestiging van de afspraak vervalt" in text_of(at)
    press(at, "agreement_save")
    after = newest(fake, Agreement).record
    assert (after.text, after.status, after.confirmations) == ("Iets anders", "proposed", ())


def test_agreement_that_only_ends_keeps_its_confirmations(visit, fake):
    before = fake.stored[FIRST].records[record_id("agreement")][-1].record
    at = form(visit, "agreement", gegeven=record_id("agreement"))
    press(fill(at, "agreement", status="ended", end="23-11-2026"), "agreement_check")
    assert "De bevestiging van de afspraak vervalt" not in text_of(at)
    press(at, "agreement_save")
    after = newest(fake, Agreement).record
    assert (after.status, after.confirmations) == ("ended", before.confirmations)


def test_agreement_without_confirmation_is_not_confirmed(visit, fake):
    answers = {**ANSWERS["agreement"], "confirmed_resident": False}
    at = press(fill(form(visit, "agreement"), "agreement", **answers), "agreement_check")
    assert "kruis aan wie de afspraak heeft bevestigd" in text_of(at)
    assert fake.saved == 0


def test_form_names_each_field_that_is_wrong_and_keeps_what_was_typed(visit, fake):
    at = fill(form(visit, "obligation"), "obligation", amount_resident="12.50", creditor_kvk="123", note="blijft")
    press(at, "obligation_check")
    text = text_of(at)
    assert "Er zijn 5 dingen die nog niet kloppen" in text
    assert "Bedrag volgens de bewoner: schrijf het bedrag met een komma" in text
    assert "Schuldeiser: KvK-nummer: een KvK-nummer heeft acht cijfers." in text
    assert text.count("Soort: maak een keuze.") == 2
    assert 'href="#veld-obligation_amount_resident"' in text
    assert 'id="fout-obligation_amount_resident"' in text
    assert at.text_area(key="obligation_note").value == "blijft"
    assert at.text_input(key="obligation_amount_resident").value == "12.50"
    assert fake.saved == 0


def test_form_goes_back_from_the_check_without_losing_anything(visit):
    at = fill(form(visit, "income"), "income", **ANSWERS["income"])
    press(press(at, "income_check"), "income_back")
    assert at.text_input(key="income_amount").value == "1.100,00"
    assert at.selectbox(key="income_category").value is IncomeCategory.BENEFIT


def test_button_that_is_pressed_twice_saves_once(visit, fake):
    at = fill(form(visit, "income"), "income", **ANSWERS["income"])
    press(at, "income_check")
    submission = at.session_state["income_draft"][1].submission
    press(at, "income_save")
    # The second press of a double click: its callback runs with the page that was there.
    submission.send(lambda: pytest.fail("sent twice"))
    assert fake.saved == 1


def test_submission_keeps_the_first_outcome():
    submission = Submission()
    submission.send(lambda: 1)
    submission.send(lambda: 2)
    assert submission.result == 1
    refused = Submission()

    def refuse():
        raise Unreachable("database_silent", "no answer")

    refused.send(refuse)
    assert refused.error is not None
    assert not refused.done


def test_record_is_changed_from_the_version_that_was_seen(visit, fake):
    at = form(visit, "obligation", gegeven=record_id("debt0"))
    assert at.text_input(key="obligation_amount_creditor").value == "4.862,17"
    assert at.text_input(key="obligation_collector_name").value == "Incasso Noordenwind"
    fill(at, "obligation", amount_creditor="4.900,00")
    press(press(at, "obligation_check"), "obligation_save")
    versions = fake.stored[FIRST].records[record_id("debt0")]
    assert [view.record.amount_creditor for view in versions] == [486_217, 490_000]
    assert "versie 2" in text_of(at)


def test_change_on_top_of_a_colleagues_is_refused_and_told(visit, fake):
    at = form(visit, "obligation", gegeven=record_id("debt0"))
    fill(at, "obligation", amount_creditor="4.900,00")
    press(at, "obligation_check")
    stored = fake.stored[FIRST]
    stored.put(record_id("debt0"), replace(stored.records[record_id("debt0")][-1].record, note="Van een collega"))
    press(at, "obligation_save")
    text = text_of(at)
    assert "Iemand anders was u net voor" in text
    assert "Bekijk wat er is veranderd" in text
    assert "Een collega (begeleider) heeft dit gegeven gewijzigd op 23 november 2026 10:30; het is nu versie 2" in text
    assert len(stored.records[record_id("debt0")]) == 2


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unreachable("database_silent", "no answer"), "Er is nu even geen verbinding"),
        (Deviation("dossier_deviates", "deviates"), "Opslaan is gestopt"),
        (Conflict("dossier_changed", "changed"), "Een collega heeft tegelijk iets in dit dossier gewijzigd"),
        (InvalidInput("applicant_unknown", "?", field="owner"), "Van wie: deze persoon staat niet meer in het dossier"),
        (InvalidInput("applicant_unknown", "?", field="x"), "Dit veld: deze persoon staat niet meer in het dossier"),
    ],
)
def test_save_that_fails_says_why_and_can_be_tried_again(visit, fake, error, said):
    at = fill(form(visit, "income"), "income", **ANSWERS["income"])
    press(at, "income_check")
    fake.failing = error
    press(at, "income_save")
    assert said in text_of(at)
    assert fake.saved == 0
    press(press(press(at, "income_back"), "income_check"), "income_save")
    assert fake.saved == 1


def test_form_of_another_link_is_empty_again(visit, fake):
    at = fill(form(visit, "income", nr="1"), "income", **ANSWERS["income"])
    press(press(at, "income_check"), "income_save")
    assert "Opgeslagen" in text_of(go(at, "invoeren", dossier=FIRST, soort="income", nr="1"))
    go(at, "invoeren", dossier=FIRST, soort="income", nr="2")
    assert at.text_input(key="income_amount").value == ""
    assert fake.saved == 1


def test_form_again_after_saving(visit):
    at = fill(form(visit, "income"), "income", **ANSWERS["income"])
    press(press(press(at, "income_check"), "income_save"), "income_another")
    assert at.text_input(key="income_amount").value == ""


@pytest.mark.parametrize(
    "query", [{"soort": "enrolment"}, {"soort": "x"}, {"soort": "income", "gegeven": record_id("debt0")}]
)
def test_form_for_what_is_not_there_says_so(visit, query):
    at = visit("caseworker", "invoeren", dossier=FIRST, **query)
    assert not at.exception
    assert "Dit gegeven staat niet in dit dossier" in text_of(at)


def test_withdrawal_needs_a_reason_and_is_kept_in_the_history(visit, fake):
    at = visit("caseworker", "gegeven", dossier=FIRST, gegeven=record_id("debt0"))
    press(at, "withdraw_send")
    assert "Vul in waarom u dit gegeven intrekt" in text_of(at)
    assert fake.saved == 0
    at.text_area(key="withdraw_reason").set_value("Dubbel ingevoerd")
    press(at, "withdraw_send")
    assert fake.saved == 1
    assert "Dit gegeven is ingetrokken" in text_of(at)
    assert "Reden: Dubbel ingevoerd" in text_of(at)
    assert "€ 4.862,17" not in text_of(visit("resident", "schulden"))


def test_withdrawal_of_what_a_colleague_changed_is_refused(visit, fake):
    at = visit("caseworker", "gegeven", dossier=FIRST, gegeven=record_id("debt0"))
    stored = fake.stored[FIRST]
    stored.put(record_id("debt0"), replace(stored.records[record_id("debt0")][-1].record, note="Nieuw"))
    at.text_area(key="withdraw_reason").set_value("Dubbel ingevoerd")
    press(at, "withdraw_send")
    assert "Iemand anders was u net voor" in text_of(at)
    assert len(stored.records[record_id("debt0")]) == 2
    press(at, "withdraw_send")
    assert stored.records[record_id("debt0")][-1].withdrawn


def test_partner_is_added_with_an_address(visit, fake):
    fake.stored[FIRST].records.pop(PARTNER)
    at = form(visit, "applicant")
    fill(
        at,
        "applicant",
        surname="Bakker",
        birth_date="00-02-1980",
        addresses_0_street="Lindelaan",
        addresses_0_house_number="12",
        addresses_0_postcode="9711 ab",
        addresses_0_city="Voorbeeldstad",
        addresses_0_from_date="1-1-2024",
        other_surnames="Jansen\nde Vries",
    )
    press(press(at, "applicant_check"), "applicant_save")
    record = newest(fake, Applicant).record
    assert (record.position, record.birth_date.iso, record.addresses[0].postcode) == ("partner", "1980-02-00", "9711AB")
    assert record.other_surnames == ("Jansen", "de Vries")


def test_person_who_is_a_client_already_is_refused_without_blaming_a_colleague(visit, fake):
    at = fill(form(visit, "applicant", gegeven=ME), "applicant", initials="F.")
    press(at, "applicant_check")
    fake.failing = Conflict("client_known", "known", field="bsn")
    press(at, "applicant_save")
    text = text_of(at)
    assert "Iemand met dit BSN heeft al een dossier" in text
    assert "Iemand anders was u net voor" not in text
    assert "Bekijk wat er is veranderd" not in text


def test_address_that_is_half_filled_in_is_refused(visit, fake):
    at = fill(form(visit, "applicant", gegeven=ME), "applicant", addresses_1_city="Voorbeeldstad")
    press(at, "applicant_check")
    assert "Adres 2: Straat: vul dit in." in text_of(at)


def test_address_can_be_added_however_many_there_are(visit, fake):
    me = fake.stored[FIRST].records[ME][-1].record
    many = tuple(replace(me.addresses[0], house_number=number) for number in range(1, 12))
    fake.stored[FIRST].put(ME, replace(me, addresses=many))
    assert "Adres 11: Huisnummer" in text_of(visit("caseworker", "gegeven", dossier=FIRST, gegeven=ME))
    at = form(visit, "applicant", gegeven=ME)
    assert at.text_input(key="applicant_addresses_10_house_number").value == "11"
    fill(
        at,
        "applicant",
        addresses_11_street="Lindelaan",
        addresses_11_house_number="99",
        addresses_11_postcode="9711 ab",
        addresses_11_city="Voorbeeldstad",
        addresses_11_from_date="1-1-2026",
    )
    press(press(at, "applicant_check"), "applicant_save")
    saved = fake.stored[FIRST].records[ME][-1].record
    assert [address.house_number for address in saved.addresses] == [*range(1, 12), 99]


def test_conflict_while_adding_leads_nowhere_but_back(visit, fake):
    at = fill(form(visit, "income"), "income", **ANSWERS["income"])
    press(at, "income_check")
    fake.failing = Conflict("record_changed", "changed", version=2, at="2026-11-23T09:30:00+00:00", function="x")
    press(at, "income_save")
    assert "Iemand anders was u net voor" in text_of(at)
    assert "Bekijk wat er is veranderd" not in text_of(at)


def test_enrolment_asks_ground_basis_and_date(visit, fake):
    at = visit("caseworker", "aanmelden", dossier=FIRST)
    press(at, "enrol_check")
    assert "Grond: vul dit in." in text_of(at)
    fill(
        at,
        "enrol",
        applicants=(ME, PARTNER),
        ground="Plan van aanpak",
        basis=EnrolmentBasis.CONSENT,
        basis_date="1-11-2026",
    )
    press(at, "enrol_check")
    assert "Van J. Bakker is geen adres bekend" in text_of(at)
    press(at, "enrol_send")
    assert "De aanmelding is opgeslagen" in text_of(at)
    record = newest(fake, Enrolment).record
    assert (record.applicants, record.ground, record.basis_date.isoformat()) == (
        (ME, PARTNER),
        "Plan van aanpak",
        "2026-11-01",
    )


def test_enrolment_that_is_refused_names_the_field(visit, fake):
    at = visit("caseworker", "aanmelden", dossier=FIRST)
    fill(at, "enrol", applicants=(ME,), ground="Plan", basis=EnrolmentBasis.CONSENT, basis_date="1-11-2026")
    press(at, "enrol_check")
    fake.failing = InvalidInput("applicant_unknown", "unknown", field="applicants")
    press(at, "enrol_send")
    assert f"{label_of('enrolment', 'applicants')}: deze persoon staat niet meer in het dossier" in text_of(at)


def test_enrolment_is_ended_with_a_reason(visit, fake):
    fake.enrolment.enrol(
        actor=fake.people[("staff", "caseworker")],
        dossier=FIRST,
        applicants=(ME,),
        ground="Plan",
        basis=EnrolmentBasis.NOTICE,
        basis_date=newest(fake, Agreement).record.start,
    )
    at = visit("caseworker", "aanmelden", dossier=FIRST)
    assert "De bewoner heeft bericht gekregen" in text_of(at)
    fill(at, "ending", end_reason="Schulden opgelost")
    press(press(at, "ending_check"), "ending_send")
    assert newest(fake, Enrolment).record.end_reason == "Schulden opgelost"
    assert "De afmelding is opgeslagen" in text_of(at)


def test_form_warns_before_writing_into_a_dossier_that_deviates(visit, fake):
    fake.stored[FIRST].state = TrustState.DEVIATES
    assert "iets wijkt af" in text_of(form(visit, "income"))


def test_names_in_a_select_box_hold_no_hidden_marks(visit, fake):
    me = fake.stored[FIRST].records[ME][-1].record
    fake.stored[FIRST].put(ME, replace(me, surname="Meulen\u200b *vet*\u202e"))
    for kind, key in (("income", "owner"), ("obligation", "owed_by")):
        shown = form(visit, kind).selectbox(key=f"{kind}_{key}").options
        assert any("Meulen *vet*" in option for option in shown)


@pytest.mark.parametrize("kind", list(TYPES))
def test_fields_cover_every_attribute_of_the_record(kind):
    asked = {item.name.partition(".")[0] for item in fields_of(kind)}
    there = set(TYPES[kind].__dataclass_fields__) | ({"confirmed"} if kind is RecordKind.AGREEMENT else set())
    assert asked == there - {"confirmations", "kind", "schema"}


def test_build_gives_back_what_a_form_starts_with(fake):
    for versions in fake.stored[FIRST].records.values():
        record = versions[-1].record
        values = {item.name: item.read(item.start(value_of(record, item.name))) for item in fields_of(record.kind)}
        assert build(record.kind, values, record, lambda role: pytest.fail("nobody confirmed")) == record


@pytest.mark.parametrize(
    ("item", "typed", "key"),
    [
        (Amount(name="a"), "12,5", "amount_ambiguous"),
        (Amount(name="a"), "abc", "amount_invalid"),
        (Amount(name="a", required=True), "  ", "required"),
        (Day(name="a"), "31-02-2026", "date_invalid"),
        (Day(name="a"), "31-12-26", "date_form"),
        (BirthDate(name="a"), "12-00-1980", "date_invalid"),
        (CitizenNumber(name="a"), "123456789", "bsn_invalid"),
        (Kvk(name="a"), "1234567", "kvk_invalid"),
        (Postcode(name="a"), "12345", "postcode_invalid"),
        (Whole(name="a", lowest=1, highest=31), "32", "number_range"),
        (Whole(name="a", lowest=1, highest=31), "9" * 5000, "number_range"),
        (Whole(name="a", lowest=1, highest=31), "²", "number_range"),
        (Line(name="a"), "x" * 201, "text_too_long"),
        (Items(name="a"), None, None),
        (Choice(name="a", options=Frequency, group="frequency"), None, "choice_missing"),
        (Person(name="a"), None, "choice_missing"),
    ],
)
def test_read_names_the_field_and_the_rule(item, typed, key):
    if key is None:
        assert item.read(typed) == ()
        return
    with pytest.raises(InvalidInput) as caught:
        item.read(typed)
    assert (caught.value.key, caught.value.field) == (key, "a")


def test_sections_have_headings():
    from app.texts.nl import TEXTS

    assert {f"section.{kind}.{section.name}" for kind, sections in SECTIONS.items() for section in sections} <= set(
        TEXTS
    )
