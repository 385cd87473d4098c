"""Looks tags up on the creditor's own machine, so that not even the node learns whom is asked about.

All tags of a municipality are public: they stand in the events of the EnrolmentRegistry. This registry fetches them
from the node, keeps them in a file, and answers from there. What the node sees is that somebody follows the tags of a
municipality, and which one; the evaluator still sees how many persons are asked about, as ever.

A tag that is missing would be answered with red, so what was fetched is believed only when

- each answer came together with the hashes of the block before it and of its last block, and those are one chain that
  ends in the block that was checked (a node behind a distributor that lags, a chain that was replaced);
- each event is of this contract, municipality and range, and all follow one another strictly (a cut or mixed answer);
- the announcements of the oldest and of the current epoch are among the events. No tag of an epoch that is open can be
  older than the first of them, so a node that has thrown old events away is found out;
- nothing was enrolled twice or ended without having been enrolled, which the contract refuses: missing events show so;
- there is a tag of the current epoch: a node that keeps no events at all gives an empty list without an error;
- up to 256 tags, drawn at random from those that were fetched, are known to the contract itself at that block.

What this cannot find: a node that leaves out an enrolment that has not ended since. Asking the node whether the tags
that one has in mind are known would find it, and would tell the node which they are. Such a node could as well answer
`isKnown` with red; whoever does not want to believe it has a node of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

from schuldhulp.creditor.registry import CONTRACT
from schuldhulp.creditor.tag_events import EventsMissing, TagHistory, topics_of
from schuldhulp.creditor.tag_file import FetchedTags, TagFile
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import ChainMismatch, Conflict, InvalidInput, Unreachable
from schuldhulp.node.answers import block_of
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.logs import WORD_BYTES, Span, asked, logs_of, logs_question
from schuldhulp.node.rpc import JsonRpc, Question
from schuldhulp.services.ports import Head, MunicipalityState, Registry, RegistryView

KEPT_EVERY: Final = 20
"""Questions after which what was fetched so far is kept, so that an interruption costs no more than those."""

PREFIX_BYTES: Final = 6
"""Bytes of a tag that name municipality and epoch."""

SAMPLE: Final = 256
"""Tags whose presence the contract itself is asked to confirm."""

Told = Callable[[int, int], None]
"""Told while fetching: number of the last block that was read, and of the block to reach."""


class LocalRegistry:
    """Implements ports.Registry: checks chain and contract on the node, and looks tags up here. For one thread."""

    def __init__(
        self,
        *,
        registry: Registry,
        deployment: NetworkDeployment,
        node: JsonRpc,
        folder: Path,
        told: Told | None = None,
    ) -> None:
        """Take where the tags come from and where they are kept.

        Args:
            registry: checks chain, contract and newest block; answers everything but whether a tag is known.
            deployment: what was deployed, the registry among it.
            node: the node that the events are fetched from, the same that `registry` asks.
            folder: keeps what was fetched; made when missing. Nothing in it is secret.
            told: is told how far the fetching is.
        """
        self._registry = registry
        self._contract = deployment.contract(CONTRACT)
        self._node = node
        self._folder = folder
        self._told = told
        self._fetched: dict[MunicipalityCode, FetchedTags] = {}

    def at_head(self) -> RegistryView:
        """Check chain, newest block and contract, as the registry that was given does.

        Returns:
            A view of the registry at that block.

        Raises:
            ChainMismatch: another chain, a stale or lower head, no code, other code or another instance.
            Unreachable: the node does not answer.
        """
        return _LocalView(self._registry.at_head(), self)

    def fetch(self, municipality: MunicipalityCode, view: RegistryView) -> FetchedTags:
        """Fetch the tags of a municipality as they stood at the block of a view, from where it stopped the last time.

        Args:
            municipality: CBS code.
            view: the registry at the block to reach.

        Returns:
            All tags of the epochs that are open or announced.

        Raises:
            NotFound: the registry does not know the municipality.
            ChainMismatch: events are missing or wrong, or the chain was replaced meanwhile.
            Unreachable: the node does not answer, or gives no events.
            Misconfigured: the file cannot be read or written.
        """
        state = view.municipality(municipality)
        file = TagFile(self._folder, instance=self._contract.instance_id, municipality=municipality)
        start = self._fetched.get(municipality) or file.load()
        if start is not None and (start.block > view.head.number or start.oldest_epoch > state.oldest_epoch):
            start = None
        try:
            fetched = self._complete(start, state, municipality, view, file)
        except ChainMismatch:
            if start is None:
                raise
            # The chain was replaced since the last time, or what was kept was never right: once more from its begin.
            fetched = self._complete(None, state, municipality, view, file)
        self._fetched[municipality] = fetched
        return fetched

    def _complete(
        self,
        start: FetchedTags | None,
        state: MunicipalityState,
        municipality: MunicipalityCode,
        view: RegistryView,
        file: TagFile,
    ) -> FetchedTags:
        history = TagHistory(municipality, oldest_epoch=state.oldest_epoch, start=start)
        try:
            self._follow(history, municipality, view.head, file)
            fetched = history.fetched()
            _check(fetched, state, view)
        except Unreachable as error:
            # What does not answer may answer the next time; what is wrong is not kept.
            if not isinstance(error, ChainMismatch) and history.block >= 0:
                file.save(history.fetched())
            raise
        if start is None or fetched.block > start.block:
            file.save(fetched)
        return fetched

    def _follow(self, history: TagHistory, municipality: MunicipalityCode, head: Head, file: TagFile) -> None:
        """Follow the events up to the head, as many blocks at a time as the node takes."""
        span, topics = Span(), topics_of(municipality)
        for step in count(1):
            if history.block >= head.number:
                break
            if not self._step(history, min(history.block + span.blocks, head.number), topics):
                span.refused()
                continue
            span.taken()
            if self._told is not None:
                self._told(history.block, head.number)
            if step % KEPT_EVERY == 0:
                file.save(history.fetched())
        if history.block_hash != head.hash:
            raise _replaced()

    def _step(self, history: TagHistory, last: int, topics: list[Any]) -> bool:
        """Follow the events of the next blocks; return False when the node refuses to give so many at once."""
        first = history.block + 1
        questions: list[Question] = [
            logs_question(self._contract.address, first, last, topics),
            ("eth_getBlockByNumber", (hex(last), False)),
            ("eth_getBlockByNumber", (hex(max(history.block, 0)), False)),
        ]
        answers = asked(self._node.batch, questions)
        if answers is None:
            return False
        events, end, before = answers
        if history.block >= 0 and block_of(before).hash != history.block_hash:
            raise _replaced()
        logs = logs_of(events, address=self._contract.address, first=first, last=last)
        history.follow(logs, block=last, block_hash=block_of(end).hash)
        return True


class _LocalView:
    """Implements ports.RegistryView over a view of the node and the tags that were fetched."""

    def __init__(self, view: RegistryView, registry: LocalRegistry) -> None:
        self._view = view
        self._registry = registry
        self._states: dict[MunicipalityCode, MunicipalityState] = {}
        self._fetched: dict[MunicipalityCode, FetchedTags] = {}

    @property
    def head(self) -> Head:
        """The block that every answer belongs to."""
        return self._view.head

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Epochs and contact of a municipality."""
        if code not in self._states:
            self._states[code] = self._view.municipality(code)
        return self._states[code]

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        """Published public key, 32 bytes."""
        return self._view.evaluator_key(code, epoch, kind)

    def is_known(self, tag: Tag) -> bytes:
        """Answer as ``isKnown`` would, without asking it."""
        return int(self.known([tag])[0]).to_bytes(WORD_BYTES)

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Whether each tag is known, without asking the node about any of them."""
        if any(len(tag) != WORD_BYTES for tag in tags):
            raise InvalidInput("tags_invalid", f"a tag has {WORD_BYTES} bytes")
        here: dict[bytes, frozenset[Tag]] = {}
        for prefix in {tag[:PREFIX_BYTES] for tag in tags}:
            code = MunicipalityCode(int.from_bytes(prefix[:2]))
            state = self.municipality(code)
            if not state.oldest_epoch <= _epoch_of(prefix) <= state.current_epoch:
                raise Conflict("epoch_not_open", "the tag belongs to an epoch that is not open; ask again")
            if code not in self._fetched:
                self._fetched[code] = self._registry.fetch(code, self._view)
            here[prefix] = self._fetched[code].tags
        return [tag in here[tag[:PREFIX_BYTES]] for tag in tags]


def _check(fetched: FetchedTags, state: MunicipalityState, view: RegistryView) -> None:
    """Look whether what was fetched can be all there is; the module says how."""
    if not fetched.announced.issuperset((state.oldest_epoch, state.current_epoch)):
        raise EventsMissing("the announcement of an open epoch is not among them")
    answered = [tag for tag in fetched.tags if _epoch_of(tag) <= state.current_epoch]
    if not any(_epoch_of(tag) == state.current_epoch for tag in answered):
        raise EventsMissing("there is no tag of the current epoch, or nobody has been enrolled in it yet")
    sample = secrets.SystemRandom().sample(answered, min(SAMPLE, len(answered)))
    if not all(view.known(sample)):
        raise EventsMissing("the contract does not know a tag that they name")


def _epoch_of(tag: bytes) -> int:
    return int.from_bytes(tag[2:PREFIX_BYTES])


def _replaced() -> ChainMismatch:
    return ChainMismatch("chain_replaced", "the chain was replaced while it was asked; ask again")
