"""From a login to an actor: who somebody is here, by our own tables and nothing that a token claims."""

from __future__ import annotations

import secrets
from typing import Final

from schuldhulp.crypto.blind_index import bsn_index
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.identifiers import Bsn, parse_bsn
from schuldhulp.domain.records import Applicant
from schuldhulp.errors import NotAdmitted
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.login import SubjectReader
from schuldhulp.services.processing_log import ProcessingLog, trace_id
from schuldhulp.services.rows import StaffRow

STAFF_ROLES: Final = frozenset({Role.CASEWORKER, Role.TEAM_LEADER, Role.ADMINISTRATOR})


class AccessService:
    """Finds out who logged in."""

    def __init__(self, *, reader: DossierReader, subjects: SubjectReader, log: ProcessingLog) -> None:
        """Take what it works with.

        Args:
            reader: finds the resident's dossier.
            subjects: opens what the relay sealed about a login.
            log: the processing log.
        """
        self._reader = reader
        self._store = reader.store
        self._subjects = subjects
        self._log = log

    def staff_member(self, login: str, *, session: str | None = None) -> Actor:
        """Return a member of staff, for the command line.

        Args:
            login: account name.
            session: name of the session; a new random one when left out.

        Raises:
            NotAdmitted: there is no such account, or it is closed.
        """
        with self._store.read() as work:
            row = work.staff.by_login(login)
            caseload = work.dossiers.caseload(row.id) if row is not None else ()
        if row is None or not row.active:
            raise NotAdmitted("staff_unknown", "no member of staff may log in under this name", field="login")
        return Actor(
            kind="staff",
            id=str(row.id),
            name=row.name,
            roles=_roles(row),
            dossiers=frozenset(caseload),
            session=session or secrets.token_urlsafe(24),
        )

    def from_login(self, *, subject: str, provider: str, level: str, session: str) -> Actor:
        """Return who stands behind a login at the relay.

        Args:
            subject: ``sub`` of the token.
            provider: ``digid``, ``eherkenning`` or ``staff``.
            level: level of assurance that the relay tells; the relay has refused what is too low.
            session: random name of this login, for the processing log.

        Returns:
            The actor, with roles and dossiers from our own tables.

        Raises:
            NotAdmitted: the login is valid, but nobody here knows who it belongs to.
            Undecryptable: what the relay sealed was changed.
            Unreachable: the database does not answer.
        """
        identity = self._subjects.identity(subject=subject, provider=provider)
        if identity.provider == "digid":
            actor = self._resident(identity.value, subject, session)
        elif identity.provider == "eherkenning":
            actor = self._creditor(identity.value, session)
        elif identity.provider == "staff":
            actor = self.staff_member(identity.value, session=session)
        else:
            raise NotAdmitted("login_unknown", "this way of logging in is not known here")
        self._note(actor)
        return actor

    def _resident(self, number: str, subject: str, session: str) -> Actor:
        bsn = parse_bsn(number)
        with self._store.read() as work:
            entries = work.index.find(bsn_index(self._reader.keys.index, bsn))
            rows = {entry.dossier: work.dossiers.get(entry.dossier) for entry in entries}
        ours = {known for known, row in rows.items() if row and row.municipality == self._reader.municipality}
        opened = {known: self._reader.read(known) for known in ours}
        # The newest dossier in which help still goes on comes first; sorting keeps the order of age otherwise.
        candidates = [entry for entry in entries if entry.dossier in ours]
        candidates.sort(key=lambda one: opened[one.dossier].dossier.ended_at is not None)
        for entry in candidates:
            found = opened[entry.dossier].current.get(entry.record)
            version = found.version if found is not None else None
            # The index only finds; what counts is the number in the record, which nobody can change unseen.
            if version is not None and not version.withdrawn and isinstance(version.record, Applicant):
                person = version.record
                if _same(person.bsn, bsn):
                    return Actor(
                        kind="resident",
                        id=subject,
                        name=person.full_name,
                        roles=frozenset({Role.RESIDENT}),
                        dossiers=frozenset({entry.dossier}),
                        applicant=entry.record,
                        session=session,
                    )
        raise NotAdmitted("resident_unknown", "nobody with this login has a dossier here")

    def _creditor(self, kvk: str, session: str) -> Actor:
        with self._store.read() as work:
            row = work.staff.creditor(kvk)
        if row is None or not row.active:
            raise NotAdmitted("creditor_unknown", "this organisation has not been admitted here")
        return Actor(
            kind="creditor",
            id=kvk,
            name=row.name,
            roles=frozenset({Role.CREDITOR}),
            organisation=kvk,
            session=session,
        )

    def _note(self, actor: Actor) -> None:
        """Write one line for each session."""
        trace = trace_id(actor)
        with self._store.write() as work:
            if not work.log.has(None, name=LogAction.LOGIN.value, trace_id=trace):
                purpose = Purpose.OWN_VIEW if actor.kind == "resident" else Purpose.DEBT_HELP
                self._log.write(work, actor=actor, action=LogAction.LOGIN, purpose=purpose)
                work.commit()


def _roles(row: StaffRow) -> frozenset[Role]:
    known = {role.value: role for role in STAFF_ROLES}
    return frozenset(known[role] for role in row.roles if role in known)


def _same(one: Bsn | None, other: Bsn) -> bool:
    return one is not None and one.digits == other.digits
