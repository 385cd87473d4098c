"""Getting the tags of persons: kept ones first, the others from the evaluator, no person twice."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

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

_Result = TypeVar("_Result")


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
            asking = _Asking(
                evaluator=self._connect(state),
                municipality=municipality,
                epoch=state.current_epoch,
                published=published,
            )
            batches = [of_kind[start : start + BATCH] for start in range(0, len(of_kind), BATCH)]
            if len(batches) == 1:
                yield from self._as_far_as_quota_goes(asking, batches[0])
            else:
                yield from self._overlapping(asking, batches)

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

    def _overlapping(
        self, asking: _Asking, batches: Sequence[Sequence[Identifier]]
    ) -> Iterator[tuple[Identifier, Tag]]:
        """Ask about batches: while the evaluator works on one, the next is blinded and the one before it finished.

        Never more than one question is with the evaluator, and each is kept before it is sent. So whatever happens,
        what is left behind is what asking in turn leaves, and at most one question more: that which was on its way
        while the answer to the one before it was looked at.
        """
        sent = self._pose(asking, batches[0], _blinded(batches[0]))
        answer = _in_background(partial(asking.evaluator.send, sent.question.body))
        try:
            for following in [*batches[1:], ()]:
                blindings = _blinded(following)
                posed, received = sent, self._received(sent, answer.result)
                if received is None:
                    yield from self._in_halves(asking, posed.question.identifiers)
                if following:
                    sent = self._pose(asking, following, blindings)
                    answer = _in_background(partial(asking.evaluator.send, sent.question.body))
                if received is not None:
                    yield from self._finished(asking, posed, received).items()
        except Exception:
            # Whoever tries again sends the same bytes; not while they are still on their way.
            wait([answer])
            raise

    def _as_far_as_quota_goes(self, asking: _Asking, batch: Sequence[Identifier]) -> Iterator[tuple[Identifier, Tag]]:
        posed = self._pose(asking, batch, _blinded(batch))
        received = self._received(posed, partial(asking.evaluator.send, posed.question.body))
        if received is None:
            yield from self._in_halves(asking, batch)
        else:
            yield from self._finished(asking, posed, received).items()

    def _in_halves(self, asking: _Asking, batch: Sequence[Identifier]) -> Iterator[tuple[Identifier, Tag]]:
        middle = (len(batch) + 1) // 2
        yield from self._as_far_as_quota_goes(asking, batch[:middle])
        yield from self._as_far_as_quota_goes(asking, batch[middle:])

    def _pose(self, asking: _Asking, batch: Sequence[Identifier], blindings: tuple[voprf.Blinding, ...]) -> _Posed:
        """Sign a question and keep it, which is to be done before it is sent.

        Killed at any point from here on, the next run sends these very bytes again.
        """
        kind = batch[0].kind
        elements = [blinding.element for blinding in blindings]
        question = Question(
            municipality=asking.municipality,
            epoch=asking.epoch,
            kind=kind,
            identifiers=tuple(batch),
            blindings=blindings,
            body=asking.evaluator.prepare(asking.municipality, asking.epoch, kind, elements),
        )
        return _Posed(question=question, number=None if self._kept is None else self._kept.add_question(question))

    def _received(self, posed: _Posed, receive: Callable[[], EvaluatedBatch]) -> EvaluatedBatch | None:
        """Return the answer to a question; None when the quota does not suffice for it but may for a part of it."""
        try:
            return receive()
        except (Conflict, InvalidInput, NotAllowed, NotFound) as error:
            self._forget(posed)
            # Without a memory the answers to a part would be lost with the error.
            if error.key not in QUOTA_SPENT or len(posed.question.identifiers) == 1 or self._kept is None:
                raise
            return None

    def _finished(self, asking: _Asking, posed: _Posed, received: EvaluatedBatch) -> dict[Identifier, Tag]:
        found = self._finish(posed.question, received, asking.published)
        self._forget(posed)
        return found

    def _forget(self, posed: _Posed) -> None:
        if self._kept is not None and posed.number is not None:
            self._kept.remove_question(posed.number)

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


@dataclass(frozen=True, kw_only=True)
class _Asking:
    """What the questions to one evaluator under one key have in common."""

    evaluator: AskedEvaluator
    municipality: MunicipalityCode
    epoch: Epoch
    published: bytes


@dataclass(frozen=True, kw_only=True)
class _Posed:
    """A question and its number in the memory of tags, if there is one."""

    question: Question
    number: int | None


def _blinded(batch: Sequence[Identifier]) -> tuple[voprf.Blinding, ...]:
    return tuple(voprf.blind_all([identifier.encoded for identifier in batch]))


def _in_background(work: Callable[[], _Result]) -> Future[_Result]:
    """Work in a thread of its own, which does not keep the process from ending."""
    future: Future[_Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
            future.set_exception(error)

    threading.Thread(target=run, name="question", daemon=True).start()
    return future
