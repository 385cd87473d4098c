"""Notices: written in one go, delivered until they arrive, signed for by whom they were sealed to, and proven."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.notices import open_notice, read_notice
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.sendings import sending_signer, without_sending
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.notices import NoticeState
from schuldhulp.domain.records import NoticeMeans, ObligationStatus, Party, SentNotice
from schuldhulp.domain.sendings import SignedSending
from schuldhulp.errors import (
    ChainMismatch,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    ProofInvalid,
    SchuldhulpError,
    Unreachable,
)
from schuldhulp.services.claims.ports import Correspondent, MessageKind
from schuldhulp.services.notices.desk import Choice
from schuldhulp.services.notices.overview import NoticeView
from schuldhulp.services.notices.parties import PartyRole
from schuldhulp.services.notices.proofs import ProofList, proofs_from_plain, proofs_to_plain, verify_proofs
from tests.support.factories import MUNICIPALITY, RecordKeeping
from tests.support.notices import CHAIN_ID, COLLECTOR_KVK, KVK, REGISTER, NoticeDesks

COLLECTOR = Party(name="Incasso Voorbeeld", kvk=COLLECTOR_KVK, file_number="D-77")


@pytest.fixture
def desks(keeping: RecordKeeping) -> NoticeDesks:
    return NoticeDesks(keeping)


def told(desks: NoticeDesks, actor: Actor, dossier: bytes) -> NoticeView:
    (view,) = desks.overview.told(actor=actor, dossier=dossier)  # type: ignore[arg-type]
    return view


def opened_content(desks: NoticeDesks, content: bytes) -> tuple[bytes, SignedSending]:
    """Take apart what was delivered, as the creditor's client does."""
    return without_sending(content, municipality=MUNICIPALITY, recipient=desks.account.address)


def acknowledged(desks: NoticeDesks, actor: Actor) -> tuple[bytes, ProofList]:
    """Send one notice, have it signed for and anchored; return the dossier and the list of proofs."""
    dossier, debt = desks.enrolled(actor)
    desks.desk.send(actor=actor, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    desks.post.send()
    ((_, subject, _, content),) = desks.sent
    with desks.keeping.store.read() as work:
        row = work.notices.with_id(subject)
    assert row is not None
    assert opened_content(desks, content)[0] == row.content
    desks.reply(desks.signed(row.message), subject)
    assert desks.check.check() == (1, 0)
    desks.keeping.anchor()
    return dossier, desks.overview.proofs(actor=actor, dossier=dossier)


def test_candidates_are_the_parties_of_debts_that_are_not_settled(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker, collector=COLLECTOR, status=ObligationStatus.WITH_COLLECTOR)
    found = desks.desk.candidates(actor=caseworker, dossier=dossier)
    assert [(one.party.role, one.party.name, one.party.reference, one.on_channel) for one in found] == [
        (PartyRole.CREDITOR, "Stroom en Gas BV", "K-1", True),
        (PartyRole.COLLECTOR, "Incasso Voorbeeld", "D-77", False),
    ]
    assert {one.told_on for one in found} == {None}
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    again = desks.desk.candidates(actor=caseworker, dossier=dossier)
    assert [one.told_on for one in again] == [date(2026, 11, 23), None]
    view = desks.keeping.records
    opened = desks.keeping.reader.read(dossier)
    record = opened.current[debt].version
    assert record is not None
    view.change(
        actor=caseworker, dossier=dossier, record_id=debt, expected_version=1,
        record=replace(record.record, status=ObligationStatus.SETTLED), reason="betaald",
    )  # fmt: skip
    assert desks.desk.candidates(actor=caseworker, dossier=dossier) == []


def test_candidates_skip_accounts_without_a_key(desks: NoticeDesks, caseworker: Actor) -> None:
    newest = AccountKey.generate().address
    desks.known[KVK] = Correspondent(
        kvk=KVK, name="Stroom en Gas BV", accounts=(newest, desks.account.address), suspended=True
    )
    dossier, debt = desks.enrolled(caseworker)
    (one,) = desks.desk.candidates(actor=caseworker, dossier=dossier)
    assert (one.on_channel, one.suspended) == (True, True)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    desks.post.send()
    assert [recipient for _, _, recipient, _ in desks.sent] == [desks.account.address]
    desks.keys.clear()
    (one,) = desks.desk.candidates(actor=caseworker, dossier=dossier)
    assert not one.on_channel


def test_candidates_are_written_to_at_an_account_of_their_own_before_the_one_of_the_pages(
    desks: NoticeDesks, caseworker: Actor
) -> None:
    pages = AccountKey.generate().address
    desks.keys[pages], desks.kept[KVK] = desks.messages.public_key, pages
    both = Correspondent(kvk=KVK, name="Stroom en Gas BV", accounts=(pages, desks.account.address), suspended=False)
    desks.known[KVK] = both
    dossier, debt = desks.enrolled(caseworker)
    choice = Choice(obligation=debt, role=PartyRole.CREDITOR)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[choice])
    desks.known[KVK] = replace(both, accounts=(pages,))
    desks.keeping.clock.advance(days=1)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[choice])
    desks.post.send()
    assert [recipient for _, _, recipient, _ in desks.sent] == [desks.account.address, pages]


def test_candidates_skip_accounts_that_the_chain_does_not_know_as_a_creditor(
    desks: NoticeDesks, caseworker: Actor
) -> None:
    made_up = AccountKey.generate().address
    desks.keys[made_up] = desks.messages.public_key
    desks.without_role.add(made_up)
    desks.known[KVK] = Correspondent(
        kvk=KVK, name="Stroom en Gas BV", accounts=(made_up, desks.account.address), suspended=False
    )
    dossier, debt = desks.enrolled(caseworker)
    choice = Choice(obligation=debt, role=PartyRole.CREDITOR)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[choice])
    desks.post.send()
    assert [recipient for _, _, recipient, _ in desks.sent] == [desks.account.address]
    desks.keeping.clock.advance(days=1)
    desks.without_role.add(desks.account.address)
    (one,) = desks.desk.candidates(actor=caseworker, dossier=dossier)
    assert not one.on_channel
    with pytest.raises(Conflict) as caught:
        desks.desk.send(actor=caseworker, dossier=dossier, choices=[choice])
    assert caught.value.key == "not_on_channel"


def test_send_seals_what_the_record_says_to_the_creditor(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    (sent,) = desks.desk.send(
        actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)]
    )
    assert told(desks, caseworker, dossier).state is NoticeState.WAITING
    assert desks.post.send() == (1, 0)
    assert desks.post.send() == (0, 0)
    ((kind, subject, recipient, content),) = desks.sent
    assert (kind, recipient) == (MessageKind.NOTICE, desks.account.address)
    sealed, signed = opened_content(desks, content)
    assert sending_signer(signed, chain_id=CHAIN_ID, claim_register=REGISTER) == desks.signer.address
    notice = open_notice(desks.messages, subject, sealed)
    assert (notice.number, notice.recipient, notice.reference) == (sent.number, "Stroom en Gas BV", "K-1")
    assert (notice.sender, notice.contact) == ("Gemeente Teststad", "schuldhulp@example.nl")
    assert [one.full_name for one in notice.clients] == ["A.B. Jansen"]
    # Ten working days from Monday 23 November 2026.
    assert (notice.enrolled_since, notice.answer_by) == (date(2026, 11, 23), date(2026, 12, 7))
    version = desks.keeping.reader.read(dossier).current[sent.record].version
    assert version is not None
    assert isinstance(version.record, SentNotice)
    assert read_notice(version.record.document) == notice
    view = told(desks, caseworker, dossier)
    assert (view.state, view.days_left, view.number) == (NoticeState.DELIVERED, 10, sent.number)


def test_send_refuses_a_client_who_is_not_enrolled(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    desks.keeping.enrolment.end(actor=caseworker, dossier=dossier, reason="klaar")
    with pytest.raises(NotFound) as caught:
        desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    assert caught.value.key == "not_enrolled"
    assert desks.overview.told(actor=caseworker, dossier=dossier) == []


def test_send_writes_all_of_them_or_none(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker, collector=COLLECTOR)
    both = [Choice(obligation=debt, role=PartyRole.CREDITOR), Choice(obligation=debt, role=PartyRole.COLLECTOR)]
    with pytest.raises(Conflict) as caught:
        desks.desk.send(actor=caseworker, dossier=dossier, choices=both)
    assert caught.value.key == "not_on_channel"
    assert desks.overview.told(actor=caseworker, dossier=dossier) == []
    assert desks.post.send() == (0, 0)
    both[1] = replace(both[1], means=NoticeMeans.LETTER, sent_on=date(2026, 11, 20))
    assert len(desks.desk.send(actor=caseworker, dossier=dossier, choices=both)) == 2
    views = {one.means: one for one in desks.overview.told(actor=caseworker, dossier=dossier)}
    assert views[NoticeMeans.LETTER].state is NoticeState.BY_HAND
    assert views[NoticeMeans.LETTER].sent_on == date(2026, 11, 20)
    assert desks.post.send() == (1, 0)


def test_send_twice_on_one_day_is_refused(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    choice = Choice(obligation=debt, role=PartyRole.CREDITOR)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[choice])
    with pytest.raises(Conflict) as caught:
        desks.desk.send(actor=caseworker, dossier=dossier, choices=[choice])
    assert caught.value.key == "notice_today"
    desks.keeping.clock.advance(days=1)
    assert len(desks.desk.send(actor=caseworker, dossier=dossier, choices=[choice])) == 1


@pytest.mark.parametrize(
    ("choices", "key"),
    [
        ([], "notices_none"),
        ([{}, {}], "repeated"),
        ([{"sent_on": date(2026, 11, 20)}], "date_other"),
        ([{"means": NoticeMeans.LETTER, "sent_on": date(2026, 11, 24)}], "date_future"),
        ([{"role": PartyRole.BAILIFF}], "party_unknown"),
    ],
)
def test_send_refuses_what_cannot_be_meant(desks: NoticeDesks, caseworker: Actor, choices: list, key: str) -> None:
    dossier, debt = desks.enrolled(caseworker)
    start = {"obligation": debt, "role": PartyRole.CREDITOR}
    with pytest.raises(SchuldhulpError) as caught:
        desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(**start | one) for one in choices])
    assert caught.value.key == key


def test_send_is_for_who_enrols_and_opened_the_dossier(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    choices = [Choice(obligation=debt, role=PartyRole.CREDITOR)]
    for other in (
        desks.keeping.staff_member("bob", session="session-two"),
        desks.keeping.staff_member("carla", Role.ADMINISTRATOR, session="session-three"),
    ):
        for step in (
            lambda who=other: desks.desk.send(actor=who, dossier=dossier, choices=choices),
            lambda who=other: desks.desk.candidates(actor=who, dossier=dossier),
            lambda who=other: desks.overview.told(actor=who, dossier=dossier),
            lambda who=other: desks.overview.proofs(actor=who, dossier=dossier),
        ):
            with pytest.raises(NotAllowed):
                step()


def test_post_sends_nothing_that_the_cockpit_did_not_write(
    desks: NoticeDesks, caseworker: Actor, engine: Engine
) -> None:
    dossier, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    with engine.begin() as connection:
        connection.execute(text("UPDATE notices SET recipient = '0x1111111111111111111111111111111111111111'"))
    assert desks.post.send() == (0, 1)
    assert desks.sent == []
    view = told(desks, caseworker, dossier)
    assert (view.state, view.trouble) == (NoticeState.LOST, "forged")


def test_post_tries_again_after_a_minute(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    desks.refusal = NotAllowed("role_missing", "no role")
    assert desks.post.send() == (0, 1)
    assert told(desks, caseworker, dossier).trouble == "role_missing"
    desks.refusal = None
    assert desks.post.send() == (0, 1)
    desks.keeping.clock.advance(minutes=1)
    assert desks.post.send() == (1, 0)
    assert told(desks, caseworker, dossier).trouble == ""


def test_send_gives_the_same_bytes_after_a_failure_and_signs_anew_for_a_new_signer(
    desks: NoticeDesks, caseworker: Actor
) -> None:
    dossier, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    tried: list[bytes] = []

    def silent(kind: MessageKind, subject: bytes, recipient: str, content: bytes) -> None:
        tried.append(content)
        raise Unreachable("evaluator_silent", "does not answer")

    deliver, desks.deliver = desks.deliver, silent  # type: ignore[method-assign, assignment]
    for _ in range(2):
        with pytest.raises(Unreachable):
            desks.post.send()
        desks.keeping.clock.advance(hours=1)
    assert tried[0] == tried[1]
    desks.deliver = deliver  # type: ignore[method-assign]
    desks.named = AccountKey.generate().address
    with pytest.raises(ChainMismatch) as caught:
        desks.post.send()
    assert (caught.value.key, desks.sent) == ("receipt_signer_differs", [])
    new = AccountKey.generate()
    desks.named = new.address
    desks.sign_with(new)
    assert desks.post.send() == (1, 0)
    ((_, _, _, content),) = desks.sent
    assert sending_signer(opened_content(desks, content)[1], chain_id=CHAIN_ID, claim_register=REGISTER) == new.address
    assert desks.overview.proofs(actor=caseworker, dossier=dossier).notices[0].sender == new.address


def test_send_waits_for_an_account_that_lost_its_role(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    desks.without_role.add(desks.account.address)
    assert desks.post.send() == (0, 1)
    assert desks.sent == []
    view = told(desks, caseworker, dossier)
    assert (view.state, view.trouble) == (NoticeState.WAITING, "role_missing")
    desks.without_role.clear()
    desks.keeping.clock.advance(minutes=2)
    assert desks.post.send() == (1, 0)
    assert told(desks, caseworker, dossier).trouble == ""


def test_notice_is_overdue_after_ten_working_days(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    desks.post.send()
    desks.keeping.clock.advance(days=14)
    assert told(desks, caseworker, dossier).state is NoticeState.DELIVERED
    desks.keeping.clock.advance(days=1)
    view = told(desks, caseworker, dossier)
    assert (view.state, view.days_left) == (NoticeState.OVERDUE, -1)


def test_late_shows_what_nobody_signed_for_in_the_own_caseload_alone(
    desks: NoticeDesks, caseworker: Actor, engine: Engine
) -> None:
    choice = {"role": PartyRole.CREDITOR}
    late, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=late, choices=[Choice(obligation=debt, **choice)])
    desks.post.send()
    desks.keeping.clock.advance(days=1)
    signed, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=signed, choices=[Choice(obligation=debt, **choice)])
    desks.post.send()
    with desks.keeping.store.read() as work:
        row = work.notices.with_id(desks.sent[-1][1])
    assert row is not None
    desks.reply(desks.signed(row.message), row.notice_id)
    desks.check.check()
    letter, debt = desks.enrolled(caseworker)
    desks.desk.send(
        actor=caseworker, dossier=letter, choices=[Choice(obligation=debt, means=NoticeMeans.LETTER, **choice)]
    )
    stuck, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=stuck, choices=[Choice(obligation=debt, **choice)])
    assert desks.late.of(actor=caseworker) == []
    desks.keeping.clock.advance(days=20)
    found = desks.late.of(actor=caseworker)
    assert [(one.dossier.id, one.notice.state) for one in found] == [
        (late, NoticeState.OVERDUE),
        (stuck, NoticeState.WAITING),
    ]
    colleague = desks.keeping.staff_member("collega", Role.CASEWORKER)
    assert desks.late.of(actor=colleague) == []
    with pytest.raises(NotAllowed):
        desks.late.of(actor=replace(caseworker, roles=frozenset({Role.ADMINISTRATOR})))


def test_check_accepts_the_signature_of_the_recipient_alone(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[Choice(obligation=debt, role=PartyRole.CREDITOR)])
    desks.post.send()
    ((_, subject, _, _),) = desks.sent
    with desks.keeping.store.read() as work:
        row = work.notices.with_id(subject)
    assert row is not None
    stranger = AccountKey.generate()
    right = desks.signed(row.message)
    desks.reply(desks.signed(row.message, by=stranger), subject)
    desks.reply(desks.signed(row.message, by=stranger, account=desks.account.address), subject)
    desks.reply(desks.signed(b"\x09" * 32), subject)
    desks.reply(right, b"\x08" * 32)
    desks.reply(right, subject, sealed=b"\x00" * 80)
    assert desks.check.check() == (0, 5)
    with desks.keeping.store.read() as work:
        found = {one.trouble for one in work.notices.replies_of([subject, b"\x08" * 32])}
    assert found == {"signer_other", "notice_unknown", "undecryptable"}
    view = told(desks, caseworker, dossier)
    assert view.state is NoticeState.DELIVERED
    assert view.trouble in found
    desks.reply(right, subject)
    assert desks.check.check() == (1, 0)
    view = told(desks, caseworker, dossier)
    assert (view.state, view.acknowledged_by, view.trouble) == (NoticeState.ACKNOWLEDGED, desks.account.address, "")


def test_told_shows_a_resident_the_own_notices_alone(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, _ = acknowledged(desks, caseworker)
    resident = Actor(
        kind="resident", id="resident-1", name="", roles=frozenset({Role.RESIDENT}), dossiers=frozenset({dossier})
    )
    assert told(desks, resident, dossier).state is NoticeState.ACKNOWLEDGED
    with pytest.raises(NotAllowed):
        told(desks, replace(resident, dossiers=frozenset()), dossier)


def test_told_believes_no_signature_that_the_database_makes_up(
    desks: NoticeDesks, caseworker: Actor, engine: Engine
) -> None:
    dossier, _ = acknowledged(desks, caseworker)
    with engine.begin() as connection:
        connection.execute(text("UPDATE notice_replies SET acknowledged_at = acknowledged_at + 1000000"))
    view = told(desks, caseworker, dossier)
    assert (view.state, view.trouble) == (NoticeState.DELIVERED, "signer_other")


def test_proofs_hold_by_themselves_and_name_who_signed(desks: NoticeDesks, caseworker: Actor) -> None:
    _, proofs = acknowledged(desks, caseworker)
    assert proofs.anchored
    plain = json.loads(json.dumps(proofs_to_plain(proofs)))
    again = proofs_from_plain(plain)
    assert again == proofs
    (one,) = verify_proofs(again, chain_id=CHAIN_ID, claim_register=REGISTER)
    assert (one.recipient, one.kvk, one.signed_by) == ("Stroom en Gas BV", KVK, desks.account.address)
    assert (one.sent_by, one.sent_at) == (desks.signer.address, "2026-11-23T11:00:00+00:00")
    assert one.sent_on == "2026-11-23"
    assert desks.keeping.chain.roots_of([proofs.dossier])[proofs.dossier] == proofs.root


def test_proofs_of_a_letter_hold_without_a_signature(desks: NoticeDesks, caseworker: Actor) -> None:
    dossier, debt = desks.enrolled(caseworker)
    choice = Choice(obligation=debt, role=PartyRole.CREDITOR, means=NoticeMeans.LETTER)
    desks.desk.send(actor=caseworker, dossier=dossier, choices=[choice])
    proofs = desks.overview.proofs(actor=caseworker, dossier=dossier)
    assert not proofs.anchored
    (one,) = verify_proofs(proofs, chain_id=CHAIN_ID, claim_register=REGISTER)
    assert (one.means, one.sent_by, one.signed_by) == (NoticeMeans.LETTER, "", "")


def flipped(text: str) -> str:
    """Change one bit of bytes in hexadecimal."""
    start = "0x" if text.startswith("0x") else ""
    value = bytearray.fromhex(text.removeprefix("0x"))
    value[len(value) // 3] ^= 1
    return start + value.hex()


def test_verify_proofs_refuses_every_change(desks: NoticeDesks, caseworker: Actor) -> None:
    _, proofs = acknowledged(desks, caseworker)
    plain = json.loads(json.dumps(proofs_to_plain(proofs)))
    (one,) = plain["notices"]
    document = json.loads(one["record"]["record"]["document"])
    other = document | {"reference": "K-2"}
    assert one["acknowledgedAt"]
    later = (proofs.notices[0].acknowledged_at or proofs.made_at) + timedelta(seconds=1)
    changes = [
        {"notices": [one | {"record": one["record"] | {"record": one["record"]["record"] | change}}]}
        for change in (
            {"recipient": "Ander"},
            {"document": json.dumps(other)},
            {"sent_on": "2026-11-01"},
            {"message_hash": "11" * 32},
        )
    ]
    changes += [
        {"notices": [one | change]}
        for change in (
            {"commitment": "11" * 32},
            {"proof": one["proof"][1:]},
            {"content": flipped(one["content"])},
            {"content": ""},
            {"recipient": AccountKey.generate().address},
            {"acknowledgedAt": later.isoformat()},
            {"acknowledgedAt": None},
            {"signature": flipped(one["signature"])},
            {"sentAt": later.isoformat()},
            {"sentAt": None},
            {"sender": AccountKey.generate().address},
            {"sentSignature": one["signature"]},
        )
    ]
    changes += [{"root": "11" * 32}, {"chainId": 1}, {"claimRegister": "0x" + "44" * 20}, {"dossier": "11" * 32},
                {"municipality": 14}]  # fmt: skip
    for change in changes:
        with pytest.raises((ProofInvalid, InvalidInput)):
            verify_proofs(proofs_from_plain(plain | change), chain_id=CHAIN_ID, claim_register=REGISTER)


@pytest.mark.parametrize("plain", [None, [], {}, {"format": "schuldhulp notices 1"}, {"format": "other"}])
def test_proofs_from_plain_refuses_what_is_no_list(plain: object) -> None:
    with pytest.raises(InvalidInput):
        proofs_from_plain(plain)


def test_a_notice_opens_for_nobody_else(desks: NoticeDesks, caseworker: Actor) -> None:
    acknowledged(desks, caseworker)
    ((_, subject, _, content),) = desks.sent
    with pytest.raises(SchuldhulpError):
        open_notice(OpeningKey.generate(), subject, opened_content(desks, content)[0])
