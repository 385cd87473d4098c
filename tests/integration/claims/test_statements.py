"""Statements from the party's client to the municipality's database and back, on real parts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from eth_utils.crypto import keccak

from schuldhulp.chain.claims import RegisterReader
from schuldhulp.creditor.statements import LATE, StatementClient
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.acknowledgements import acknowledgement_digest, acknowledgement_signer, seal_statement_receipt
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.statement_refusals import open_refusal, refusal_digest, refusal_signer, seal_refusal
from schuldhulp.domain.acknowledgements import Acknowledgement, SignedAcknowledgement
from schuldhulp.domain.claims import Organisation
from schuldhulp.domain.identifiers import Bsn
from schuldhulp.domain.statement_refusals import SignedRefusal, StatementRefusal
from schuldhulp.domain.statements import Statement
from schuldhulp.errors import InvalidInput, Misconfigured, NotAllowed, Unreachable
from schuldhulp.services.claims.collecting import Collector
from schuldhulp.services.claims.ports import MessageKind
from schuldhulp.services.statements.intake import StatementDeliveries, StatementIntake
from schuldhulp.services.statements.opening import StatementReader
from schuldhulp.services.statements.rows import StatementFinding, StatementState
from tests.support.chain import MUNICIPALITY
from tests.support.claims_stage import Party
from tests.support.evaluation import KVK
from tests.support.intake import Town
from tests.support.statements import make_statement, sealed_statement

SENDER = Organisation(name="Woonstichting De Haven", kvk=KVK)


def stated(**changes: Any) -> Statement:
    return make_statement(MUNICIPALITY, **{"sender": SENDER} | changes)


def place_of(town: Town) -> dict[str, Any]:
    return {"chain_id": town.stage.chain.deployment.chain_id, "claim_register": town.register}


@dataclass
class Hall:
    """The municipality's intake of statements, as after a restart each time."""

    town: Town
    changes: dict[str, Any] = field(default_factory=dict)

    def intake(self, **changes: Any) -> StatementIntake:
        chain = self.town.stage.chain
        signer = chain.signer("receipt_signer")
        arguments: dict[str, Any] = {
            "store": self.town.store,
            "chain": chain.gateway(),
            "channel": self.town.stage.municipality(),
            "keys": RegisterReader(chain.gateway(), chain.rpc()),
            "clock": self.town.clock,
            "reader": self.reader(self.town.stage.claim_key),
            "receipt_signer": signer.address,
            "sign_digest": signer.sign_digest,
            "retention": timedelta(days=90),
        }
        return StatementIntake(**arguments | changes)

    def reader(self, opening_key: OpeningKey) -> StatementReader:
        return StatementReader(opening_key=opening_key, municipality=MUNICIPALITY, **place_of(self.town))

    def collect(self) -> None:
        Collector(
            store=self.town.store,
            channel=self.town.stage.municipality(),
            clock=self.town.clock,
            municipality=MUNICIPALITY,
            handlers={MessageKind.STATEMENT: StatementDeliveries(MUNICIPALITY)},
        ).collect()

    def run(self, **changes: Any):
        self.collect()
        return self.intake(**changes).run_once()

    def rows(self):
        with self.town.store.read() as work:
            return work.statements.all(MUNICIPALITY, decided=True)


@pytest.fixture
def hall(town: Town) -> Hall:
    return Hall(town)


def client_of(town: Town, party: Party | None = None, **changes: Any) -> StatementClient:
    who = party or town.stage.creditor
    arguments: dict[str, Any] = {
        "deployment_file": town.stage.deployment_file,
        "chain_url": town.stage.chain.node.url,
        "organisation": who.kvk,
        "account": who.account,
        "messages": who.messages,
        "folder": who.folder,
        "clock": town.clock,
    }
    return StatementClient(**arguments | changes)


def test_statement_comes_in_and_its_sender_gets_a_signature_and_no_more(hall: Hall, town: Town) -> None:
    with client_of(town) as client:
        sent = client.send(stated())
        assert (sent.receipt, sent.is_late) == (None, False)
        report = hall.run()
        assert (report.right, report.refused, report.sent, report.unsent, report.troubles) == (1, 0, 1, 0, ())
        assert client.collect() == ()
        (standing,) = client.list()
    (row,) = hall.rows()
    assert (row.state, row.organisation, row.message) == (StatementState.WAITING, KVK, sent.message)
    assert standing.receipt is not None
    said = standing.receipt.acknowledgement
    assert (said.message, said.municipality, said.account) == (
        sent.message,
        MUNICIPALITY,
        town.stage.creditor.account.address,
    )
    signer = acknowledgement_signer(
        standing.receipt, chain_id=town.stage.chain.deployment.chain_id, claim_register=town.register
    )
    assert signer == town.stage.chain.signer("receipt_signer").address
    kept = (town.stage.creditor.folder / "statements.sqlite").read_bytes()
    assert b"Jansen" not in kept
    assert b"HUUR-0017" not in kept


def test_the_same_statement_is_sent_once_unless_it_is_asked_for_again(hall: Hall, town: Town) -> None:
    with client_of(town) as client:
        first = client.send(stated())
        assert client.send(stated()).message == first.message
        again = client.send(stated(), again=True)
        assert again.message != first.message
    hall.run()
    # Both may have come in the same second.
    assert {row.message for row in hall.rows()} == {first.message, again.message}


def test_what_was_begun_is_delivered_later_as_the_same_bytes(hall: Hall, town: Town) -> None:
    class Silent:
        def __init__(self, channel: Any) -> None:
            self.channel = channel

        def deliver(self, *arguments: Any) -> Any:
            self.channel.deliver(*arguments)
            raise Unreachable("evaluator_silent", "the answer got lost")

    silent = Silent(town.channel_of(town.stage.creditor))
    with client_of(town, connect=lambda code, state: silent) as client:
        with pytest.raises(Unreachable):
            client.send(stated())
        assert client.list()[0].delivered_at is None
        assert client.resume() == ("the answer got lost",)
    with client_of(town) as client:
        assert client.resume() == ()
        assert client.list()[0].delivered_at is not None
    hall.run()
    assert len(hall.rows()) == 1


def test_send_refuses_what_would_not_be_taken(town: Town) -> None:
    stranger = Party(kvk="11112222", folder=town.stage.folder / "stranger")
    with client_of(town) as client:
        with pytest.raises(InvalidInput, check=lambda error: error.key == "sender_other"):
            client.send(make_statement(MUNICIPALITY, sender=Organisation(name="X", kvk="11112222")))
        with pytest.raises(NotAllowed, check=lambda error: error.key == "bsn_not_allowed"):
            client.send(stated(client=replace(make_statement().client, bsn=Bsn("999990019"))))
        assert client.list() == []
    with client_of(town, stranger) as client, pytest.raises(NotAllowed, check=lambda error: error.key == "no_role"):
        client.send(stated(sender=Organisation(name="X", kvk=stranger.kvk)))
    other_key = replace(town.stage.creditor, messages=OpeningKey.generate(), folder=town.stage.folder / "other")
    with client_of(town, other_key) as client, pytest.raises(Misconfigured):
        client.send(stated())


def other_key(sealed: Callable[..., bytes], said: Statement) -> bytes:
    return sealed(said, claim_key=OpeningKey.generate().public_key)


@pytest.mark.parametrize(
    ("finding", "contents"),
    [
        (StatementFinding.UNDECRYPTABLE, lambda sealed, said: b"rubbish"),
        (StatementFinding.UNDECRYPTABLE, other_key),
        (
            StatementFinding.SENDER_MISMATCH,
            lambda sealed, said: sealed(replace(said, sender=Organisation(name="Een ander", kvk="11112222"))),
        ),
        (
            StatementFinding.BSN_NOT_ALLOWED,
            lambda sealed, said: sealed(replace(said, client=replace(said.client, bsn=Bsn("999990019")))),
        ),
        (StatementFinding.SIGNER_OTHER, lambda sealed, said: sealed(said, account=AccountKey.generate())),
        (StatementFinding.SIGNER_OTHER, lambda sealed, said: sealed(said, chain_id=1)),
    ],
)
def test_what_is_not_right_is_named_to_staff_and_refused_to_its_sender(
    hall: Hall, town: Town, finding: StatementFinding, contents: Any
) -> None:
    party, said = town.stage.creditor, stated()

    def sealed(statement: Statement, **changes: Any) -> bytes:
        arguments = {"claim_key": town.stage.claim_key.public_key, "account": party.account, **place_of(town)}
        return sealed_statement(statement=statement, **arguments | changes)

    content = contents(sealed, said)
    town.channel_of(party).deliver(MessageKind.STATEMENT, said.statement_id, "municipality", content)
    report = hall.run()
    assert (report.right, report.refused, report.sent, report.unsent) == (0, 1, 1, 0)
    (row,) = hall.rows()
    assert (row.state, row.finding, row.message) == (StatementState.REFUSED, finding, keccak(content))
    (answer,) = town.channel_of(party).collect(0, 10)
    refusal = open_refusal(party.messages, said.statement_id, answer.content)
    assert refusal.refusal.reason == finding
    assert (refusal.refusal.message, refusal.refusal.account) == (keccak(content), party.account.address)
    assert refusal_signer(refusal, **place_of(town)) == town.stage.chain.signer("receipt_signer").address


def test_statement_of_an_account_without_a_role_is_refused(hall: Hall, town: Town) -> None:
    class NoRoles:
        def __init__(self, chain: Any) -> None:
            self.municipality = chain.municipality

        def has_role(self, contract: str, verb: str, municipality: int, account: str) -> bool:
            assert (contract, verb, municipality) == ("ClaimRegister", "CREDITOR", MUNICIPALITY)
            return False

    with client_of(town) as client:
        client.send(stated())
        assert hall.run(chain=NoRoles(town.stage.chain.gateway())).refused == 1
        assert hall.rows()[0].finding is StatementFinding.SENDER_NOT_ADMITTED
        assert client.collect() == ()
        (standing,) = client.list()
    assert standing.receipt is None
    assert standing.refusal is not None
    assert standing.refusal.refusal.reason == "sender_not_admitted"
    with client_of(town) as client:
        # What was refused may be sent again as it is: the role may be there by now.
        assert client.send(stated()).message != standing.message
        town.clock.ahead += LATE + timedelta(minutes=1)
        assert [one.is_late for one in client.list()] == [False, True]


@pytest.mark.parametrize("wrong", ["signer", "account", "municipality"])
def test_refusal_that_is_not_the_municipality_s_is_named_and_does_not_count(town: Town, wrong: str) -> None:
    party, stage = town.stage.creditor, town.stage
    with client_of(town) as client:
        sent = client.send(stated())
        assert sent.message is not None
        refusal = StatementRefusal(
            message=sent.message,
            municipality=1 if wrong == "municipality" else MUNICIPALITY,
            account=stage.collector.account.address if wrong == "account" else party.account.address,
            reason="undecryptable",
            refused_at=town.clock.now().replace(microsecond=0),
        )
        signer = stage.chain.signer("registrar" if wrong == "signer" else "receipt_signer")
        signature = signer.sign_digest(refusal_digest(refusal, **place_of(town)))
        content = seal_refusal(
            party.messages.public_key, sent.statement.statement_id, SignedRefusal(refusal=refusal, signature=signature)
        )
        stage.municipality().deliver(
            MessageKind.STATEMENT_RECEIPT, sent.statement.statement_id, party.account.address, content
        )
        assert client.collect() == ("receipt_signer_other" if wrong == "signer" else "receipt_elsewhere",)
        assert client.list()[0].refusal is None


def test_statement_without_a_receipt_is_late_after_hours(town: Town) -> None:
    with client_of(town) as client:
        client.send(stated())
        town.clock.ahead += LATE + timedelta(minutes=1)
        assert client.list()[0].is_late


def test_other_keys_than_the_registry_names_open_and_sign_nothing(hall: Hall, town: Town) -> None:
    with client_of(town) as client:
        client.send(stated())
    other = town.stage.chain.signer("registrar")
    for changes, trouble in (
        ({"reader": hall.reader(OpeningKey.generate())}, "claim_key_differs"),
        ({"receipt_signer": other.address, "sign_digest": other.sign_digest}, "receipt_signer_differs"),
    ):
        report = hall.run(**changes)
        assert report.troubles == (trouble,)
        with pytest.raises(Unreachable, match=trouble):
            hall.intake(**changes).work()
    (row,) = hall.rows()
    assert row.state is StatementState.RECEIVED
    assert hall.intake().work() == (2, 0)


def test_receipt_of_a_sender_without_a_key_waits_and_goes_out_later(hall: Hall, town: Town) -> None:
    class NoKeys:
        def encryption_keys(self, accounts: Any) -> dict[str, bytes]:
            return {account: bytes(32) for account in accounts}

    with client_of(town) as client:
        client.send(stated())
    report = hall.run(keys=NoKeys())
    assert (report.right, report.sent, report.unsent) == (1, 0, 1)
    assert hall.rows()[0].trouble == "encryption_key_missing"
    assert hall.run().sent == 0
    town.clock.ahead += timedelta(minutes=2)
    assert hall.run().sent == 1
    assert hall.rows()[0].trouble == ""


def test_refusal_that_cannot_be_sent_is_given_up_once_a_caseworker_declined(hall: Hall, town: Town) -> None:
    class NoKeys:
        def encryption_keys(self, accounts: Any) -> dict[str, bytes]:
            return {account: bytes(32) for account in accounts}

    said = stated()
    town.channel_of(town.stage.creditor).deliver(
        MessageKind.STATEMENT, said.statement_id, "municipality", b"rubbish" * 20
    )
    report = hall.run(keys=NoKeys())
    assert (report.refused, report.sent, report.unsent) == (1, 0, 1)
    (row,) = hall.rows()
    town.clock.ahead += timedelta(minutes=2)
    assert hall.run(keys=NoKeys()).unsent == 1
    with town.store.write() as work:
        assert work.statements.decide(row.message, StatementState.DECLINED, outcome=b"sealed", at=town.clock.now())
        work.commit()
    assert hall.run(keys=NoKeys()).unsent == 0


def test_killed_between_sealing_and_sending_the_same_receipt_goes_out(hall: Hall, town: Town) -> None:
    class Cut:
        def deliver(self, *arguments: Any) -> Any:
            raise Unreachable("evaluator_silent", "cut")

    with client_of(town) as client:
        client.send(stated())
        assert hall.run(channel=Cut()).troubles == ("evaluator_silent",)
        sealed = hall.rows()[0].receipt
        assert sealed
        assert hall.run().sent == 1
        assert hall.rows()[0].receipt == sealed
        assert hall.run().sent == 0
        client.collect()
        assert client.list()[0].receipt is not None


@pytest.mark.parametrize("wrong", ["signer", "account", "municipality"])
def test_receipt_that_is_not_the_municipality_s_is_named_and_does_not_count(town: Town, wrong: str) -> None:
    party, stage = town.stage.creditor, town.stage
    with client_of(town) as client:
        sent = client.send(stated())
        assert sent.message is not None
        said = Acknowledgement(
            message=sent.message,
            municipality=1 if wrong == "municipality" else MUNICIPALITY,
            account=stage.collector.account.address if wrong == "account" else party.account.address,
            acknowledged_at=town.clock.now().replace(microsecond=0),
        )
        signer = stage.chain.signer("registrar" if wrong == "signer" else "receipt_signer")
        digest = acknowledgement_digest(said, chain_id=stage.chain.deployment.chain_id, claim_register=town.register)
        signed = SignedAcknowledgement(acknowledgement=said, signature=signer.sign_digest(digest))
        content = seal_statement_receipt(party.messages.public_key, sent.statement.statement_id, signed)
        stage.municipality().deliver(
            MessageKind.STATEMENT_RECEIPT, sent.statement.statement_id, party.account.address, content
        )
        expected = "receipt_signer_other" if wrong == "signer" else "receipt_elsewhere"
        assert client.collect() == (expected,)
        assert client.list()[0].receipt is None


def test_sealed_bytes_go_when_the_time_after_the_decision_is_over(hall: Hall, town: Town) -> None:
    with client_of(town) as client:
        client.send(stated())
    hall.run()
    (row,) = hall.rows()
    with town.store.write() as work:
        assert work.statements.decide(row.message, StatementState.DECLINED, outcome=b"sealed", at=town.clock.now())
        work.commit()
    assert hall.run().erased == 0
    town.clock.ahead += timedelta(days=91)
    assert hall.intake().run_once().erased == 1
    with town.store.read() as work:
        assert work.mail.get(row.message).content == b""


def test_claims_and_statements_share_a_mailbox(hall: Hall, town: Town) -> None:
    """What came for statements while claims were listed is there afterwards, and the other way round."""
    with client_of(town) as client:
        client.send(stated())
    hall.run()
    with town.stage.client() as claims:
        assert claims.collect().problems == ()
        assert claims.list() == []
    with client_of(town) as client:
        assert client.list()[0].receipt is not None


def test_files_of_a_party_are_its_owner_s_and_of_this_version(town: Town) -> None:
    with client_of(town):
        pass
    path = town.stage.creditor.folder / "statements.sqlite"
    assert path.stat().st_mode & 0o077 == 0
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 9")
    database.close()
    with pytest.raises(Misconfigured, match="another version"):
        client_of(town)
    # What failed to open keeps nobody out.
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 1")
    database.close()
    with client_of(town) as client:
        assert client.list() == []
