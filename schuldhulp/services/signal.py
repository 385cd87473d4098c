"""Asking whether a person is known to a credit bank.

The right to ask is not decided here: the evaluator decides it, by signature, role on the chain and quota.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from schuldhulp.crypto.pseudonyms import check_number
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.signal import Signal, SignalAnswer, read_signal, warnings_for
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import ChainMismatch
from schuldhulp.services.ports import AskedEvaluator, Clock, KeptTags, MunicipalityState, Registry, RegistryView
from schuldhulp.services.tags import TagService

LOOKUP: Final = 1_000
"""Tags in one question to the registry."""


class SignalService:
    """Gets the tags of persons, and reads the registry."""

    def __init__(
        self,
        *,
        registry: Registry,
        connect: Callable[[MunicipalityState], AskedEvaluator],
        clock: Clock,
        organisation: str,
        kept: KeptTags | None = None,
    ) -> None:
        """Take the chain and the way to an evaluator.

        Args:
            registry: the registry of enrolments; every view of it has been checked.
            connect: opens the evaluator of a municipality, whose address stands in the registry.
            clock: tells when the answer was given.
            organisation: KvK number that the check numbers are made for.
            kept: memory of tags; without one every question costs quota.
        """
        self._registry = registry
        self._clock = clock
        self._organisation = organisation
        self._tags = TagService(connect=connect, kept=kept)

    def ask(self, *, municipality: MunicipalityCode, identifier: Identifier) -> SignalAnswer:
        """Ask about one person; see `ask_many`."""
        return self.ask_many(municipality=municipality, identifiers=[identifier])[0]

    def ask_many(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        """Ask about persons. There is an answer for each of them, or an error and no answer at all.

        With kept tags, whoever was asked about before in this epoch costs no quota, and neither does whoever is still
        known by a tag of an older epoch that is open. After an error the same question may be asked again: what the
        evaluator answered meanwhile is not charged again.

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
            Misconfigured: the registry names an evaluator without https, or the memory of blocks or tags cannot be
                read.
        """
        before = self._registry.at_head()
        state = before.municipality(municipality)
        wanted = list(dict.fromkeys(identifiers))
        self._tags.settle(before, state, municipality)
        older = self._known_by_older(before, state, municipality, wanted)
        tags = {
            identifier: (state.current_epoch, tag) for identifier, tag in self._tags.kept(state, municipality, wanted)
        }
        missing = [identifier for identifier in wanted if identifier not in tags and identifier not in older]
        for identifier, tag in self._tags.ask(before, state, municipality, missing):
            tags[identifier] = (state.current_epoch, tag)
        # A new view: while the evaluator was busy the chain went on, and the answer must be that of now.
        answers = self._answers(municipality, {**older, **tags})
        for identifier in wanted:
            if identifier not in answers:
                raise ChainMismatch(
                    "signal_old_epoch", "not known in an epoch that is not the current one says nothing; ask again"
                )
        return [answers[identifier] for identifier in identifiers]

    def ask_kept(
        self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]
    ) -> list[SignalAnswer | None]:
        """Answer what can be answered without asking the evaluator: None for each that cannot.

        Args:
            municipality: CBS code.
            identifiers: canonical identifiers.

        Returns:
            Answers in the same order.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `ask_many`, when the chain gives no answer.
        """
        before = self._registry.at_head()
        state = before.municipality(municipality)
        wanted = list(dict.fromkeys(identifiers))
        tags = {
            identifier: (state.current_epoch, tag) for identifier, tag in self._tags.kept(state, municipality, wanted)
        }
        answers = self._answers(municipality, {**self._known_by_older(before, state, municipality, wanted), **tags})
        return [answers.get(identifier) for identifier in identifiers]

    def _known_by_older(
        self, view: RegistryView, state: MunicipalityState, municipality: MunicipalityCode, wanted: Sequence[Identifier]
    ) -> dict[Identifier, tuple[Epoch, Tag]]:
        """Return whom a kept tag of an older open epoch shows as known; "not known" by such a tag says nothing."""
        found: dict[Identifier, tuple[Epoch, Tag]] = {}
        for epoch, tags in self._tags.kept_older(state, municipality, wanted):
            known = _known(view, epoch, list(tags.values()))
            found |= {identifier: (epoch, tag) for identifier, tag in tags.items() if tag in known}
        return found

    def _answers(
        self, municipality: MunicipalityCode, tags: dict[Identifier, tuple[Epoch, Tag]]
    ) -> dict[Identifier, SignalAnswer]:
        """Read the signals of tags from the newest block; somebody with an older tag that is not known is left out."""
        view = self._registry.at_head()
        state = view.municipality(municipality)
        epochs = {epoch for epoch, _tag in tags.values()}
        known: set[Tag] = set()
        for epoch in sorted(epochs):
            known |= _known(view, epoch, [tag for its_epoch, tag in tags.values() if its_epoch == epoch])
        answers = {}
        for identifier, (epoch, tag) in tags.items():
            if tag in known:
                signal = Signal.GREEN
            elif epoch == state.current_epoch:
                signal = Signal.RED
            else:
                continue
            answers[identifier] = SignalAnswer(
                signal=signal,
                municipality=municipality,
                contact=state.contact if signal is Signal.GREEN else "",
                checked_at=self._clock.now(),
                block_number=view.head.number,
                block_hash=view.head.hash,
                warnings=warnings_for(signal, identifier.kind),
                check_number=check_number(self._organisation, tag, view.head.hash),
                tag=tag,
            )
        return answers


def _known(view: RegistryView, epoch: Epoch, tags: Sequence[Tag]) -> set[Tag]:
    """Return those tags, of one epoch, that are known at a block."""
    if len(tags) == 1:
        word = view.is_known(tags[0])
        return set(tags) if read_signal(word, tag_epoch=epoch, current_epoch=epoch) is Signal.GREEN else set()
    found: set[Tag] = set()
    for start in range(0, len(tags), LOOKUP):
        asked = tags[start : start + LOOKUP]
        found.update(tag for tag, known in zip(asked, view.known(asked), strict=True) if known)
    return found
