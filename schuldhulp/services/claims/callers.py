"""Who signed a request to the channel of sealed messages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from schuldhulp.crypto.channel import channel_request_digest
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, LimitReached, NotAllowed
from schuldhulp.services.claims.ports import MUNICIPALITY
from schuldhulp.services.ports import ChainReader, Organisation, OrganisationStore, RateStore
from schuldhulp.services.signed_requests import MunicipalityAccounts, check_expiry, not_signed, until_next_minute

REGISTER: Final = "ClaimRegister"

REQUESTS: Final = 600
"""Requests of one organisation within a minute: each costs a few milliseconds, apart from those for claim ids."""


@dataclass(frozen=True, kw_only=True)
class ChannelRequest:
    """A signed request to one route, its shape checked and nothing else.

    Attributes:
        path: path of the route, as the specification writes it.
        body: the body as it came in, to the last byte.
        organisation: KvK number, or ``municipality``.
        nonce: 32 bytes, used once.
        expiry: Unix time in seconds after which the request is void.
        signature: 65 bytes r, s, v over the EIP-712 digest.
    """

    path: str
    body: bytes = field(repr=False)
    organisation: str
    nonce: bytes
    expiry: int
    signature: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who signed a request.

    Attributes:
        account: checksummed address of the account.
        organisation: the organisation that it belongs to; None: the municipality itself.
        request: digest of all that was signed, 32 bytes.
    """

    account: str
    organisation: Organisation | None
    request: bytes

    @property
    def mailbox(self) -> str:
        """Whose messages it collects.

        What is sealed to the key of an account is for that account alone, not for the others of its organisation.
        """
        return MUNICIPALITY if self.organisation is None else self.account

    @property
    def name(self) -> str:
        """KvK number, or ``municipality``."""
        return MUNICIPALITY if self.organisation is None else self.organisation.kvk


class Callers:
    """Finds out who signed a request, from cheap to dear: the chain is asked last."""

    def __init__(
        self,
        *,
        municipality: MunicipalityCode,
        chain_id: int,
        registry_address: str,
        chain: ChainReader,
        organisations: OrganisationStore,
        rates: RateStore,
        recover_account: Callable[[bytes, bytes], str],
        head_max_age: int,
    ) -> None:
        """Take what signatures and roles are checked against.

        Args:
            municipality: CBS code.
            chain_id: chain id of the deployment; part of what is signed.
            registry_address: checksummed address of the EnrolmentRegistry; likewise.
            chain: reads roles.
            organisations: who was admitted.
            rates: counts what organisations ask within a minute.
            recover_account: gives the checksummed address that signed a 32-byte digest; InvalidInput when none did.
            head_max_age: seconds that the newest block may be old; an older chain counts as silent.
        """
        self._municipality = municipality
        self._chain_id = chain_id
        self._registry_address = registry_address
        self._chain = chain
        self._organisations = organisations
        self._rates = rates
        self._recover_account = recover_account
        self._head_max_age = head_max_age
        self._reviewers = MunicipalityAccounts(
            lambda account: chain.has_role(REGISTER, "REVIEWER", municipality, account)
        )

    def identify(
        self,
        request: ChannelRequest,
        now: datetime,
        *,
        sends: bool,
        was_answered: Callable[[bytes], bool] = lambda _: False,
        proven: list[str],
    ) -> Caller:
        """Name who signed a request, when it may do what it asks.

        Reading what was sealed to an account takes no more than that the account belongs to its organisation and that
        this is not suspended: then messages wait. The municipality's account needs its role for everything.

        Args:
            request: the request.
            now: the time, UTC.
            sends: whether it does more than read its own mailbox.
            was_answered: says of the digest of a request that it was answered before and may be answered again, also
                after it has expired.
            proven: gets who asks as soon as that is certain, also when it is refused afterwards.

        Raises:
            InvalidInput: expired, or valid for too long.
            NotAdmitted: no account of the organisation signed it.
            NotAllowed: the organisation is suspended, or the account lacks the role on the chain.
            LimitReached: the organisation, or all who falsely call themselves the municipality, asked too much within
                this minute.
            Unreachable: chain or database does not answer.
            ChainMismatch: another chain answers, or it stands still, so that roles may be old.
        """
        digest = self._digest_of(request)
        if request.expiry > now.timestamp() or not was_answered(digest):
            check_expiry(request.expiry, now, field="Schuldhulp-Expiry")
        account = self._account_of(request, digest)
        if request.organisation == MUNICIPALITY:
            # Anybody can say so: first whether it is true, in one question to the chain and not about everybody.
            if not self._reviewers.has_role(account, now):
                raise _role_missing()
            self._chain.require_fresh_head(now, self._head_max_age)
            proven.append(MUNICIPALITY)
            return Caller(account=account, organisation=None, request=digest)
        organisation = self._organisations.organisation(request.organisation)
        if organisation is None or account not in organisation.accounts:
            raise not_signed(field="Schuldhulp-Signature")
        proven.append(organisation.kvk)
        if not self._rates.take([(f"channel/{organisation.kvk}", 1, REQUESTS)], now):
            raise LimitReached(
                "burst_spent",
                "too much was asked within this minute; ask again in the next",
                field=None,
                retry_after=until_next_minute(now),
            )
        if organisation.suspended:
            raise NotAllowed(
                "organisation_suspended", "the organisation has been suspended", field="Schuldhulp-Organisation"
            )
        if sends:
            self._require_role("CREDITOR", account, now)
        return Caller(account=account, organisation=organisation, request=digest)

    def _digest_of(self, request: ChannelRequest) -> bytes:
        return channel_request_digest(
            chain_id=self._chain_id,
            registry=self._registry_address,
            municipality=self._municipality,
            organisation=request.organisation,
            path=request.path,
            body=request.body,
            nonce=request.nonce,
            expiry=request.expiry,
        )

    def _account_of(self, request: ChannelRequest, digest: bytes) -> str:
        try:
            return self._recover_account(digest, request.signature)
        except InvalidInput as error:
            raise not_signed(field="Schuldhulp-Signature") from error

    def _require_role(self, verb: str, account: str, now: datetime) -> None:
        self._chain.require_fresh_head(now, self._head_max_age)
        if not self._chain.has_role(REGISTER, verb, self._municipality, account):
            raise _role_missing()


def _role_missing() -> NotAllowed:
    return NotAllowed("role_missing", "the account lacks the role for this on the chain", field="Schuldhulp-Signature")
