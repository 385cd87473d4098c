"""Opens what was delivered and finds out what is wrong with it whatever the chain says."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from schuldhulp.crypto.claims import blinded_claim, claim_commitment, claim_ids_from, open_claim
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.voprf import Evaluation
from schuldhulp.domain.claims import Claim, RefusalReason
from schuldhulp.domain.renewals import renew_from
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.errors import InvalidInput, SchuldhulpError, Undecryptable
from schuldhulp.services.claims.judging import delivery_mac
from schuldhulp.services.claims.ports import MAX_CLAIM_IDS, Channel
from schuldhulp.services.claims.rows import DeliveryRow, DeliveryState
from schuldhulp.services.ports import ChainReader, Store

LOG: Final = logging.getLogger(__name__)

BATCHES: Final = 20
"""Batches that one run checks at most; the next one goes on."""


@dataclass(frozen=True, kw_only=True)
class _Opened:
    delivery: DeliveryRow
    claim: Claim | None
    finding: RefusalReason | None


class ContentsCheck:
    """Opens each delivery once, and writes down its commitment and what is wrong with it; never what is in it."""

    def __init__(
        self,
        *,
        store: Store,
        channel: Channel,
        chain: ChainReader,
        opening_key: OpeningKey,
        job_key: JobKey,
        claim_id_key: bytes,
        municipality: MunicipalityCode,
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            channel: has claim ids computed.
            chain: tells who may use a citizen service number.
            opening_key: the municipality's claim key.
            job_key: authenticates what was found.
            claim_id_key: the evaluator's public key of claim ids, 32 bytes.
            municipality: whose claims.
        """
        self._store = store
        self._channel = channel
        self._chain = chain
        self._opening_key = opening_key
        self._job_key = job_key
        self._claim_id_key = claim_id_key
        self._municipality = municipality

    def check(self) -> tuple[int, int]:
        """Check what was delivered and not opened yet.

        Returns:
            How many deliveries were checked, and how many could not be because of a fault in this program.

        Raises:
            errors.Unreachable: evaluator, chain or database do not answer; what was not checked waits.
            errors.ProofInvalid: the evaluator did not use the published key of claim ids; everything waits.
        """
        checked = 0
        faulty: set[bytes] = set()
        for _ in range(BATCHES):
            with self._store.read() as work:
                waiting = work.claims.deliveries(
                    self._municipality, DeliveryState.RECEIVED, limit=MAX_CLAIM_IDS + len(faulty)
                )
                batch = [(one, work.mail.get(one.message)) for one in waiting if one.message not in faulty]
            if not batch:
                break
            opened = []
            for delivery, mail in batch[:MAX_CLAIM_IDS]:
                try:
                    opened.append(self._open(delivery, mail.content if mail else b""))
                except SchuldhulpError:
                    raise
                except Exception as error:  # noqa: BLE001 - one message must not keep all others back
                    # Not the text of the error: it could hold what is in the claim.
                    LOG.warning("claims: message %s: %s", delivery.message.hex()[:16], type(error).__name__)
                    faulty.add(delivery.message)
            checked += self._write(self._compare_ids(opened))
        return checked, len(faulty)

    def _open(self, delivery: DeliveryRow, content: bytes) -> _Opened:
        if not delivery.claim_id.startswith(self._municipality.to_bytes(2, "big")):
            return _Opened(delivery=delivery, claim=None, finding=RefusalReason.MUNICIPALITY_MISMATCH)
        try:
            claim = open_claim(self._opening_key, delivery.claim_id, content)
        except Undecryptable:
            return _Opened(delivery=delivery, claim=None, finding=RefusalReason.UNDECRYPTABLE)
        except InvalidInput:
            return _Opened(delivery=delivery, claim=None, finding=RefusalReason.CONTENTS_INVALID)
        finding = None
        if claim.contents.municipality != self._municipality:
            finding = RefusalReason.MUNICIPALITY_MISMATCH
        elif claim.contents.holder.kvk != delivery.organisation:
            finding = RefusalReason.HOLDER_MISMATCH
        elif claim.contents.debtor.bsn is not None and not self._may_use_bsn(delivery.sender):
            finding = RefusalReason.CONTENTS_INVALID
        return _Opened(delivery=delivery, claim=claim, finding=finding)

    def _may_use_bsn(self, account: str) -> bool:
        return self._chain.has_role("EnrolmentRegistry", "BSN_CREDITOR", self._municipality, account)

    def _compare_ids(self, opened: Sequence[_Opened]) -> list[_Opened]:
        """Compute the id that follows from each claim, and refuse those that carry another."""
        asked = [(one, one.claim) for one in opened if one.claim is not None and one.finding is None]
        if not asked:
            return list(opened)
        made_up = set()
        for (one, _), claim_id in zip(asked, self._claim_ids([claim for _, claim in asked]), strict=True):
            if claim_id != one.delivery.claim_id:
                made_up.add(one.delivery.message)
        return [
            dataclasses.replace(one, finding=RefusalReason.CLAIM_ID_MISMATCH)
            if one.delivery.message in made_up
            else one
            for one in opened
        ]

    def _claim_ids(self, claims: Sequence[Claim]) -> list[ClaimId]:
        blindings = [blinded_claim(claim.contents.original_creditor.kvk, claim.contents.reference) for claim in claims]
        answer = self._channel.claim_ids([blinding.element for blinding in blindings])
        evaluation = Evaluation(evaluated=answer.evaluated, proof=answer.proof, key=answer.key)
        return claim_ids_from(self._municipality, blindings, evaluation, published_key=self._claim_id_key)

    def _write(self, opened: Sequence[_Opened]) -> int:
        written = 0
        with self._store.write() as work:
            for one in opened:
                row = dataclasses.replace(
                    one.delivery,
                    state=DeliveryState.WAITING_FOR_FILING,
                    commitment=claim_commitment(one.claim) if one.claim else None,
                    replaces=one.claim.replaces if one.claim else None,
                    version=one.claim.version if one.claim else None,
                    finding=one.finding,
                    renew_at=renew_from(one.claim.contents.statement_date) if one.claim else None,
                )
                row = dataclasses.replace(row, mac=delivery_mac(self._job_key, row))
                written += work.claims.change_delivery(row, was=DeliveryState.RECEIVED)
            work.commit()
        return written
