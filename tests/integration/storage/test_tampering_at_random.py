"""Many things changed at once, at random: whoever was touched is named, and nobody else ever is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from schuldhulp.domain.trust import TrustState
from schuldhulp.domain.types import Commitment, DossierId, RecordId, Root
from schuldhulp.services.dossier_state import Assessment, ChainAnswer, Snapshot, assess, load
from schuldhulp.services.rows import RecordRow
from schuldhulp.storage import SqlStore
from tests.support.database import migrated_engine
from tests.support.factories import RecordKeeping, make_expense, make_income, make_obligation

CASES = 200


class Case:
    """A dossier of a dozen records in several versions, and another one to take rows from."""

    def __init__(self, store: SqlStore) -> None:
        self.keeping = RecordKeeping(store)
        self.actor = self.keeping.staff_member()
        self.snapshots: list[Snapshot] = []
        draw = Random(1)
        dossiers = [self._make(draw) for _ in range(2)]
        with store.read() as work:
            for dossier in dossiers:
                row = work.dossiers.get(dossier)
                assert row is not None
                self.snapshots.append(load(work, row, whole=True))

    def _make(self, draw: Random) -> DossierId:
        keeping = self.keeping
        dossier = keeping.add_dossier(self.actor)
        owner = keeping.first_applicant(dossier)
        made = [maker(owner) for maker in (make_income, make_expense, make_obligation) for _ in range(4)]
        views = keeping.records.add_all(actor=self.actor, dossier=dossier, records=made)
        keeping.anchor()
        for view in draw.sample(views, 6):
            for version in range(1, draw.randint(2, 4)):
                keeping.records.change(
                    actor=self.actor,
                    dossier=dossier,
                    record_id=view.record_id,
                    expected_version=version,
                    record=replace(view.record, note=f"versie {version + 1}"),  # type: ignore[arg-type]
                )
                if draw.random() < 0.5:
                    keeping.anchor()
        with keeping.store.read() as work:
            queued = bool(work.outbox.live([dossier]))
        if queued:
            keeping.anchor()
        return dossier

    def assess(self, snapshot: Snapshot, *, silent: bool = False) -> Assessment:
        root = None if silent else self.keeping.chain.roots[snapshot.dossier.id]
        answer = ChainAnswer(root=root)
        return assess(snapshot, answer, keys=self.keeping.keys, now=self.keeping.clock.now())


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder: Path = tmp_path_factory.mktemp("random")
    with migrated_engine("sqlite", folder) as engine:
        yield Case(SqlStore(engine))


def _flip(value: bytes, draw: Random) -> bytes:
    place = draw.randrange(len(value))
    return value[:place] + bytes([value[place] ^ (1 << draw.randrange(8))]) + value[place + 1 :]


def _touch(rows: list[RecordRow], record: RecordId, draw: Random, foreign: list[RecordRow]) -> list[RecordRow]:
    """Do something to the rows of one record."""
    own = [row for row in rows if row.record == record]
    rest = [row for row in rows if row.record != record]
    victim = draw.choice(own)
    others = [row for row in own if row is not victim]
    match draw.randrange(8):
        case 0:
            return rest + others + [replace(victim, ciphertext=_flip(victim.ciphertext, draw))]
        case 1:
            return rest + others + [replace(victim, commitment=Commitment(_flip(victim.commitment, draw)))]
        case 2:
            return rest + others + [replace(victim, replaces=Commitment(_flip(victim.replaces, draw)))]
        case 3:
            return rest + others + [replace(victim, record=RecordId(_flip(victim.record, draw)))]
        case 4:
            return rest + others + [replace(victim, author="caseworker/99")]
        case 5:
            return rest
        case 6:
            return rest + others
        case _:
            taken = draw.choice(foreign)
            return rest + others + [replace(victim, ciphertext=taken.ciphertext, commitment=taken.commitment)]


def _tampered(case: Case, draw: Random) -> tuple[Snapshot, set[RecordId]]:
    snapshot, other = case.snapshots
    rows = list(snapshot.records)
    records = sorted({row.record for row in rows})
    touched = set(draw.sample(records, draw.randint(1, 5)))
    for record in sorted(touched):
        rows = _touch(rows, record, draw, list(other.records))
    draw.shuffle(rows)
    rows.sort(key=lambda row: (row.record, row.version))
    return replace(snapshot, records=rows), touched


def test_the_untouched_dossier_is_verified(case: Case) -> None:
    for snapshot in case.snapshots:
        assert case.assess(snapshot).report.state is TrustState.VERIFIED


@pytest.mark.parametrize("silent", [False, True], ids=["with the chain", "without the chain"])
def test_whoever_was_touched_is_named_and_nobody_else(case: Case, silent: bool) -> None:
    for seed in range(CASES):
        snapshot, touched = _tampered(case, Random(seed))
        opened = case.assess(snapshot, silent=silent)
        assert opened.report.state is TrustState.DEVIATES
        assert opened.report.deviating_records == touched, seed
        for record, versions in opened.versions.items():
            if record not in touched and not silent:
                assert all(opened.is_verified(entry.row) for entry in versions)


def test_nobody_else_is_named_when_the_bookkeeping_was_touched_too(case: Case) -> None:
    for seed in range(CASES):
        draw = Random(seed)
        snapshot, touched = _tampered(case, draw)
        revisions = list(snapshot.revisions)
        dossier = snapshot.dossier
        match draw.randrange(4):
            case 0:
                revisions[-1] = replace(revisions[-1], ciphertext=_flip(revisions[-1].ciphertext, draw))
            case 1:
                revisions.pop()
            case 2:
                dossier = replace(dossier, root=Root(_flip(dossier.root, draw)))
            case _:
                dossier = replace(dossier, revision=dossier.revision + draw.choice((-1, 1)))
        opened = case.assess(replace(snapshot, dossier=dossier, revisions=revisions))
        assert opened.report.state is TrustState.DEVIATES
        # A row whose own id was changed may be named by that id, which is nobody's.
        untouched = {row.record for row in case.snapshots[0].records} - touched
        assert not opened.report.deviating_records & untouched, seed
