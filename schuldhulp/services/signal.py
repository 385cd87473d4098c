"""Asking whether a person is known to a credit bank.

The right to ask is not decided here: the evaluator decides it, by signature, role on the chain and quota.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from schuldhulp.crypto import voprf
from schuldhulp.crypto.pseudonyms import tag as make_tag
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.signal import Signal, SignalAnswer, read_signal, warnings_for
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.services.ports import Clock, Evaluator, MunicipalityState, Registry, RegistryView

BATCH: Final = 1_000
"""Identifiers in one question to the evaluator."""


class SignalService:
    """Blinds, has evaluated, checks the proof, unblinds, and reads the registry."""

    def __init__(self, *, registry: Registry, connect: Callable[[MunicipalityState], Evaluator], clock: Clock) -> None:
        """Take the chain and the way to an evaluator.

        Args:
            registry: the registry of enrolments; every view of it has been checked.
            connect: opens the evaluator of a municipality, whose address stands in the registry.
            clock: tells when the answer was given.
        """
        self._registry = registry
        self._connect = connect
        self._clock = clock

    def ask(self, *, municipality: MunicipalityCode, identifier: Identifier) -> SignalAnswer:
        """Ask about one person; see `ask_many`."""
        return self.ask_many(municipality=municipality, identifiers=[identifier])[0]

    def ask_many(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        """Ask about persons. There is an answer for each of them, or an error and no answer at all.

        Args:
            municipality: CBS code of the municipality that is asked.
            identifiers: canonical identifiers; they do not leave this process.

        Returns:
            Green or red for each, in the same order.

        Raises:
            NotFound: the municipality gives no signals, or serves from another evaluator.
            ProofInvalid: the evaluator did not use, or did not prove that it used, the published key.
            NotAllowed: the evaluator refuses this organisation, or its quota is spent.
            Conflict: the epoch closed while asking.
            ChainMismatch: what answers is not the deployed registry at a recent block.
            Unreachable: chain or evaluator does not answer.
            Misconfigured: the registry names an evaluator without https, or the memory of blocks cannot be read.
        """
        before = self._registry.at_head()
        state = before.municipality(municipality)
        tags: dict[Identifier, Tag] = {}
        for kind in IdentifierKind:
            of_kind = [identifier for identifier in dict.fromkeys(identifiers) if identifier.kind is kind]
            for start in range(0, len(of_kind), BATCH):
                batch = of_kind[start : start + BATCH]
                tags |= zip(batch, self._tags(before, state, municipality, kind, batch), strict=True)
        # A new view: while the evaluator was busy the chain went on, and the answer must be that of now.
        view = self._registry.at_head()
        now = view.municipality(municipality)
        return [
            self._answer(view, now, municipality, identifier.kind, tags[identifier], state.current_epoch)
            for identifier in identifiers
        ]

    def _tags(
        self,
        view: RegistryView,
        state: MunicipalityState,
        municipality: MunicipalityCode,
        kind: IdentifierKind,
        identifiers: Sequence[Identifier],
    ) -> list[Tag]:
        epoch = state.current_epoch
        published = view.evaluator_key(municipality, epoch, kind)
        blindings = [voprf.blind(identifier.encoded) for identifier in identifiers]
        batch = self._connect(state).evaluate(municipality, epoch, kind, [blinding.element for blinding in blindings])
        evaluation = voprf.Evaluation(evaluated=batch.evaluated, proof=batch.proof, key=batch.key)
        outputs = voprf.finalize(blindings, evaluation, published_key=published)
        return [make_tag(municipality, epoch, kind, output) for output in outputs]

    def _answer(
        self,
        view: RegistryView,
        state: MunicipalityState,
        municipality: MunicipalityCode,
        kind: IdentifierKind,
        tag: Tag,
        epoch: Epoch,
    ) -> SignalAnswer:
        signal = read_signal(view.is_known(tag), tag_epoch=epoch, current_epoch=state.current_epoch)
        return SignalAnswer(
            signal=signal,
            municipality=municipality,
            contact=state.contact if signal is Signal.GREEN else "",
            checked_at=self._clock.now(),
            block_number=view.head.number,
            block_hash=view.head.hash,
            warnings=warnings_for(signal, kind),
        )
