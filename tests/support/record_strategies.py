"""Hypothesis strategies for every kind of record."""

from __future__ import annotations

import json
from datetime import UTC, date

from hypothesis import strategies as st

from schuldhulp.domain.checks import MAX_CENTS, MAX_YEAR, MIN_YEAR
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.identifiers import Bsn
from schuldhulp.domain.records import (
    NO_COMMITMENT,
    Address,
    Agreement,
    AgreementStatus,
    AgreementType,
    Applicant,
    ClaimDecisionState,
    Confirmation,
    ConfirmationRole,
    Consent,
    ConsentForm,
    ConsentSubject,
    Enrolment,
    EnrolmentBasis,
    Expense,
    ExpenseCategory,
    Frequency,
    Income,
    IncomeCategory,
    NoticeMeans,
    Obligation,
    ObligationStatus,
    ObligationType,
    Party,
    Position,
    Preference,
    ReceivedClaim,
    RecordVersion,
    ResidentView,
    SentNotice,
    Source,
)

words = st.binary(min_size=32, max_size=32)
cents = st.integers(0, MAX_CENTS)
dates = st.dates(date(MIN_YEAR, 1, 1), date(MAX_YEAR, 12, 31))
moments = st.datetimes(timezones=st.just(UTC))
_characters = st.characters(blacklist_categories=("Cc", "Cs"))
lines = st.text(_characters, max_size=40)
filled_lines = lines.filter(str.strip)
texts = st.text(
    st.characters(blacklist_categories=("Cs",), whitelist_characters="\t\r\n").filter(
        lambda c: c in "\t\r\n" or c.isprintable()
    ),
    max_size=60,
)
filled_texts = texts.filter(str.strip)
people = st.lists(words, min_size=1, max_size=2, unique=True).map(tuple)
surnames = st.builds("{}{}".format, st.sampled_from(["Jansen", "de Vries", "Ĳ", "Groß", "Le"]), lines)
kvks = st.just("") | st.integers(0, 99_999_999).map("{:08d}".format)
bsns = st.sampled_from(["999990019", "012345672", "123456782", "111222333"])
periods = st.tuples(dates, st.none() | dates).map(lambda two: (two[0], None) if two[1] is None else tuple(sorted(two)))
parties = st.builds(Party, name=filled_lines, kvk=kvks, creditor_number=lines, customer_number=lines, file_number=lines)
partial_dates = st.builds(PartialDate, st.integers(MIN_YEAR, MAX_YEAR)) | dates.map(PartialDate.of)


@st.composite
def addresses(draw):
    start, until = draw(periods)
    return Address(
        street=draw(filled_lines),
        house_number=draw(st.integers(1, 99_999)),
        suffix=draw(st.text(_characters, max_size=20)),
        postcode=draw(st.from_regex(r"\A[1-9][0-9]{3}[A-Z]{2}\Z")),
        city=draw(filled_lines),
        from_date=start,
        until=until,
    )


applicants = st.builds(
    Applicant,
    initials=lines,
    first_names=lines,
    prefix=lines,
    surname=surnames,
    other_surnames=st.lists(surnames, max_size=3, unique=True).map(tuple),
    birth_date=partial_dates,
    bsn=st.none() | st.builds(Bsn, bsns),
    addresses=st.lists(addresses(), max_size=3, unique=True).map(tuple),
    phone=lines,
    email=lines,
    position=st.sampled_from(Position),
)


@st.composite
def obligations(draw):
    frequency = draw(st.sampled_from(Frequency))
    return Obligation(
        type=draw(st.sampled_from(ObligationType)),
        owed_by=draw(people),
        creditor=draw(parties),
        original_creditor=draw(st.none() | parties),
        collector=draw(st.none() | parties),
        bailiff=draw(st.none() | parties),
        amount_resident=draw(st.none() | cents),
        amount_creditor=draw(st.none() | cents),
        original_amount=draw(st.none() | cents),
        arrears=draw(cents),
        instalment=0 if frequency is Frequency.NONE else draw(cents),
        frequency=frequency,
        due_day=draw(st.none() | st.integers(1, 31)),
        preference=draw(st.sampled_from(Preference)),
        statement_date=draw(st.none() | dates),
        origin_date=draw(st.none() | dates),
        legal_ground=draw(lines),
        status=draw(st.sampled_from(ObligationStatus)),
        source=draw(st.sampled_from(Source)),
        note=draw(texts),
    )


@st.composite
def _household(draw, record_type, categories, **more):
    start, until = draw(periods)
    return record_type(
        owner=draw(words),
        category=draw(st.sampled_from(categories)),
        description=draw(lines),
        amount=draw(cents),
        frequency=draw(st.sampled_from(Frequency)),
        from_date=start,
        until=until,
        note=draw(texts),
        **{name: draw(strategy) for name, strategy in more.items()},
    )


incomes = _household(Income, IncomeCategory)
expenses = _household(Expense, ExpenseCategory, fixed=st.booleans())
confirmations = st.builds(Confirmation, by=filled_lines, role=st.sampled_from(ConfirmationRole), at=moments)


@st.composite
def agreements(draw):
    start, end = draw(periods)
    status = draw(st.sampled_from(AgreementStatus))
    fewest = 1 if status is AgreementStatus.CONFIRMED else 0
    return Agreement(
        type=draw(st.sampled_from(AgreementType)),
        parties=tuple(draw(st.lists(filled_lines, min_size=1, max_size=3, unique=True))),
        text=draw(filled_texts),
        amount=draw(st.none() | cents),
        frequency=draw(st.sampled_from(Frequency)),
        start=start,
        end=end,
        confirmations=tuple(draw(st.lists(confirmations, min_size=fewest, max_size=3, unique=True))),
        status=status,
    )


@st.composite
def enrolments(draw):
    start, end = draw(periods)
    return Enrolment(
        applicants=draw(people),
        ground=draw(filled_lines),
        basis=draw(st.sampled_from(EnrolmentBasis)),
        basis_date=draw(dates),
        start=start,
        end=end,
        end_reason=draw(filled_lines if end else lines),
        publications=tuple(draw(st.lists(st.binary(min_size=16, max_size=16).map(bytes.hex), max_size=3, unique=True))),
    )


@st.composite
def received_claims(draw):
    view = draw(st.sampled_from(ResidentView))
    disputed, said = view is ResidentView.DISPUTED, view is not ResidentView.NONE
    answered = disputed and draw(st.booleans())
    decision = draw(st.sampled_from(ClaimDecisionState))
    decided = decision is not ClaimDecisionState.OPEN
    included = decision in (ClaimDecisionState.INCLUDED, ClaimDecisionState.SETTLED)
    return ReceivedClaim(
        claim_id=draw(words).hex(),
        commitment=draw(words).hex(),
        claim_version=draw(st.integers(1, 2**32 - 1)),
        document=json.dumps(draw(st.dictionaries(filled_lines, lines, max_size=3)), ensure_ascii=False),
        received_at=draw(moments),
        resident_view=view,
        resident_reason=draw(filled_texts if disputed else texts),
        resident_at=draw(moments) if said else None,
        answer=draw(filled_texts) if answered else "",
        answered_at=draw(moments) if answered else None,
        decision=decision,
        decision_reason=draw(filled_lines) if decided else "",
        decided_at=draw(moments) if decided else None,
        obligation=draw(words if included else st.none() | words),
    )


@st.composite
def sent_notices(draw):
    means = draw(st.sampled_from(NoticeMeans))
    channel = means is NoticeMeans.CHANNEL
    return SentNotice(
        obligation=draw(st.none() | words),
        recipient=draw(filled_lines),
        kvk=draw(kvks.filter(bool) if channel else kvks),
        reference=draw(lines),
        means=means,
        sent_on=draw(dates),
        message_hash=draw(words).hex() if channel else "",
        document=json.dumps(draw(st.dictionaries(filled_lines, lines, max_size=3)), ensure_ascii=False),
    )


@st.composite
def consents(draw):
    given, until = draw(periods)
    return Consent(
        applicant=draw(words),
        party=draw(filled_lines),
        kvk=draw(kvks.filter(bool)),
        subject=draw(st.sampled_from(ConsentSubject)),
        given_on=given,
        until=until,
        how=draw(st.sampled_from(ConsentForm)),
        ended_on=draw(st.none() | st.dates(given, date(MAX_YEAR, 12, 31))),
    )


records = st.one_of(
    applicants,
    obligations(),
    incomes,
    expenses,
    agreements(),
    enrolments(),
    received_claims(),
    sent_notices(),
    consents(),
)


@st.composite
def versions(draw):
    number = draw(st.integers(1, 2**32 - 1))
    withdrawn = draw(st.booleans())
    return RecordVersion(
        dossier=draw(words),
        record_id=draw(words),
        version=number,
        replaces=NO_COMMITMENT if number == 1 else draw(words.filter(any)),
        salt=draw(words),
        schema=1,
        withdrawn=withdrawn,
        reason=draw(filled_lines if withdrawn else lines),
        record=draw(records),
    )
