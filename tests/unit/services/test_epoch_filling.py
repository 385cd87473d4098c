"""A filling in batches of a few tags: what goes out, when, and with how many tags of nobody."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch, Tag
from schuldhulp.services.job_signing import Fill, Publication, publication_mac, seal_publication
from schuldhulp.services.publication import Publishing
from schuldhulp.services.rows import PublicationAction, PublicationRow, PublicationState
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.fake_chain import EPOCH, FakeChain
from tests.support.worker import MUNICIPALITY, OPENING_KEY, Desk, DirectEvaluator, SetClock, make_publishing, make_store

NEXT = Epoch(EPOCH + 1)
FILL = 4
CLIENTS = 21


def name(number: int) -> Identifier:
    return Identifier(IdentifierKind.NADB, f"NL.NADB:naam|1980-01-01|9711AB|{number}")


class Scene:
    """Clients who are visible, and an epoch that is announced."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.evaluator = SetClock(), DirectEvaluator()
        self.store: SqlStore = make_store(folder)
        self.chain = FakeChain(self.clock, keys=dict(zip(IdentifierKind, self.evaluator.public_keys, strict=True)))
        self.desk = Desk(self.store, self.clock)
        self.publishing = self.worker()
        self.publications = [self.desk.enrol(name(number)) for number in range(CLIENTS)]
        while self.publishing.publish_once(again=True).leftover:
            pass
        self.chain.oldest, self.chain.announced = EPOCH, NEXT
        self.chain.seen.clear()

    def worker(self) -> Publishing:
        return make_publishing(self.store, self.chain, self.chain, self.clock, self.evaluator, fill=FILL)

    def fill(self, *fills: Fill) -> bytes:
        """Ask for a filling as the cockpit does; of everybody by default."""
        everybody = tuple(
            Fill(publications=(publication,), identifiers=(name(number),))
            for number, publication in enumerate(self.publications)
        )
        message = Publication(municipality=MUNICIPALITY, epoch=NEXT, fills=fills or everybody)
        job = b"filling".ljust(16, b"\0")
        row = PublicationRow(
            id=job,
            action=PublicationAction.FILL,
            sealed=seal_publication(OPENING_KEY.public_key, job, PublicationAction.FILL, message),
            created_at=self.clock.now(),
            mac=b"",
            state=PublicationState.WAITING,
        )
        with self.store.write() as work:
            work.publications.add(dataclasses.replace(row, mac=publication_mac(self.desk.job_key, row)))
            work.commit()
        return job

    def batches(self) -> list[tuple[Tag, ...]]:
        """Return what was enrolled in the announced epoch."""
        return [seen.tags for seen in self.chain.seen if seen.kind == "enrol" and seen.tags[0][2:6] == NEXT.to_bytes(4)]


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr("schuldhulp.services.publication.MAX_TAGS", 8)
    return Scene(tmp_path)


def test_a_filling_of_many_batches_is_sorted_over_all_of_them(scene: Scene) -> None:
    job = scene.fill()
    scene.publishing.publish_once()
    batches = scene.batches()
    sent = [one for batch in batches for one in batch]
    assert len(batches) > 2
    assert sent == sorted(sent)
    assert {scene.evaluator.tag(name(number), NEXT) for number in range(CLIENTS)} <= set(sent)
    assert len(sent) % FILL == 0
    assert scene.desk.state(job) is PublicationState.PUBLISHED
    assert all(scene.desk.state(one) is PublicationState.PUBLISHED for one in scene.publications)


def test_nothing_of_a_filling_goes_out_before_all_of_its_tags_are_known(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schuldhulp.services.publication.FILLED_AT_A_TIME", 5)
    job = scene.fill()
    evaluate, asked = scene.evaluator.evaluate, []

    def twice(*arguments):
        asked.append(arguments)
        scene.evaluator.silent = len(asked) > 2
        return evaluate(*arguments)

    scene.evaluator.evaluate = twice  # type: ignore[method-assign]
    scene.publishing.publish_once()
    assert scene.desk.state(job) is PublicationState.WAITING
    known = {scene.evaluator.tag(name(number), NEXT) for number in range(CLIENTS)}
    with scene.store.read() as work:
        assert sum(row.epoch == NEXT for row in work.publications.all_holders(MUNICIPALITY)) == 10
    assert not known & scene.chain.tags

    scene.evaluator.silent, scene.evaluator.evaluate = False, evaluate  # type: ignore[method-assign]
    scene.evaluator.requests.clear()
    scene.publishing.publish_once()
    # Those whose tags were known are not evaluated again.
    assert sum(scene.evaluator.requests) == CLIENTS - 10
    assert known <= scene.chain.tags


def test_twins_share_a_tag_in_both_epochs_until_the_last_one_ends(scene: Scene) -> None:
    twins = scene.desk.enrol(name(100)), scene.desk.enrol(name(100))
    # Published before the announcement was seen.
    scene.chain.announced = None
    scene.publishing.publish_once()
    scene.chain.announced = NEXT
    scene.fill(*(Fill(publications=(twin,), identifiers=(name(100),)) for twin in twins))
    scene.publishing.publish_once()
    shared = {scene.evaluator.tag(name(100), epoch) for epoch in (EPOCH, NEXT)}
    assert shared <= scene.chain.tags
    scene.desk.end(twins[0])
    scene.publishing.publish_once()
    assert shared <= scene.chain.tags
    scene.desk.end(twins[1])
    scene.publishing.publish_once()
    assert not shared & scene.chain.tags


def test_tags_of_nobody_make_up_the_number_once_everybody_is_in(scene: Scene) -> None:
    scene.publishing.publish_once()
    sizes = {epoch: len(tags) for epoch, tags in scene.chain.tags_of(MUNICIPALITY).items()}
    # Nobody is in the announced epoch yet: it gets what any day gets, and no more.
    assert sizes[NEXT] == FILL
    assert sizes[EPOCH] > CLIENTS
    scene.fill()
    scene.publishing.publish_once()
    sizes = {epoch: len(tags) for epoch, tags in scene.chain.tags_of(MUNICIPALITY).items()}
    assert sizes[NEXT] >= sizes[EPOCH]
    assert sizes[NEXT] - sizes[EPOCH] < FILL


def test_an_epoch_waits_while_nobody_can_count_the_tags_of_the_current_one(scene: Scene) -> None:
    job = scene.fill()
    coming = scene.desk.enrol(name(200))
    scene.chain.deaf = True  # what is sent does not land
    assert scene.publishing.publish_once().leftover
    assert scene.batches() == []
    scene.chain.deaf = False
    while scene.publishing.publish_once(again=True).leftover:
        pass
    sizes = {epoch: len(tags) for epoch, tags in scene.chain.tags_of(MUNICIPALITY).items()}
    assert sizes[NEXT] >= sizes[EPOCH]
    assert scene.desk.state(job) is scene.desk.state(coming) is PublicationState.PUBLISHED


def test_a_filling_cannot_be_carried_out_twice(scene: Scene) -> None:
    job = scene.fill()
    with scene.store.read() as work:
        waiting = work.publications.get(job)
    assert waiting is not None
    scene.publishing.publish_once()
    # The intruder puts the row back as it was.
    with scene.store.write() as work:
        work.publications.set_state(job, PublicationState.WAITING)
        work.publications.set_mac(job, waiting.mac)
        work.commit()
    scene.publishing.publish_once()
    assert scene.desk.state(job) is PublicationState.REFUSED
