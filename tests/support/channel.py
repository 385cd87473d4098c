"""The channel of sealed messages for tests: real keys, signatures and database, and a chain that is told the roles."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from fastapi import FastAPI

from schuldhulp.chain.signer import recover
from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.channel import channel_request_digest
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.evaluator import create_app
from schuldhulp.evaluator.messages import channel_router
from schuldhulp.services.claims.callers import Callers
from schuldhulp.services.claims.channel import ChannelService
from schuldhulp.services.ports import Head, Organisation, Quota
from schuldhulp.storage.evaluation import EvaluatorDatabase
from schuldhulp.storage.messages import MessageDatabase
from tests.support.evaluation import CHAIN_ID, KVK, MUNICIPALITY, NOON, REGISTRY, SetClock

OTHER_KVK = "87654321"
RETENTION = timedelta(days=30)
FIRST = int(NOON.timestamp()) * 1_000_000
"""Number of the first message that comes into a mailbox at noon: the time in microseconds."""

SUBJECT = MUNICIPALITY.to_bytes(2, "big") + b"\x11" * 30


@dataclass
class ToldRegister:
    """The part of ports.ChainReader that the channel uses, answering what a test tells it."""

    roles: set[tuple[str, str]] = field(default_factory=set)
    reachable: bool = True
    stands_still: bool = False
    asked: int = 0

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        """Give a block of this moment, unless the chain is away or stands still."""
        self.asked += 1
        if not self.reachable:
            raise Unreachable("chain_unreachable", "the node does not answer")
        if self.stands_still:
            raise ChainMismatch("chain_stale", "the newest block of the chain is too old", limit=max_age)
        return Head(number=1, hash=bytes(32), timestamp=now)

    def has_role(self, contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        """Say whether a test gave the role."""
        self.asked += 1
        assert (contract, municipality) == ("ClaimRegister", MUNICIPALITY)
        return (verb, account) in self.roles


@dataclass
class ChannelStage:
    """One channel with two organisations (the first has two accounts) and the municipality's reviewer."""

    url: str
    keys: EvaluatorKeys
    chain: ToldRegister = field(default_factory=ToldRegister)
    clock: SetClock = field(default_factory=SetClock)
    creditor: AccountKey = field(default_factory=AccountKey.generate)
    colleague: AccountKey = field(default_factory=AccountKey.generate)
    other: AccountKey = field(default_factory=AccountKey.generate)
    reviewer: AccountKey = field(default_factory=AccountKey.generate)

    def __post_init__(self) -> None:
        """Open the database, and admit everybody."""
        self.organisations = EvaluatorDatabase(self.url)
        self.store = MessageDatabase(self.url)
        self.store.prepare()
        self.chain.roles.add(("REVIEWER", self.reviewer.address))
        self.admit(KVK, self.creditor, self.colleague)
        self.admit(OTHER_KVK, self.other)
        self.service = self.serve(self.store)

    def serve(
        self,
        store: MessageDatabase,
        *,
        claim_id_key: bytes | None = None,
        organisations: EvaluatorDatabase | None = None,
        **bounds: int,
    ) -> ChannelService:
        """Compose a service on a store."""
        return ChannelService(
            callers=Callers(
                municipality=MUNICIPALITY,
                chain_id=CHAIN_ID,
                registry_address=REGISTRY,
                chain=self.chain,  # type: ignore[arg-type]
                organisations=organisations or self.organisations,
                rates=self.organisations,
                recover_account=recover,
                head_max_age=900,
            ),
            claim_id_key=claim_id_key or voprf.public_key(self.keys.claim_id),
            keys=self.keys,
            messages=store,
            refusals=self.organisations,
            clock=self.clock,
            retention=RETENTION,
            **bounds,
        )

    def app(self, service: ChannelService | None = None) -> FastAPI:
        """Make the application with the channel alone behind it."""
        return create_app(None, routers=[channel_router(service or self.service)])  # type: ignore[arg-type]

    def admit(self, kvk: str, *accounts: AccountKey, daily: int = 500) -> None:
        """Admit an organisation, in the database and on the chain."""
        organisation = Organisation(
            kvk=kvk,
            name="Nutsbedrijf Voorbeeld",
            accounts=tuple(account.address for account in accounts),
            quota=Quota(daily=daily, per_epoch=10_000),
            bsn_ground=None,
            suspended=False,
        )
        self.organisations.admit(organisation, by="administrator", at=self.clock.now())
        self.chain.roles |= {("CREDITOR", account.address) for account in accounts}

    def suspend(self, kvk: str, *accounts: AccountKey) -> None:
        """Suspend an organisation, in the database and on the chain."""
        self.organisations.suspend(kvk, reason="misuse", by="administrator", at=self.clock.now())
        self.chain.roles -= {("CREDITOR", account.address) for account in accounts}

    def client(self, url: str, account: AccountKey, organisation: str = KVK) -> HttpChannel:
        """Make the client of an account."""
        return HttpChannel(
            url=url,
            municipality=MUNICIPALITY,
            organisation=organisation,
            chain_id=CHAIN_ID,
            registry_address=REGISTRY,
            sign_digest=digest_signer(account),
            clock=self.clock,
        )

    def signed(
        self,
        path: str,
        plain: Any,
        *,
        account: AccountKey | None = None,
        organisation: str = KVK,
        signed: dict[str, Any] | None = None,
        expiry: int | None = None,
        nonce: bytes | None = None,
    ) -> tuple[bytes, dict[str, str]]:
        """Sign a request.

        Args:
            path: path that is signed.
            plain: the body; bytes as they are, anything else as JSON.
            account: whose key signs; the creditor's by default.
            organisation: who asks.
            signed: what is signed instead of what is sent.
            expiry: when the request is void; in two minutes by default.
            nonce: a random one by default.

        Returns:
            Body and headers.
        """
        told: dict[str, Any] = {
            "chain_id": CHAIN_ID,
            "registry": REGISTRY,
            "municipality": MUNICIPALITY,
            "organisation": organisation,
            "path": path,
            "body": plain if isinstance(plain, bytes) else json.dumps(plain).encode(),
            "nonce": nonce or secrets.token_bytes(32),
            "expiry": int(self.clock.now().timestamp()) + 120 if expiry is None else expiry,
        }
        signature = digest_signer(account or self.creditor)(channel_request_digest(**(told | (signed or {}))))
        return told["body"], {
            "Content-Type": "application/json",
            "Schuldhulp-Organisation": organisation,
            "Schuldhulp-Nonce": told["nonce"].hex(),
            "Schuldhulp-Expiry": str(told["expiry"]),
            "Schuldhulp-Signature": signature.hex(),
        }

    def close(self) -> None:
        """Give every connection back."""
        self.organisations.close()
        self.store.close()
