"""Somebody with full access to the database changes who is visible: it is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.records import EnrolmentBasis
from schuldhulp.domain.trust import FindingKind, TrustState, VerificationSummary
from schuldhulp.domain.types import DossierId
from schuldhulp.services.anchoring import Anchoring
from schuldhulp.services.filling import FillerChoice
from schuldhulp.services.publication import Publishing
from schuldhulp.services.sending import Sender
from schuldhulp.services.views import EnrolmentStep
from schuldhulp.storage import SqlStore
from tests.support.factories import BSN_ONE, BSN_TWO, MUNICIPALITY, NOON, RecordKeeping, make_applicant
from tests.support.fake_chain import FakeChain
from tests.support.worker import DirectEvaluator, SetClock


@dataclass
class Scene:
    """Two clients who are visible, and a third who is a client only."""

    keeping: RecordKeeping
    publishing: Publishing
    anchoring: Anchoring
    chain: FakeChain
    evaluator: DirectEvaluator
    engine: Engine
    actor: Actor
    first: DossierId
    second: DossierId

    def work(self) -> None:
        """Let the worker do all that waits."""
        self.publishing.publish_once()
        self.anchoring.anchor_once()

    def tamper(self, *statements: str, **values: Any) -> None:
        """Run statements as the intruder."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.execute(text("SET LOCAL session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement), values)
            connection.commit()

    def verify(self) -> VerificationSummary:
        """Check all dossiers."""
        return self.keeping.verification.all(actor=self.actor)

    def named(self) -> set[tuple[str, str]]:
        """Return what is found, by kind and detail; every dossier that a check of its own names is among them."""
        summary = self.verify()
        assert summary.state is TrustState.DEVIATES
        for report in summary.reports:
            assert report.dossier is not None
            alone = self.keeping.verification.dossier(actor=self.actor, dossier=report.dossier)
            assert alone.findings == report.findings
        found = [finding for report in summary.reports for finding in report.findings] + list(summary.system)
        return {(finding.kind.value, finding.detail) for finding in found}

    def enrol(self, dossier: DossierId) -> None:
        """Make a client visible."""
        self.keeping.enrolment.enrol(
            actor=self.actor,
            dossier=dossier,
            ground="Wgs art. 4a",
            basis=EnrolmentBasis.CONSENT,
            basis_date=date(2026, 11, 20),
        )

    def end(self, dossier: DossierId) -> None:
        """Make a client invisible."""
        self.keeping.enrolment.end(actor=self.actor, dossier=dossier, reason="klaar")

    def step(self, dossier: DossierId) -> EnrolmentStep:
        """Return what the screen says."""
        return self.keeping.enrolment.state(actor=self.actor, dossier=dossier).step


@pytest.fixture
def scene(store: SqlStore, engine: Engine) -> Scene:
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def no_guard(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA foreign_keys=OFF")

        engine.dispose()
    clock, evaluator = SetClock(NOON), DirectEvaluator()
    chain = FakeChain(clock, keys=dict(zip(IdentifierKind, evaluator.public_keys, strict=True)))
    keeping = RecordKeeping(store, chain=chain)  # type: ignore[arg-type]
    sender = Sender(
        store=store,
        reader=chain,
        writer=chain,
        clock=clock,
        pause=lambda _seconds: None,
        confirmations=0,
        receipt_timeout=1.0,
    )
    publishing = Publishing(
        store=store,
        reader=chain,
        writer=chain,
        sender=sender,
        evaluator=evaluator,
        job_key=keeping.keys.job,
        opening_key=keeping.keys.publication,
        municipality=MUNICIPALITY,
        fill=4,
    )
    anchoring = Anchoring(
        store=store,
        reader=chain,
        writer=chain,
        clock=clock,
        sender=sender,
        job_key=keeping.keys.job,
        municipality=MUNICIPALITY,
        fillers=FillerChoice(municipality=MUNICIPALITY, fill=0, job_key=keeping.keys.job),
    )
    actor = keeping.staff_member("anna", Role.CASEWORKER, Role.TEAM_LEADER, Role.ADMINISTRATOR)
    first, second, _ = (
        keeping.add_dossier(actor, make_applicant(surname=surname, bsn=bsn))
        for surname, bsn in (("Smit", BSN_ONE), ("Bos", BSN_TWO), ("Vos", None))
    )
    scene = Scene(keeping, publishing, anchoring, chain, evaluator, engine, actor, first, second)
    scene.enrol(first)
    scene.enrol(second)
    scene.work()
    assert scene.step(first) is scene.step(second) is EnrolmentStep.VISIBLE
    return scene


def test_verify_all_finds_nothing_while_clients_come_and_go(scene: Scene) -> None:
    def ended_and_enrolled_again() -> None:
        scene.end(scene.first)
        scene.enrol(scene.first)

    def deaf() -> None:
        scene.chain.deaf = True

    def hearing() -> None:
        scene.chain.deaf = False

    steps: list[Callable[[], object]] = [
        lambda: scene.end(scene.first),
        scene.publishing.prepare,
        scene.work,
        lambda: scene.enrol(scene.first),
        scene.work,
        ended_and_enrolled_again,
        scene.publishing.prepare,
        deaf,
        scene.work,
        lambda: scene.end(scene.second),
        scene.publishing.prepare,
        hearing,
        scene.work,
        scene.work,
    ]
    for step in steps:
        step()
        assert scene.verify().state in (TrustState.VERIFIED, TrustState.BEING_RECORDED), scene.verify()
    assert scene.verify().state is TrustState.VERIFIED


def test_a_corrected_number_takes_the_place_of_the_former_and_never_both_are_gone(scene: Scene) -> None:
    def held() -> set[bytes]:
        with scene.engine.connect() as connection:
            return {bytes(row[0]) for row in connection.execute(text("SELECT tag FROM tag_holders"))}

    before = held()
    for bsn, surname in (("999990044", "Smit"), ("999990056", "Smit")):
        owner = scene.keeping.first_applicant(scene.first)
        scene.keeping.records.change(
            actor=scene.actor,
            dossier=scene.first,
            record_id=owner,
            expected_version=scene.keeping.reader.read(scene.first).current[owner].row.version,
            record=make_applicant(bsn=bsn, surname=surname),
            reason="tikfout",
        )
        scene.evaluator.silent = True
        scene.work()
        assert held() == before
        assert scene.step(scene.first) is EnrolmentStep.WAITING
    scene.evaluator.silent = False
    scene.work()
    assert scene.step(scene.first) is EnrolmentStep.VISIBLE
    [former], [corrected] = before - held(), held() - before
    assert former not in scene.chain.tags
    assert corrected in scene.chain.tags
    assert scene.verify().state is TrustState.VERIFIED
    scene.end(scene.first)
    scene.work()
    assert corrected not in scene.chain.tags
    assert scene.verify().state is TrustState.VERIFIED


def test_verify_all_of_a_silent_chain_is_no_deviation(scene: Scene) -> None:
    scene.chain.down = True
    summary = scene.verify()
    assert summary.state is TrustState.UNREACHABLE
    assert {finding.kind for finding in summary.system} == {FindingKind.CHAIN_SILENT}


def test_a_publication_that_was_only_said_to_be_done_is_named(scene: Scene) -> None:
    scene.end(scene.first)
    scene.work()
    scene.enrol(scene.first)
    scene.tamper("UPDATE publication_jobs SET state = 'published' WHERE state = 'waiting'")
    scene.anchoring.anchor_once()
    assert scene.named() == {("visibility_differs", "publication_changed")}
    assert scene.step(scene.first) is not EnrolmentStep.VISIBLE


def test_a_publication_whose_tags_are_still_on_their_way_is_named_when_it_is_said_to_be_done(scene: Scene) -> None:
    scene.end(scene.first)
    scene.work()
    scene.enrol(scene.first)
    scene.publishing.prepare()
    scene.tamper("UPDATE publication_jobs SET state = 'published' WHERE state = 'prepared'")
    scene.anchoring.anchor_once()
    assert scene.named() == {("visibility_differs", "publication_changed")}


FIRST_TAG = "SELECT tag FROM tag_holders ORDER BY tag LIMIT 1"
FIRST_PUBLICATION = "SELECT publication_id FROM tag_holders ORDER BY publication_id LIMIT 1"


@pytest.mark.parametrize(
    ("statements", "detail"),
    [
        (["DELETE FROM tag_holders WHERE publication_id = :job"], "publication_changed"),
        ([f"DELETE FROM tag_holders WHERE tag = ({FIRST_TAG})"], "publication_changed"),
        (["DELETE FROM tag_holders", "DELETE FROM tag_jobs"], "publication_changed"),
        (["UPDATE tag_holders SET epoch = 20271 WHERE publication_id = :job"], "publication_changed"),
        (["UPDATE publication_jobs SET action = 'end' WHERE id = :job"], "publication_changed"),
        (["UPDATE publication_jobs SET state = 'waiting' WHERE id = :job"], "publication_changed"),
        (["UPDATE publication_jobs SET state = 'ended' WHERE id = :job"], "publication_changed"),
        (["DELETE FROM publication_jobs WHERE id = :job"], "publication_missing"),
    ],
)
def test_what_was_changed_of_a_publication_is_named(scene: Scene, statements: list[str], detail: str) -> None:
    with scene.engine.connect() as connection:
        job = connection.execute(text(FIRST_PUBLICATION)).scalar()
    scene.tamper(*statements, job=job)
    assert ("visibility_differs", detail) in scene.named()


def test_an_ending_that_was_hidden_is_named(scene: Scene) -> None:
    scene.end(scene.first)
    scene.anchoring.anchor_once()
    for statement in (
        "UPDATE publication_jobs SET state = 'published' WHERE action = 'end'",
        "DELETE FROM publication_jobs WHERE action = 'end'",
    ):
        scene.tamper(statement)
        assert FindingKind.VISIBILITY_DIFFERS.value in {kind for kind, _ in scene.named()}


def test_a_client_who_came_back_after_an_ending_is_named(scene: Scene) -> None:
    """The intruder keeps the rows of before the ending, and puts them all back."""
    tables = ("publication_jobs", "tag_holders", "tag_jobs", "spent_publications")
    scene.tamper(*(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}" for table in tables))
    before = set(scene.chain.tags)
    scene.end(scene.first)
    scene.work()
    scene.chain.tags = before
    for table in tables:
        only = " WHERE action = 'enrol'" if table == "publication_jobs" else ""
        scene.tamper(f"DELETE FROM {table}{only}", f"INSERT INTO {table} SELECT * FROM kept_{table}")
    assert ("visibility_differs", "publication_repeated") in scene.named()


def test_a_tag_that_left_the_chain_is_named_with_the_dossier(scene: Scene) -> None:
    with scene.engine.connect() as connection:
        held = [bytes(row[0]) for row in connection.execute(text("SELECT tag FROM tag_holders"))]
    lost = next(tag for tag in scene.chain.tags if bytes(tag) in held)
    scene.chain.tags.remove(lost)
    assert scene.named() == {("visibility_differs", "tag_missing")}
    summary = scene.verify()
    assert [report.state for report in summary.reports].count(TrustState.DEVIATES) == 1


def test_an_ending_that_is_in_no_batch_is_named(scene: Scene) -> None:
    scene.end(scene.first)
    scene.publishing.prepare()
    scene.anchoring.anchor_once()
    assert scene.verify().state is TrustState.VERIFIED
    scene.tamper("UPDATE tag_jobs SET state = 'signed' WHERE action = 'end'")
    assert scene.named() == {("visibility_differs", "tag_left")}


def test_a_tag_that_should_have_ended_is_named(scene: Scene) -> None:
    before = set(scene.chain.tags)
    scene.end(scene.first)
    scene.work()
    scene.chain.tags = before
    assert ("visibility_differs", "tag_left") in scene.named()


@pytest.mark.parametrize(
    ("statement", "detail"),
    [
        ("UPDATE tag_jobs SET state = 'queued' WHERE id = (SELECT max(id) FROM tag_jobs WHERE action = 'enrol')", None),
        ("UPDATE tag_jobs SET state = 'queued' WHERE action = 'end'", "job_repeated"),
        ("UPDATE tag_jobs SET action = 'end'", "job_forged"),
        ("UPDATE tag_jobs SET mac = :nothing", "job_forged"),
        ("UPDATE tag_holders SET mac = :nothing", "holder_forged"),
    ],
)
def test_forged_and_repeated_rows_are_named(scene: Scene, statement: str, detail: str | None) -> None:
    scene.end(scene.first)
    scene.work()
    scene.enrol(scene.first)
    scene.work()
    scene.tamper(statement, nothing=bytes(32))
    if detail is None:
        # A job that says what is true anyway does no harm.
        assert scene.verify().state is TrustState.VERIFIED
    else:
        assert ("job_invalid", detail) in scene.named()
