"""Makes clients known to creditors, and unknown again: from sealed identifiers to tags on the chain.

The cockpit seals the identifiers to the worker. The worker has them evaluated blindly, keeps the tags, and erases what
was sealed; once a day the tags go out in sorted batches, filled up with tags of nobody. What ends goes out likewise,
filled up with tags of nobody that were published before.

An epoch to come is filled by one job of the cockpit with the identifiers of everybody (docs/decisions/0006). Its tags
go out together, when all of them are known, and with as many tags of nobody as the epoch needs to hold no fewer than
the one before. What an epoch that was retired left in the tables is thrown away.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from random import Random, SystemRandom
from typing import Final, TypeVar

from schuldhulp import errors
from schuldhulp.crypto import voprf
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.pseudonyms import tag
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.services.alike import Birth, choose_alike
from schuldhulp.services.job_signing import Publication as PublicationMessage
from schuldhulp.services.job_signing import (
    holder_mac,
    is_holder_valid,
    is_prepared_valid,
    is_publication_valid,
    is_tag_job_valid,
    open_publication,
    prepared_mac,
    tag_job_mac,
)
from schuldhulp.services.ports import (
    ChainReader,
    ChainWriter,
    ContractCall,
    Evaluator,
    MunicipalityState,
    Store,
    UnitOfWork,
)
from schuldhulp.services.rows import (
    BatchKind,
    BatchRow,
    PublicationAction,
    PublicationRow,
    PublicationState,
    TagHolderRow,
    TagJobRow,
    TagState,
)
from schuldhulp.services.sending import Sender

MAX_ELEMENTS: Final = 500
"""Identifiers in one request to the evaluator, which takes 1 000 and 64 KiB."""

FILLED_AT_A_TIME: Final = 200
"""Enrolments of a filling that are evaluated and written together: what a worker that is killed has to do again."""

MAX_TAGS: Final = 384
"""Tags in one batch at most; with all of them new that is about 10.3 million gas."""

_KIND_OF: Final = {PublicationAction.ENROL: BatchKind.ENROL, PublicationAction.END: BatchKind.END}
_Item = TypeVar("_Item")


class Trouble(StrEnum):
    """Why something is not published."""

    FORGED = "job_invalid"
    """Its authentication code does not hold: this system did not write it. It is refused for good."""
    REPLAYED = "job_replayed"
    """This system wrote it, but it was carried out before or something newer contradicts it. It is refused for good."""
    UNREADABLE = "publication_unreadable"
    """It does not open under the worker's key. It is refused for good."""
    NO_EPOCH = "epoch_missing"
    """The municipality has opened no epoch yet; it waits."""
    EVALUATOR_SILENT = "evaluator_unreachable"
    """The evaluator does not answer; it waits."""
    EVALUATOR_REFUSES = "evaluator_refuses"
    """The evaluator refuses the municipality; it waits."""
    EVALUATOR_WRONG = "proof_invalid"
    """The evaluator did not use the published key; it waits."""
    OVERTAKEN = "filling_overtaken"
    """A filling of an epoch that is neither current nor the one announced last. It is ended."""
    REFUSED_BY_CONTRACT = "refused_by_contract"
    """The contract would refuse the whole batch; nothing was sent."""


@dataclass(frozen=True, kw_only=True)
class PublicationFinding:
    """Something that keeps a publication back.

    Attributes:
        trouble: what it is.
        publication: id of the publication job, None when it is not about one.
        detail: name of an error, or number of a tag job, where there is one.
    """

    trouble: Trouble
    publication: bytes | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class PublicationReport:
    """What one run did.

    Attributes:
        prepared: publication jobs that were opened and whose tags are known now.
        enrolled: tags of clients that were signed for publication.
        ended: tags of clients that were signed for ending.
        fillers: tags of nobody that went with them.
        findings: what was kept back, and why.
        leftover: whether something that could not go out now should be tried again soon, not at the next set time.
    """

    prepared: int = 0
    enrolled: int = 0
    ended: int = 0
    fillers: int = 0
    findings: tuple[PublicationFinding, ...] = ()
    leftover: bool = False


@dataclass
class _Run:
    prepared: int = 0
    enrolled: int = 0
    ended: int = 0
    fillers: int = 0
    findings: list[PublicationFinding] = field(default_factory=list)
    leftover: bool = False

    def found(self, trouble: Trouble, publication: bytes | None = None, detail: str = "") -> None:
        self.findings.append(PublicationFinding(trouble=trouble, publication=publication, detail=detail))

    def report(self) -> PublicationReport:
        return PublicationReport(
            prepared=self.prepared,
            enrolled=self.enrolled,
            ended=self.ended,
            fillers=self.fillers,
            findings=tuple(self.findings),
            leftover=self.leftover,
        )


class Publishing:
    """The registry's part of the worker."""

    def __init__(
        self,
        *,
        store: Store,
        reader: ChainReader,
        writer: ChainWriter,
        sender: Sender,
        evaluator: Evaluator,
        job_key: JobKey,
        opening_key: OpeningKey,
        municipality: MunicipalityCode,
        fill: int,
        draw: Random | None = None,
    ) -> None:
        """Take what is needed, and register with the sender.

        Args:
            store: the main database.
            reader: reads the chain.
            writer: encodes and signs.
            sender: sends the batches of the registrar's account.
            evaluator: evaluates blinded identifiers.
            job_key: authenticates jobs.
            opening_key: the worker's X25519 key, to which publication jobs are sealed.
            municipality: whose clients.
            fill: tags are filled up to a multiple of this; 0 fills nothing.
            draw: source of chance; the system's by default, a seeded one in tests.
        """
        self._store = store
        self._reader = reader
        self._writer = writer
        self._sender = sender
        self._evaluator = evaluator
        self._job_key = job_key
        self._opening_key = opening_key
        self._municipality = municipality
        self._fill = fill
        self._draw = draw or SystemRandom()
        # A batch that is filled up stays so when it is cut.
        self._batch = MAX_TAGS // fill * fill if 0 < fill <= MAX_TAGS else MAX_TAGS
        self._sent: set[Epoch] = set()
        sender.register(BatchKind.ENROL, self)
        sender.register(BatchKind.END, self)

    def publish_once(self, *, again: bool = False) -> PublicationReport:
        """Prepare what waits, and put tags on the chain and take them off.

        Args:
            again: whether this only finishes what a run before left; it sends no second batch of tags of nobody.

        Returns:
            What was done, and what was kept back.

        Raises:
            LeaseLost: another worker is at work; nothing was signed.
            errors.Unreachable: chain or database do not answer; the next run goes on where this one stopped.
            errors.ChainMismatch: another chain answers; nothing was signed.
            errors.Deviation: the chain is behind the database; nothing was signed.
        """
        run = _Run()
        if not again:
            self._sent.clear()
        self._prepare(run)
        self._sender.settle()
        state = self._reader.municipality(self._municipality)
        self._take_back()
        self._forget_retired(state)
        # Looked up first: a tag that ended on the day it appeared could only be nobody's.
        idle = self._published_fillers(state.oldest_epoch) if self._fill and self._has_endings() else []
        for epoch in sorted({*_epochs(state), *self._queued_epochs()}):
            shortage = self._shortage(state) if epoch == state.announced_epoch else 0
            if shortage is None:
                run.leftover = True
            else:
                self._enrol(epoch, shortage, run)
        self._end(idle, run)
        self._note_published()
        return run.report()

    def prepare(self) -> PublicationReport:
        """Open publication jobs and compute their tags, without publishing anything yet.

        Returns:
            What was done, and what was kept back.

        Raises:
            LeaseLost: another worker is at work.
            errors.Unreachable: chain or database do not answer.
        """
        run = _Run()
        self._prepare(run)
        # A batch may have been confirmed since.
        self._note_published()
        self._forget_retired(self._reader.municipality(self._municipality))
        return run.report()

    # --- from sealed identifiers to tags ------------------------------------------------------------------------------

    def _prepare(self, run: _Run) -> None:
        self._sender.hold_lease()
        with self._store.read() as work:
            waiting = work.publications.in_state(PublicationState.WAITING)
        opened = [(row, message) for row in waiting if (message := self._open(row, run)) is not None]
        endings = [(row, message) for row, message in opened if row.action is PublicationAction.END]
        ended = {publication for _, message in endings for publication in message.publications}
        # Who was enrolled and ended before anything was published is never evaluated.
        enrolments = [
            (row, message)
            for row, message in opened
            if row.action is PublicationAction.ENROL and row.id not in ended and message.identifiers
        ]
        for row, held in self._tags_of(enrolments, run):
            self._write_enrolment(row, held, run)
        for row, message in opened:
            if row.action is PublicationAction.FILL:
                unprepared = {one.id for one, _ in enrolments if self._waits(one.id)}
                self._fill_epoch(row, message, ended, unprepared, run)
        instead = {publication: message.after for _, message in endings for publication in message.publications}
        for row, message in endings:
            after = message.after
            while after in instead:
                after = instead[after]
            # Who is made known under other identifiers stays known under the former until then.
            if not after or not self._waits(after):
                self._write_ending(row, message, run)

    def _waits(self, publication: bytes) -> bool:
        with self._store.read() as work:
            row = work.publications.get(publication)
        return row is not None and row.state is PublicationState.WAITING

    def _open(self, row: PublicationRow, run: _Run) -> PublicationMessage | None:
        trouble = None
        if not is_publication_valid(self._job_key, row):
            trouble = Trouble.FORGED
        else:
            try:
                message = open_publication(self._opening_key, row)
            except errors.Undecryptable:
                trouble = Trouble.UNREADABLE
            else:
                with self._store.read() as work:
                    spent = work.publications.is_spent(row.id)
                if message.municipality == self._municipality and not spent:
                    return message
                trouble = Trouble.REPLAYED if spent else Trouble.FORGED
        run.found(trouble, row.id)
        with self._store.write() as work:
            work.publications.set_state(row.id, PublicationState.REFUSED, error=trouble.value)
            work.commit()
        return None

    def _tags_of(
        self, enrolments: Sequence[tuple[PublicationRow, PublicationMessage]], run: _Run
    ) -> list[tuple[PublicationRow, list[tuple[Epoch, Tag]]]]:
        """Have the identifiers of all jobs evaluated together, so that the evaluator does not see whose are whose."""
        if not enrolments:
            return []
        epochs = _epochs(self._reader.municipality(self._municipality))
        if not epochs:
            run.found(Trouble.NO_EPOCH)
            return []
        people = [(row.id, message.identifiers) for row, message in enrolments]
        held: dict[bytes, list[tuple[Epoch, Tag]]] = {owner: [] for owner, _ in people}
        for epoch in epochs:
            found = self._evaluated(people, epoch, run)
            if found is None and epoch == epochs[0]:
                return []
            # Signals count in the current epoch: nobody waits for the keys of one to come. A filling sees to that one;
            # until then whoever is missing in it is named, and it is not opened.
            for owner, tags in (found or {}).items():
                held[owner] += tags
        return [(row, held[row.id]) for row, _ in enrolments]

    def _evaluated(
        self, people: Sequence[tuple[bytes, Sequence[Identifier]]], epoch: Epoch, run: _Run
    ) -> dict[bytes, list[tuple[Epoch, Tag]]] | None:
        """Have the identifiers of many evaluated, in an order that is drawn; None when the evaluator does not do it."""
        held: dict[bytes, list[tuple[Epoch, Tag]]] = {owner: [] for owner, _ in people}
        wanted = [(owner, identifier) for owner, identifiers in people for identifier in identifiers]
        self._draw.shuffle(wanted)
        try:
            for kind in IdentifierKind:
                of_kind = [(owner, identifier) for owner, identifier in wanted if identifier.kind is kind]
                for part in _parts(of_kind, MAX_ELEMENTS):
                    tags = self._evaluate(epoch, kind, [identifier for _, identifier in part])
                    for (owner, _), found in zip(part, tags, strict=True):
                        held[owner].append((epoch, found))
        except errors.Unreachable as error:
            run.found(Trouble.EVALUATOR_SILENT, detail=error.key)
            run.leftover = True
            return None
        except errors.NotAllowed as error:
            run.found(Trouble.EVALUATOR_REFUSES, detail=error.key)
            return None
        except errors.ProofInvalid as error:
            run.found(Trouble.EVALUATOR_WRONG, detail=error.key)
            return None
        return held

    def _evaluate(self, epoch: Epoch, kind: IdentifierKind, identifiers: Sequence[Identifier]) -> list[Tag]:
        blindings = voprf.blind_all([identifier.text.encode() for identifier in identifiers])
        answer = self._evaluator.evaluate(self._municipality, epoch, kind, [blinding.element for blinding in blindings])
        outputs = voprf.finalize(
            blindings,
            voprf.Evaluation(evaluated=answer.evaluated, proof=answer.proof, key=answer.key),
            published_key=self._reader.evaluator_key(self._municipality, epoch, kind),
        )
        return [tag(self._municipality, epoch, kind, output) for output in outputs]

    def _write_enrolment(self, row: PublicationRow, held: Sequence[tuple[Epoch, Tag]], run: _Run) -> None:
        with self._store.write() as work:
            now = work.publications.get(row.id)
            if now is None or now.state is not PublicationState.WAITING:
                return
            for epoch, found in held:
                self._hold(work, row.id, epoch, found)
                self._want(work, found, epoch, PublicationAction.ENROL, row.id)
            self._prepared(work, row, [found for _, found in held])
            work.commit()
        run.prepared += 1

    def _write_ending(self, row: PublicationRow, message: PublicationMessage, run: _Run) -> None:
        with self._store.write() as work:
            now = work.publications.get(row.id)
            if now is None or now.state is not PublicationState.WAITING:
                return
            for enrolment in work.publications.of(message.publications):
                if enrolment.action is not PublicationAction.ENROL:
                    continue
                freed = []
                for holder in work.publications.remove_holders(enrolment.id):
                    if is_holder_valid(self._job_key, holder):
                        freed.append(holder)
                    else:
                        run.found(Trouble.FORGED, enrolment.id, "tag_holder")
                held = self._held(work, [holder.tag for holder in freed])
                for holder in freed:
                    if holder.tag not in held:
                        self._want(work, holder.tag, holder.epoch, PublicationAction.END, row.id)
                if enrolment.state is not PublicationState.REFUSED:
                    work.publications.set_state(enrolment.id, PublicationState.ENDED, erase=True)
                work.publications.spend(enrolment.id)
            self._prepared(work, row, ())
            work.commit()
        run.prepared += 1

    def _prepared(self, work: UnitOfWork, row: PublicationRow, tags: Sequence[Tag]) -> None:
        """Write down what came of a publication job, so that nobody can change that or have it done again."""
        work.publications.set_state(row.id, PublicationState.PREPARED, erase=True)
        work.publications.set_mac(row.id, prepared_mac(self._job_key, row, sorted(set(tags))))
        work.publications.spend(row.id)

    # --- tags of another epoch for who is visible already -------------------------------------------------------------

    def _fill_epoch(
        self,
        row: PublicationRow,
        message: PublicationMessage,
        ended: Container[bytes],
        unprepared: Container[bytes],
        run: _Run,
    ) -> None:
        """Carry a filling out, some enrolments at a time, so that it can be stopped anywhere and repeated.

        Args:
            row: the job.
            message: what it says.
            ended: publications that an ending takes back; they get no tags any more.
            unprepared: publications that are to get their own tags first, and could not now.
            run: notes what is found.
        """
        if message.epoch not in _epochs(self._reader.municipality(self._municipality)):
            run.found(Trouble.OVERTAKEN, row.id)
            self._overtake(row)
            return
        if any(one in unprepared for fill in message.fills for one in fill.publications):
            return
        for part in _parts(message.fills, FILLED_AT_A_TIME):
            # A whole filling takes longer than a lease lasts.
            self._sender.hold_lease()
            wanted = [
                (number.to_bytes(4, "big"), targets, fill.identifiers)
                for number, fill in enumerate(part)
                if (targets := self._unfilled(fill.publications, message.epoch, ended))
            ]
            held = self._evaluated([(owner, people) for owner, _, people in wanted], message.epoch, run)
            if held is None:
                return
            for owner, targets, _ in wanted:
                self._write_filling(row, targets, held[owner], run)
        with self._store.write() as work:
            self._prepared(work, row, ())
            work.commit()
        run.prepared += 1

    def _overtake(self, row: PublicationRow) -> None:
        with self._store.write() as work:
            work.publications.set_state(row.id, PublicationState.ENDED, erase=True)
            work.publications.spend(row.id)
            work.commit()

    def _unfilled(self, publications: Sequence[bytes], epoch: Epoch, ended: Container[bytes]) -> list[bytes]:
        """Return which publications last and hold no tag of an epoch yet."""
        with self._store.read() as work:
            return [
                row.id
                for row in work.publications.of(publications)
                if _lasts(row)
                and row.id not in ended
                and all(holder.epoch != epoch for holder in work.publications.holders_of(row.id))
            ]

    def _write_filling(
        self, job: PublicationRow, targets: Sequence[bytes], held: Sequence[tuple[Epoch, Tag]], run: _Run
    ) -> None:
        with self._store.write() as work:
            changed = False
            for target in work.publications.of(targets):
                present = [holder.tag for holder in work.publications.holders_of(target.id)]
                if not _lasts(target) or not is_prepared_valid(self._job_key, target, present):
                    # What an intruder changed gets no code that says it is whole.
                    run.found(Trouble.FORGED, target.id, "publication")
                    continue
                for epoch, found in held:
                    self._hold(work, target.id, epoch, found)
                tags = sorted({*present, *(found for _, found in held)})
                work.publications.set_mac(target.id, prepared_mac(self._job_key, target, tags))
                changed = True
            for epoch, found in held if changed else ():
                self._want(work, found, epoch, PublicationAction.ENROL, job.id)
            work.commit()

    def _hold(self, work: UnitOfWork, publication: bytes, epoch: Epoch, found: Tag) -> None:
        holder = TagHolderRow(tag=found, municipality=self._municipality, epoch=epoch, publication=publication)
        work.publications.add_holder(dataclasses.replace(holder, mac=holder_mac(self._job_key, holder)))

    def _waiting_fillings(self, work: UnitOfWork) -> set[bytes]:
        waiting = work.publications.in_state(PublicationState.WAITING)
        return {row.id for row in waiting if row.action is PublicationAction.FILL}

    def _shortage(self, state: MunicipalityState) -> int | None:
        """Return how many tags the announced epoch lacks to hold no fewer than the current one, once it is filled.

        Before that, tags of nobody would only hide that it is not. None while a batch is on its way, so that nobody can
        count.
        """
        if not 0 < state.current_epoch < state.announced_epoch:
            return 0
        with self._store.read() as work:
            if self._waiting_fillings(work):
                return 0
            holders = [row for row in work.publications.all_holders(self._municipality) if self._is_ours(row)]
            underway = work.publications.tag_jobs(state=TagState.SIGNED, action=PublicationAction.ENROL)
        held = {
            epoch: {row.publication for row in holders if row.epoch == epoch}
            for epoch in (state.current_epoch, state.announced_epoch)
        }
        if held[state.current_epoch] - held[state.announced_epoch]:
            return 0
        if underway:
            return None
        found = self._reader.tags_of(self._municipality)
        sizes = [len(found.get(epoch, ())) for epoch in (state.current_epoch, state.announced_epoch)]
        return max(0, sizes[0] - sizes[1])

    def _is_ours(self, row: TagHolderRow) -> bool:
        return is_holder_valid(self._job_key, row)

    def _forget_retired(self, state: MunicipalityState) -> None:
        """Throw away what is left of epochs that were retired: nobody can ask about their tags any more.

        With the keys of such an epoch gone, these rows are the last link between its tags and people.
        """
        with self._store.read() as work:
            publications = work.publications.holding_before(self._municipality, state.oldest_epoch)
        for publication in publications:
            with self._store.write() as work:
                row = work.publications.get(publication)
                before = [holder.tag for holder in work.publications.holders_of(publication)]
                work.publications.remove_holders(publication, before=state.oldest_epoch)
                left = [holder.tag for holder in work.publications.holders_of(publication)]
                # What an intruder changed stays named.
                if row is not None and is_prepared_valid(self._job_key, row, before):
                    work.publications.set_mac(publication, prepared_mac(self._job_key, row, left))
                    if not left and _lasts(row):
                        # Nobody finds this client any more: the screen must not say otherwise.
                        work.publications.set_state(publication, PublicationState.REFUSED, error="epoch_retired")
                work.commit()
        with self._store.write() as work:
            work.publications.remove_tag_jobs(self._municipality, before=state.oldest_epoch)
            work.commit()

    def _held(self, work: UnitOfWork, tags: Sequence[Tag]) -> set[Tag]:
        """Return which tags a publication of this system holds."""
        return {row.tag for row in work.publications.holders(tags) if is_holder_valid(self._job_key, row)}

    def _want(self, work: UnitOfWork, wanted: Tag, epoch: Epoch, action: PublicationAction, publication: bytes) -> None:
        """See to it that a tag gets on the chain or off it, whatever is on its way already."""
        jobs = [
            job
            for job in work.publications.tag_jobs_of([wanted])
            if job.state is not TagState.CANCELLED and is_tag_job_valid(self._job_key, job)
        ]
        opposite = [job for job in jobs if job.state is TagState.QUEUED and job.action is not action]
        work.publications.set_tag_jobs([job.id for job in opposite], TagState.CANCELLED)
        rest = [job for job in jobs if job not in opposite]
        if not rest or rest[-1].action is not action:
            self._add(work, wanted, epoch, action, publication)

    def _add(
        self, work: UnitOfWork, wanted: Tag, epoch: Epoch, action: PublicationAction, publication: bytes = b""
    ) -> TagJobRow:
        job = TagJobRow(
            id=0,
            tag=wanted,
            municipality=self._municipality,
            epoch=epoch,
            action=action,
            state=TagState.QUEUED,
            publication=publication,
        )
        job = dataclasses.replace(job, id=work.publications.add_tag_job(job))
        job = dataclasses.replace(job, mac=tag_job_mac(self._job_key, job))
        work.publications.set_tag_job_mac(job.id, job.mac)
        return job

    # --- from tags to the chain ---------------------------------------------------------------------------------------

    def _take_back(self) -> None:
        """Queue again what counts as signed but is in no batch on its way: this system never leaves it so."""
        with self._store.write() as work:
            underway = {batch.id for batch in work.batches.unfinished()}
            lost = [job for job in work.publications.tag_jobs(state=TagState.SIGNED) if job.batch not in underway]
            self._queue_again(work, lost)
            work.commit()

    def _queued_epochs(self) -> set[Epoch]:
        """Return the epochs that tags wait for: also of one that was current when they were computed."""
        with self._store.read() as work:
            jobs = work.publications.tag_jobs(state=TagState.QUEUED, action=PublicationAction.ENROL)
        return {job.epoch for job in jobs if is_tag_job_valid(self._job_key, job)}

    def _has_endings(self) -> bool:
        with self._store.read() as work:
            return bool(work.publications.tag_jobs(state=TagState.QUEUED, action=PublicationAction.END))

    def _enrol(self, epoch: Epoch, shortage: int, run: _Run) -> None:
        jobs = [job for job in self._queued(PublicationAction.ENROL, run) if job.epoch == epoch]
        tags = {job.tag for job in jobs}
        fillers: set[Tag] = set()
        wanted = max(len(tags), shortage)
        if self._fill and (wanted or epoch not in self._sent):
            # Also on a day without enrolments, so that it looks like any other.
            wanted = self._fill * max(1, -(-wanted // self._fill))
        while len(tags) + len(fillers) < wanted:
            fillers.add(self._filler(epoch))

        def encode(chunk: Sequence[Tag]) -> ContractCall:
            return self._writer.enrol(self._municipality, epoch, chunk)

        count, whole = self._send(PublicationAction.ENROL, jobs, sorted(fillers), encode, run)
        run.enrolled += count
        if whole:
            self._sent.add(epoch)

    def _end(self, idle: Sequence[Tag], run: _Run) -> None:
        jobs = self._queued(PublicationAction.END, run)
        fillers: list[Tag] = []
        if self._fill and jobs:
            # On a day without endings none are sent: tags of nobody would live for days and those of clients for
            # months, and their age would tell them apart.
            with self._store.read() as work:
                clients = {row.tag for row in work.publications.all_holders(self._municipality)}
            clients |= {job.tag for job in jobs}
            births = self._births([*idle, *clients])
            fillers = sorted(
                choose_alike(
                    [births[job.tag] for job in jobs],
                    {one: births[one] for one in idle},
                    Counter(births[one] for one in clients),
                    -len(jobs) % self._fill,
                    self._draw,
                )
            )

        def encode(chunk: Sequence[Tag]) -> ContractCall:
            return self._writer.end_enrolment(self._municipality, chunk)

        run.ended += self._send(PublicationAction.END, jobs, fillers, encode, run)[0]

    def _queued(self, action: PublicationAction, run: _Run) -> list[TagJobRow]:
        """Return the jobs that may go out: ours, the newest of each tag, and not yet true on the chain."""
        with self._store.read() as work:
            jobs = list(work.publications.tag_jobs(state=TagState.QUEUED, action=action))
            signed = {job.tag for job in work.publications.tag_jobs(state=TagState.SIGNED)}
            # Those of a filling go out together: parts of it would tell who stands near whom.
            unfinished = self._waiting_fillings(work)
            tags = sorted({job.tag for job in jobs})
            held = self._held(work, tags)
            newest = self._newest(work, tags)
        forged = []
        ours: dict[Tag, TagJobRow] = {}
        for job in jobs:
            trouble = None
            if not is_tag_job_valid(self._job_key, job):
                trouble = Trouble.FORGED
            elif newest[job.tag] != job.id or not may_go_out(job, held=job.tag in held):
                trouble = Trouble.REPLAYED
            if trouble is not None:
                forged.append(job)
                run.found(trouble, job.publication or None, f"tag_job_{job.id}")
            elif job.publication in unfinished:
                continue
            elif job.tag not in signed:
                ours[job.tag] = job
            else:
                run.leftover = True
        tags = sorted(ours)
        published = dict(zip(tags, self._reader.published(self._municipality, tags, self._account), strict=True))
        done = [ours[one].id for one in tags if published[one] is (action is PublicationAction.ENROL)]
        if forged or done:
            with self._store.write() as work:
                work.publications.set_tag_jobs([job.id for job in forged], TagState.CANCELLED)
                work.publications.set_tag_jobs(done, TagState.CONFIRMED)
                work.commit()
        return [ours[one] for one in tags if ours[one].id not in done]

    def _newest(self, work: UnitOfWork, tags: Sequence[Tag]) -> dict[Tag, int]:
        """Return the newest job of each tag that was not cancelled; jobs of others do not count."""
        return {
            job.tag: job.id
            for job in work.publications.tag_jobs_of(tags)
            if job.state is not TagState.CANCELLED and is_tag_job_valid(self._job_key, job)
        }

    @property
    def _account(self) -> str:
        return self._writer.account

    def _filler(self, epoch: Epoch) -> Tag:
        return Tag(self._municipality.to_bytes(2, "big") + epoch.to_bytes(4, "big") + self._draw.randbytes(26))

    def _published_fillers(self, oldest: Epoch) -> list[Tag]:
        """Return tags of nobody that stand on the chain, by tag; those that nobody can ask about any more left out."""
        with self._store.read() as work:
            enrolled = {
                job.tag
                for job in work.publications.tag_jobs(state=TagState.CONFIRMED, action=PublicationAction.ENROL)
                if job.municipality == self._municipality
                and job.epoch >= oldest
                and not job.publication
                and is_tag_job_valid(self._job_key, job)
            }
            for state in (TagState.QUEUED, TagState.SIGNED, TagState.CONFIRMED):
                # A tag of nobody is drawn once, enrolled once and ended once.
                enrolled -= {job.tag for job in work.publications.tag_jobs(state=state, action=PublicationAction.END)}
            enrolled -= {row.tag for row in work.publications.holders(sorted(enrolled))}
        tags = sorted(enrolled)
        published = self._reader.published(self._municipality, tags, self._account)
        return [one for one, there in zip(tags, published, strict=True) if there]

    def _births(self, tags: Sequence[Tag]) -> dict[Tag, Birth]:
        """Tell how tags appeared on the chain, the last time when one did so more than once."""
        with self._store.read() as work:
            batch_of = {
                job.tag: job.batch
                for job in work.publications.tag_jobs_of(tags)
                if job.action is PublicationAction.ENROL and job.state is TagState.CONFIRMED
            }
            batches = {number: work.batches.get(number) for number in {*batch_of.values()} if number is not None}
        times = {number: batch.created_at for number, batch in batches.items() if batch is not None}
        return {one: Birth(epoch=_epoch_of(one), at=times.get(batch_of.get(one) or 0)) for one in tags}

    def _send(
        self,
        action: PublicationAction,
        jobs: Sequence[TagJobRow],
        fillers: Sequence[Tag],
        encode: Callable[[Sequence[Tag]], ContractCall],
        run: _Run,
    ) -> tuple[int, bool]:
        """Send tags in chunks, each of them sorted; return how many tags of clients were signed, and whether all."""
        by_tag: dict[Tag, TagJobRow | None] = {**dict.fromkeys(fillers), **{job.tag: job for job in jobs}}
        count = 0
        chunks = list(_parts(sorted(by_tag), self._batch))
        for number, chunk in enumerate(chunks, start=1):
            if not self._sender.may_submit(_KIND_OF[action]):
                run.leftover = True
                return count, False
            call = encode(chunk)
            refusal = self._reader.refusal_of(call, self._account)
            if refusal is not None:
                run.found(Trouble.REFUSED_BY_CONTRACT, detail=refusal)
                return count, False
            taken = [job for one in chunk if (job := by_tag[one]) is not None]
            drawn = [one for one in chunk if by_tag[one] is None]

            def take(
                work: UnitOfWork,
                batch: int,
                taken: Sequence[TagJobRow] = tuple(taken),
                drawn: Sequence[Tag] = tuple(drawn),
            ) -> bool:
                return self._take(work, batch, action, taken, drawn)

            if self._sender.submit(_KIND_OF[action], self._municipality, call, take) is None:
                run.leftover = True
                return count, False
            count += len(taken)
            run.fillers += len(drawn)
            outcome = self._sender.settle()
            if outcome.failed or (outcome.waiting and number < len(chunks)):
                run.leftover = True
                return count, False
        return count, True

    def _take(
        self,
        work: UnitOfWork,
        batch: int,
        action: PublicationAction,
        jobs: Sequence[TagJobRow],
        fillers: Sequence[Tag],
    ) -> bool:
        """Mark tag jobs as signed, unless one changed since it was read, and write the fillers down with them."""
        now = {job.id: job for job in work.publications.tag_jobs(state=TagState.QUEUED, action=action)}
        if any(now.get(job.id) != job for job in jobs):
            return False
        drawn = [self._add(work, filler, _epoch_of(filler), action) for filler in fillers]
        work.publications.set_tag_jobs([job.id for job in (*jobs, *drawn)], TagState.SIGNED, batch=batch)
        return True

    # --- what became of it --------------------------------------------------------------------------------------------

    def confirm(self, batch: BatchRow) -> Callable[[UnitOfWork], None]:
        """See which tags of a batch are on the chain, or off it; one that is not as it should be goes out again."""
        with self._store.read() as work:
            jobs = [job for job in work.publications.tag_jobs_of_batch(batch.id) if job.state is TagState.SIGNED]
        published = self._reader.published(self._municipality, [job.tag for job in jobs], self._account)
        wanted = batch.kind is BatchKind.ENROL
        done = [job.id for job, there in zip(jobs, published, strict=True) if there is wanted]
        again = [job for job, there in zip(jobs, published, strict=True) if there is not wanted]

        def write_down(work: UnitOfWork) -> None:
            work.publications.set_tag_jobs(done, TagState.CONFIRMED)
            self._queue_again(work, again)

        return write_down

    def release(self, work: UnitOfWork, batch: BatchRow) -> None:
        """Queue the tags of a failed batch again."""
        jobs = [job for job in work.publications.tag_jobs_of_batch(batch.id) if job.state is TagState.SIGNED]
        self._queue_again(work, jobs)

    def _queue_again(self, work: UnitOfWork, jobs: Sequence[TagJobRow]) -> None:
        """Queue jobs that changed nothing, except where the opposite was asked for since: that decides."""
        newest = self._newest(work, [job.tag for job in jobs])
        overtaken = [job.id for job in jobs if newest.get(job.tag, job.id) > job.id]
        work.publications.set_tag_jobs([job.id for job in jobs if job.id not in overtaken], TagState.QUEUED)
        work.publications.set_tag_jobs(overtaken, TagState.CANCELLED)

    def _note_published(self) -> None:
        with self._store.write() as work:
            ending = [
                job
                for state in (TagState.QUEUED, TagState.SIGNED)
                for job in work.publications.tag_jobs(state=state, action=PublicationAction.END)
            ]
            filling = {
                job.publication
                for state in (TagState.QUEUED, TagState.SIGNED)
                for job in work.publications.tag_jobs(state=state, action=PublicationAction.ENROL)
            }
            for row in work.publications.in_state(PublicationState.PREPARED):
                if row.action is PublicationAction.END:
                    done = not ending
                elif row.action is PublicationAction.FILL:
                    done = row.id not in filling
                else:
                    tags = [holder.tag for holder in work.publications.holders_of(row.id)]
                    done = _all_enrolled(tags, work.publications.tag_jobs_of(tags))
                if done:
                    work.publications.set_state(row.id, PublicationState.PUBLISHED)
            work.commit()


def may_go_out(job: TagJobRow, *, held: bool) -> bool:
    """Tell whether a tag job agrees with who holds its tag.

    Args:
        job: the job.
        held: whether a publication holds the tag.

    Returns:
        True for an ending when nobody holds the tag; for an enrolment when somebody does, or when it is nobody's tag.
    """
    if job.action is PublicationAction.END:
        return not held
    return held or not job.publication


def _all_enrolled(tags: Iterable[Tag], jobs: Iterable[TagJobRow]) -> bool:
    newest = {job.tag: job for job in jobs if job.state is not TagState.CANCELLED}
    return all(
        one in newest and newest[one].action is PublicationAction.ENROL and newest[one].state is TagState.CONFIRMED
        for one in tags
    )


def _lasts(row: PublicationRow) -> bool:
    """Tell whether a publication was carried out and has not ended."""
    carried_out = row.state in (PublicationState.PREPARED, PublicationState.PUBLISHED)
    return carried_out and row.action is PublicationAction.ENROL


def _epochs(state: MunicipalityState) -> list[Epoch]:
    """Return the epochs that tags are published for: the current one, and the one that is announced."""
    return sorted({epoch for epoch in (state.current_epoch, state.announced_epoch) if epoch})


def _epoch_of(one: Tag) -> Epoch:
    return Epoch(int.from_bytes(one[2:6]))


def _parts(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part
