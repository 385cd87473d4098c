"""The evaluator as it is asked, and what is kept of its answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schuldhulp.crypto.voprf import Blinding
    from schuldhulp.domain.identifiers import Identifier, IdentifierKind


class RequestSigner(Protocol):
    """Signs digests of typed data with an account's key."""

    @property
    def address(self) -> str:
        """Checksummed address of the account."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a 32-byte EIP-712 digest; returns 65 bytes (r, s, v)."""
        ...


@dataclass(frozen=True, kw_only=True)
class EvaluatedBatch:
    """Answer of the evaluator to one batch.

    Attributes:
        evaluated: evaluated elements, 32 bytes each, in the order of the request.
        proof: proof that the published key was used, 64 bytes.
        key: the public key that the evaluator says it used, 32 bytes.
    """

    evaluated: tuple[bytes, ...]
    proof: bytes
    key: bytes


class Evaluator(Protocol):
    """Asks the municipality's evaluator in the name of the municipality, signed by its registrar."""

    def evaluate(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> EvaluatedBatch:
        """Have blinded elements evaluated; errors.Unreachable when it does not answer, NotAllowed when it refuses."""
        ...


@dataclass(frozen=True, kw_only=True)
class Question:
    """A signed question to an evaluator, with what is needed to understand its answer.

    Attributes:
        municipality: CBS code.
        epoch: epoch of the key.
        kind: kind of the identifiers.
        identifiers: whom it is about.
        blindings: what hides them, in the same order; secret.
        body: what is sent, to the last byte.
    """

    municipality: MunicipalityCode
    epoch: Epoch
    kind: IdentifierKind
    identifiers: tuple[Identifier, ...] = field(repr=False)
    blindings: tuple[Blinding, ...] = field(repr=False)
    body: bytes = field(repr=False)


class AskedEvaluator(Protocol):
    """An evaluator that can be asked in two steps, so that a question can be kept before it is sent."""

    def prepare(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> bytes:
        """Sign a question and return what is to be sent."""
        ...

    def send(self, body: bytes) -> EvaluatedBatch:
        """Send what `prepare` gave; the same again within a day is answered again and not charged again.

        Raises errors.Unreachable when there is no answer, and other errors when the evaluator refuses.
        """
        ...


class KeptTags(Protocol):
    """A creditor's memory of tags, so that a person costs quota once an epoch; it outlives the process."""

    def get(
        self, municipality: MunicipalityCode, epoch: Epoch, identifiers: Sequence[Identifier]
    ) -> Mapping[Identifier, Tag]:
        """Return the tags of those identifiers that were kept."""
        ...

    def put(self, municipality: MunicipalityCode, epoch: Epoch, tags: Mapping[Identifier, Tag]) -> None:
        """Keep tags, durably."""
        ...

    def epochs(self, municipality: MunicipalityCode) -> Sequence[Epoch]:
        """Return the epochs of which there are tags, ascending."""
        ...

    def forget_before(self, municipality: MunicipalityCode, oldest_epoch: Epoch) -> None:
        """Destroy the tags of epochs before one."""
        ...

    def add_question(self, question: Question) -> int:
        """Keep a question before it is sent, durably, and return its number."""
        ...

    def questions(self, municipality: MunicipalityCode) -> Sequence[tuple[int, Question]]:
        """Return the questions of which the answer did not come in, oldest first."""
        ...

    def remove_question(self, number: int) -> None:
        """Forget a question that was answered or refused."""
        ...
