"""From a login to an actor."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from schuldhulp.crypto.keyring import SubjectKey
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import LogAction
from schuldhulp.errors import Conflict, InvalidInput, NotAdmitted, NotAllowed, Undecryptable
from schuldhulp.services.login import LoginIdentity, SubjectRegister
from schuldhulp.storage import SqlStore, SqlSubjectStore
from tests.support.factories import BSN_ONE, NOON, RecordKeeping, make_applicant, test_bsn

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
    keeping.staff.put(login="anna", name="Anna", function="klantmanager", roles=[Role.CASEWORKER], active=False)
    with pytest.raises(NotAdmitted):
        _login(keeping, register, "staff", "anna")


def test_a_creditor_must_have_been_admitted(keeping: RecordKeeping, register: SubjectRegister) -> None:
    with pytest.raises(NotAdmitted):
        _login(keeping, register, "eherkenning", "12345678")
    keeping.staff.put_creditor(kvk="12345678", name="Stroom en Gas BV")
    actor = _login(keeping, register, "eherkenning", "12345678")
    assert (actor.kind, actor.organisation, actor.roles) == ("creditor", "12345678", {Role.CREDITOR})


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
