"""A creditor that hands in claims, for tests: a real chain, evaluator and database around the real client."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, delete, select

from schuldhulp.chain.signer import recover
from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.creditor.claims import ClaimClient
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.claims import open_claim, receipt_digest, seal_receipt
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import (
    Claim,
    ClaimContents,
    ClaimReceipt,
    ReceiptOutcome,
    RefusalReason,
    SignedReceipt,
    contents_from_plain,
)
from schuldhulp.domain.types import ClaimId, Commitment
from schuldhulp.evaluator import create_app
from schuldhulp.evaluator.messages import channel_router
from schuldhulp.services.claims.callers import Callers
from schuldhulp.services.claims.channel import ChannelService
from schuldhulp.services.claims.ports import Message, MessageKind
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.ports import Organisation, Quota
from schuldhulp.storage.evaluation import EvaluatorDatabase
from schuldhulp.storage.message_tables import mailboxes, messages
from schuldhulp.storage.messages import MessageDatabase
from tests.support.anvil import Anvil
from tests.support.chain import (
    MUNICIPALITY,
    DeployedChain,
    Ganache,
    account,
    deploy,
    role,
    running_ganache,
)
from tests.support.evaluation import CURRENT, KVK, serving

COLLECTOR_KVK = "87654321"
CLOCK = SystemClock()


@dataclass
class Party:
    """A creditor's machine: its keys and its folder."""

    kvk: str
    folder: Path
    account: AccountKey = field(default_factory=AccountKey.generate)
    messages: OpeningKey = field(default_factory=OpeningKey.generate)


@dataclass
class ClaimStage:
    """All real parts between a creditor's claims and the municipality."""

    chain: DeployedChain
    folder: Path
    url: str
    claim_key: OpeningKey
    creditor: Party
    collector: Party
    organisations: EvaluatorDatabase
    store: MessageDatabase

    @property
    def deployment_file(self) -> Path:
        """File that the municipality publishes."""
        return self.folder / "test.json"

    def client(self, party: Party | None = None, **changes: Any) -> ClaimClient:
        """Start a creditor's client, as in a process of its own."""
        who = party or self.creditor
        arguments: dict[str, Any] = {
            "deployment_file": self.deployment_file,
            "chain_url": self.chain.node.url,
            "organisation": who.kvk,
            "account": who.account,
            "messages": who.messages,
            "folder": who.folder,
        }
        return ClaimClient(**(arguments | changes))

    def admit(self, party: Party, *, funded: bool = True) -> None:
        """Admit a creditor, in the database and on the chain, and pay its account."""
        self.enter(party)
        for contract in ("EnrolmentRegistry", "ClaimRegister"):
            self.chain.transact(
                contract, "grantRole", role("CREDITOR", MUNICIPALITY), party.account.address, by="administrator"
            )
        if funded:
            self.fund(party)

    def enter(self, party: Party) -> None:
        """Admit a creditor in the evaluator's database alone, as when the chain knows it already."""
        self.organisations.admit(
            Organisation(
                kvk=party.kvk,
                name="Voorbeeld",
                accounts=(party.account.address,),
                quota=Quota(daily=500, per_epoch=10_000),
                bsn_ground=None,
                suspended=False,
            ),
            by="administrator",
            at=CLOCK.now(),
        )

    def fund(self, party: Party, wei: int = 10**18) -> None:
        """Give an account money."""
        method = "anvil_setBalance" if isinstance(self.chain.node, Anvil) else "evm_setAccountBalance"
        self.chain.node.ask(method, party.account.address, hex(wei))

    def events(self, name: str) -> list[Any]:
        """Return all events of the claim register with a name."""
        return list(self.chain.contract("ClaimRegister").events[name]().get_logs(from_block=0))

    def municipality(self) -> HttpChannel:
        """Return the municipality's side of the channel."""
        return HttpChannel(
            url=self.url,
            municipality=MUNICIPALITY,
            organisation="municipality",
            chain_id=self.chain.deployment.chain_id,
            registry_address=self.chain.deployment.contracts["EnrolmentRegistry"].address,
            sign_digest=digest_signer(AccountKey(bytes(account("reviewer").key))),
            clock=CLOCK,
        )

    def delivered(self) -> list[tuple[Message, Claim]]:
        """Return what was delivered to the municipality, opened."""
        found = self.municipality().collect(0)
        return [(one, open_claim(self.claim_key, ClaimId(one.subject), one.content)) for one in found]

    def forget_messages(self) -> None:
        """Take everything out of all mailboxes, as where a backup from before it was put back."""
        with create_engine(f"sqlite:///{self.folder / 'evaluator.sqlite'}").begin() as connection:
            connection.execute(delete(messages))
            connection.execute(delete(mailboxes))

    def unacknowledged(self, recipient: str) -> int:
        """Count what lies in a mailbox and its addressee has not acknowledged."""
        wanted = (messages.c.recipient == recipient) & messages.c.fetched_at.is_(None)
        with create_engine(f"sqlite:///{self.folder / 'evaluator.sqlite'}").begin() as connection:
            return len(connection.execute(select(messages.c.number).where(wanted)).all())

    def send_receipt(
        self,
        message: Message,
        commitment: Commitment,
        *,
        reason: RefusalReason | None = None,
        signer: str = "receipt_signer",
        party: Party | None = None,
        number: int | None = None,
        holder: str | None = None,
    ) -> ClaimReceipt:
        """Answer a delivery as the municipality's worker does, or naming an earlier block."""
        block = self.chain.node.ask("eth_getBlockByNumber", "latest" if number is None else hex(number), False)
        receipt = ClaimReceipt(
            claim_id=ClaimId(message.subject),
            commitment=commitment,
            municipality=MUNICIPALITY,
            holder=holder or message.sender,
            message=message.message,
            outcome=ReceiptOutcome.REFUSED if reason else ReceiptOutcome.ACCEPTED,
            reason=reason,
            received_at=message.received_at.replace(microsecond=0),
            block_number=int(block["number"], 16),
            block_hash=bytes.fromhex(block["hash"][2:]),
        )
        register = self.chain.deployment.contracts["ClaimRegister"].address
        digest = receipt_digest(receipt, chain_id=self.chain.deployment.chain_id, claim_register=register)
        signed = SignedReceipt(receipt=receipt, signature=self.chain.signer(signer).sign_digest(digest))
        key = (party or self.creditor).messages.public_key
        self.municipality().deliver(MessageKind.RECEIPT, message.subject, message.sender, seal_receipt(key, signed))
        return receipt


@contextmanager
def claims_chain(
    keys: EvaluatorKeys, claim_key: OpeningKey, running: Callable[[], AbstractContextManager[Ganache]] = running_ganache
) -> Iterator[DeployedChain]:
    """Run a chain whose municipality takes claims; on Ganache unless another node is given."""
    with running() as node:
        chain = deploy(node, evaluator_keys=keys.public_keys(CURRENT))
        chain.transact("EnrolmentRegistry", "setClaimKey", MUNICIPALITY, claim_key.public_key, by="administrator")
        signer = account("receipt_signer").address
        chain.transact("EnrolmentRegistry", "setReceiptSigner", MUNICIPALITY, signer, by="administrator")
        chain.deployment = replace(chain.deployment, claim_id_key=voprf.public_key(keys.claim_id))
        yield chain


@contextmanager
def claims_stage(
    chain: DeployedChain, keys: EvaluatorKeys, claim_key: OpeningKey, folder: Path
) -> Iterator[ClaimStage]:
    """Serve an evaluator with an empty database beside the chain; afterwards the chain is as it was."""
    snapshot = chain.node.snapshot()
    url = f"sqlite:///{folder / 'evaluator.sqlite'}"
    organisations, store = EvaluatorDatabase(url), MessageDatabase(url)
    organisations.prepare()
    store.prepare()
    service = ChannelService(
        callers=Callers(
            municipality=MUNICIPALITY,
            chain_id=chain.deployment.chain_id,
            registry_address=chain.deployment.contracts["EnrolmentRegistry"].address,
            chain=chain.gateway(),
            organisations=organisations,
            rates=organisations,
            recover_account=recover,
            head_max_age=900,
        ),
        claim_id_key=chain.deployment.claim_id_key,
        keys=keys,
        messages=store,
        refusals=organisations,
        clock=CLOCK,
        retention=timedelta(days=30),
    )
    chain.deployment.save(folder / "test.json")
    with serving(create_app(None, routers=[channel_router(service)])) as served:  # type: ignore[arg-type]
        chain.transact("EnrolmentRegistry", "setEvaluatorUrl", MUNICIPALITY, served, by="administrator")
        yield ClaimStage(
            chain=chain,
            folder=folder,
            url=served,
            claim_key=claim_key,
            creditor=Party(kvk=KVK, folder=folder / "creditor"),
            collector=Party(kvk=COLLECTOR_KVK, folder=folder / "collector"),
            organisations=organisations,
            store=store,
        )
    organisations.close()
    store.close()
    chain.node.revert(snapshot)


def contents(**changes: Any) -> ClaimContents:
    """Return the contents of a claim of this moment."""
    plain: dict[str, Any] = {
        "municipality": MUNICIPALITY,
        "debtor": {"surname": "Jansen", "birth_date": "1980-02-01", "postcode": "9711AB", "house_number": 12},
        "original_creditor": {"name": "Woningstichting Voorbeeld", "kvk": KVK},
        "reference": "fac-2026/001",
        "holder": {"name": "Woningstichting Voorbeeld", "kvk": KVK},
        "stage": "creditor",
        "type": "rent",
        "principal": 120000,
        "costs": 4000,
        "interest": 500,
        "statement_date": datetime.now(UTC).date().isoformat(),
        "origin_date": "2024-03-01",
        "preference": "concurrent",
        "legal_ground": "huurovereenkomst",
        "contact": {"name": "Incasso", "email": "incasso@example.nl"},
        "iban": "NL91ABNA0417164300",
        "why_owed": "Huur van maart is niet betaald.",
        "objection": "Schrijf naar incasso@example.nl.",
        "objection_until": None,
        "sent_at": datetime.now(UTC).replace(microsecond=0).isoformat(),
    }
    return contents_from_plain(json.loads(json.dumps(plain | changes)))


def by_collector(**changes: Any) -> ClaimContents:
    """Return the same claim in the hands of a collector."""
    return contents(
        **(
            {"holder": {"name": "Incasso Voorbeeld", "kvk": COLLECTOR_KVK}, "stage": "collector", "costs": 9000}
            | changes
        )
    )
