"""Who works at the credit bank, and which creditors may log in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final

from schuldhulp.domain.access import Actor, Permission, Role
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.checks import check_line
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound
from schuldhulp.services.ports import Store, UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.rows import CreditorRow, StaffRow

STAFF_ROLES: Final = (Role.CASEWORKER, Role.TEAM_LEADER, Role.ADMINISTRATOR)
_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")
_SET_UP: Final = Actor(kind="system", id="set-up")
"""Who makes the first administrator."""


class StaffService:
    """Keeps the tables of staff and creditors; every change leaves a line in the processing log."""

    def __init__(self, *, store: Store, log: ProcessingLog) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            log: the processing log.
        """
        self._store = store
        self._log = log

    def list(self, *, actor: Actor) -> Sequence[StaffRow]:
        """Return all members of staff, by login.

        Raises:
            NotAllowed: the actor is no administrator.
        """
        self._require(actor, Permission.MANAGE_STAFF)
        with self._store.read() as work:
            return work.staff.list()

    def add(self, *, actor: Actor, login: str, name: str, function: str, roles: Iterable[Role]) -> StaffRow:
        """Add a member of staff.

        Args:
            actor: an administrator.
            login: account name at the staff login: small letters, digits, ``.``, ``_``, ``@``, ``-``.
            name: how to call them.
            function: what stands under their name.
            roles: caseworker, team leader or administrator; at least one.

        Raises:
            NotAllowed: the actor is no administrator.
            InvalidInput: a value is missing or wrong.
            Conflict: there is an account with this login.
        """
        self._require(actor, Permission.MANAGE_STAFF)
        row = _new_row(login, name, function, roles)
        with self._store.write() as work:
            return self._add(work, row, actor)

    def add_first(self, *, login: str, name: str, function: str) -> StaffRow:
        """Add the first administrator of an installation: the one act for which nobody need be an administrator.

        Raises:
            NotAllowed: there is somebody already.
            InvalidInput: a value is missing or wrong.
        """
        row = _new_row(login, name, function, [Role.ADMINISTRATOR])
        with self._store.write() as work:
            if work.staff.list():
                raise NotAllowed("staff_exists", "there are members of staff already; an administrator adds more")
            return self._add(work, row, _SET_UP)

    def deactivate(self, *, actor: Actor, login: str) -> None:
        """Close an account; what it did stays.

        Raises:
            NotAllowed: the actor is no administrator.
            NotFound: there is no such account.
        """
        self._require(actor, Permission.MANAGE_STAFF)
        with self._store.write() as work:
            row = work.staff.by_login(login)
            if row is None:
                raise NotFound("staff_unknown", "there is no such account", field="login")
            work.staff.set(replace(row, active=False))
            self._note(work, actor, LogAction.CHANGE, f"staff {login}: closed")
            work.commit()

    def put_creditor(self, *, actor: Actor, kvk: str, name: str) -> CreditorRow:
        """Let a creditor log in with eHerkenning, from now on or again, under this name.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: no KvK number, or no name.
        """
        self._require(actor, Permission.MANAGE_CREDITORS)
        check_line(name, "name", required=True)
        row = CreditorRow(kvk=parse_kvk(kvk, "kvk"), name=name, active=True)
        with self._store.write() as work:
            present = work.staff.creditor(row.kvk)
            if present != row:
                work.staff.put_creditor(row)
                action = LogAction.ADD if present is None else LogAction.CHANGE
                self._note(work, actor, action, f"creditor {row.kvk}: may log in")
                work.commit()
        return row

    def close_creditor(self, *, actor: Actor, kvk: str) -> None:
        """Let a creditor log in no longer; one that never could is left as it is.

        Raises:
            NotAllowed: the actor does not manage creditors.
            InvalidInput: no KvK number.
        """
        self._require(actor, Permission.MANAGE_CREDITORS)
        kvk = parse_kvk(kvk, "kvk")
        with self._store.write() as work:
            present = work.staff.creditor(kvk)
            if present is not None and present.active:
                work.staff.put_creditor(replace(present, active=False))
                self._note(work, actor, LogAction.CHANGE, f"creditor {kvk}: may no longer log in")
                work.commit()

    def creditors(self, *, actor: Actor) -> Sequence[CreditorRow]:
        """Return all creditors, by KvK number.

        Raises:
            NotAllowed: the actor does not manage creditors.
        """
        self._require(actor, Permission.MANAGE_CREDITORS)
        with self._store.read() as work:
            return work.staff.creditors()

    def words(self, *, actor: Actor, ids: Collection[str]) -> dict[str, str]:
        """Say who decided about creditors, by function and login, also of who works here no longer.

        Args:
            actor: who manages creditors.
            ids: names of actors as decisions keep them; one that is no member of staff is left out.

        Raises:
            NotAllowed: the actor does not manage creditors.
        """
        self._require(actor, Permission.MANAGE_CREDITORS)
        with self._store.read() as work:
            return {str(row.id): f"{row.function} ({row.login})" for row in work.staff.list() if str(row.id) in ids}

    def _require(self, actor: Actor, permission: Permission) -> None:
        self._log.refuse(actor=actor, permission=permission, purpose=Purpose.ADMINISTRATION, dossier=None)

    def _add(self, work: UnitOfWork, row: StaffRow, actor: Actor) -> StaffRow:
        if work.staff.by_login(row.login) is not None:
            raise Conflict("login_taken", "there is an account with this login", field="login")
        stored = replace(row, id=work.staff.add(row))
        self._note(work, actor, LogAction.ADD, f"staff {row.login}: added as {', '.join(row.roles)}")
        work.commit()
        return stored

    def _note(self, work: UnitOfWork, actor: Actor, action: LogAction, what: str) -> None:
        self._log.write(work, actor=actor, action=action, purpose=Purpose.ADMINISTRATION, reason=what)


def _new_row(login: str, name: str, function: str, roles: Iterable[Role]) -> StaffRow:
    if not _LOGIN.fullmatch(login):
        raise InvalidInput("login_invalid", "login: small letters, digits, dot, dash, at sign", field="login")
    check_line(name, "name", required=True)
    check_line(function, "function", required=True)
    wanted = set(roles)
    chosen = tuple(role.value for role in STAFF_ROLES if role in wanted)
    if not chosen:
        raise InvalidInput("required", "roles: at least one role of staff", field="roles")
    return StaffRow(id=0, login=login, name=name, function=function, roles=chosen, active=True)
