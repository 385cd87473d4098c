"""An epoch is filled, opened and the old one retired, while clients come and go: nobody is red in between."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto import voprf
from schuldhulp.crypto.pseudonyms import tag
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.enrolment import identifiers_of
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.records import Applicant, EnrolmentBasis
from schuldhulp.domain.trust import TrustState
from schuldhulp.domain.types import DossierId, Epoch, Tag
from schuldhulp.errors import Conflict, NotAllowed, ProofInvalid, SchuldhulpError, Unreachable
from schuldhulp.services.anchoring import Anchoring
from schuldhulp.services.epochs import EpochProgress, EpochService, Obstacle
from schuldhulp.services.filling import FillerChoice
from schuldhulp.services.publication import Publishing, Trouble
from schuldhulp.services.rows import PublicationAction, PublicationState
from schuldhulp.services.sending import Sender
from schuldhulp.services.views import EnrolmentStep
from schuldhulp.storage import SqlStore
from tests.support.factories import BSN_ONE, BSN_TWO, MUNICIPALITY, NOON, RecordKeeping, make_address, make_applicant
from tests.support.fake_chain import EPOCH, FakeChain
from tests.support.worker import DirectEvaluator, SetClock

NEXT = Epoch(EPOCH + 1)
LATER = Epoch(EPOCH + 2)
FILL = 8


class Scene:
    """Three visible clients and one who is not, a worker, and the commands of an administrator."""

    def __init__(self, store: SqlStore, engine: Engine) -> None:
        self.store, self.engine = store, engine
        self.clock, self.evaluator = SetClock(NOON), DirectEvaluator()
        self.chain = FakeChain(self.clock, keys=dict(zip(IdentifierKind, self.evaluator.public_keys, strict=True)))
        self.keeping = RecordKeeping(store, chain=self.chain)  # type: ignore[arg-type]
        self.actor: Actor = self.keeping.staff_member("anna", Role.CASEWORKER, Role.TEAM_LEADER, Role.ADMINISTRATOR)
        self.epochs = EpochService(
            reader=self.keeping.reader,
            chain=self.chain,
            log=self.keeping.log,
            publication_key=self.keeping.keys.publication.public_key,
        )
        self.start_worker()
        self.first, self.second, self.third, self.unseen = (
            self.keeping.add_dossier(self.actor, make_applicant(surname=surname, bsn=bsn))
            for surname, bsn in (("Smit", BSN_ONE), ("Bos", BSN_TWO), ("Vos", None), ("Mos", None))
        )
        for dossier in (self.first, self.second, self.third):
            self.enrol(dossier)
        self.work()

    def start_worker(self) -> None:
        """Start a worker, as after one was killed."""
        sender = Sender(
            store=self.store,
            reader=self.chain,
            writer=self.chain,
            clock=self.clock,
            pause=lambda _seconds: None,
            confirmations=0,
            receipt_timeout=1.0,
        )
        self.clock.advance(minutes=2)
        self.publishing = Publishing(
            store=self.store,
            reader=self.chain,
            writer=self.chain,
            sender=sender,
            evaluator=self.evaluator,
            job_key=self.keeping.keys.job,
            opening_key=self.keeping.keys.publication,
            municipality=MUNICIPALITY,
            fill=FILL,
        )
        self.anchoring = Anchoring(
            store=self.store,
            reader=self.chain,
            writer=self.chain,
            clock=self.clock,
            sender=sender,
            job_key=self.keeping.keys.job,
            municipality=MUNICIPALITY,
            fillers=FillerChoice(municipality=MUNICIPALITY, fill=0, job_key=self.keeping.keys.job),
        )

    def work(self) -> None:
        """Let the worker do all that waits."""
        self.publishing.publish_once()
        self.anchoring.anchor_once()

    def enrol(self, dossier: DossierId) -> None:
        self.keeping.enrolment.enrol(
            actor=self.actor,
            dossier=dossier,
            ground="Wgs art. 4a",
            basis=EnrolmentBasis.CONSENT,
            basis_date=date(2026, 11, 20),
        )

    def end(self, dossier: DossierId) -> None:
        self.keeping.enrolment.end(actor=self.actor, dossier=dossier, reason="klaar")

    def change(self, dossier: DossierId, **values: object) -> None:
        """Change the first applicant."""
        record = self.keeping.first_applicant(dossier)
        entry = self.keeping.reader.read(dossier).current[record]
        assert entry.version is not None
        self.keeping.records.change(
            actor=self.actor,
            dossier=dossier,
            record_id=record,
            expected_version=entry.row.version,
            record=dataclasses.replace(entry.version.record, **values),  # type: ignore[arg-type]
        )

    def tags(self, dossier: DossierId, epoch: Epoch) -> set[Tag]:
        """Return the tags that somebody who knows the client computes."""
        record = self.keeping.first_applicant(dossier)
        entry = self.keeping.reader.read(dossier).current[record]
        assert entry.version is not None
        assert isinstance(entry.version.record, Applicant)
        identifiers = identifiers_of(entry.version.record, today=NOON.date()).identifiers
        return {self._tag(identifier, epoch) for identifier in identifiers}

    def _tag(self, identifier: Identifier, epoch: Epoch) -> Tag:
        key = self.evaluator.keys[identifier.kind]
        blinding = voprf.blind(identifier.encoded)
        answer = voprf.evaluate(key, [blinding.element])
        output = voprf.finalize([blinding], answer, published_key=voprf.public_key(key))[0]
        return tag(MUNICIPALITY, epoch, identifier.kind, output)

    def green(self, dossier: DossierId) -> bool:
        """Say what a creditor is told, who asks in the current epoch."""
        tags = self.tags(dossier, self.chain.epoch)
        assert tags <= self.chain.tags or not tags & self.chain.tags
        return tags <= self.chain.tags

    def step(self, dossier: DossierId) -> EnrolmentStep:
        return self.keeping.enrolment.state(actor=self.actor, dossier=dossier, access_reason="vervanging").step

    def progress(self) -> EpochProgress:
        return self.epochs.progress(actor=self.actor)

    def size(self, epoch: Epoch) -> int:
        return len(self.chain.tags_of(MUNICIPALITY).get(epoch, ()))

    def announce(self, epoch: Epoch = NEXT) -> None:
        self.chain.oldest = self.chain.oldest or self.chain.epoch
        self.chain.announced = epoch

    def open(self, epoch: Epoch = NEXT) -> None:
        self.chain.epoch = epoch

    def retire(self) -> None:
        self.chain.oldest = self.chain.epoch

    def assert_sound(self) -> None:
        """Nothing deviates, and who is visible is shown as that."""
        summary = self.keeping.verification.all(actor=self.actor)
        assert summary.state in (TrustState.VERIFIED, TrustState.BEING_RECORDED), summary

    @contextmanager
    def killed_after(self, units: int) -> Iterator[None]:
        """Let the worker die at the start of a later unit of work that writes."""
        begin, left = self.store.write, units

        def write():
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt
            return begin()

        self.store.write = write  # type: ignore[method-assign]
        try:
            yield
        except KeyboardInterrupt:
            pass
        finally:
            self.store.write = begin  # type: ignore[method-assign]


@pytest.fixture
def scene(store: SqlStore, engine: Engine) -> Scene:
    scene = Scene(store, engine)
    assert all(scene.green(dossier) for dossier in (scene.first, scene.second, scene.third))
    return scene


def test_fill_open_and_retire_keep_everybody_green_and_sound(scene: Scene) -> None:
    visible = (scene.first, scene.second, scene.third)
    steps = [
        scene.announce,
        lambda: scene.epochs.fill(actor=scene.actor),
        scene.publishing.prepare,
        scene.work,
        scene.open,
        scene.work,
        scene.retire,
        scene.publishing.prepare,
        scene.work,
    ]
    for number, step in enumerate(steps):
        step()
        assert all(scene.green(dossier) for dossier in visible), number
        assert all(scene.step(dossier) is EnrolmentStep.VISIBLE for dossier in visible), number
        scene.assert_sound()
    assert not scene.green(scene.unseen)


def test_progress_allows_opening_only_when_everybody_is_on_the_chain(scene: Scene) -> None:
    assert not scene.progress().may_open
    assert scene.progress().is_filled

    scene.announce()
    scene.work()
    empty = scene.progress()
    assert (empty.clients, empty.filled, len(empty.missing), empty.may_open) == (3, 0, 3, False)
    # A daily batch of tags of nobody is no filling, and none is made up for what is missing.
    assert 0 < empty.tags_target <= FILL

    assert scene.epochs.fill(actor=scene.actor).sealed == 3
    waiting = scene.progress()
    assert waiting.waiting
    assert not waiting.may_open

    scene.publishing.prepare()
    prepared = scene.progress()
    assert (len(prepared.missing), len(prepared.underway), prepared.may_open) == (0, 3, False)

    scene.work()
    filled = scene.progress()
    assert (filled.clients, filled.filled, filled.may_open) == (3, 3, True)
    assert filled.tags_target >= filled.tags_current


def test_fill_makes_the_new_epoch_as_large_as_the_old_one_also_with_junk_on_the_chain(scene: Scene) -> None:
    prefix = MUNICIPALITY.to_bytes(2, "big") + EPOCH.to_bytes(4, "big")
    scene.chain.tags |= {Tag(prefix + bytes(24) + number.to_bytes(2, "big")) for number in range(101)}
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.work()
    assert scene.size(NEXT) >= scene.size(EPOCH)
    assert scene.size(NEXT) % FILL == 0
    # Once it is large enough a day adds to both alike.
    before = scene.size(NEXT) - scene.size(EPOCH)
    scene.work()
    assert scene.size(NEXT) - scene.size(EPOCH) == before


def test_fill_leaves_out_who_has_tags_already(scene: Scene) -> None:
    scene.announce()
    scene.enrol(scene.unseen)
    scene.work()
    assert scene.tags(scene.unseen, NEXT) <= scene.chain.tags
    assert scene.epochs.fill(actor=scene.actor).sealed == 3
    assert scene.epochs.fill(actor=scene.actor).waiting
    scene.work()
    again = scene.epochs.fill(actor=scene.actor)
    assert (again.sealed, again.waiting) == (0, False)
    tags = scene.chain.tags
    assert sum(len(scene.tags(dossier, NEXT)) for dossier in (scene.first, scene.second)) == 4
    scene.work()
    assert tags <= scene.chain.tags


def test_fill_goes_out_whole_and_sorted_and_not_in_the_order_of_dossiers(scene: Scene) -> None:
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.chain.seen.clear()
    scene.work()
    batches = [seen.tags for seen in scene.chain.seen if seen.kind == "enrol" and _epoch(seen.tags[0]) == NEXT]
    everybody = set().union(*(scene.tags(one, NEXT) for one in (scene.first, scene.second, scene.third)))
    assert [everybody <= set(batch) for batch in batches] == [True]
    assert list(batches[0]) == sorted(batches[0])


def test_fill_without_an_announced_epoch_repairs_one_that_was_opened_too_early(scene: Scene) -> None:
    scene.announce()
    scene.open()
    assert not scene.green(scene.first)
    summary = scene.keeping.verification.all(actor=scene.actor)
    assert summary.state is TrustState.DEVIATES
    assert {finding.detail for report in summary.reports for finding in report.findings} == {"tag_missing"}
    assert len(scene.progress().missing) == 3

    scene.epochs.fill(actor=scene.actor)
    scene.work()

    assert scene.green(scene.first)
    scene.assert_sound()
    assert scene.progress().is_filled


def test_fill_repairs_an_epoch_that_was_opened_too_early_while_a_newer_one_is_filled(scene: Scene) -> None:
    scene.announce(NEXT)
    scene.announce(LATER)
    scene.epochs.fill(actor=scene.actor)
    scene.work()
    scene.open(NEXT)
    # Their tags of the epoch that is announced help nobody yet.
    assert not scene.green(scene.first)
    summary = scene.keeping.verification.all(actor=scene.actor)
    assert {finding.detail for report in summary.reports for finding in report.findings} == {"tag_missing"}
    assert [one.dossier for one in scene.progress().red] == [scene.first, scene.second, scene.third]

    assert scene.epochs.fill(actor=scene.actor).sealed == 3
    scene.work()

    assert scene.green(scene.first)
    scene.assert_sound()
    found = scene.progress()
    assert (found.target, found.red, found.may_open) == (LATER, (), True)
    assert scene.epochs.fill(actor=scene.actor).sealed == 0


def test_fill_needs_an_administrator_and_an_open_epoch(scene: Scene) -> None:
    caseworker = scene.keeping.staff_member("bea", Role.CASEWORKER)
    with pytest.raises(NotAllowed):
        scene.epochs.fill(actor=caseworker)
    scene.chain.epoch, scene.chain.oldest = Epoch(0), None
    with pytest.raises(Conflict):
        scene.epochs.fill(actor=scene.actor)
    scene.chain.down = True
    with pytest.raises(Unreachable):
        scene.progress()


def test_an_enrolment_that_ends_during_the_filling_ends_in_both_epochs(scene: Scene) -> None:
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.end(scene.first)  # after its identifiers were sealed, before the worker opened them
    scene.publishing.prepare()
    scene.end(scene.second)  # after its tags were made
    scene.work()
    scene.work()
    for dossier in (scene.first, scene.second):
        for epoch in (EPOCH, NEXT):
            assert not scene.tags(dossier, epoch) & scene.chain.tags
        assert scene.step(dossier) is EnrolmentStep.ENDED
    scene.assert_sound()
    assert scene.progress().may_open
    scene.end(scene.third)  # after its tags of both epochs were published
    scene.work()
    assert not scene.tags(scene.third, NEXT) & scene.chain.tags


def test_a_name_that_comes_during_the_filling_is_known_in_both_epochs(scene: Scene) -> None:
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.change(scene.first, other_surnames=("Vermeer",))
    scene.publishing.prepare()
    scene.change(scene.second, addresses=(make_address(), make_address(house_number=99)))
    scene.work()
    scene.work()
    for dossier in (scene.first, scene.second):
        assert scene.tags(dossier, EPOCH) <= scene.chain.tags
        assert scene.tags(dossier, NEXT) <= scene.chain.tags
    assert scene.progress().may_open
    scene.open()
    scene.retire()
    scene.work()
    assert scene.green(scene.first)
    scene.assert_sound()


def test_a_number_that_was_corrected_during_the_filling_is_known_in_no_epoch(scene: Scene) -> None:
    scene.announce()
    wrong = {epoch: scene.tags(scene.third, epoch) for epoch in (EPOCH, NEXT)}
    scene.epochs.fill(actor=scene.actor)
    person = scene.keeping.reader.read(scene.third).current[scene.keeping.first_applicant(scene.third)].version
    assert person is not None
    born = dataclasses.replace(person.record.birth_date, year=1981)  # type: ignore[union-attr]
    scene.change(scene.third, birth_date=born)
    scene.work()
    scene.work()
    for epoch in (EPOCH, NEXT):
        assert not wrong[epoch] & scene.chain.tags
        assert scene.tags(scene.third, epoch) <= scene.chain.tags
    assert scene.progress().may_open


@pytest.mark.parametrize("units", range(12))
def test_a_worker_killed_anywhere_in_the_filling_goes_on(
    scene: Scene, units: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schuldhulp.services.publication.FILLED_AT_A_TIME", 1)
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    with scene.killed_after(units):
        scene.publishing.publish_once()
    assert all(scene.green(dossier) for dossier in (scene.first, scene.second, scene.third))
    part = [scene.tags(one, NEXT) <= scene.chain.tags for one in (scene.first, scene.second, scene.third)]
    assert all(part) or not any(part)  # what is published says nothing of who was first
    scene.assert_sound()
    scene.start_worker()
    scene.work()
    scene.work()
    assert scene.progress().may_open
    scene.assert_sound()


def test_a_worker_killed_while_it_forgets_a_retired_epoch_goes_on(scene: Scene) -> None:
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.work()
    scene.open()
    scene.retire()
    for units in range(8):
        with scene.killed_after(units):
            scene.publishing.prepare()
        scene.assert_sound()
        scene.start_worker()
    scene.work()
    with scene.store.read() as work:
        assert {row.epoch for row in work.publications.all_holders(MUNICIPALITY)} == {NEXT}
        assert {row.epoch for row in work.publications.all_tag_jobs(MUNICIPALITY)} == {NEXT}


def test_nothing_in_the_tables_leads_from_a_retired_tag_to_a_person(scene: Scene) -> None:
    old = set().union(*(scene.tags(one, EPOCH) for one in (scene.first, scene.second, scene.third)))
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.work()
    scene.open()
    scene.retire()
    scene.publishing.prepare()
    with scene.engine.connect() as connection:
        for table in ("tag_holders", "tag_jobs"):
            found = {bytes(row[0]) for row in connection.execute(text(f"SELECT tag FROM {table}"))}
            assert found
            assert not old & found
        assert {bytes(row[0]) for row in connection.execute(text("SELECT sealed FROM publication_jobs"))} == {b""}


def test_an_evaluator_without_the_new_key_keeps_the_filling_waiting(scene: Scene) -> None:
    evaluate = scene.evaluator.evaluate

    def without_key(municipality, epoch, kind, elements):
        if epoch == NEXT:
            raise Unreachable("evaluator_key_missing", "the published key of this epoch is not in this evaluator")
        return evaluate(municipality, epoch, kind, elements)

    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.evaluator.evaluate = without_key  # type: ignore[method-assign]
    found = scene.publishing.publish_once().findings
    assert [(one.trouble, one.detail) for one in found] == [(Trouble.EVALUATOR_SILENT, "evaluator_key_missing")]
    assert scene.progress().waiting
    assert scene.green(scene.first)
    scene.evaluator.evaluate = evaluate  # type: ignore[method-assign]
    scene.work()
    assert scene.progress().may_open


@pytest.mark.parametrize(
    "trouble",
    [
        Unreachable("evaluator_key_missing", "the published key of this epoch is not in this evaluator"),
        NotAllowed("organisation_unknown", "the evaluator does not answer this organisation"),
        ProofInvalid("proof_invalid", "the evaluator did not use the published key"),
    ],
    ids=["silent", "refuses", "wrong"],
)
def test_an_evaluator_without_the_new_key_keeps_nobody_from_the_current_epoch(
    scene: Scene, trouble: SchuldhulpError
) -> None:
    evaluate = scene.evaluator.evaluate

    def without_key(municipality, epoch, kind, elements):
        if epoch == NEXT:
            raise trouble
        return evaluate(municipality, epoch, kind, elements)

    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.work()
    scene.evaluator.evaluate = without_key  # type: ignore[method-assign]
    scene.enrol(scene.unseen)
    scene.work()
    assert scene.green(scene.unseen)
    scene.assert_sound()
    found = scene.progress()
    assert ([one.dossier for one in found.missing], found.may_open) == ([scene.unseen], False)

    scene.evaluator.evaluate = evaluate  # type: ignore[method-assign]
    assert scene.epochs.fill(actor=scene.actor).sealed == 1
    scene.work()
    assert scene.progress().may_open
    scene.open()
    assert scene.green(scene.unseen)
    scene.assert_sound()


def test_who_was_enrolled_without_tags_of_the_new_epoch_is_named_when_that_opens(scene: Scene) -> None:
    evaluate = scene.evaluator.evaluate

    def without_key(municipality, epoch, kind, elements):
        if epoch == NEXT:
            raise Unreachable("evaluator_key_missing", "the published key of this epoch is not in this evaluator")
        return evaluate(municipality, epoch, kind, elements)

    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.work()
    scene.evaluator.evaluate = without_key  # type: ignore[method-assign]
    scene.enrol(scene.unseen)
    scene.work()
    scene.open()
    assert not scene.green(scene.unseen)
    reports = scene.keeping.verification.all(actor=scene.actor).reports
    assert [one.dossier for one in reports if one.state is TrustState.DEVIATES] == [scene.unseen]


def test_an_announced_epoch_that_a_newer_one_skips_is_left_behind(scene: Scene) -> None:
    scene.announce(NEXT)
    scene.epochs.fill(actor=scene.actor)
    scene.announce(LATER)
    report = scene.publishing.publish_once()
    assert [one.trouble for one in report.findings] == [Trouble.OVERTAKEN]
    with scene.store.read() as work:
        states = [row.state for row in work.publications.in_state(PublicationState.ENDED)]
    assert len(states) == 1
    assert scene.progress().target == LATER
    assert len(scene.progress().missing) == 3
    scene.epochs.fill(actor=scene.actor)
    scene.work()
    assert scene.progress().may_open
    scene.open(LATER)
    assert scene.green(scene.first)
    scene.retire()
    scene.work()
    scene.assert_sound()


def test_a_skipped_epoch_that_was_filled_ends_with_the_client(scene: Scene) -> None:
    for epoch in (NEXT, LATER):
        scene.announce(epoch)
        scene.epochs.fill(actor=scene.actor)
        scene.work()
    scene.end(scene.first)
    scene.work()
    for epoch in (EPOCH, NEXT, LATER):
        assert not scene.tags(scene.first, epoch) & scene.chain.tags
    scene.assert_sound()


def test_who_cannot_be_filled_is_named_and_keeps_the_epoch_shut(scene: Scene) -> None:
    # The address was left more than two years before the next epoch is filled.
    scene.change(scene.third, addresses=(make_address(until=date(2026, 11, 1)),))
    scene.work()
    scene.keeping.clock.advance(days=3 * 365)
    scene.clock.advance(days=3 * 365)
    scene.announce()
    report = scene.epochs.fill(actor=scene.actor)
    assert report.sealed == 2
    assert [(one.dossier, one.obstacle) for one in report.unfillable] == [(scene.third, Obstacle.NO_IDENTIFIERS)]
    scene.work()
    found = scene.progress()
    assert [(one.dossier, one.obstacle) for one in found.unfillable] == [(scene.third, Obstacle.NO_IDENTIFIERS)]
    assert not found.may_open
    scene.end(scene.third)
    scene.work()
    assert scene.progress().may_open


def test_a_dossier_that_was_tampered_with_is_named_and_not_filled(scene: Scene) -> None:
    with scene.engine.connect() as connection:
        connection.execute(
            text("UPDATE record_versions SET ciphertext = :other WHERE dossier_id = :dossier"),
            {"other": b"\x01" * 80, "dossier": scene.first},
        )
        connection.commit()
    scene.announce()
    assert [one.obstacle for one in scene.epochs.fill(actor=scene.actor).unfillable] == [Obstacle.DEVIATES]
    scene.work()
    found = scene.progress()
    assert {(one.dossier, one.obstacle) for one in found.unfillable} == {(scene.first, Obstacle.DEVIATES)}
    assert (found.strangers, found.may_open) == (1, False)


def test_fill_does_not_name_a_broken_dossier_that_nobody_is_visible_of(scene: Scene) -> None:
    with scene.engine.connect() as connection:
        connection.execute(
            text("UPDATE record_versions SET ciphertext = :other WHERE dossier_id = :dossier"),
            {"other": b"\x01" * 80, "dossier": scene.unseen},
        )
        connection.commit()
    scene.announce()
    report = scene.epochs.fill(actor=scene.actor)
    assert (report.sealed, report.unfillable) == (3, ())
    scene.work()
    assert scene.progress().may_open


def test_fill_names_a_broken_dossier_of_somebody_who_is_going_to_be_visible(scene: Scene) -> None:
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    scene.work()
    scene.enrol(scene.unseen)
    with scene.engine.connect() as connection:
        connection.execute(
            text("UPDATE record_versions SET ciphertext = :other WHERE dossier_id = :dossier"),
            {"other": b"\x01" * 80, "dossier": scene.unseen},
        )
        connection.commit()
    assert [one.dossier for one in scene.epochs.fill(actor=scene.actor).unfillable] == [scene.unseen]


def test_a_publication_that_was_tampered_with_gets_no_tags(scene: Scene) -> None:
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    with scene.engine.connect() as connection:
        connection.execute(
            text("DELETE FROM tag_holders WHERE tag = :tag"), {"tag": min(scene.tags(scene.first, EPOCH))}
        )
        connection.commit()
    report = scene.publishing.publish_once()
    assert [(one.trouble, one.detail) for one in report.findings] == [(Trouble.FORGED, "publication")]
    found = scene.progress()
    assert [(one.dossier, one.obstacle) for one in found.unfillable] == [(scene.first, Obstacle.CHANGED)]
    assert not found.may_open


def test_a_filling_that_this_system_did_not_write_is_refused(scene: Scene) -> None:
    scene.announce()
    scene.epochs.fill(actor=scene.actor)
    with scene.engine.connect() as connection:
        connection.execute(text("UPDATE publication_jobs SET mac = :mac WHERE action = 'fill'"), {"mac": bytes(32)})
        connection.commit()
    assert not scene.progress().waiting
    assert [one.trouble for one in scene.publishing.publish_once().findings] == [Trouble.FORGED]
    with scene.store.read() as work:
        refused = work.publications.in_state(PublicationState.REFUSED)
    assert [row.action for row in refused] == [PublicationAction.FILL]


def test_the_screen_cannot_be_made_to_say_visible_by_calling_a_job_a_filling(scene: Scene) -> None:
    scene.enrol(scene.unseen)
    scene.publishing.prepare()
    with scene.engine.connect() as connection:
        connection.execute(text("UPDATE publication_jobs SET state = 'published' WHERE state = 'prepared'"))
        connection.commit()
    summary = scene.keeping.verification.all(actor=scene.actor)
    found = [(finding.kind, finding.detail) for report in summary.reports for finding in report.findings]
    assert [detail for _, detail in found] == ["publication_changed"]
    with scene.engine.connect() as connection:
        connection.execute(text("UPDATE publication_jobs SET action = 'fill' WHERE state = 'published'"))
        connection.commit()
    assert scene.keeping.verification.all(actor=scene.actor).state is TrustState.DEVIATES


def _epoch(tag: Tag) -> int:
    return int.from_bytes(tag[2:6], "big")
