"""The municipality's intake of claims on real parts, with a clock that can be put forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from schuldhulp.chain.claims import RegisterReader
from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.claims import (
    blinded_claim,
    claim_commitment,
    claim_ids_from,
    open_receipt,
    receipt_signer,
    seal_claim,
)
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.voprf import Evaluation
from schuldhulp.domain.claims import Claim, ClaimContents, ClaimReceipt
from schuldhulp.domain.records import NO_COMMITMENT
from schuldhulp.domain.types import ClaimId, Commitment, Salt
from schuldhulp.services.claims.checking import ContentsCheck
from schuldhulp.services.claims.collecting import Collector
from schuldhulp.services.claims.deciding import Decider
from schuldhulp.services.claims.following import Follower
from schuldhulp.services.claims.intake import ClaimIntake
from schuldhulp.services.claims.ports import Channel, MessageKind
from schuldhulp.services.claims.receipts import ReceiptDesk, ReceiptSender
from schuldhulp.services.claims.rows import ClaimRow, DeliveryRow, ReceiptRow
from schuldhulp.services.ports import Store
from tests.support.chain import MUNICIPALITY, DeployedChain
from tests.support.claims_stage import CLOCK, ClaimStage, Party

WAIT = timedelta(hours=1)
JOB_KEY = JobKey(b"\x07" * 32)


@dataclass
class AheadClock:
    """The time of this machine and what a test adds to it."""

    ahead: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self.ahead


@dataclass
class Town:
    """The intake of one municipality, and what a test asks of it."""

    stage: ClaimStage
    store: Store
    clock: AheadClock = field(default_factory=AheadClock)
    confirmations: int = 0

    def intake(self, *, channel: Channel | None = None, **changes: Any) -> ClaimIntake:
        """Put an intake together, as after a restart.

        Args:
            channel: the channel; the real one by default.
            changes: `claim_key`, `signer`, `claim_id_key`, `reader`, `head_max_age` or `store` that differ.
        """
        gateway = self.stage.chain.gateway()
        store = changes.get("store", self.store)
        channel = channel or self.stage.municipality()
        reader = changes.get("reader") or RegisterReader(gateway, self.stage.chain.rpc())
        signer = self.stage.chain.signer(changes.get("signer", "receipt_signer"))
        claim_key: OpeningKey = changes.get("claim_key", self.stage.claim_key)
        own: dict[str, Any] = {"store": store, "clock": self.clock, "municipality": MUNICIPALITY}
        desk = ReceiptDesk(
            sign_digest=signer.sign_digest,
            chain_id=self.stage.chain.deployment.chain_id,
            claim_register=self.register,
            municipality=MUNICIPALITY,
            clock=self.clock,
        )
        claim_id_key = changes.get("claim_id_key", self.stage.chain.deployment.claim_id_key)
        check = ContentsCheck(
            store=store,
            channel=channel,
            chain=gateway,
            opening_key=claim_key,
            job_key=JOB_KEY,
            claim_id_key=claim_id_key or b"",
            municipality=MUNICIPALITY,
        )
        return ClaimIntake(
            **own,
            chain=gateway,
            collector=Collector(**own, channel=channel),
            follower=Follower(**own, reader=reader, filing_wait=WAIT, span=7),
            check=check if claim_id_key else None,
            decider=Decider(**own, reader=reader, desk=desk, job_key=JOB_KEY, filing_wait=WAIT, contents_wait=WAIT),
            sender=ReceiptSender(**own, channel=channel, reader=reader),
            claim_key=claim_key.public_key,
            receipt_signer=signer.address,
            confirmations=self.confirmations,
            head_max_age=changes.get("head_max_age", 10**9),
            retention=timedelta(days=90),
        )

    def run(self, **changes: Any) -> Any:
        """Run the intake once, as after a restart, and insist that nothing was in its way."""
        report = self.intake(**changes).run_once()
        assert report.troubles == ()
        return report

    def wait(self) -> None:
        """Let the time pass that contents or a filing are waited for."""
        self.clock.ahead += WAIT

    # --- what is stored -----------------------------------------------------------------------------------------------

    @property
    def register(self) -> str:
        """Address of the ClaimRegister."""
        return self.stage.chain.deployment.contracts["ClaimRegister"].address

    def deliveries(self) -> Sequence[DeliveryRow]:
        """Return all deliveries, oldest first."""
        with self.store.read() as work:
            return work.claims.all_deliveries(MUNICIPALITY)

    def claim(self, claim: ClaimId) -> ClaimRow:
        """Return a claim as it is stored."""
        with self.store.read() as work:
            row = work.claims.claim(claim)
        assert row is not None
        return row

    def receipts(self, claim: ClaimId) -> Sequence[ReceiptRow]:
        """Return the stored receipts of a claim, oldest first."""
        with self.store.read() as work:
            return work.claims.receipts_of([claim])

    # --- a creditor without a client of its own, who does what no honest one does -------------------------------------

    def channel_of(self, party: Party) -> HttpChannel:
        """Return a creditor's side of the channel."""
        return HttpChannel(
            url=self.stage.url,
            municipality=MUNICIPALITY,
            organisation=party.kvk,
            chain_id=self.stage.chain.deployment.chain_id,
            registry_address=self.stage.chain.deployment.contracts["EnrolmentRegistry"].address,
            sign_digest=digest_signer(party.account),
            clock=CLOCK,
        )

    def id_of(self, contents: ClaimContents) -> ClaimId:
        """Have the id of a claim computed."""
        blinding = blinded_claim(contents.original_creditor.kvk, contents.reference)
        answer = self.channel_of(self.stage.creditor).claim_ids([blinding.element])
        evaluation = Evaluation(evaluated=answer.evaluated, proof=answer.proof, key=answer.key)
        key = self.stage.chain.deployment.claim_id_key
        assert key is not None
        return claim_ids_from(MUNICIPALITY, [blinding], evaluation, published_key=key)[0]

    def deliver(self, claim: Claim, party: Party | None = None) -> bytes:
        """Seal and deliver a claim; returns the hash of the message."""
        return self.deliver_bytes(claim.claim_id, seal_claim(self.stage.claim_key.public_key, claim), party)

    def deliver_bytes(self, claim: ClaimId, content: bytes, party: Party | None = None) -> bytes:
        """Deliver anything; returns the hash of the message."""
        channel = self.channel_of(party or self.stage.creditor)
        return channel.deliver(MessageKind.CLAIM, claim, "municipality", content).message

    def transact(self, function: str, *arguments: Any, party: Party | None = None) -> None:
        """Send a transaction to the ClaimRegister from a creditor's account."""
        transact(self.stage.chain, (party or self.stage.creditor).account, function, *arguments)

    def file(self, claim: Claim, party: Party | None = None) -> None:
        """File a claim on the chain."""
        self.transact("fileClaim", claim.claim_id, MUNICIPALITY, claim_commitment(claim), party=party)

    def amend(self, claim: Claim, party: Party | None = None) -> None:
        """Amend a claim on the chain."""
        self.transact("amendClaim", claim.claim_id, claim.replaces, claim_commitment(claim), party=party)

    def received(self, party: Party | None = None) -> list[ClaimReceipt]:
        """Return what a creditor got, opened, each signed by the municipality's receipt signer."""
        who = party or self.stage.creditor
        found = []
        for message in self.channel_of(who).collect(0):
            signed = open_receipt(who.messages, ClaimId(message.subject), message.content)
            signer = receipt_signer(signed, chain_id=self.stage.chain.deployment.chain_id, claim_register=self.register)
            assert signer == self.stage.chain.deployment.accounts["receipt_signer"]
            found.append(signed.receipt)
        return found

    def outcomes(self, party: Party | None = None) -> list[str]:
        """Return what the receipts say that a creditor got: ``accepted``, or the reason of the refusal."""
        return [one.reason.value if one.reason else "accepted" for one in self.received(party)]


def transact(chain: DeployedChain, account: AccountKey, function: str, *arguments: Any) -> None:
    """Send a transaction to the ClaimRegister from an account, and insist that it succeeds."""
    contract = chain.contract("ClaimRegister")
    web3 = contract.w3
    sender = web3.eth.account.from_key(account.reveal())
    fields = contract.functions[function](*arguments).build_transaction(
        {"from": sender.address, "nonce": web3.eth.get_transaction_count(sender.address), "gas": 400_000}
    )
    sent = web3.eth.send_raw_transaction(sender.sign_transaction(fields).raw_transaction)
    assert web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["status"] == 1


def version(claim_id: ClaimId, contents: ClaimContents, *, salt: int = 1, after: Claim | None = None) -> Claim:
    """Make a version of a claim."""
    return Claim(
        claim_id=claim_id,
        version=after.version + 1 if after else 1,
        replaces=Commitment(claim_commitment(after)) if after else NO_COMMITMENT,
        salt=Salt(bytes([salt]) * 32),
        contents=contents,
    )


class Interrupted(BaseException):
    """The process was killed here; no handler of errors sees it."""


class Cut:
    """Passes everything on to something real, and is killed before or after one of its calls."""

    def __init__(self, real: Any, *, after: int, done: bool) -> None:
        """Take what is real, the number of the call, and whether that call is still carried out."""
        self._real, self._left, self._done = real, after, done

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self._left -= 1
            if self._left == 0 and not self._done:
                raise Interrupted
            result = found(*arguments, **named)
            if self._left == 0:
                raise Interrupted
            return result

        return call
