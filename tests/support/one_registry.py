"""A registry, its view and the evaluator of one municipality in one object, without network or database."""

from __future__ import annotations

from collections.abc import Sequence

from schuldhulp import errors
from schuldhulp.crypto import voprf
from schuldhulp.crypto.pseudonyms import tag
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.services.ports import EvaluatedBatch, Head, MunicipalityState
from tests.support.evaluation import ANNOUNCED, CURRENT, MUNICIPALITY, NOON, OLDEST, REGISTRY

KEYS = {(kind, epoch): voprf.generate_key() for kind in IdentifierKind for epoch in (OLDEST, CURRENT, ANNOUNCED)}


class OneRegistry:
    """A registry and its view in one, with an evaluator beside it that holds the published keys."""

    def __init__(self) -> None:
        self.state = MunicipalityState(
            current_epoch=CURRENT,
            oldest_epoch=OLDEST,
            announced_epoch=CURRENT,
            claim_key=bytes(32),
            receipt_signer=REGISTRY,
            contact="schuldhulp@example.nl",
            evaluator_url="https://evaluator.example.nl",
        )
        self.head = Head(number=7, hash=bytes(31) + b"\x07", timestamp=NOON)
        self.tags: set[Tag] = set()
        self.received: list[bytes] = []
        self.charged: set[bytes] = set()
        self.quota: int | None = None
        self.used = 0
        self.refusal: errors.SchuldhulpError | None = None
        self.batches: list[tuple[IdentifierKind, int]] = []
        self.connected: list[str] = []
        self.views = 0

    def at_head(self) -> OneRegistry:
        self.views += 1
        return self

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        assert code == MUNICIPALITY
        return self.state

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        assert code == MUNICIPALITY
        return voprf.public_key(KEYS[kind, epoch])

    def is_known(self, asked: Tag) -> bytes:
        return bytes(31) + bytes([asked in self.tags])

    def known(self, asked: Sequence[Tag]) -> list[bool]:
        assert len(asked) <= 1_000
        return [tag in self.tags for tag in asked]

    def connect(self, state: MunicipalityState) -> OneRegistry:
        self.connected.append(state.evaluator_url)
        return self

    def prepare(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> bytes:
        assert municipality == MUNICIPALITY
        return b"%d %d " % (kind, epoch) + b" ".join(element.hex().encode() for element in elements)

    def send(self, body: bytes) -> EvaluatedBatch:
        name, epoch, *texts = body.split()
        kind, elements = IdentifierKind(int(name)), [bytes.fromhex(text.decode()) for text in texts]
        self.received.append(body)
        if self.refusal is not None:
            raise self.refusal
        if body not in self.charged:
            if self.quota is not None and self.used + len(elements) > self.quota:
                raise errors.NotAllowed("daily_quota_spent", "spent", retry_after=60)
            self.charged.add(body)
            self.used += len(elements)
        self.batches.append((kind, len(elements)))
        answer = voprf.evaluate(KEYS[kind, int(epoch)], elements)
        assert answer.proof is not None
        assert answer.key is not None
        return EvaluatedBatch(evaluated=answer.evaluated, proof=answer.proof, key=answer.key)

    def enrol(self, identifier: Identifier, epoch: Epoch = CURRENT) -> None:
        blinding = voprf.blind(identifier.encoded)
        key = KEYS[identifier.kind, epoch]
        evaluation = voprf.evaluate(key, [blinding.element])
        output = voprf.finalize([blinding], evaluation, published_key=voprf.public_key(key))[0]
        self.tags.add(tag(MUNICIPALITY, epoch, identifier.kind, output))
