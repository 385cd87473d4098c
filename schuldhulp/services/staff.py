"""Who works at the credit bank, and which creditors it knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from schuldhulp.domain.access import Actor, Permission, Role, require
from schuldhulp.domain.checks import check_line
from schuldhulp.domain.organisations import parse_kvk
from schuldhulp.errors import Conflict, InvalidInput, NotAllowed, NotFound
from schuldhulp.services.ports import Store
from schuldhulp.services.rows import CreditorRow, StaffRow

STAFF_ROLES: Final = (Role.CASEWORKER, Role.TEAM_LEADER, Role.ADMINISTRATOR)
_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")


class StaffService:
    """Keeps the tables of staff and creditors."""

    def __init__(self, *, store: Store) -> None:
        """Take what it works with.

        Args:
            store: the main database.
        """
        self._store = store

    def list(self, *, actor: Actor) -> Sequence[StaffRow]:
        """Return all members of staff, by login."""
        require(actor, Permission.MANAGE_STAFF)
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
        require(actor, Permission.MANAGE_STAFF)
        return self.put(login=login, name=name, function=function, roles=roles, replace=False)

    def add_first(self, *, login: str, name: str, function: str) -> StaffRow:
        """Add the first administrator of an installation, when there is nobody yet who could.

        Raises:
            NotAllowed: there is somebody already.
            InvalidInput: a value is missing or wrong.
        """
        with self._store.read() as work:
            somebody = bool(work.staff.list())
        if somebody:
            raise NotAllowed("staff_exists", "there are members of staff already; an administrator adds more")
        return self.put(login=login, name=name, function=function, roles=[Role.ADMINISTRATOR], replace=False)

    def put(
        self, *, login: str, name: str, function: str, roles: Iterable[Role], active: bool = True, replace: bool = True
    ) -> StaffRow:
        """Store a member of staff, for setting up an installation: nobody is an administrator before the first one.

        Args:
            login: account name at the staff login.
            name: how to call them.
            function: what stands under their name.
            roles: at least one.
            active: whether they may log in.
            replace: whether an account with this login is written over; else it is a Conflict.
        """
        if not _LOGIN.fullmatch(login):
            raise InvalidInput("login_invalid", "login: small letters, digits, dot, dash, at sign", field="login")
        check_line(name, "name", required=True)
        check_line(function, "function", required=True)
        chosen = tuple(role.value for role in STAFF_ROLES if role in set(roles))
        if not chosen:
            raise InvalidInput("required", "roles: at least one role of staff", field="roles")
        with self._store.write() as work:
            present = work.staff.by_login(login)
            if present is not None and not replace:
                raise Conflict("login_taken", "there is an account with this login", field="login")
            row = StaffRow(
                id=present.id if present else 0, login=login, name=name, function=function, roles=chosen, active=active
            )
            if present is None:
                work.staff.add(row)
            else:
                work.staff.set(row)
            stored = work.staff.by_login(login)
            work.commit()
        return stored or row

    def deactivate(self, *, actor: Actor, login: str) -> None:
        """Close an account; what it did stays.

        Raises:
            NotAllowed: the actor is no administrator.
            NotFound: there is no such account.
        """
        require(actor, Permission.MANAGE_STAFF)
        with self._store.write() as work:
            row = work.staff.by_login(login)
            if row is None:
                raise NotFound("staff_unknown", "there is no such account", field="login")
            work.staff.set(
                StaffRow(
                    id=row.id, login=row.login, name=row.name, function=row.function, roles=row.roles, active=False
                )
            )
            work.commit()

    def put_creditor(self, *, kvk: str, name: str, active: bool = True) -> CreditorRow:
        """Store a creditor that may log in with eHerkenning, or write its name and whether it still may.

        Raises:
            InvalidInput: no KvK number, or no name.
        """
        check_line(name, "name", required=True)
        row = CreditorRow(kvk=parse_kvk(kvk, "kvk"), name=name, active=active)
        with self._store.write() as work:
            work.staff.put_creditor(row)
            work.commit()
        return row

    def creditors(self) -> Sequence[CreditorRow]:
        """Return all creditors, by KvK number."""
        with self._store.read() as work:
            return work.staff.creditors()
