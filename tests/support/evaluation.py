"""An evaluator for tests: real keys, signatures and database, and a registry that is told what to answer."""

from __future__ import annotations

import base64
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn._types import ASGIApplication

from schuldhulp.chain.signer import recover
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.commitments import evaluation_request_digest
from schuldhulp.crypto.keyring import EvaluatorKeys, create_keyring, epoch_keys
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode
from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.evaluator.model import EvaluationBody
from schuldhulp.services.evaluation import EvaluationRequest, EvaluationService
from schuldhulp.services.ports import Head, MunicipalityState, Organisation, Quota
from schuldhulp.storage.evaluation import EvaluatorDatabase

MUNICIPALITY = MunicipalityCode(14)
OLDEST, CURRENT, ANNOUNCED = Epoch(20263), Epoch(20264), Epoch(20271)
CHAIN_ID = 1337
REGISTRY = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
KVK = "12345678"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class SetClock:
    """A clock that stands still until it is set."""

    time: datetime = NOON

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.time

    def advance(self, **parts: float) -> None:
        """Move on."""
        self.time += timedelta(**parts)


@dataclass
class ToldChain:
    """The part of ports.ChainReader that the evaluator uses, answering what a test tells it."""

    keys: dict[tuple[int, int], bytes]
    roles: set[tuple[str, str]] = field(default_factory=set)
    current: int = CURRENT
    reachable: bool = True
    stands_still: bool = False
    asked: int = 0

    def check_identity(self) -> None:
        """Pass, unless the chain is away."""
        self.asked += 1
        if not self.reachable:
            raise Unreachable("chain_unreachable", "the node does not answer")

    def require_fresh_head(self, now: datetime, max_age: int) -> Head:
        """Give a block of this moment, unless the chain stands still."""
        self.check_identity()
        if self.stands_still:
            raise ChainMismatch("chain_stale", "the newest block of the chain is too old", limit=max_age)
        return Head(number=1, hash=bytes(32), timestamp=now)

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Give three epochs."""
        self.check_identity()
        assert code == MUNICIPALITY
        return MunicipalityState(
            current_epoch=Epoch(self.current),
            oldest_epoch=OLDEST,
            announced_epoch=ANNOUNCED,
            claim_key=bytes(32),
            receipt_signer=REGISTRY,
            contact="schuldhulp@example.nl",
            evaluator_url="http://127.0.0.1:8600",
        )

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        """Give the key that was published."""
        self.check_identity()
        return self.keys.get((epoch, kind), bytes(32))

    def has_role(self, contract: str, verb: str, municipality: MunicipalityCode, account: str) -> bool:
        """Say whether a test gave the role."""
        self.check_identity()
        assert (contract, municipality) == ("EnrolmentRegistry", MUNICIPALITY)
        return (verb, account) in self.roles


def make_keys(folder: Path) -> EvaluatorKeys:
    """Make an evaluator keyring with three epochs, in a folder."""
    keys = {"claim-id": voprf.generate_key().reveal()}
    for epoch in (OLDEST, CURRENT, ANNOUNCED):
        keys |= epoch_keys(epoch)
    return EvaluatorKeys(create_keyring(folder, "evaluator", keys))


def published_keys(keys: EvaluatorKeys) -> dict[tuple[int, int], bytes]:
    """Return what the registry would hold."""
    return {
        (epoch, kind): key
        for epoch in keys.epochs
        for kind, key in zip(IdentifierKind, keys.public_keys(epoch), strict=True)
    }


@dataclass
class Evaluator:
    """Everything around one evaluation service."""

    url: str
    keys: EvaluatorKeys
    chain: ToldChain
    clock: SetClock
    creditor: AccountKey
    registrar: AccountKey
    store: EvaluatorDatabase = field(init=False)
    service: EvaluationService = field(init=False)

    def __post_init__(self) -> None:
        """Open the database and compose the service."""
        self.restart()

    def restart(self) -> None:
        """Forget everything that is not in the database."""
        if hasattr(self, "store"):
            self.store.close()
        self.store = EvaluatorDatabase(self.url)
        self.store.prepare()
        self.service = EvaluationService(
            municipality=MUNICIPALITY,
            chain_id=CHAIN_ID,
            registry_address=REGISTRY,
            chain=self.chain,
            keys=self.keys,
            store=self.store,
            recover_account=recover,
            clock=self.clock,
            head_max_age=900,
        )

    def admit(self, *, daily: int = 500, per_epoch: int = 10_000, bsn_ground: str | None = None) -> None:
        """Admit the creditor, in the database and on the chain."""
        organisation = self.organisation(daily=daily, per_epoch=per_epoch, bsn_ground=bsn_ground)
        self.store.admit(organisation, by="administrator", at=self.clock.now())
        self.chain.roles.add(("CREDITOR", self.creditor.address))
        if bsn_ground:
            self.chain.roles.add(("BSN_CREDITOR", self.creditor.address))

    def organisation(self, *, daily: int = 500, per_epoch: int = 10_000, bsn_ground: str | None = None) -> Organisation:
        """Give the creditor as it is admitted."""
        return Organisation(
            kvk=KVK,
            name="Nutsbedrijf Voorbeeld",
            accounts=(self.creditor.address,),
            quota=Quota(daily=daily, per_epoch=per_epoch),
            bsn_ground=bsn_ground,
            suspended=False,
        )

    def request(
        self, *, signer: AccountKey | None = None, signed: dict[str, Any] | None = None, **changes: Any
    ) -> dict[str, Any]:
        """Make the JSON body of a right request.

        Args:
            signer: whose key signs; the creditor's by default.
            signed: what is signed instead of what is sent.
            changes: fields that differ from a right request; `elements` as bytes.

        Returns:
            The body.
        """
        fields: dict[str, Any] = {
            "municipality": MUNICIPALITY,
            "kind": 2,
            "epoch": CURRENT,
            "organisation": KVK,
            "elements": make_elements(1),
            "nonce": secrets.token_bytes(32),
            "expiry": int(self.clock.now().timestamp()) + 120,
        } | changes
        told = {"chain_id": CHAIN_ID, "registry": REGISTRY, **fields, "kind": IdentifierKind(fields["kind"])}
        digest = evaluation_request_digest(**(told | (signed or {})))
        return fields | {
            "elements": [to_text(element) for element in fields["elements"]],
            "nonce": fields["nonce"].hex(),
            "signature": digest_signer(signer or self.creditor)(digest).hex(),
        }


def parsed(body: dict[str, Any]) -> EvaluationRequest:
    """Read the JSON body of a request as the evaluator does."""
    shape = EvaluationBody.model_validate(body)
    return EvaluationRequest(
        municipality=MunicipalityCode(shape.municipality),
        kind=IdentifierKind(shape.kind),
        epoch=Epoch(shape.epoch),
        organisation=shape.organisation,
        elements=tuple(shape.elements),
        nonce=shape.nonce,
        expiry=shape.expiry,
        signature=shape.signature,
    )


def make_evaluator(folder: Path, keys: EvaluatorKeys, *, url: str | None = None) -> Evaluator:
    """Make an evaluator with an empty database in a folder; nobody has been admitted."""
    url = url or f"sqlite:///{folder / 'evaluator.sqlite'}"
    registrar = AccountKey.generate()
    return Evaluator(
        url=url,
        keys=keys,
        chain=ToldChain(keys=published_keys(keys), roles={("REGISTRAR", registrar.address)}),
        clock=SetClock(),
        creditor=AccountKey.generate(),
        registrar=registrar,
    )


def make_elements(count: int) -> list[bytes]:
    """Blind `count` different inputs."""
    return [voprf.blind(b"input %d" % number).element for number in range(count)]


def to_text(element: bytes) -> str:
    """Write a point as it is sent."""
    return base64.urlsafe_b64encode(element).rstrip(b"=").decode()


@contextmanager
def serving(app: ASGIApplication) -> Iterator[str]:
    """Serve an application with uvicorn on a free port of loopback; gives its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            # Connections wait in the listener's queue until the server has started.
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
