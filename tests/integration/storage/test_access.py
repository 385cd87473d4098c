"""From a login to an actor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto.keyring import SubjectKey
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import LogAction
from schuldhulp.errors import Conflict, InvalidInput, NotAdmitted, NotAllowed, Undecryptable
from schuldhulp.services.login import LoginIdentity, SubjectRegister
from schuldhulp.services.rows import LogRow
from schuldhulp.services.staff import StaffService
from schuldhulp.storage import SqlStore, SqlSubjectStore
from tests.support.factories import ADMINISTRATOR, BSN_ONE, NOON, RecordKeeping, make_applicant, test_bsn

OTHER_BSN = test_bsn(50).digits


@pytest.fixture
def register(store: SqlStore, keeping: RecordKeeping) -> SubjectRegister:
    """The relay's side."""
    return SubjectRegister(
        store=SqlSubjectStore(store),
        lookup_key=SubjectKey.generate(),
        identity_key=keeping.keys.identity.public_key,
    )


def _login(keeping: RecordKeeping, register: SubjectRegister, provider: str, value: str) -> Actor:
    subject = register.subject(LoginIdentity(provider=provider, value=value), now=NOON)
    return keeping.access.from_login(subject=subject, provider=provider, level="substantieel", session="s")


def test_a_resident_comes_into_the_own_dossier(
    keeping: RecordKeeping, caseworker: Actor, register: SubjectRegister
) -> None:
    keeping.add_dossier(caseworker, make_applicant(bsn=OTHER_BSN))
    dossier = keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
    actor = _login(keeping, register, "digid", BSN_ONE)
    assert actor.kind == "resident"
    assert actor.dossiers == {dossier}
    assert actor.applicant == keeping.first_applicant(dossier)
    assert actor.roles == {Role.RESIDENT}
    assert actor.name == "A.B. Jansen"
    assert BSN_ONE not in repr(actor)
    assert BSN_ONE not in actor.id


def test_a_resident_comes_into_the_dossier_in_which_help_goes_on(
    keeping: RecordKeeping, caseworker: Actor, register: SubjectRegister
) -> None:
    ended = keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
    keeping.dossiers.end(actor=caseworker, dossier=ended, ended_at=NOON)
    assert _login(keeping, register, "digid", BSN_ONE).dossiers == {ended}
    running = keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
    assert _login(keeping, register, "digid", BSN_ONE).dossiers == {running}


def test_a_changed_bsn_moves_the_login(keeping: RecordKeeping, caseworker: Actor, register: SubjectRegister) -> None:
    dossier = keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
    keeping.records.change(
        actor=caseworker,
        dossier=dossier,
        record_id=keeping.first_applicant(dossier),
        expected_version=1,
        record=make_applicant(bsn=OTHER_BSN),
    )
    assert _login(keeping, register, "digid", OTHER_BSN).dossiers == {dossier}
    with pytest.raises(NotAdmitted):
        _login(keeping, register, "digid", BSN_ONE)


def test_an_index_that_was_turned_to_another_person_lets_nobody_in(
    keeping: RecordKeeping, caseworker: Actor, register: SubjectRegister, engine: Engine
) -> None:
    """Somebody who can write to the database points the entry of her own BSN at another dossier."""
    victim = keeping.add_dossier(caseworker, make_applicant(bsn=BSN_ONE))
    own = keeping.add_dossier(caseworker, make_applicant(bsn=OTHER_BSN))
    with engine.begin() as connection:
        index = connection.execute(
            text("SELECT blind_index FROM applicant_index WHERE dossier_id = :d"), {"d": own}
        ).scalar_one()
        connection.execute(text("DELETE FROM applicant_index WHERE dossier_id = :d"), {"d": own})
        connection.execute(
            text("UPDATE applicant_index SET blind_index = :i WHERE dossier_id = :d"), {"i": index, "d": victim}
        )
    with pytest.raises(NotAdmitted):
        _login(keeping, register, "digid", OTHER_BSN)


def test_staff_get_the_roles_of_our_own_table(
    keeping: RecordKeeping, caseworker: Actor, register: SubjectRegister
) -> None:
    dossier = keeping.add_dossier(caseworker)
    actor = _login(keeping, register, "staff", "anna")
    assert (actor.kind, actor.name, actor.roles) == ("staff", "Anna", {Role.CASEWORKER})
    assert actor.dossiers == {dossier}
    keeping.staff.deactivate(actor=ADMINISTRATOR, login="anna")
    with pytest.raises(NotAdmitted):
        _login(keeping, register, "staff", "anna")


def test_a_creditor_must_have_been_admitted(keeping: RecordKeeping, register: SubjectRegister) -> None:
    with pytest.raises(NotAdmitted):
        _login(keeping, register, "eherkenning", "12345678")
    keeping.staff.put_creditor(actor=ADMINISTRATOR, kvk="12345678", name="Stroom en Gas BV")
    actor = _login(keeping, register, "eherkenning", "12345678")
    assert (actor.kind, actor.organisation, actor.roles) == ("creditor", "12345678", {Role.CREDITOR})
    keeping.staff.close_creditor(actor=ADMINISTRATOR, kvk="12345678")
    with pytest.raises(NotAdmitted):
        _login(keeping, register, "eherkenning", "12345678")
    assert [row.active for row in keeping.staff.creditors(actor=ADMINISTRATOR)] == [False]


CHANGES = {
    "list": lambda staff, actor: staff.list(actor=actor),
    "add": lambda staff, actor: staff.add(actor=actor, login="x", name="X", function="x", roles=[Role.ADMINISTRATOR]),
    "deactivate": lambda staff, actor: staff.deactivate(actor=actor, login="anna"),
    "put creditor": lambda staff, actor: staff.put_creditor(actor=actor, kvk="12345678", name="X"),
    "close creditor": lambda staff, actor: staff.close_creditor(actor=actor, kvk="12345678"),
    "creditors": lambda staff, actor: staff.creditors(actor=actor),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nobody_but_an_administrator_touches_staff_and_creditors(
    keeping: RecordKeeping, caseworker: Actor, change: Callable[[StaffService, Actor], object]
) -> None:
    leader = keeping.staff_member("lea", Role.TEAM_LEADER)
    creditor = Actor(kind="creditor", id="12345678", roles=frozenset({Role.CREDITOR}), session="c")
    before = _log_lines(keeping)
    for actor in (caseworker, leader, creditor):
        with pytest.raises(NotAllowed):
            change(keeping.staff, actor)
    added = _log_lines(keeping)[len(before) :]
    assert [(row.name, row.purpose) for row in added] == [("refused", "administration")] * 3
    assert [row.active for row in keeping.staff.list(actor=ADMINISTRATOR)] == [True, True]


def test_every_change_of_staff_and_creditors_is_logged_without_a_readable_name(keeping: RecordKeeping) -> None:
    first = keeping.staff.add_first(login="ad", name="Ad", function="beheerder")
    with pytest.raises(NotAllowed):
        keeping.staff.add_first(login="bea", name="Bea", function="beheerder")
    administrator = keeping.access.staff_member("ad")
    keeping.staff.add(actor=administrator, login="cees", name="C", function="x", roles=[Role.CASEWORKER])
    keeping.staff.deactivate(actor=administrator, login="cees")
    for _ in range(2):
        keeping.staff.put_creditor(actor=administrator, kvk="12345678", name="Stroom")
    for _ in range(2):
        keeping.staff.close_creditor(actor=administrator, kvk="12345678")
    lines = _log_lines(keeping)
    assert [row.name for row in lines] == ["add", "add", "change", "add", "change"]
    assert [row.actor for row in lines] == ["set-up", *[str(first.id)] * 4]
    assert {row.purpose for row in lines} == {"administration"}
    assert all(row.reason and b"cees" not in row.reason and row.dossier is None for row in lines)
    assert keeping.log.check() == ()


def _log_lines(keeping: RecordKeeping) -> list[LogRow]:
    with keeping.store.read() as work:
        return list(work.log.all(keeping.reader.municipality))


def test_strangers_and_wrong_providers_are_not_admitted(keeping: RecordKeeping, register: SubjectRegister) -> None:
    for provider, value in (("digid", BSN_ONE), ("staff", "niemand"), ("facebook", "x")):
        with pytest.raises(NotAdmitted):
            _login(keeping, register, provider, value)
    with pytest.raises(NotAdmitted):
        keeping.access.from_login(subject="made up", provider="digid", level="hoog", session="s")
    subject = register.subject(LoginIdentity(provider="staff", value="anna"), now=NOON)
    with pytest.raises(NotAdmitted):
        keeping.access.from_login(subject=subject, provider="digid", level="hoog", session="s")


def test_a_swapped_subject_does_not_open(
    keeping: RecordKeeping, caseworker: Actor, register: SubjectRegister, engine: Engine
) -> None:
    for login in ("anna", "bert"):
        keeping.staff_member(login)
    anna, bert = (
        register.subject(LoginIdentity(provider="staff", value=login), now=NOON) for login in ("anna", "bert")
    )
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE login_subjects SET sealed = (SELECT sealed FROM login_subjects WHERE subject = :b)"
                " WHERE subject = :a"
            ),
            {"a": anna, "b": bert},
        )
    with pytest.raises(Undecryptable):
        keeping.access.from_login(subject=anna, provider="staff", level="", session="s")


def test_a_login_is_logged_once_a_session(keeping: RecordKeeping, caseworker: Actor, register: SubjectRegister) -> None:
    for _ in range(2):
        _login(keeping, register, "staff", "anna")
    with keeping.store.read() as work:
        lines = [row for row in work.log.all(keeping.reader.municipality) if row.name == LogAction.LOGIN.value]
    assert len(lines) == 1


def test_only_an_administrator_adds_and_closes_accounts(keeping: RecordKeeping, caseworker: Actor) -> None:
    administrator = keeping.staff_member("ad", Role.ADMINISTRATOR)
    row = keeping.staff.add(
        actor=administrator, login="cees", name="Cees", function="klantmanager", roles=[Role.CASEWORKER]
    )
    assert row.id > 0
    assert "Cees" not in repr(row)
    with pytest.raises(Conflict):
        keeping.staff.add(actor=administrator, login="cees", name="C", function="x", roles=[Role.CASEWORKER])
    with pytest.raises(NotAllowed):
        keeping.staff.add(actor=caseworker, login="dirk", name="D", function="x", roles=[Role.CASEWORKER])
    for wrong in ({"login": "Ü"}, {"name": ""}, {"roles": [Role.RESIDENT]}):
        values = {"login": "eef", "name": "E", "function": "x", "roles": [Role.CASEWORKER]} | wrong
        with pytest.raises(InvalidInput):
            keeping.staff.add(actor=administrator, **values)  # type: ignore[arg-type]
    keeping.staff.deactivate(actor=administrator, login="cees")
    with pytest.raises(NotAdmitted):
        keeping.access.staff_member("cees")
