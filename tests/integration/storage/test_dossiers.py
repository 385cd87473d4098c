"""Listing, searching and coming in: the caseload, the reasons and the lines in the log."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import LogAction, LogLine, LogStatus, Purpose
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.records import Party, Position
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import InvalidInput, NotAllowed, NotFound
from tests.support.factories import NOON, RecordKeeping, make_applicant, make_income, make_obligation


@pytest.fixture
def colleague(keeping: RecordKeeping) -> Actor:
    return keeping.staff_member("bert", session="session-two")


@pytest.fixture
def dossier(keeping: RecordKeeping, caseworker: Actor) -> DossierId:
    return keeping.add_dossier(caseworker)


def _lines(keeping: RecordKeeping, dossier: DossierId, action: LogAction) -> list[LogLine]:
    return [line for line in keeping.log.of_dossier(dossier) if line.name is action]


@pytest.mark.parametrize(
    "search",
    ["ouwer", "BROUWER", "brouw 1975", "04-03-1975", "1975-03-04", "2026-00002", "groene stroom", "Incasso", "visser"],
)
def test_list_finds_by_part_of_surname_date_file_number_and_creditor(
    keeping: RecordKeeping, caseworker: Actor, search: str
) -> None:
    keeping.add_dossier(caseworker)
    found = keeping.add_dossier(
        caseworker,
        make_applicant(surname="Brouwer", prefix="de", other_surnames=("Visser",), birth_date=PartialDate(1975, 3, 4)),
    )
    keeping.add_dossier(caseworker)
    owner = keeping.first_applicant(found)
    debt = make_obligation(owner, creditor=Party(name="Groene Stroom NV"), collector=Party(name="Incassobureau Zuid"))
    keeping.records.add(actor=caseworker, dossier=found, record=debt)
    assert [summary.id for summary in keeping.dossiers.list(actor=caseworker, search=search)] == [found]


def test_list_finds_a_name_with_accents_without_them(keeping: RecordKeeping, caseworker: Actor) -> None:
    keeping.add_dossier(caseworker, make_applicant(surname="Böröcz"))
    assert len(keeping.dossiers.list(actor=caseworker, search="borocz")) == 1
    assert keeping.dossiers.list(actor=caseworker, search="niemand") == []


def test_list_shows_what_was_changed_since(keeping: RecordKeeping, caseworker: Actor, dossier: DossierId) -> None:
    assert keeping.dossiers.list(actor=caseworker)[0].names == ("A.B. Jansen",)
    owner = keeping.first_applicant(dossier)
    keeping.records.change(
        actor=caseworker,
        dossier=dossier,
        record_id=owner,
        expected_version=1,
        record=make_applicant(surname="Pietersen"),
    )
    assert keeping.dossiers.list(actor=caseworker)[0].names == ("A.B. Pietersen",)


def test_list_tells_whose_caseload_it_is(
    keeping: RecordKeeping, caseworker: Actor, colleague: Actor, dossier: DossierId
) -> None:
    [mine] = keeping.dossiers.list(actor=caseworker)
    [theirs] = keeping.dossiers.list(actor=colleague)
    assert (mine.own, theirs.own, theirs.caseworker) == (True, False, "Anna")


def test_list_gives_a_resident_only_the_own_dossier(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    keeping.add_dossier(caseworker)
    resident = Actor(
        kind="resident", id="r", roles=frozenset({Role.RESIDENT}), dossiers=frozenset({dossier}), session="r"
    )
    assert [summary.id for summary in keeping.dossiers.list(actor=resident, search="")] == [dossier]


def test_a_search_is_logged_once_a_session_and_without_its_text(keeping: RecordKeeping, caseworker: Actor) -> None:
    for search in ("jansen", "jansen", "bos", "", " ", ""):
        keeping.dossiers.list(actor=caseworker, search=search)
    with keeping.store.read() as work:
        lines = [row for row in work.log.all(keeping.reader.municipality) if row.name == LogAction.SEARCH.value]
    assert len(lines) == 2
    with keeping.store.read() as work:
        lists = [row for row in work.log.all(keeping.reader.municipality) if row.name == LogAction.LIST.value]
    assert len(lists) == 1
    assert all(row.reason == b"" and row.subject == b"" for row in lines)


def test_open_of_the_own_caseload_needs_no_reason_and_is_logged_once(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    for _ in range(3):
        keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.CLAIM_REVIEW)
    opened = _lines(keeping, dossier, LogAction.OPEN)
    assert [line.purpose for line in opened] == [Purpose.CLAIM_REVIEW, Purpose.DEBT_HELP]
    assert opened[0].role is Role.CASEWORKER
    assert opened[0].trace_id == opened[1].trace_id


def test_open_of_another_dossier_needs_a_reason_that_the_resident_sees(
    keeping: RecordKeeping, caseworker: Actor, colleague: Actor, dossier: DossierId
) -> None:
    with pytest.raises(InvalidInput) as raised:
        keeping.dossiers.open(actor=colleague, dossier=dossier, purpose=Purpose.REPLACEMENT)
    assert raised.value.field == "reason"
    assert _lines(keeping, dossier, LogAction.OPEN) == []
    with pytest.raises(NotAllowed):
        keeping.records.add(actor=colleague, dossier=dossier, record=make_income(keeping.first_applicant(dossier)))
    keeping.dossiers.open(actor=colleague, dossier=dossier, purpose=Purpose.REPLACEMENT, reason="Anna is met vakantie")
    # Once a session is enough, for looking again as for writing.
    keeping.dossiers.open(actor=colleague, dossier=dossier, purpose=Purpose.REPLACEMENT)
    keeping.records.add(actor=colleague, dossier=dossier, record=make_income(keeping.first_applicant(dossier)))
    [line] = _lines(keeping, dossier, LogAction.OPEN)
    assert line.reason == "Anna is met vakantie"
    shown = keeping.dossiers.log(actor=caseworker, dossier=dossier)
    assert [entry.name for entry in shown[:3]] == [LogAction.OPEN, LogAction.ADD, LogAction.OPEN]
    again = keeping.staff_member("bert", session="the next day")
    with pytest.raises(InvalidInput):
        keeping.dossiers.open(actor=again, dossier=dossier, purpose=Purpose.REPLACEMENT)


def test_open_of_an_assigned_dossier_needs_no_reason(
    keeping: RecordKeeping, colleague: Actor, dossier: DossierId
) -> None:
    leader = keeping.staff_member("lea", Role.TEAM_LEADER)
    with pytest.raises(InvalidInput) as raised:
        keeping.dossiers.assign(actor=leader, dossier=dossier, caseworker=int(colleague.id))
    assert raised.value.field == "reason"
    keeping.dossiers.assign(actor=leader, dossier=dossier, caseworker=int(colleague.id), reason="Anna is ziek")
    [line] = _lines(keeping, dossier, LogAction.OPEN)
    assert (line.purpose, line.reason, line.role) == (Purpose.SUPERVISION, "Anna is ziek", Role.TEAM_LEADER)
    assert _lines(keeping, dossier, LogAction.CHANGE)[0].purpose is Purpose.SUPERVISION
    keeping.dossiers.open(actor=colleague, dossier=dossier, purpose=Purpose.DEBT_HELP)
    with pytest.raises(NotFound):
        keeping.dossiers.assign(actor=leader, dossier=dossier, caseworker=999)
    with pytest.raises(NotAllowed):
        keeping.dossiers.assign(actor=colleague, dossier=dossier, caseworker=None)


WAYS_IN = {
    "log": lambda keeping, actor, dossier, **reason: keeping.dossiers.log(actor=actor, dossier=dossier, **reason),
    "end": lambda keeping, actor, dossier, reason=None: keeping.dossiers.end(
        actor=actor, dossier=dossier, ended_at=NOON, access_reason=reason
    ),
    "enrolment": lambda keeping, actor, dossier, reason=None: keeping.enrolment.state(
        actor=actor, dossier=dossier, access_reason=reason
    ),
}


@pytest.mark.parametrize("way", WAYS_IN.values(), ids=WAYS_IN)
def test_every_way_into_another_dossier_needs_a_reason_and_leaves_a_line(
    keeping: RecordKeeping, caseworker: Actor, colleague: Actor, dossier: DossierId, way: Callable[..., object]
) -> None:
    with pytest.raises(InvalidInput) as raised:
        way(keeping, colleague, dossier)
    assert raised.value.field == "reason"
    assert _lines(keeping, dossier, LogAction.OPEN) == []
    way(keeping, colleague, dossier, reason="waarneming")
    [line] = _lines(keeping, dossier, LogAction.OPEN)
    assert line.reason == "waarneming"
    way(keeping, caseworker, dossier)
    assert len(_lines(keeping, dossier, LogAction.OPEN)) == 2


def test_a_refusal_is_logged(keeping: RecordKeeping, dossier: DossierId) -> None:
    administrator = keeping.staff_member("ad", Role.ADMINISTRATOR)
    creditor = Actor(kind="creditor", id="12345678", roles=frozenset({Role.CREDITOR}), session="c")
    resident = Actor(kind="resident", id="r", roles=frozenset({Role.RESIDENT}), session="r")
    for actor in (administrator, creditor, resident):
        with pytest.raises(NotAllowed):
            keeping.dossiers.open(actor=actor, dossier=dossier, purpose=Purpose.DEBT_HELP, reason="nieuwsgierig")
    refused = _lines(keeping, dossier, LogAction.REFUSED)
    assert [line.role for line in refused] == [Role.RESIDENT, Role.CREDITOR, Role.ADMINISTRATOR]
    assert all(line.status_code is LogStatus.ERROR for line in refused)
    assert _lines(keeping, dossier, LogAction.OPEN) == []


def test_find_takes_a_file_number_or_an_identifier(
    keeping: RecordKeeping, caseworker: Actor, dossier: DossierId
) -> None:
    for name in ("2026-00001", dossier.hex(), f"0x{dossier.hex()}"):
        assert keeping.dossiers.find(actor=caseworker, name=name) == dossier
    for name in ("2026-99999", "00" * 32, ""):
        with pytest.raises(NotFound):
            keeping.dossiers.find(actor=caseworker, name=name)
    assert keeping.dossiers.file_numbers() == {dossier: "2026-00001"}


def test_log_chains_all_lines(keeping: RecordKeeping, caseworker: Actor, dossier: DossierId) -> None:
    keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    keeping.dossiers.list(actor=caseworker, search="x")
    assert keeping.log.check() == ()
    with keeping.store.read() as work:
        rows = list(work.log.all(keeping.reader.municipality))
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
    assert all(one.hash == two.previous for one, two in pairwise(rows))


def test_open_names_partners_and_births(keeping: RecordKeeping, caseworker: Actor) -> None:
    dossier = keeping.add_dossier(
        caseworker, make_applicant(position=Position.PARTNER, surname="Bos"), make_applicant()
    )
    summary = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP).summary
    assert summary.names == ("A.B. Jansen", "A.B. Bos")
    assert summary.birth_dates == ("1980-02-00", "1980-02-00")
