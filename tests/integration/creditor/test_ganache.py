"""The signal on a real chain, with the real contracts, evaluator and administration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schuldhulp import errors
from schuldhulp.chain.administration import CreditorAdministrator
from schuldhulp.chain.signer import recover
from schuldhulp.creditor import Client
from schuldhulp.creditor.evaluator_client import HttpEvaluator
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.identifiers import Identifier, IdentifierKind, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.signal import Signal
from schuldhulp.evaluator import create_app
from schuldhulp.services.admission import AdmissionService
from schuldhulp.services.evaluation import EvaluationService
from schuldhulp.storage.evaluation import EvaluatorDatabase
from tests.support.asking import tag_of
from tests.support.chain import CHAIN_ID, DeployedChain, account, deploy, running_ganache
from tests.support.evaluation import ANNOUNCED, CURRENT, KVK, MUNICIPALITY, SetClock, serving

JANSEN = parse_person("Jansen;1980-02-01;9711AB;12")
DE_VRIES = parse_person("de Vries;1975-00-00;9712CD;3")
BSN = bsn_identifier(parse_bsn("999990019"))
ADMINISTRATOR = Actor(kind="staff", id="a.beheer", roles=frozenset({Role.ADMINISTRATOR}))


@dataclass
class Loop:
    """All real parts between a creditor and the chain."""

    chain: DeployedChain
    keys: EvaluatorKeys
    store: EvaluatorDatabase
    admission: AdmissionService
    creditor: AccountKey
    clock: SetClock
    folder: Path

    def client(self, *, deployment_file: Path | None = None) -> Client:
        """Start the creditor's client."""
        return Client(
            deployment_file=deployment_file or self.folder / "test.json",
            chain_url=self.chain.node.url,
            organisation=KVK,
            sign_digest=digest_signer(self.creditor),
            state_file=self.folder / "heads.json",
            clock=self.clock,
        )

    def ask(self, identifier: Identifier) -> Signal:
        """Ask about one person, in a process of its own."""
        return self.client().signal(municipality=MUNICIPALITY, identifier=identifier).signal

    def admit(self, *, bsn_ground: str | None = None, withdraw_bsn: bool = False) -> None:
        """Admit the creditor."""
        self.admission.admit(
            actor=ADMINISTRATOR,
            kvk=KVK,
            name="Voorbeeld",
            account=self.creditor.address,
            bsn_ground=bsn_ground,
            withdraw_bsn=withdraw_bsn,
        )


def newest_time(chain: DeployedChain) -> datetime:
    """Return the time of the newest block."""
    block = chain.node.ask("eth_getBlockByNumber", "latest", False)
    return datetime.fromtimestamp(int(block["timestamp"], 16), UTC)


@pytest.fixture(scope="module")
def deployed(evaluator_keys: EvaluatorKeys) -> Iterator[DeployedChain]:
    with running_ganache() as node:
        yield deploy(node, evaluator_keys=evaluator_keys.public_keys(CURRENT))


@pytest.fixture
def loop(deployed: DeployedChain, evaluator_keys: EvaluatorKeys, tmp_path: Path) -> Iterator[Loop]:
    snapshot = deployed.node.snapshot()
    gateway = deployed.gateway()
    clock = SetClock(newest_time(deployed))
    url = f"sqlite:///{tmp_path / 'evaluator.sqlite'}"
    store = EvaluatorDatabase(url)
    store.prepare()
    service = EvaluationService(
        municipality=MUNICIPALITY,
        chain_id=CHAIN_ID,
        registry_address=deployed.deployment.contracts["EnrolmentRegistry"].address,
        chain=gateway,
        keys=evaluator_keys,
        store=store,
        recover_account=recover,
        clock=clock,
        head_max_age=900,
    )
    admission = AdmissionService(
        municipality=MUNICIPALITY,
        store=store,
        administrator=CreditorAdministrator(gateway, deployed.writer("administrator")),
        clock=clock,
    )
    deployed.deployment.save(tmp_path / "test.json")
    made = Loop(deployed, evaluator_keys, store, admission, AccountKey.generate(), clock, tmp_path)
    with serving(create_app(service)) as evaluator_url:
        deployed.transact("EnrolmentRegistry", "setEvaluatorUrl", MUNICIPALITY, evaluator_url, by="administrator")
        deployed.transact("EnrolmentRegistry", "setContact", MUNICIPALITY, "050 123 45 67", by="administrator")
        yield made
    store.close()
    deployed.node.revert(snapshot)


def refused(ask: Callable[[], object], kind: type[errors.SchuldhulpError], key: str) -> None:
    with pytest.raises(kind) as caught:
        ask()
    assert caught.value.key == key


def test_signal_follows_admission_enrolment_and_suspension(loop: Loop) -> None:
    refused(lambda: loop.ask(JANSEN), errors.NotAllowed, "signature_unknown")
    loop.admit()
    assert loop.ask(JANSEN) is Signal.RED
    tags = [tag_of(loop.keys, JANSEN)]
    loop.chain.transact("EnrolmentRegistry", "enrol", MUNICIPALITY, CURRENT, tags, by="registrar")
    answer = loop.client().signal(municipality=MUNICIPALITY, identifier=JANSEN)
    assert (answer.signal, answer.contact) == (Signal.GREEN, "050 123 45 67")
    assert loop.ask(DE_VRIES) is Signal.RED
    refused(lambda: loop.ask(BSN), errors.NotAllowed, "bsn_not_allowed")
    loop.admit(bsn_ground="Wet SUWI, artikel 62")
    assert loop.ask(BSN) is Signal.RED
    loop.admit(withdraw_bsn=True)
    refused(lambda: loop.ask(BSN), errors.NotAllowed, "bsn_not_allowed")
    loop.chain.transact("EnrolmentRegistry", "endEnrolment", MUNICIPALITY, tags, by="registrar")
    assert loop.ask(JANSEN) is Signal.RED
    loop.admission.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="misbruik")
    refused(lambda: loop.ask(JANSEN), errors.NotAllowed, "organisation_suspended")


def test_admission_gives_and_takes_the_roles_on_the_chain(loop: Loop) -> None:
    gateway, address = loop.chain.gateway(), loop.creditor.address

    def roles() -> list[bool]:
        return [
            gateway.has_role(contract, verb, MUNICIPALITY, address)
            for contract, verb in (
                ("EnrolmentRegistry", "CREDITOR"),
                ("EnrolmentRegistry", "BSN_CREDITOR"),
                ("ClaimRegister", "CREDITOR"),
            )
        ]

    loop.admit(bsn_ground="Wet SUWI, artikel 62")
    assert roles() == [True, True, True]
    before = gateway.head().number
    loop.admit(bsn_ground="Wet SUWI, artikel 62")
    assert gateway.head().number == before
    loop.admit(withdraw_bsn=True)
    assert roles() == [True, False, True]
    loop.admission.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="misbruik")
    loop.admission.suspend(actor=ADMINISTRATOR, kvk=KVK, reason="misbruik")
    assert roles() == [False, False, False]


def test_administrator_of_nothing_is_refused_before_anything_is_sent(loop: Loop) -> None:
    administrator = CreditorAdministrator(loop.chain.gateway(), loop.chain.writer("registrar"))
    before = loop.chain.gateway().head().number
    refused(
        lambda: administrator.admit_creditor(municipality=MUNICIPALITY, account=loop.creditor.address, bsn=False),
        errors.NotAllowed,
        "role_refused",
    )
    assert loop.chain.gateway().head().number == before


def test_evaluator_client_works_for_the_registrar(loop: Loop) -> None:
    state = loop.chain.gateway().municipality(MUNICIPALITY)
    evaluator = HttpEvaluator(
        url=state.evaluator_url,
        organisation="municipality",
        chain_id=CHAIN_ID,
        registry_address=loop.chain.deployment.contracts["EnrolmentRegistry"].address,
        sign_digest=loop.chain.signer("registrar").sign_digest,
        clock=loop.clock,
    )
    blinding = voprf.blind(b"input")
    for kind in IdentifierKind:
        batch = evaluator.evaluate(MUNICIPALITY, CURRENT, kind, [blinding.element])
        evaluation = voprf.Evaluation(evaluated=batch.evaluated, proof=batch.proof, key=batch.key)
        published = loop.chain.gateway().evaluator_key(MUNICIPALITY, CURRENT, kind)
        assert len(voprf.finalize([blinding], evaluation, published_key=published)[0]) == 64


def test_signal_refuses_an_address_without_code(loop: Loop) -> None:
    loop.admit()
    text = (loop.folder / "test.json").read_text()
    registry = loop.chain.deployment.contracts["EnrolmentRegistry"].address
    other = loop.folder / "other.json"
    other.write_text(text.replace(registry, account("stranger").address))
    refused(
        lambda: loop.client(deployment_file=other).signal(municipality=MUNICIPALITY, identifier=JANSEN),
        errors.ChainMismatch,
        "contract_missing",
    )


def test_signal_refuses_a_stale_head(loop: Loop) -> None:
    loop.admit()
    assert loop.ask(JANSEN) is Signal.RED
    loop.clock.time = newest_time(loop.chain) + timedelta(minutes=15, seconds=1)
    refused(lambda: loop.ask(JANSEN), errors.ChainMismatch, "head_stale")


def test_signal_refuses_a_lower_head(loop: Loop) -> None:
    loop.admit()
    snapshot = loop.chain.node.snapshot()
    loop.chain.node.mine()
    loop.clock.time = newest_time(loop.chain)
    assert loop.ask(JANSEN) is Signal.RED
    loop.chain.node.revert(snapshot)
    refused(lambda: loop.ask(JANSEN), errors.ChainMismatch, "head_lower")


def test_signal_refuses_a_wiped_chain_with_the_same_addresses_and_chain_id(
    loop: Loop, evaluator_keys: EvaluatorKeys
) -> None:
    loop.admit()
    with running_ganache() as node:
        wiped = deploy(node, evaluator_keys=evaluator_keys.public_keys(CURRENT))
        mine, other = (chain.deployment.contracts["EnrolmentRegistry"] for chain in (loop.chain, wiped))
        assert (mine.address, loop.chain.deployment.chain_id) == (other.address, wiped.deployment.chain_id)
        loop.clock.time = newest_time(wiped)
        client = Client(
            deployment_file=loop.folder / "test.json",
            chain_url=node.url,
            organisation=KVK,
            sign_digest=digest_signer(loop.creditor),
            state_file=loop.folder / "heads.json",
            clock=loop.clock,
        )
        with pytest.raises(errors.ChainMismatch):
            client.signal(municipality=MUNICIPALITY, identifier=JANSEN)


def test_registry_refuses_a_tag_of_a_closed_epoch(loop: Loop) -> None:
    view = loop.client()._signals._registry.at_head()
    assert view.is_known(tag_of(loop.keys, JANSEN)) == bytes(32)
    refused(lambda: view.is_known(tag_of(loop.keys, JANSEN, ANNOUNCED)), errors.Conflict, "epoch_not_open")
