"""The EnrolmentRegistry as whoever asks for a signal reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.services.ports.chain import Head, MunicipalityState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schuldhulp.domain.identifiers import IdentifierKind


class RegistryView(Protocol):
    """The registry of enrolments as it stood at one block that was checked first.

    Every answer belongs to that block and to the deployed contract; anything else raises errors.ChainMismatch,
    and a chain that does not answer errors.Unreachable.
    """

    @property
    def head(self) -> Head:
        """The block."""
        ...

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Epochs and contact of a municipality; errors.NotFound when the registry does not know it."""
        ...

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        """Published public key, 32 bytes; errors.NotFound when there is none."""
        ...

    def is_known(self, tag: Tag) -> bytes:
        """Undecoded answer of ``isKnown``; errors.Conflict with key ``epoch_not_open`` for a tag of a closed epoch."""
        ...

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Whether each tag is known, in their order; errors.Conflict as above when one is of a closed epoch.

        A tag of an open epoch that is not the current one and is not known says nothing.
        """
        ...


class Registry(Protocol):
    """A chain on which the registry stands."""

    def at_head(self) -> RegistryView:
        """Check chain, contract and newest block, and return a view of that block."""
        ...


class SeenHeads(Protocol):
    """Memory of the highest block that was seen, which outlives the process."""

    def last(self, instance: bytes) -> int | None:
        """Number of the highest block seen with the contract `instance`; None when there is none."""
        ...

    def remember(self, instance: bytes, number: int) -> None:
        """Keep `number` when it is higher than what is kept."""
        ...
