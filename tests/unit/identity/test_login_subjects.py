"""Pseudonyms: the relay's side and the cockpit's side together."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest

from schuldhulp.crypto.keyring import SubjectKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.errors import NotAdmitted, Undecryptable
from schuldhulp.services.login import LoginIdentity, SubjectReader, SubjectRegister
from schuldhulp.services.ports import LoginSubject
from tests.support.login import CASEWORKER, OTHER_RESIDENT, RESIDENT, MemorySubjects

NOW = datetime(2026, 1, 2, tzinfo=UTC)
OPENING = OpeningKey(b"\x07" * 32)


def make_register(store: MemorySubjects, key: bytes = b"\x01" * 32) -> SubjectRegister:
    return SubjectRegister(store=store, lookup_key=SubjectKey(key), identity_key=OPENING.public_key)


def make_identity(value: str = RESIDENT, provider: str = "digid") -> LoginIdentity:
    return LoginIdentity(provider=provider, value=value)


def test_subject_is_stable_and_differs_by_person_and_provider() -> None:
    store = MemorySubjects()
    register = make_register(store)
    first = register.subject(make_identity(), now=NOW)
    assert register.subject(make_identity(), now=NOW) == first
    others = {
        register.subject(make_identity(OTHER_RESIDENT), now=NOW),
        register.subject(make_identity(RESIDENT, "staff"), now=NOW),
    }
    assert len(others | {first}) == 3
    assert len(store.entries) == 3


def test_subject_is_random() -> None:
    assert make_register(MemorySubjects()).subject(make_identity(), now=NOW) != make_register(MemorySubjects()).subject(
        make_identity(), now=NOW
    )


def test_subject_lookup_needs_the_key() -> None:
    one, two = MemorySubjects(), MemorySubjects()
    make_register(one).subject(make_identity(), now=NOW)
    make_register(two, b"\x02" * 32).subject(make_identity(), now=NOW)
    assert one.entries[0].lookup != two.entries[0].lookup


def test_subject_of_two_first_logins_at_once_is_the_same() -> None:
    class Late(MemorySubjects):
        def find(self, lookup: bytes) -> LoginSubject | None:
            return None

        def add(self, entry: LoginSubject) -> LoginSubject:
            self.entries.append(entry)
            return self.entries[0]

    register = make_register(Late())
    assert register.subject(make_identity(), now=NOW) == register.subject(make_identity(), now=NOW)


def test_identity_gives_back_who_it_was() -> None:
    store = MemorySubjects()
    subject = make_register(store).subject(make_identity(CASEWORKER, "staff"), now=NOW)
    reader = SubjectReader(store=store, private_key=OPENING)
    assert reader.identity(subject=subject, provider="staff") == make_identity(CASEWORKER, "staff")


@pytest.mark.parametrize(("subject", "provider"), [("unknown", "digid"), (None, "staff")])
def test_identity_refuses_another_provider_or_subject(subject: str | None, provider: str) -> None:
    store = MemorySubjects()
    known = make_register(store).subject(make_identity(), now=NOW)
    with pytest.raises(NotAdmitted):
        SubjectReader(store=store, private_key=OPENING).identity(subject=subject or known, provider=provider)


def test_identity_refuses_a_row_that_was_moved_or_changed() -> None:
    store = MemorySubjects()
    register = make_register(store)
    mine = register.subject(make_identity(), now=NOW)
    register.subject(make_identity(OTHER_RESIDENT), now=NOW)
    first, second = store.entries
    reader = SubjectReader(store=store, private_key=OPENING)
    store.entries[0] = dataclasses.replace(first, sealed=second.sealed)
    with pytest.raises(Undecryptable):
        reader.identity(subject=mine, provider="digid")
    store.entries[0] = dataclasses.replace(first, provider="staff")
    with pytest.raises(Undecryptable):
        reader.identity(subject=mine, provider="staff")


def test_identity_needs_the_private_key() -> None:
    store = MemorySubjects()
    subject = make_register(store).subject(make_identity(), now=NOW)
    with pytest.raises(Undecryptable):
        SubjectReader(store=store, private_key=OpeningKey(b"\x08" * 32)).identity(subject=subject, provider="digid")


def test_repr_shows_no_identity() -> None:
    assert RESIDENT not in repr(make_identity())
