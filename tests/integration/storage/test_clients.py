"""Taking clients in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import Position, RecordKind
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed
from schuldhulp.services.rows import DecoyRow
from tests.support.factories import BSN_ONE, MUNICIPALITY, NOON, RecordKeeping, make_applicant


def test_add_numbers_dossiers_by_year(keeping: RecordKeeping, caseworker: Actor) -> None:
    for _ in range(2):
        keeping.add_dossier(caseworker)
    keeping.clients.add(actor=caseworker, applicants=[make_applicant()], file_number="2026-00004")
    keeping.add_dossier(caseworker)
    keeping.add_dossier(caseworker)
    numbers = [summary.file_number for summary in keeping.dossiers.list(actor=caseworker)]
    # A number that was given by hand is skipped, never given twice.
    assert len(set(numbers)) == 5
    assert numbers[:2] == ["2026-00001", "2026-00002"]
    keeping.clock.advance(days=60)
    keeping.add_dossier(caseworker)
    assert keeping.dossiers.list(actor=caseworker)[-1].file_number == "2027-00001"


def test_add_refuses_a_file_number_that_is_taken(keeping: RecordKeeping, caseworker: Actor) -> None:
    keeping.clients.add(actor=caseworker, applicants=[make_applicant()], file_number="A-1")
    with pytest.raises(Conflict) as raised:
        keeping.clients.add(actor=caseworker, applicants=[make_applicant()], file_number=" A-1 ")
    assert raised.value.field == "file_number"


def test_add_gives_an_id_that_tells_only_the_municipality(keeping: RecordKeeping, caseworker: Actor) -> None:
    one, two = keeping.add_dossier(caseworker), keeping.add_dossier(caseworker)
    assert one[:2] == two[:2] == MUNICIPALITY.to_bytes(2, "big")
    assert one != two


def test_add_takes_over_a_decoy_that_is_on_the_chain_already(keeping: RecordKeeping, caseworker: Actor) -> None:
    from schuldhulp.domain.types import DossierId, Root

    decoy = DossierId(MUNICIPALITY.to_bytes(2, "big") + b"\x05" * 30)
    keeping.chain.roots[decoy] = Root(b"\x06" * 32)
    with keeping.store.write() as work:
        work.filling.put_decoy(DecoyRow(id=decoy, municipality=MUNICIPALITY, root=Root(b"\x06" * 32)))
        work.commit()
    dossier = keeping.add_dossier(caseworker)
    assert dossier == decoy
    assert keeping.verification.dossier(actor=caseworker, dossier=dossier).state == "being_recorded"
    keeping.anchor()
    assert keeping.verification.dossier(actor=caseworker, dossier=dossier).state == "verified"


@pytest.mark.parametrize(
    ("applicants", "field"),
    [
        ([], "applicants"),
        ([make_applicant(position=Position.PARTNER)], "position"),
        ([make_applicant(), make_applicant(surname="Bos")], "position"),
        ([make_applicant(bsn=BSN_ONE), make_applicant(bsn=BSN_ONE, position=Position.PARTNER)], "bsn"),
        ([make_applicant(), *[make_applicant(position=Position.PARTNER, surname=name) for name in "ab"]], "applicants"),
    ],
    ids=["nobody", "no first", "two first", "one person twice", "three"],
)
def test_add_refuses_wrong_applicants(
    keeping: RecordKeeping, caseworker: Actor, applicants: list[object], field: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        keeping.clients.add(actor=caseworker, applicants=applicants)  # type: ignore[arg-type]
    assert raised.value.field == field
    assert keeping.dossiers.list(actor=caseworker) == []


def test_add_refuses_somebody_who_has_a_dossier(keeping: RecordKeeping, caseworker: Actor) -> None:
    dossier = keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
    with pytest.raises(Conflict) as raised:
        keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
    assert (raised.value.key, raised.value.field) == ("client_known", "bsn")
    assert BSN_ONE not in str(raised.value)
    keeping.dossiers.end(actor=caseworker, dossier=dossier, ended_at=NOON)
    keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))


def test_an_applicant_does_not_get_the_number_of_another_client(keeping: RecordKeeping, caseworker: Actor) -> None:
    known = keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
    dossier = keeping.add_dossier(caseworker)
    change = {
        "actor": caseworker,
        "dossier": dossier,
        "record_id": keeping.first_applicant(dossier),
        "expected_version": 1,
        "record": make_applicant(bsn=BSN_ONE),
    }
    partner = make_applicant(bsn=BSN_ONE, position=Position.PARTNER, surname="Bos")
    with pytest.raises(Conflict) as raised:
        keeping.records.change(**change)  # type: ignore[arg-type]
    assert (raised.value.key, raised.value.field) == ("client_known", "bsn")
    with pytest.raises(Conflict):
        keeping.records.add(actor=caseworker, dossier=dossier, record=partner)
    view = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    assert [entry.version for entry in view.records] == [1]
    keeping.dossiers.end(actor=caseworker, dossier=known, ended_at=NOON)
    keeping.records.change(**change)  # type: ignore[arg-type]
    # The ended dossier can still be written to: its number does not change.
    keeping.records.change(
        actor=caseworker,
        dossier=known,
        record_id=keeping.first_applicant(known),
        expected_version=1,
        record=make_applicant(bsn=BSN_ONE, surname="Bos"),
    )


def test_one_of_two_intakes_of_one_person_at_once_is_refused(keeping: RecordKeeping, caseworker: Actor) -> None:
    def add(_: int) -> BaseException | None:
        try:
            keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
        except Conflict as error:
            return error
        return None

    with ThreadPoolExecutor(3) as pool:
        refused = [error for error in pool.map(add, range(3)) if error is not None]
    assert len(refused) == 2
    assert len(keeping.dossiers.list(actor=caseworker)) == 1


def test_one_of_two_who_write_one_number_at_once_is_refused(keeping: RecordKeeping, caseworker: Actor) -> None:
    dossiers = [keeping.add_dossier(caseworker) for _ in range(3)]
    people = [keeping.first_applicant(dossier) for dossier in dossiers]

    def change(number: int) -> BaseException | None:
        try:
            keeping.records.change(
                actor=caseworker,
                dossier=dossiers[number],
                record_id=people[number],
                expected_version=1,
                record=make_applicant(bsn=BSN_ONE),
            )
        except Conflict as error:
            return error
        return None

    with ThreadPoolExecutor(3) as pool:
        refused = [error for error in pool.map(change, range(3)) if error is not None]
    assert len(refused) == 2


def test_a_couple_stands_in_one_dossier(keeping: RecordKeeping, caseworker: Actor) -> None:
    dossier = keeping.add_dossier(
        caseworker,
        make_applicant(bsn=BSN_ONE),
        make_applicant(surname="Bos", initials="C.", position=Position.PARTNER, bsn="999990032"),
    )
    view = keeping.dossiers.open(actor=caseworker, dossier=dossier, purpose=Purpose.DEBT_HELP)
    assert view.summary.names == ("A.B. Jansen", "C. Bos")
    assert view.summary.counts[RecordKind.APPLICANT] == 2
    assert view.summary.own


def test_add_is_for_caseworkers(keeping: RecordKeeping) -> None:
    administrator = keeping.staff_member("ad", Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        keeping.add_dossier(administrator)
