"""A worker on a real database, with a cockpit's side small enough for tests of the worker."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from schuldhulp.crypto import voprf
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.pseudonyms import tag
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import NO_ROOT, DossierId, Epoch, MunicipalityCode, Root, Tag
from schuldhulp.errors import Unreachable
from schuldhulp.services.anchoring import Anchoring
from schuldhulp.services.filling import FillerChoice, adopt, spare_mac
from schuldhulp.services.job_signing import Publication, ledger_job_mac, publication_mac, seal_publication
from schuldhulp.services.ports import ChainReader, ChainWriter, EvaluatedBatch, Store, UnitOfWork
from schuldhulp.services.publication import Publishing
from schuldhulp.services.rows import (
    DossierRow,
    JobRow,
    JobState,
    PublicationAction,
    PublicationRow,
    PublicationState,
    RevisionRow,
    SpareRow,
)
from schuldhulp.services.sending import Sender
from schuldhulp.storage.database import connect
from schuldhulp.storage.tables import metadata
from schuldhulp.storage.unit_of_work import SqlStore

MUNICIPALITY = MunicipalityCode(14)
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class SetClock:
    """A clock that a test sets."""

    time: datetime = START

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.time

    def advance(self, **amount: float) -> None:
        """Let time pass."""
        self.time += timedelta(**amount)


def make_store(folder: Path) -> SqlStore:
    """Make an empty database in a folder."""
    engine = connect(f"sqlite:///{folder / 'test.sqlite'}")
    metadata.create_all(engine)
    return SqlStore(engine)


def make_root(*parts: object) -> Root:
    """Make a root that stands for these values."""
    return Root(hashlib.sha256(repr(parts).encode()).digest())


def make_dossier(number: int, municipality: MunicipalityCode = MUNICIPALITY) -> DossierId:
    """Make the id of a dossier; they spread over the whole range."""
    return DossierId(municipality.to_bytes(2, "big") + hashlib.sha256(str(number).encode()).digest()[:30])


@dataclass
class Cockpit:
    """Writes dossiers and jobs as record keeping does, without records."""

    store: Store
    clock: SetClock
    job_key: JobKey = field(default_factory=lambda: JobKey(b"\x07" * 32))
    written: int = 0

    def add(self, dossier: DossierId | None = None, *, draw: Random | None = None) -> DossierId:
        """Make a dossier without records; without an id it takes one over from a decoy."""
        with self.store.write() as work:
            root = NO_ROOT
            if dossier is None:
                dossier, root = adopt(work, MUNICIPALITY, draw)
            self.written += 1
            work.dossiers.add(
                DossierRow(
                    id=dossier,
                    municipality=MUNICIPALITY,
                    file_number=f"test-{self.written}-{dossier.hex()[:12]}",
                    created_at=self.clock.now(),
                    caseworker=None,
                    ended_at=None,
                    revision=0,
                    root=root,
                    previous_root=NO_ROOT,
                )
            )
            work.commit()
        return dossier

    def change(self, dossier: DossierId) -> JobRow:
        """Write a revision and its job; a job that is not signed yet is replaced."""
        with self.store.write() as work:
            row = work.dossiers.get(dossier, lock=True)
            assert row is not None
            queued = [job for job in work.outbox.live([dossier]).get(dossier, ()) if job.state is JobState.QUEUED]
            work.outbox.set_state([job.id for job in queued], JobState.REPLACED)
            anchored = work.outbox.last_anchored(dossier)
            first = queued[0].previous_root if queued else row.root
            previous = anchored.new_root if anchored else first
            self.written += 1
            revision = row.revision + 1
            root = make_root(dossier, revision, self.written)
            job = self._write(work, row, revision, previous, root)
            work.commit()
        return job

    def _write(self, work: UnitOfWork, row: DossierRow, revision: int, previous: Root, root: Root) -> JobRow:
        now = self.clock.now()
        new = dataclasses.replace(row, revision=revision, root=root, previous_root=previous)
        assert work.dossiers.advance(new, from_revision=row.revision)
        work.revisions.add(
            RevisionRow(
                dossier=row.id,
                revision=revision,
                root=root,
                previous_root=previous,
                ciphertext=b"manifest",
                created_at=now,
            )
        )
        job = JobRow(
            id=0,
            dossier=row.id,
            municipality=MUNICIPALITY,
            previous_root=previous,
            new_root=root,
            revision=revision,
            created_at=now,
            mac=b"",
            state=JobState.QUEUED,
        )
        job = dataclasses.replace(job, mac=ledger_job_mac(self.job_key, job))
        return dataclasses.replace(job, id=work.outbox.add(job))

    def prepare_spares(self, dossiers: Sequence[DossierId], number: int = 8) -> None:
        """Make header-only revisions in advance, as `SpareMaker` does, without manifests."""
        with self.store.write() as work:
            for dossier in dossiers:
                row = work.dossiers.get(dossier, lock=True)
                assert row is not None
                if any(job.state is JobState.QUEUED for job in work.outbox.live([dossier]).get(dossier, ())):
                    continue
                spares: list[SpareRow] = []
                previous = row.root
                for revision in range(row.revision + 1, row.revision + 1 + number):
                    self.written += 1
                    spare = SpareRow(
                        dossier=dossier,
                        revision=revision,
                        root=make_root("spare", dossier, revision, self.written),
                        previous_root=previous,
                        ciphertext=b"spare manifest",
                        created_at=self.clock.now(),
                    )
                    spares.append(dataclasses.replace(spare, mac=spare_mac(self.job_key, spare)))
                    previous = spare.root
                work.filling.replace_spares(dossier, spares)
            work.commit()

    def jobs(self, dossier: DossierId) -> list[JobRow]:
        """Return all jobs of a dossier."""
        with self.store.read() as work:
            return list(work.outbox.of(dossier))

    def states(self, dossier: DossierId) -> list[JobState]:
        """Return the states of all jobs of a dossier, oldest first."""
        return [job.state for job in self.jobs(dossier)]


def make_worker(
    store: Store,
    reader: ChainReader,
    writer: ChainWriter,
    clock: SetClock,
    *,
    fill: int = 0,
    confirmations: int = 0,
    pause: Callable[[float], None] = lambda seconds: None,
    draw: Random | None = None,
    job_key: JobKey | None = None,
    receipt_timeout: float = 5.0,
    municipality: MunicipalityCode = MUNICIPALITY,
    **sending: Any,
) -> Anchoring:
    """Make a worker with a lease of its own, as after a restart."""
    key = job_key or JobKey(b"\x07" * 32)
    sender = Sender(
        store=store,
        reader=reader,
        writer=writer,
        clock=clock,
        pause=pause,
        confirmations=confirmations,
        receipt_timeout=receipt_timeout,
        **sending,
    )
    return Anchoring(
        store=store,
        reader=reader,
        writer=writer,
        clock=clock,
        sender=sender,
        job_key=key,
        municipality=municipality,
        fillers=FillerChoice(municipality=municipality, fill=fill, job_key=key, draw=draw or Random(1)),
    )


OPENING_KEY = OpeningKey(b"\x05" * 32)


class DirectEvaluator:
    """An evaluator in the same process, on real keys; it notes what it saw."""

    def __init__(self) -> None:
        self.keys = {kind: voprf.derive_key(bytes([kind]) * 32, b"test") for kind in IdentifierKind}
        self.silent = False
        self.wrong = False
        self.requests: list[int] = []

    @property
    def public_keys(self) -> tuple[bytes, bytes]:
        """Public keys for BSN and NADB."""
        bsn, nadb = (voprf.public_key(self.keys[kind]) for kind in IdentifierKind)
        return bsn, nadb

    def evaluate(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> EvaluatedBatch:
        """Evaluate under the key of the kind."""
        if self.silent:
            raise Unreachable("evaluator_unreachable", "the evaluator does not answer")
        self.requests.append(len(elements))
        answer = voprf.evaluate(self.keys[kind], elements)
        assert answer.proof is not None
        assert answer.key is not None
        proof = bytes(64) if self.wrong else answer.proof
        return EvaluatedBatch(evaluated=answer.evaluated, proof=proof, key=answer.key)

    def tag(self, identifier: Identifier, epoch: Epoch) -> Tag:
        """Compute the tag of an identifier without blinding."""
        blinding = voprf.blind(identifier.text.encode())
        answer = voprf.evaluate(self.keys[identifier.kind], [blinding.element])
        assert answer.key is not None
        output = voprf.finalize([blinding], answer, published_key=answer.key)[0]
        return tag(MUNICIPALITY, epoch, identifier.kind, output)


@dataclass
class Desk:
    """Asks for enrolments and endings as the cockpit does."""

    store: Store
    clock: SetClock
    job_key: JobKey = field(default_factory=lambda: JobKey(b"\x07" * 32))
    written: int = 0

    def enrol(self, *identifiers: Identifier) -> bytes:
        """Ask for a publication; returns its id."""
        return self._write(
            PublicationAction.ENROL, Publication(municipality=MUNICIPALITY, identifiers=tuple(identifiers))
        )

    def end(self, *publications: bytes) -> bytes:
        """Ask for an ending; returns its id."""
        return self._write(
            PublicationAction.END, Publication(municipality=MUNICIPALITY, publications=tuple(publications))
        )

    def _write(self, action: PublicationAction, message: Publication) -> bytes:
        self.written += 1
        job = hashlib.sha256(f"publication {self.written}".encode()).digest()[:16]
        row = PublicationRow(
            id=job,
            action=action,
            sealed=seal_publication(OPENING_KEY.public_key, job, action, message),
            created_at=self.clock.now(),
            mac=b"",
            state=PublicationState.WAITING,
        )
        self.clock.advance(seconds=1)
        with self.store.write() as work:
            work.publications.add(dataclasses.replace(row, mac=publication_mac(self.job_key, row)))
            work.commit()
        return job

    def state(self, publication: bytes) -> PublicationState:
        """Return where a publication job stands."""
        with self.store.read() as work:
            row = work.publications.get(publication)
        assert row is not None
        return row.state


def make_publishing(
    store: Store,
    reader: ChainReader,
    writer: ChainWriter,
    clock: SetClock,
    evaluator: DirectEvaluator,
    *,
    fill: int = 0,
    confirmations: int = 0,
    draw: Random | None = None,
) -> Publishing:
    """Make the registry's part of a worker, with a lease of its own, as after a restart."""
    sender = Sender(
        store=store,
        reader=reader,
        writer=writer,
        clock=clock,
        pause=lambda seconds: None,
        confirmations=confirmations,
        receipt_timeout=1.0,
    )
    return Publishing(
        store=store,
        reader=reader,
        writer=writer,
        sender=sender,
        evaluator=evaluator,
        job_key=JobKey(b"\x07" * 32),
        opening_key=OPENING_KEY,
        municipality=MUNICIPALITY,
        fill=fill,
        draw=draw or Random(1),
    )
