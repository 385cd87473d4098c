"""Plays somebody who reads everything on the chain and knows, of some tags, whose they are (DESIGN 3.5).

He wants to know which dossier belongs to the person behind a tag, so that he can watch that person's file for years. He
scores all dossiers by how suspicious their changes around the publication look and guesses the highest. Chance is one
in the 32 dossiers of a group. The same observer does far better than that where nothing is filled and nothing waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import comb
from pathlib import Path
from random import Random
from statistics import mean

import pytest

from schuldhulp.crypto.jobs import JobKey
from schuldhulp.domain.identifiers import Identifier, IdentifierKind
from schuldhulp.domain.types import DossierId, Tag
from schuldhulp.services.anchoring import Anchoring
from schuldhulp.services.filling import FillerChoice, group_of
from schuldhulp.services.publication import Publishing
from schuldhulp.services.rows import JobState
from schuldhulp.services.schedule import ZONE, Due, parse_schedule
from schuldhulp.services.sending import Sender
from schuldhulp.storage.unit_of_work import SqlStore
from tests.support.fake_chain import EPOCH, FakeChain, Seen
from tests.support.worker import MUNICIPALITY, OPENING_KEY, Cockpit, Desk, DirectEvaluator, SetClock, make_store

CLIENTS = 50
DAYS = 4
NEW_CLIENTS_A_DAY = 6
JOB_KEY = JobKey(b"\x07" * 32)


@dataclass(frozen=True)
class Timing:
    """Settings of the worker: schedules and fills."""

    ledger: str
    enrolment: str
    ledger_fill: int
    enrolment_fill: int


PRODUCTION = Timing("every 900s", "daily 03:00", 32, 64)
DEMONSTRATION = Timing("every 900s", "every 900s", 0, 0)


@dataclass
class World:
    """A credit bank at work for some days, and what came onto the chain of it."""

    folder: Path
    timing: Timing
    draw: Random
    clock: SetClock = field(default_factory=SetClock)
    truth: dict[Tag, DossierId] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store: SqlStore = make_store(self.folder)
        self.evaluator = DirectEvaluator()
        self.chain = FakeChain(self.clock)
        self.chain.keys = dict(zip(IdentifierKind, self.evaluator.public_keys, strict=True))
        self.cockpit, self.desk = Cockpit(self.store, self.clock), Desk(self.store, self.clock)
        sender = Sender(
            store=self.store,
            reader=self.chain,
            writer=self.chain,
            clock=self.clock,
            pause=lambda seconds: None,
            confirmations=0,
        )
        self.anchoring = Anchoring(
            store=self.store,
            reader=self.chain,
            writer=self.chain,
            clock=self.clock,
            sender=sender,
            job_key=JOB_KEY,
            municipality=MUNICIPALITY,
            fillers=FillerChoice(
                municipality=MUNICIPALITY, fill=self.timing.ledger_fill, job_key=JOB_KEY, draw=self.draw
            ),
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
            fill=self.timing.enrolment_fill,
            draw=self.draw,
        )
        self.dossiers: list[DossierId] = []
        self.plans: list[tuple[datetime, Callable[[], None]]] = []

    def live(self) -> None:
        """Let the days pass: one to settle in, then the days that are observed."""
        start = self.clock.now()
        ledger = Due(parse_schedule(self.timing.ledger), start)
        enrolment = Due(parse_schedule(self.timing.enrolment), start)
        for _ in range(CLIENTS):
            self._new_client(start, observed=False, hours=1)
        for day in range(1, DAYS + 1):
            morning = (start + timedelta(days=day)).astimezone(ZONE).replace(hour=9, minute=0).astimezone(UTC)
            for _ in range(NEW_CLIENTS_A_DAY):
                begin = morning + timedelta(minutes=self.draw.randrange(360))
                self._plan(begin, lambda at=begin: self._new_client(at, observed=True, hours=2))  # type: ignore[misc]
            for _ in range(20):
                self._plan(morning + timedelta(minutes=self.draw.randrange(480)), self._edit_any)
        end = start + timedelta(days=DAYS + 1)
        while self.clock.now() < end:
            self.clock.time = min([ledger.next, enrolment.next, *(moment for moment, _ in self.plans)])
            now = self.clock.now()
            due = [act for moment, act in self.plans if moment <= now]
            self.plans = [(moment, act) for moment, act in self.plans if moment > now]
            for act in due:
                act()
            if ledger.take(now):
                self.anchoring.anchor_once()
                self._top_up()
            if enrolment.take(now):
                self.publishing.publish_once()

    def _plan(self, moment: datetime, act: Callable[[], None]) -> None:
        self.plans.append((moment, act))

    def _new_client(self, now: datetime, *, observed: bool, hours: int) -> None:
        """Take a client in: a dossier, records over some hours, and the enrolment among them."""
        dossier = self.cockpit.add(draw=self.draw)
        self.cockpit.change(dossier)
        self.dossiers.append(dossier)
        for _ in range(5):
            self._plan(now + timedelta(minutes=1 + self.draw.randrange(60 * hours)), lambda: self._edit(dossier))
        if observed:
            self._plan(now + timedelta(minutes=60 * hours), lambda: self._enrol(dossier))

    def _enrol(self, dossier: DossierId) -> None:
        identifier = Identifier(IdentifierKind.NADB, f"NL.NADB:naam|1980-01-01|9711AB|{len(self.truth) + 1}")
        self.truth[self.evaluator.tag(identifier, EPOCH)] = dossier
        self._edit(dossier)
        self.desk.enrol(identifier)

    def _edit(self, dossier: DossierId) -> None:
        self.cockpit.change(dossier)

    def _edit_any(self) -> None:
        self._edit(self.draw.choice(self.dossiers))

    def _top_up(self) -> None:
        """Make spares as `SpareMaker` does."""
        if not self.timing.ledger_fill:
            return
        with self.store.read() as work:
            counts = work.filling.spare_counts(MUNICIPALITY)
            queued = {job.dossier for job in work.outbox.in_state(JobState.QUEUED)}
        self.cockpit.prepare_spares(
            [dossier for dossier, count in counts.items() if count < 8 and dossier not in queued], 24
        )


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("production"), PRODUCTION, Random(2026))
    world.live()
    return world


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("demonstration"), DEMONSTRATION, Random(2026))
    world.live()
    return world


# --- the observer: knows `seen` and which tag is whose, nothing else --------------------------------------------------

Suspicion = Callable[[list[Seen], datetime, DossierId], float]


def commits(seen: list[Seen], start: datetime, end: datetime) -> Iterator[tuple[datetime, DossierId, bool]]:
    for one in seen:
        if one.kind == "commit" and start <= one.time < end:
            for change in one.changes:
                yield one.time, change.dossier, not any(change.previous_root)


class Observer:
    """Ranks dossiers for the moment at which a tag appeared."""

    def __init__(self, seen: list[Seen]) -> None:
        self.seen = seen
        self.appeared = {tag: one.time for one in seen if one.kind == "enrol" for tag in one.tags}

    def suspicion(self, strategy: str, moment: datetime) -> dict[DossierId, float]:
        """Score each dossier that was on the chain at that moment; the highest is the most suspicious."""
        day = timedelta(days=1)
        known = {dossier for _, dossier, _ in commits(self.seen, self.seen[0].time, moment)}
        before = list(commits(self.seen, moment - day, moment))
        touched = Counter(dossier for _, dossier, _ in before)
        if strategy == "last changed before":
            last = {dossier: time.timestamp() for time, dossier, _ in before}
            return {dossier: last.get(dossier, 0.0) for dossier in known}
        if strategy == "first changed after":
            after = list(commits(self.seen, moment, moment + day))
            first = {dossier: -time.timestamp() for time, dossier, _ in reversed(after)}
            return {dossier: first.get(dossier, -1e12) for dossier in known}
        if strategy == "new on the chain":
            new = {dossier for _, dossier, is_new in before if is_new}
            return {dossier: float(dossier in new) for dossier in known}
        if strategy == "changed most":
            return {dossier: float(touched[dossier]) for dossier in known}
        if strategy == "changed more than the day before":
            earlier = Counter(dossier for _, dossier, _ in commits(self.seen, moment - 2 * day, moment - day))
            return {dossier: float(touched[dossier] - earlier[dossier]) for dossier in known}
        if strategy == "changed in office hours":
            office = Counter(dossier for time, dossier, _ in before if 9 <= time.astimezone(ZONE).hour < 17)
            return {dossier: office[dossier] - touched[dossier] / 3 for dossier in known}
        if strategy == "changed in a burst":
            return {dossier: float(burst(before, dossier)) for dossier in known}
        raise AssertionError(strategy)


def burst(changes: list[tuple[datetime, DossierId, bool]], dossier: DossierId) -> int:
    """Count the most changes of a dossier within two hours."""
    times = [time for time, one, _ in changes if one == dossier]
    return max((sum(start <= time < start + timedelta(hours=2) for time in times) for start in times), default=0)


STRATEGIES = (
    "last changed before",
    "first changed after",
    "new on the chain",
    "changed most",
    "changed more than the day before",
    "changed in office hours",
    "changed in a burst",
)


def hits(world: World, strategy: str) -> int:
    """Count for how many tags the most suspicious dossier is the right one; equals are drawn from."""
    observer, draw = Observer(world.chain.seen), Random(1)
    found = 0
    for tag, dossier in world.truth.items():
        scores = observer.suspicion(strategy, observer.appeared[tag])
        highest = max(scores.values())
        found += draw.choice(sorted(one for one, score in scores.items() if score == highest)) == dossier
    return found


def likely_by_chance(tries: int, chance: float) -> int:
    """Return the number of hits that chance exceeds less than once in a thousand times."""
    total, count = 0.0, -1
    while total < 0.999:
        count += 1
        total += comb(tries, count) * chance**count * (1 - chance) ** (tries - count)
    return count


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_observer_does_no_better_than_chance(production: World, strategy: str) -> None:
    tries = len(production.truth)
    assert tries == DAYS * NEW_CLIENTS_A_DAY
    assert hits(production, strategy) <= likely_by_chance(tries, 1 / PRODUCTION.ledger_fill)


@pytest.mark.parametrize("strategy", ["first changed after", "new on the chain"])
def test_observer_is_not_blind(demonstration: World, strategy: str) -> None:
    tries = len(demonstration.truth)
    assert hits(demonstration, strategy) > likely_by_chance(tries, 1 / CLIENTS)


def test_dossiers_of_a_group_have_one_history(production: World) -> None:
    """No observer can do better than chance within a group: its dossiers differ in nothing but random numbers."""
    histories: dict[DossierId, list[tuple[datetime, bool]]] = {}
    start, end = production.chain.seen[0].time, production.clock.now()
    for time, dossier, is_new in commits(production.chain.seen, start, end):
        histories.setdefault(dossier, []).append((time, is_new))
    groups: dict[bytes, list[DossierId]] = {}
    for dossier in histories:
        groups.setdefault(group_of(dossier), []).append(dossier)
    assert len(groups) > 1
    for members in groups.values():
        assert len(members) >= PRODUCTION.ledger_fill
        # Within the first hours of the bank a group grows; from then on it moves as one.
        settled = start + timedelta(hours=4)
        late = {tuple(moment for moment, _ in histories[one] if moment > settled) for one in members}
        assert len(late) == 1


def test_batches_look_alike_by_day_and_by_night(production: World) -> None:
    settled = production.chain.seen[0].time + timedelta(days=1)
    batches = [one for one in production.chain.seen if one.kind == "commit" and one.time >= settled]
    assert {len(one.changes) % PRODUCTION.ledger_fill for one in batches} == {0}
    assert len(batches) == DAYS * 96
    # To the second: two requests of the cockpit never carry the same time here.
    assert all(one.time.timestamp() % 900 < 2 for one in batches)


def test_tags_come_once_a_day_in_full_batches(production: World) -> None:
    enrolled = [one for one in production.chain.seen if one.kind == "enrol"]
    assert len(enrolled) == DAYS + 1
    assert {len(one.tags) % PRODUCTION.enrolment_fill for one in enrolled} == {0}
    assert {one.time.astimezone(ZONE).strftime("%H:%M") for one in enrolled} == {"03:00"}
    assert all(list(one.tags) == sorted(one.tags) for one in enrolled)


def test_real_tags_cannot_be_told_by_their_place(production: World) -> None:
    places = [
        one.tags.index(tag) / len(one.tags)
        for one in production.chain.seen
        if one.kind == "enrol"
        for tag in one.tags
        if tag in production.truth
    ]
    assert len(places) == DAYS * NEW_CLIENTS_A_DAY
    assert abs(mean(places) - 0.5) < 3 * 0.29 / len(places) ** 0.5
