"""Getting the tags of persons: kept ones first, the others from the evaluator, no person twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from schuldhulp.crypto import voprf
from schuldhulp.crypto.pseudonyms import tag as make_tag
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound
from schuldhulp.services.ports import (
    AskedEvaluator,
    EvaluatedBatch,
    KeptTags,
    MunicipalityState,
    Question,
    RegistryView,
)

LOG: Final = logging.getLogger(__name__)

BATCH: Final = 1_000
"""Identifiers in one question to the evaluator."""

QUOTA_SPENT: Final = frozenset({"daily_quota_spent", "account_quota_spent", "epoch_quota_spent"})
"""Keys of the refusals that a smaller question may escape."""


class TagService:
    """Blinds, has evaluated, checks the proof, and unblinds; remembers what came of it when there is a memory."""

    def __init__(self, *, connect: Callable[[MunicipalityState], AskedEvaluator], kept: KeptTags | None) -> None:
        """Take the way to an evaluator.

        Args:
            connect: opens the evaluator of a municipality, whose address stands in the registry.
            kept: memory of tags and of questions under way; None for none.
        """
        self._connect = connect
        self._kept = kept

    def kept(
        self, state: MunicipalityState, municipality: MunicipalityCode, identifiers: Sequence[Identifier]
    ) -> list[tuple[Identifier, Tag]]:
        """Return the kept tags of the current epoch; those of retired epochs are destroyed."""
        if self._kept is None:
            return []
        self._kept.forget_before(municipality, state.oldest_epoch)
        return list(self._kept.get(municipality, state.current_epoch, identifiers).items())

    def kept_older(
        self, state: MunicipalityState, municipality: MunicipalityCode, identifiers: Sequence[Identifier]
    ) -> Iterator[tuple[Epoch, Mapping[Identifier, Tag]]]:
        """Yield for each older open epoch the kept tags of those who have none of the current one."""
        if self._kept is None:
            return
        older = [
            epoch for epoch in self._kept.epochs(municipality) if state.oldest_epoch <= epoch < state.current_epoch
        ]
        if not older:
            return
        current = self._kept.get(municipality, state.current_epoch, identifiers)
        missing = [identifier for identifier in identifiers if identifier not in current]
        for epoch in older:
            if tags := self._kept.get(municipality, epoch, missing):
                yield epoch, tags

    def ask(
        self,
        view: RegistryView,
        state: MunicipalityState,
        municipality: MunicipalityCode,
        identifiers: Sequence[Identifier],
    ) -> Iterator[tuple[Identifier, Tag]]:
        """Have identifiers evaluated under the current epoch, by kind and in batches.

        When the quota does not suffice for a batch, what is left of it is used up before the refusal is raised.

        Args:
            view: the registry, for the published key.
            state: the municipality's epochs and evaluator.
            municipality: CBS code.
            identifiers: whom to ask about, each once.

        Yields:
            Each with its tag.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `SignalService.ask_many`.
        """
        for kind in IdentifierKind:
            of_kind = [identifier for identifier in identifiers if identifier.kind is kind]
            if not of_kind:
                continue
            published = view.evaluator_key(municipality, state.current_epoch, kind)
            evaluator = self._connect(state)
            for start in range(0, len(of_kind), BATCH):
                batch = of_kind[start : start + BATCH]
                yield from self._as_far_as_quota_goes(evaluator, state.current_epoch, municipality, published, batch)

    def settle(self, view: RegistryView, state: MunicipalityState, municipality: MunicipalityCode) -> None:
        """Send once more the questions whose answer never came in, so that what was charged is not charged again.

        A question that expired before it came in, or whose epoch has closed, is forgotten: it was not charged, or its
        answer is of no use any more. Any other refusal may pass, so the question stays.

        Args:
            view: the registry, for the published keys.
            state: the municipality's epochs and evaluator.
            municipality: CBS code.

        Raises:
            Unreachable: there is no answer this time either.
            NotAllowed: the evaluator refuses this organisation, or wants it to wait.
            NotFound: the municipality serves from another evaluator.
            ProofInvalid: the evaluator did not prove that it used the published key.
        """
        if self._kept is None:
            return
        for number, question in self._kept.questions(municipality):
            if question.epoch >= state.oldest_epoch:
                published = view.evaluator_key(municipality, question.epoch, question.kind)
                try:
                    self._finish(question, self._connect(state).send(question.body), published)
                except (Conflict, InvalidInput, NotAllowed) as error:
                    # A repetition is never refused for want of quota, so such a question was not charged either.
                    if isinstance(error, NotAllowed) and error.key not in QUOTA_SPENT:
                        raise
                    LOG.info("a question of an earlier run is not answered any more: %s", error.key)
            self._kept.remove_question(number)

    def _as_far_as_quota_goes(
        self,
        evaluator: AskedEvaluator,
        epoch: Epoch,
        municipality: MunicipalityCode,
        published: bytes,
        batch: Sequence[Identifier],
    ) -> Iterator[tuple[Identifier, Tag]]:
        try:
            found = self._evaluate(evaluator, epoch, municipality, published, batch)
        except NotAllowed as error:
            # Without a memory the answers to a part would be lost with the error.
            if error.key not in QUOTA_SPENT or len(batch) == 1 or self._kept is None:
                raise
            middle = (len(batch) + 1) // 2
            yield from self._as_far_as_quota_goes(evaluator, epoch, municipality, published, batch[:middle])
            yield from self._as_far_as_quota_goes(evaluator, epoch, municipality, published, batch[middle:])
            return
        yield from found.items()

    def _evaluate(
        self,
        evaluator: AskedEvaluator,
        epoch: Epoch,
        municipality: MunicipalityCode,
        published: bytes,
        batch: Sequence[Identifier],
    ) -> dict[Identifier, Tag]:
        blindings = tuple(voprf.blind_all([identifier.encoded for identifier in batch]))
        kind = batch[0].kind
        question = Question(
            municipality=municipality,
            epoch=epoch,
            kind=kind,
            identifiers=tuple(batch),
            blindings=blindings,
            body=evaluator.prepare(municipality, epoch, kind, [blinding.element for blinding in blindings]),
        )
        if self._kept is None:
            return self._finish(question, evaluator.send(question.body), published)
        # Kept before it is sent: killed at any point from here on, the next run sends these very bytes again.
        number = self._kept.add_question(question)
        try:
            found = self._finish(question, evaluator.send(question.body), published)
        except (Conflict, InvalidInput, NotAllowed, NotFound):
            self._kept.remove_question(number)
            raise
        self._kept.remove_question(number)
        return found

    def _finish(self, question: Question, answer: EvaluatedBatch, published: bytes) -> dict[Identifier, Tag]:
        """Check the proof of an answer and keep the tags."""
        evaluation = voprf.Evaluation(evaluated=answer.evaluated, proof=answer.proof, key=answer.key)
        outputs = voprf.finalize(question.blindings, evaluation, published_key=published)
        tags = {
            identifier: make_tag(question.municipality, question.epoch, question.kind, output)
            for identifier, output in zip(question.identifiers, outputs, strict=True)
        }
        if self._kept is not None:
            self._kept.put(question.municipality, question.epoch, tags)
        return tags
