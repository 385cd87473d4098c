"""Evaluating blinded identifiers for organisations that were admitted, within their quotas.

Whoever could evaluate without limit could try all citizen service numbers: the limit is part of the cryptography.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schuldhulp.crypto import voprf
from schuldhulp.crypto.commitments import evaluation_request_digest
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.ristretto import group
from schuldhulp.crypto.voprf import VoprfKey
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode
from schuldhulp.errors import (
    Conflict,
    InvalidInput,
    LimitReached,
    Misconfigured,
    NotAllowed,
    NotFound,
    SchuldhulpError,
    Unreachable,
)
from schuldhulp.services.ports import (
    Burst,
    ChainReader,
    Charge,
    Clock,
    EvaluatedBatch,
    EvaluatorStore,
    Quota,
)
from schuldhulp.services.refusals import RefusalTally
from schuldhulp.services.signed_requests import (
    MunicipalityAccounts,
    check_expiry,
    not_signed,
    until_midnight,
    until_next_minute,
)

LOG: Final = logging.getLogger(__name__)

MUNICIPALITY_ITSELF: Final = "municipality"
"""Name under which the municipality asks for its own enrolments."""

EPOCH_RETRY: Final = 24 * 60 * 60
"""Seconds to wait when the quota of an epoch is spent: when the next epoch opens is not known here."""

REGISTRY: Final = "EnrolmentRegistry"

STANDARD_BURST: Final = Burst(elements=10_000, requests=120)
"""What one organisation may ask within a minute when nothing else is set: a fraction of what one core evaluates."""

MUNICIPALITY_QUOTA: Final = 50_000
"""What the municipality itself may ask in a day when nothing else is set: a new epoch of a city in one night fits."""

UNBOUNDED: Final = 2**62
"""No limit that anybody could reach."""


@dataclass(frozen=True, kw_only=True)
class EvaluationRequest:
    """A signed request, its shape checked and nothing else.

    Attributes:
        municipality: CBS code.
        kind: kind of identifier, which chooses the key.
        epoch: epoch of the key.
        organisation: KvK number, or ``municipality``.
        elements: blinded identifiers, 32 bytes each.
        nonce: 32 bytes, used once.
        expiry: Unix time in seconds after which the request is void.
        signature: 65 bytes r, s, v over the EIP-712 digest.
    """

    municipality: MunicipalityCode
    kind: IdentifierKind
    epoch: Epoch
    organisation: str
    elements: tuple[bytes, ...]
    nonce: bytes
    expiry: int
    signature: bytes


@dataclass(frozen=True, kw_only=True)
class EvaluatorHealth:
    """Which parts of the evaluator work.

    Attributes:
        chain: the chain answers and is the one that was deployed to.
        database: organisations and quotas can be read.
        keys: the keys of the current epoch are here, and are the published ones.
    """

    chain: bool
    database: bool
    keys: bool


class EvaluationService:
    """Checks a request from cheap to dear, charges it, and evaluates it."""

    def __init__(
        self,
        *,
        municipality: MunicipalityCode,
        chain_id: int,
        registry_address: str,
        chain: ChainReader,
        keys: EvaluatorKeys,
        store: EvaluatorStore,
        recover_account: Callable[[bytes, bytes], str],
        clock: Clock,
        head_max_age: int,
        burst: Burst = STANDARD_BURST,
        municipality_quota: int = MUNICIPALITY_QUOTA,
    ) -> None:
        """Serve one municipality.

        Args:
            municipality: CBS code that the keys belong to.
            chain_id: chain id of the deployment; part of what is signed.
            registry_address: checksummed address of the EnrolmentRegistry; likewise.
            chain: reads epochs, published keys and roles.
            keys: the evaluator's opened keyring.
            store: organisations, quotas and nonces.
            recover_account: gives the checksummed address that signed a 32-byte digest; InvalidInput when none did.
            clock: tells the time.
            head_max_age: seconds that the newest block may be old; an older chain counts as silent.
            burst: how much one organisation may ask within a minute.
            municipality_quota: elements that the municipality itself may have evaluated in a UTC day.
        """
        self._municipality = municipality
        self._chain_id = chain_id
        self._registry_address = registry_address
        self._chain = chain
        self._keys = keys
        self._store = store
        self._recover_account = recover_account
        self._clock = clock
        self._head_max_age = head_max_age
        self._burst = burst
        self._municipality_quota = municipality_quota
        self._tally = RefusalTally(store)
        self._registrars = MunicipalityAccounts(
            lambda account: chain.has_role(REGISTRY, "REGISTRAR", municipality, account)
        )

    @property
    def municipality(self) -> MunicipalityCode:
        """CBS code of the municipality that is served."""
        return self._municipality

    def evaluate(self, request: EvaluationRequest) -> EvaluatedBatch:
        """Evaluate a batch when everything about the request is right.

        A request whose answer got lost may be sent again, the same to the last byte, also after it has expired: as long
        as its nonce is remembered (a day) it is answered again and not charged again. Whoever overheard it learns
        nothing by repeating it, since only the asker can unblind the answer.

        Args:
            request: the signed request.

        Returns:
            Evaluated elements, one proof for all, and the public key.

        Raises:
            NotFound: another municipality's request.
            Conflict: the epoch is not open, or the nonce was used in another request.
            InvalidInput: expired and never answered, valid for too long, or an element is no valid point.
            NotAdmitted: no account of the organisation signed it.
            NotAllowed: the organisation is suspended, or the account lacks the role on the chain.
            LimitReached: the organisation has asked too much.
            Unreachable: the chain or the database does not answer, or the published key is not here.
            ChainMismatch: another chain answers, or it stands still, so that roles and epochs may be old.
        """
        now = self._clock.now()
        proven: list[str] = []
        try:
            return self._evaluate(request, now, proven)
        except SchuldhulpError as error:
            self._tally.note(proven[0] if proven else "", error.key, now)
            raise

    def close(self) -> None:
        """Keep what was counted and not kept yet; at the end of the process."""
        self._tally.keep()

    def _evaluate(self, request: EvaluationRequest, now: datetime, proven: list[str]) -> EvaluatedBatch:
        """As `evaluate`; who asks is added to `proven` as soon as that is certain."""
        if request.municipality != self._municipality:
            raise NotFound("municipality_unknown", "this evaluator serves another municipality", field="municipality")
        # What is cheap comes first: no chain is asked about what is stale, badly signed or of an unknown organisation.
        # About who calls itself the municipality it has to be asked, once, and for a while not again.
        digest = self._digest_of(request)
        expired = self._is_expired(request, digest, now)
        account = self._account_of(request, digest)
        quota = self._quota_of(request, account, now, proven)
        self._chain.require_fresh_head(now, self._head_max_age)
        self._check_epoch(request)
        self._check_role(request, account)
        # Also what costs no quota costs time.
        self._take_burst(request, now)
        _check_elements(request.elements)
        key = self._key_of(request.epoch, request.kind)
        if not expired:
            self._charge(request, digest, account, quota, now)
        evaluation = voprf.evaluate(key, request.elements)
        if evaluation.proof is None or evaluation.key is None:
            raise AssertionError("the verifiable mode always gives a proof")
        return EvaluatedBatch(evaluated=evaluation.evaluated, proof=evaluation.proof, key=evaluation.key)

    def public_keys(self) -> list[tuple[Epoch, IdentifierKind, bytes]]:
        """Return the public key, 32 bytes, of every epoch and kind that this evaluator holds."""
        self._refresh()
        return [
            (epoch, kind, key)
            for epoch in self._keys.epochs
            for kind, key in zip(IdentifierKind, self._keys.public_keys(epoch), strict=True)
        ]

    def health(self) -> EvaluatorHealth:
        """Say which parts work. Never raises."""
        chain = keys = database = False
        try:
            self._chain.check_identity()
            self._chain.require_fresh_head(self._clock.now(), self._head_max_age)
            state = self._chain.municipality(self._municipality)
            chain = True
            for kind in IdentifierKind:
                self._key_of(state.current_epoch, kind)
            keys = True
        except SchuldhulpError:
            pass
        try:
            self._store.check()
            database = True
        except SchuldhulpError:
            pass
        return EvaluatorHealth(chain=chain, database=database, keys=keys)

    def _refresh(self) -> None:
        """See whether keys were made or destroyed; with a file that cannot be read, those of before are used."""
        try:
            self._keys.refresh()
        except Misconfigured as error:
            LOG.warning("the changed keyring is not used: %s", error)

    def _check_epoch(self, request: EvaluationRequest) -> None:
        state = self._chain.municipality(self._municipality)
        newest = state.current_epoch
        if request.organisation == MUNICIPALITY_ITSELF:
            # Enrolments into an announced epoch stand ready when it opens.
            newest = max(newest, state.announced_epoch)
        if state.current_epoch == 0 or not state.oldest_epoch <= request.epoch <= newest:
            raise _not_open()

    def _is_expired(self, request: EvaluationRequest, digest: bytes, now: datetime) -> bool:
        """Say whether the request repeats one that was charged and has expired since; refuse any other expired one."""
        try:
            check_expiry(request.expiry, now, field="expiry")
        except InvalidInput:
            if request.expiry > now.timestamp() or not self._store.was_charged(digest):
                raise
            return True
        return False

    def _digest_of(self, request: EvaluationRequest) -> bytes:
        return evaluation_request_digest(
            chain_id=self._chain_id,
            registry=self._registry_address,
            municipality=request.municipality,
            kind=request.kind,
            epoch=request.epoch,
            organisation=request.organisation,
            elements=request.elements,
            nonce=request.nonce,
            expiry=request.expiry,
        )

    def _account_of(self, request: EvaluationRequest, digest: bytes) -> str:
        try:
            return self._recover_account(digest, request.signature)
        except InvalidInput as error:
            raise not_signed(field="signature") from error

    def _quota_of(self, request: EvaluationRequest, account: str, now: datetime, proven: list[str]) -> Quota:
        """Return the quota of the organisation that the account belongs to."""
        if request.organisation == MUNICIPALITY_ITSELF:
            if not self._registrars.has_role(account, now):
                raise _role_missing()
            proven.append(MUNICIPALITY_ITSELF)
            # Not so that enrolling stops, but so that whoever took the registrar's key cannot try everybody unnoticed.
            return Quota(daily=self._municipality_quota, per_epoch=UNBOUNDED)
        organisation = self._store.organisation(request.organisation)
        if organisation is None or account not in organisation.accounts:
            raise not_signed(field="signature")
        proven.append(organisation.kvk)
        if organisation.suspended:
            raise NotAllowed("organisation_suspended", "the organisation has been suspended", field="organisation")
        if request.kind is IdentifierKind.BSN and organisation.bsn_ground is None:
            raise _no_bsn()
        return organisation.quota

    def _check_role(self, request: EvaluationRequest, account: str) -> None:
        if request.organisation == MUNICIPALITY_ITSELF:
            # Its role was read first.
            return
        verb = "BSN_CREDITOR" if request.kind is IdentifierKind.BSN else "CREDITOR"
        if self._chain.has_role(REGISTRY, verb, self._municipality, account):
            return
        raise _no_bsn() if verb == "BSN_CREDITOR" else _role_missing()

    def _key_of(self, epoch: Epoch, kind: IdentifierKind) -> VoprfKey:
        published = self._chain.evaluator_key(self._municipality, epoch, kind)
        if not any(published):
            # Between the open epochs and the announced one there may be numbers that are no epoch.
            raise _not_open()
        self._refresh()
        key = self._keys.voprf(epoch, kind)
        if key is None or voprf.public_key(key) != published:
            # Nobody would accept the answer, so nobody pays for it.
            raise Unreachable("evaluator_key_missing", "the published key of this epoch is not in this evaluator")
        return key

    def _take_burst(self, request: EvaluationRequest, now: datetime) -> None:
        asker = request.organisation
        if asker == MUNICIPALITY_ITSELF:
            # The worker has a night's list to do, and is alone.
            return
        takings = [
            (f"requests/{asker}", 1, self._burst.requests),
            (f"elements/{asker}", len(request.elements), self._burst.elements),
        ]
        if not self._store.take(takings, now):
            raise LimitReached(
                "burst_spent",
                "too much was asked within this minute; ask again in the next",
                field="elements",
                retry_after=until_next_minute(now),
            )

    def _charge(self, request: EvaluationRequest, digest: bytes, account: str, quota: Quota, now: datetime) -> None:
        charge = self._store.charge(
            organisation=request.organisation,
            account=None if request.organisation == MUNICIPALITY_ITSELF else account,
            quota=quota,
            epoch=request.epoch,
            elements=len(request.elements),
            nonce=request.nonce,
            at=now,
            request=digest,
        )
        if charge is Charge.REPLAYED:
            raise Conflict("nonce_used", "this nonce was used in another request; sign a new one", field="nonce")
        if charge is Charge.DAY_SPENT:
            if request.organisation == MUNICIPALITY_ITSELF:
                LOG.warning(
                    "the municipality itself has asked for its bound of today, %d: more than that is refused;"
                    " see the report, and whether the registrar's key is where it should be",
                    self._municipality_quota,
                )
            raise LimitReached(
                "daily_quota_spent",
                "the organisation's quota of today does not suffice; ask again tomorrow (UTC)",
                field="elements",
                retry_after=until_midnight(now),
            )
        if charge is Charge.ACCOUNT_SPENT:
            raise LimitReached(
                "account_quota_spent",
                "this account's own quota of today does not suffice; ask again tomorrow (UTC)",
                field="elements",
                retry_after=until_midnight(now),
            )
        if charge is Charge.EPOCH_SPENT:
            raise LimitReached(
                "epoch_quota_spent",
                "the organisation's quota of this epoch does not suffice; ask the municipality",
                field="elements",
                retry_after=EPOCH_RETRY,
            )


def _check_elements(elements: Sequence[bytes]) -> None:
    for number, element in enumerate(elements):
        if not group().is_element(element):
            raise InvalidInput(
                "element_invalid",
                f"element {number} is not a canonical ristretto255 point other than the identity",
                field="elements",
            )


def _not_open() -> Conflict:
    return Conflict("epoch_not_open", "the epoch is not open; ask the registry which is", field="epoch")


def _role_missing() -> NotAllowed:
    return NotAllowed("role_missing", "the account lacks the role for this on the chain", field="signature")


def _no_bsn() -> NotAllowed:
    return NotAllowed("bsn_not_allowed", "no legal ground to ask by citizen service number was recorded", field="kind")
