"""Plays somebody who reads the registry for a month: which tags are people, and whose tags are whose (DESIGN 3.5).

The observer is given more than he would have: how many of a batch are people's, and of some tags whose they are. He
orders the tags of a batch by something that he can see and takes the first ones. test_observer.py plays the other half,
from tags to dossiers. docs/security/observer.md says what comes of both.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import comb
from pathlib import Path
from random import Random
from typing import Any

import pytest

from schuldhulp.crypto import voprf
from schuldhulp.crypto.jobs import JobKey
from schuldhulp.crypto.pseudonyms import tag
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.services.alike import Birth
from schuldhulp.services.job_signing import Fill, Publication, publication_mac, seal_publication
from schuldhulp.services.ports import EvaluatedBatch
from schuldhulp.services.publication import Publishing
from schuldhulp.services.rows import PublicationAction, PublicationRow, PublicationState
from schuldhulp.services.sending import Sender
from tests.support.fake_chain import EPOCH, FakeChain, Seen
from tests.support.worker import MUNICIPALITY, OPENING_KEY, Desk, SetClock, make_store

DAYS = 28
ANNOUNCED, OPENED, RETIRED = 17, 20, 22
"""Days on which the next epoch is announced and filled, opened, and the old one retired."""
NEXT = Epoch(20271)
NEW_A_DAY = 3
SHORTEST_STAY = 4
FILL = 64
JOB_KEY = JobKey(b"\x07" * 32)


class Evaluator:
    """An evaluator with keys of its own for each epoch."""

    def key(self, epoch: Epoch, kind: IdentifierKind) -> voprf.Scalar:
        return voprf.derive_key(bytes([kind]) * 32, str(epoch).encode())

    def evaluate(
        self, municipality: MunicipalityCode, epoch: Epoch, kind: IdentifierKind, elements: Sequence[bytes]
    ) -> EvaluatedBatch:
        answer = voprf.evaluate(self.key(epoch, kind), elements)
        assert answer.proof is not None
        assert answer.key is not None
        return EvaluatedBatch(evaluated=answer.evaluated, proof=answer.proof, key=answer.key)

    def tag(self, identifier: Identifier, epoch: Epoch) -> Tag:
        blinding = voprf.blind(identifier.text.encode())
        answer = voprf.evaluate(self.key(epoch, identifier.kind), [blinding.element])
        assert answer.key is not None
        output = voprf.finalize([blinding], answer, published_key=answer.key)[0]
        return tag(MUNICIPALITY, epoch, identifier.kind, output)


@dataclass
class Chain(FakeChain):
    """A chain that publishes a key for each epoch."""

    evaluator: Evaluator = field(default_factory=Evaluator)

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        return voprf.public_key(self.evaluator.key(epoch, kind))


@dataclass
class Person:
    """Somebody who is visible to creditors for some time."""

    identifiers: tuple[Identifier, ...]
    publication: bytes
    since: int


class World:
    """A month of enrolments, endings and a change of epoch, published every night."""

    def __init__(self, folder: Path, draw: Random) -> None:
        self.draw, self.clock = draw, SetClock()
        self.store = make_store(folder)
        self.evaluator = Evaluator()
        self.chain = Chain(self.clock, evaluator=self.evaluator)
        self.desk = Desk(self.store, self.clock)
        sender = Sender(
            store=self.store,
            reader=self.chain,
            writer=self.chain,
            clock=self.clock,
            pause=lambda seconds: None,
            confirmations=0,
        )
        self.publishing = Publishing(
            store=self.store,
            reader=self.chain,
            writer=self.chain,
            sender=sender,
            evaluator=self.evaluator,
            job_key=JOB_KEY,
            opening_key=OPENING_KEY,
            municipality=MUNICIPALITY,
            fill=FILL,
            draw=draw,
        )
        self.people: list[Person] = []
        self.everybody: list[Person] = []

    def live(self) -> None:
        """Let the days pass."""
        start = self.clock.now()
        for day in range(DAYS):
            self.clock.time = start + timedelta(days=day)
            for _ in range(NEW_A_DAY):
                self._enrol(day)
            if day == ANNOUNCED:
                self.chain.announced = NEXT
                self._fill()
            if day == OPENED:
                self.chain.epoch, self.chain.oldest = NEXT, EPOCH
            if day == RETIRED:
                self.chain.oldest = NEXT
            for person in [one for one in self.people if day - one.since >= SHORTEST_STAY]:
                if self.draw.random() < 0.08:
                    self.desk.end(person.publication)
                    self.people.remove(person)
            self.clock.time = start + timedelta(days=day, hours=18)
            self.publishing.publish_once()

    def _enrol(self, day: int) -> None:
        number = len(self.everybody) + 1
        # The same person by name and by number: two tags that come together.
        identifiers = (
            Identifier(IdentifierKind.NADB, f"NL.NADB:naam|1980-01-01|9711AB|{number}"),
            Identifier(IdentifierKind.BSN, f"NL.BSN:{number:09d}"),
        )
        person = Person(identifiers, self.desk.enrol(*identifiers), day)
        self.people.append(person)
        self.everybody.append(person)

    def _fill(self) -> None:
        """Ask for tags of the next epoch for everybody, as the cockpit does."""
        fills = [Fill(publications=(one.publication,), identifiers=one.identifiers) for one in self.people]
        self.draw.shuffle(fills)
        message = Publication(municipality=MUNICIPALITY, epoch=NEXT, fills=tuple(fills))
        job = hashlib.sha256(b"filling").digest()[:16]
        row = PublicationRow(
            id=job,
            action=PublicationAction.FILL,
            sealed=seal_publication(OPENING_KEY.public_key, job, PublicationAction.FILL, message),
            created_at=self.clock.now(),
            mac=b"",
            state=PublicationState.WAITING,
        )
        with self.store.write() as work:
            work.publications.add(dataclasses.replace(row, mac=publication_mac(JOB_KEY, row)))
            work.commit()

    def real(self) -> set[Tag]:
        """Return all tags that are or were somebody's, whether they came onto the chain or not."""
        return {
            self.evaluator.tag(identifier, epoch)
            for person in self.everybody
            for identifier in person.identifiers
            for epoch in (EPOCH, NEXT)
        }


class Poor(Random):
    """Chance that is none: what is drawn for tags of nobody begins with zeros."""

    def randbytes(self, n: int) -> bytes:
        return bytes(2) + super().randbytes(n - 2)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    lived = World(tmp_path_factory.mktemp("registry"), Random(2026))
    lived.live()
    return lived


SEEDS = (2026, 2027, 2028)


def months(folder: Path) -> list[World]:
    """Live several months, each with chance of its own: one month has too few endings to tell much."""
    lived = []
    for seed in SEEDS:
        (folder / str(seed)).mkdir()
        lived.append(World(folder / str(seed), Random(seed)))
        lived[-1].live()
    return lived


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> list[World]:
    return months(tmp_path_factory.mktemp("careful"))


@pytest.fixture(scope="module")
def followed(careful: list[World]) -> list[list[tuple[Tag, Tag]]]:
    """For each of the careful worlds, the tags of each identifier in the two epochs; reckoned once, they take long."""
    return [
        [
            (world.evaluator.tag(identifier, EPOCH), world.evaluator.tag(identifier, NEXT))
            for person in world.everybody
            for identifier in person.identifiers
        ]
        for world in careful
    ]


@pytest.fixture(scope="module")
def real(world: World) -> set[Tag]:
    return world.real()


# --- the observer -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """How often the observer was right, and how often somebody who only draws would be."""

    hits: int
    tries: int
    chance: float

    @property
    def is_luck(self) -> bool:
        """Whether chance gives as much at least once in a thousand times."""
        total = sum(
            comb(self.tries, count) * self.chance**count * (1 - self.chance) ** (self.tries - count)
            for count in range(self.hits)
        )
        return total < 0.999


def batches(seen: Sequence[Seen], kind: str) -> list[Seen]:
    return [one for one in seen if one.kind == kind]


def gap(tags: Sequence[Tag], one: Tag) -> int:
    """Return how far the nearest other tag of the batch is."""
    return min(abs(int.from_bytes(one) - int.from_bytes(other)) for other in tags if other != one)


ORDERS: dict[str, Callable[[Sequence[Tag], Tag], float]] = {
    "lowest": lambda tags, one: int.from_bytes(one),
    "highest": lambda tags, one: -int.from_bytes(one),
    "nearest to another": gap,
    "farthest from others": lambda tags, one: -gap(tags, one),
    "last byte": lambda tags, one: one[-1],
    "fewest bits": lambda tags, one: int.from_bytes(one).bit_count(),
}


def pick_people(found: Sequence[Seen], real: set[Tag], order: Callable[[Seen, Tag], Any]) -> Score:
    """Take as many tags of each batch as are people's, the first ones by some order, and count those that are."""
    hits, tries, expected = 0, 0, 0.0
    for batch in found:
        people = real & set(batch.tags)
        guessed = sorted(batch.tags, key=lambda one, at=batch: order(at, one))[: len(people)]  # type: ignore[misc]
        hits += len(people & set(guessed))
        tries += len(people)
        expected += len(people) ** 2 / len(batch.tags)
    return Score(hits, tries, expected / tries)


# --- which tags are people --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
def test_people_cannot_be_told_from_nobody_when_tags_appear(world: World, real: set[Tag], order: str) -> None:
    score = pick_people(batches(world.chain.seen, "enrol"), real, lambda batch, one: ORDERS[order](batch.tags, one))
    assert score.tries > 200
    assert score.is_luck, score


def test_observer_tells_people_where_nobody_is_drawn_badly(tmp_path: Path) -> None:
    poor = World(tmp_path, Poor(2026))
    poor.live()
    score = pick_people(
        batches(poor.chain.seen, "enrol"), poor.real(), lambda batch, one: ORDERS["highest"](batch.tags, one)
    )
    assert score.hits == score.tries
    assert not score.is_luck


def test_batches_are_full_and_come_at_one_time(world: World) -> None:
    enrolled, ended = batches(world.chain.seen, "enrol"), batches(world.chain.seen, "end")
    assert {len(one.tags) % FILL for one in (*enrolled, *ended)} == {0}
    assert {one.time.strftime("%H:%M") for one in (*enrolled, *ended)} == {"03:00"}
    assert len({one.time for one in enrolled}) == DAYS
    assert 0 < len(ended) < DAYS


# --- which tags are the same person -----------------------------------------------------------------------------------


def test_two_tags_of_a_person_cannot_be_matched(world: World) -> None:
    """Name and number come in one batch; the observer knows one of the two and takes its neighbour."""
    hits, tries, chances = 0, 0, 0.0
    for person in world.everybody:
        first, second = (world.evaluator.tag(identifier, EPOCH) for identifier in person.identifiers)
        for batch in batches(world.chain.seen, "enrol"):
            if first in batch.tags and second in batch.tags:
                place = batch.tags.index(first)
                hits += batch.tags[place - 1 if place else 1] == second
                tries += 1
                chances += 1 / (len(batch.tags) - 1)
    score = Score(hits, tries, chances / tries)
    assert tries > 40
    assert score.is_luck, score


LINKS: dict[str, Callable[[list[Tag], list[Tag], Tag], Tag]] = {
    "same share of the way": lambda old, new, one: new[old.index(one) * len(new) // len(old)],
    "same beginning": lambda old, new, one: min(new, key=lambda other: abs(_number(other) - _number(one))),
    "most bytes in common": lambda old, new, one: max(
        new, key=lambda other: sum(a == b for a, b in zip(other[6:], one[6:], strict=True))
    ),
}


def _number(one: Tag) -> int:
    return int.from_bytes(one[6:])


def known_after(seen: Sequence[Seen], moment: datetime, epoch: Epoch) -> list[Tag]:
    """Return the tags of an epoch that stood on the chain at a moment, in their order."""
    there: set[Tag] = set()
    for one in seen:
        if one.time <= moment:
            there = there | set(one.tags) if one.kind == "enrol" else there - set(one.tags)
    return sorted(one for one in there if int.from_bytes(one[2:6]) == epoch)


@pytest.mark.parametrize("link", LINKS)
def test_tag_cannot_be_followed_into_the_next_epoch(world: World, link: str) -> None:
    """The observer knows a person's tag of the old epoch and looks for the new one among all of the filled epoch."""
    filled = next(one for one in world.chain.seen if one.kind == "enrol" and int.from_bytes(one.tags[0][2:6]) == NEXT)
    old = known_after(world.chain.seen, filled.time, EPOCH)
    new = known_after(world.chain.seen, filled.time, NEXT)
    hits = tries = 0
    for person in world.everybody:
        for identifier in person.identifiers:
            before, after = (world.evaluator.tag(identifier, epoch) for epoch in (EPOCH, NEXT))
            if before in old and after in new:
                hits += LINKS[link](old, new, before) == after
                tries += 1
    assert tries > 40
    assert len(new) >= FILL
    score = Score(hits, tries, 1 / len(new))
    assert score.is_luck, score


@pytest.mark.parametrize(("kind", "fewest"), [("end", 24), ("enrol", FILL)])
@pytest.mark.parametrize("link", LINKS)
def test_two_epochs_in_one_night_are_matched_among_its_tags_only(
    careful: list[World], followed: list[list[tuple[Tag, Tag]]], link: str, kind: str, fewest: int
) -> None:
    """A known limit: who comes or ends between filling and retiring does so in both epochs in one night.

    The observer looks for the new tag among those of that night instead of among all; there he has nothing to go by.
    """
    hits = tries = 0
    expected = 0.0
    for world, pairs in zip(careful, followed, strict=True):
        nights: dict[datetime, set[Tag]] = {}
        for batch in batches(world.chain.seen, kind):
            nights.setdefault(batch.time, set()).update(batch.tags)
        for there in nights.values():
            old, new = (sorted(one for one in there if int.from_bytes(one[2:6]) == epoch) for epoch in (EPOCH, NEXT))
            for before, after in pairs:
                if before in old and after in new:
                    assert len(new) >= fewest
                    hits += LINKS[link](old, new, before) == after
                    tries += 1
                    expected += 1 / len(new)
    score = Score(hits, tries, expected / tries)
    assert tries > 40
    assert score.is_luck, score


# --- which endings are people -----------------------------------------------------------------------------------------


def ages(seen: Sequence[Seen]) -> dict[Tag, datetime]:
    return {one: batch.time for batch in seen if batch.kind == "enrol" for one in batch.tags}


@pytest.mark.parametrize("order", ORDERS)
def test_people_cannot_be_told_from_nobody_by_the_tags_that_end(world: World, real: set[Tag], order: str) -> None:
    score = pick_people(batches(world.chain.seen, "end"), real, lambda batch, one: ORDERS[order](batch.tags, one))
    assert score.tries > 20
    assert score.is_luck, score


AGES: dict[str, Callable[[timedelta], Any]] = {
    "oldest": lambda age: -age,
    "youngest": lambda age: age,
    "past the shortest stay": lambda age: (age < timedelta(days=SHORTEST_STAY), age),
}


NIGHTS: dict[str, Callable[[int], int]] = {"many of its night": lambda count: -count, "few of its night": int}


def pick_by_age(worlds: Sequence[World], order: str) -> Score:
    scores = []
    for world in worlds:
        since = ages(world.chain.seen)
        ending = batches(world.chain.seen, "end")
        counts = {one.time: Counter(since[other] for other in one.tags) for one in ending}

        def place(batch: Seen, one: Tag, since: Any = since, counts: Any = counts) -> Any:
            if order in AGES:
                return AGES[order](batch.time - since[one])
            return NIGHTS[order](counts[batch.time][since[one]]), one

        scores.append(pick_people(ending, world.real(), place))
    tries = sum(score.tries for score in scores)
    return Score(
        sum(score.hits for score in scores), tries, sum(score.chance * score.tries for score in scores) / tries
    )


@pytest.mark.parametrize("order", [*AGES, *NIGHTS])
def test_people_cannot_be_told_from_nobody_by_age_at_the_end(careful: list[World], order: str) -> None:
    """Neither by the age itself, nor by how many of a night end together."""
    score = pick_by_age(careful, order)
    assert score.tries > 200
    assert score.is_luck, score


def test_observer_tells_people_where_nobody_ends_at_any_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def at_any_age(ending: object, idle: Mapping[Tag, Birth], standing: object, wanted: int, draw: Random) -> list[Tag]:
        return draw.sample(sorted(idle), min(wanted, len(idle)))

    monkeypatch.setattr("schuldhulp.services.publication.choose_alike", at_any_age)
    assert not pick_by_age(months(tmp_path), "past the shortest stay").is_luck


def test_observer_tells_people_where_a_night_runs_out_of_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def from_its_night(
        ending: Sequence[Birth], idle: Mapping[Tag, Birth], standing: object, wanted: int, draw: Random
    ) -> list[Tag]:
        left, chosen = sorted(idle), []
        while left and len(chosen) < wanted:
            beside = ending[len(chosen) % len(ending)]
            left.sort(key=lambda one: (idle[one].epoch != beside.epoch, idle[one].nights_from(beside)))
            chosen.append(left.pop(0))
        return chosen

    monkeypatch.setattr("schuldhulp.services.publication.choose_alike", from_its_night)
    assert not pick_by_age(months(tmp_path), "few of its night").is_luck
