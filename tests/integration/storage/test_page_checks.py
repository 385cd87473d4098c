"""Asking for an organisation on the pages: what is written down, what never is, and who may not."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, MetaData, text

from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.identifiers import Identifier, bsn_identifier, name_identifier, parse_bsn, parse_partial_date
from schuldhulp.domain.signal import Signal, SignalAnswer, warnings_for
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, NotAdmitted, NotAllowed, Unreachable
from schuldhulp.services.creditor_pages.checks import PIECE, CheckService, Question
from schuldhulp.services.creditor_pages.desk import Desk
from schuldhulp.services.creditor_pages.history import Check, CheckHistory
from tests.support.factories import ADMINISTRATOR, MUNICIPALITY, RecordKeeping

KVK, OTHER = "12345678", "87654321"
PERSON = name_identifier("Wolkenstein", parse_partial_date("17-03-1981"), "9712QX", "417")
CREDITOR = Actor(
    kind="creditor", id=KVK, roles=frozenset({Role.CREDITOR}), organisation=KVK, session="the login of this morning"
)


@dataclass
class Chain:
    """Answers as the creditor's client does; `silent` after so many answers."""

    now: object
    known: set[str] = field(default_factory=set)
    asked: list[Identifier] = field(default_factory=list)
    silent: int | None = None

    def signals(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        if self.silent is not None and len(self.asked) >= self.silent:
            raise Unreachable("rpc_unreachable", "silent")
        self.asked += identifiers
        found = []
        for identifier in identifiers:
            signal = Signal.GREEN if identifier.text in self.known else Signal.RED
            found.append(
                SignalAnswer(
                    signal=signal,
                    municipality=municipality,
                    contact="050 000 0000" if signal is Signal.GREEN else "",
                    checked_at=self.now.now(),  # type: ignore[attr-defined]
                    block_number=7,
                    block_hash=b"\x01" * 32,
                    check_number="7X2P-QK4M-90ZT-H",
                    warnings=warnings_for(signal, identifier.kind),
                )
            )
        return found


@dataclass
class Pages:
    """The services of the pages on one database."""

    keeping: RecordKeeping
    chain: Chain
    bsn: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=lambda: {KVK, OTHER})
    quota: int = 50

    @property
    def history(self) -> CheckHistory:
        return CheckHistory(
            store=self.keeping.store,
            log=self.keeping.log,
            key=self.keeping.keys.log,
            clock=self.keeping.clock,
            keep=timedelta(days=90),
        )

    @property
    def checks(self) -> CheckService:
        return CheckService(
            store=self.keeping.store,
            log=self.keeping.log,
            history=self.history,
            desk=Desk(
                account=lambda kvk: f"0x{kvk}" if kvk in self.open else None,
                asker=lambda kvk: self.chain if kvk in self.open else None,
                may_use_bsn=lambda kvk: kvk in self.bsn,
            ),
            clock=self.keeping.clock,
            municipality=MUNICIPALITY,
            quota=self.quota,
        )

    def lines(self) -> list[tuple[str, str, str]]:
        """Name, status and reason of each line about checks."""
        with self.keeping.store.read() as work:
            rows = [row for row in work.log.all(MUNICIPALITY) if row.purpose == "signal"]
        return [(row.name, row.status, self.keeping.log._line(row, None).reason) for row in rows]


@pytest.fixture
def pages(keeping: RecordKeeping) -> Pages:
    return Pages(keeping=keeping, chain=Chain(now=keeping.clock))


def test_check_is_written_down_without_a_word_about_the_person(
    pages: Pages, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pages.chain.known.add(PERSON.text)
    check = pages.checks.check(actor=CREDITOR, identifier=PERSON, reference=" K-20231 ", surname="Wolkenstein")
    assert (check.signal, check.reference, check.contact) == (Signal.GREEN, "K-20231", "050 000 0000")
    assert pages.lines() == [("ask_signal", "Ok", f"organisation {KVK}: 1")]
    [kept] = pages.history.of(actor=CREDITOR)
    assert kept == replace(check, contact="")
    assert kept.warnings == check.warnings
    metadata = MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        everything = repr([connection.execute(table.select()).all() for table in metadata.sorted_tables])
    assert KVK in everything
    for secret in ("olkenstein", "1981", "9712", "417", "K-20231", check.check_number):
        assert secret not in everything
        assert secret not in caplog.text
    assert CREDITOR.session not in everything


def test_history_shows_an_organisation_its_own_checks_only(pages: Pages) -> None:
    pages.checks.check(actor=CREDITOR, identifier=PERSON, reference="K-1")
    other = replace(CREDITOR, id=OTHER, organisation=OTHER, session="another login")
    assert pages.history.of(actor=other) == []
    pages.checks.check(actor=other, identifier=PERSON, reference="K-2")
    assert [check.reference for check in pages.history.of(actor=CREDITOR)] == ["K-1"]
    [theirs] = pages.history.of(actor=other)
    assert theirs.login != pages.history.of(actor=CREDITOR)[0].login


def test_history_leaves_out_a_row_that_somebody_moved_to_another_organisation(pages: Pages, engine: Engine) -> None:
    pages.checks.check(actor=CREDITOR, identifier=PERSON, reference="K-1")
    with engine.begin() as connection:
        connection.execute(text("UPDATE page_checks SET organisation = :kvk"), {"kvk": OTHER})
    assert pages.history.of(actor=replace(CREDITOR, id=OTHER, organisation=OTHER)) == []


def test_history_forgets_what_is_past_its_time(pages: Pages) -> None:
    pages.checks.check(actor=CREDITOR, identifier=PERSON, reference="K-1")
    pages.keeping.clock.advance(days=89)
    pages.checks.check(actor=CREDITOR, identifier=PERSON, reference="K-2")
    assert [check.reference for check in pages.history.of(actor=CREDITOR)] == ["K-2", "K-1"]
    pages.keeping.clock.advance(days=2)
    # Not shown any more, though nobody has deleted it yet.
    assert [check.reference for check in pages.history.of(actor=CREDITOR)] == ["K-2"]
    assert pages.history.forget() == 1
    assert pages.history.forget() == 0


def test_check_counts_what_is_left_for_the_day(pages: Pages) -> None:
    pages.quota = 2
    assert pages.checks.desktop(actor=CREDITOR).left == 2
    for number in (1, 2):
        pages.checks.check(actor=CREDITOR, identifier=PERSON, reference=f"K-{number}")
    assert pages.checks.desktop(actor=CREDITOR).left == 0
    with pytest.raises(NotAllowed) as caught:
        pages.checks.check(actor=CREDITOR, identifier=PERSON, reference="K-3")
    assert caught.value.key == "pages_quota_spent"
    assert len(pages.chain.asked) == 2
    pages.keeping.clock.advance(days=1)
    assert pages.checks.desktop(actor=CREDITOR).left == 2


def test_check_by_bsn_takes_the_role(pages: Pages) -> None:
    person = bsn_identifier(parse_bsn("999990019"))
    assert not pages.checks.desktop(actor=CREDITOR).bsn
    with pytest.raises(NotAllowed) as caught:
        pages.checks.check(actor=CREDITOR, identifier=person, reference="K-1")
    assert caught.value.key == "bsn_not_allowed"
    assert not pages.chain.asked
    pages.bsn.add(KVK)
    assert pages.checks.desktop(actor=CREDITOR).bsn
    assert pages.checks.check(actor=CREDITOR, identifier=person, reference="K-1").warnings == ()


def test_check_refuses_a_reference_that_names_the_person_before_it_asks(pages: Pages) -> None:
    with pytest.raises(InvalidInput) as caught:
        pages.checks.check(actor=CREDITOR, identifier=PERSON, reference="wolkenstein-1", surname="Wolkenstein")
    assert caught.value.key == "reference_identity"
    assert "olkenstein" not in str(caught.value)
    assert not pages.chain.asked


def test_check_is_for_an_organisation_with_an_account(pages: Pages) -> None:
    pages.open.clear()
    assert not pages.checks.desktop(actor=CREDITOR).open
    with pytest.raises(NotAdmitted):
        pages.checks.check(actor=CREDITOR, identifier=PERSON, reference="K-1")


def test_check_is_refused_to_others(pages: Pages, caseworker: Actor) -> None:
    for somebody in (ADMINISTRATOR, caseworker):
        with pytest.raises(NotAllowed):
            pages.checks.check(actor=somebody, identifier=PERSON, reference="K-1")
        with pytest.raises(NotAllowed):
            pages.history.of(actor=somebody)
    assert not pages.chain.asked
    assert ("refused", "Error", "") in pages.lines()


def test_list_that_stops_half_way_keeps_what_was_answered(pages: Pages) -> None:
    pages.chain.silent = PIECE
    told: list[int] = []
    questions = [Question(identifier=PERSON, reference=f"L-{number}") for number in range(PIECE + 5)]
    with pytest.raises(Unreachable):
        pages.checks.check_many(actor=CREDITOR, questions=questions, answered=lambda checks: told.append(len(checks)))
    assert told == [PIECE]
    assert len(pages.history.of(actor=CREDITOR)) == PIECE
    assert pages.lines() == [
        ("ask_signal", "Ok", f"organisation {KVK}: {PIECE + 5}"),
        ("ask_signal", "Error", f"organisation {KVK}: 5"),
    ]


def test_history_shows_the_rows_of_a_list_in_the_order_of_the_list(pages: Pages) -> None:
    noon = pages.keeping.clock.now().replace(second=0, microsecond=0)

    def add(reference: str, seconds: int) -> None:
        pages.history.add(
            KVK,
            [
                Check(
                    reference=reference, signal=Signal.RED, checked_at=noon + timedelta(seconds=seconds),
                    check_number="7X2P-QK4M-90ZT-H", block_number=7, login="0" * 8, kind=PERSON.kind,
                )
            ],
        )  # fmt: skip

    # A list whose parts were answered at two moments, with a check by hand in between; and one of a minute before.
    for reference, seconds in (
        ("L-1 regel 13", 5), ("L-1 regel 3", 5), ("L-1 regel 12", 5), ("L-1 regel 14", 9), ("K-7", 7), ("K-6", -1),
        ("L-1 regel 2", 5),
    ):  # fmt: skip
        add(reference, seconds)
    assert [check.reference for check in pages.history.of(actor=CREDITOR)] == [
        "L-1 regel 2", "L-1 regel 3", "L-1 regel 12", "L-1 regel 13", "L-1 regel 14", "K-7", "K-6",
    ]  # fmt: skip
