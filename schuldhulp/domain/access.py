"""Who may do what: roles, permissions and the one function that asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import NotAllowed

ActorKind = Literal["staff", "resident", "creditor", "system"]


class Role(StrEnum):
    """What somebody is to the credit bank; comes from its own database, never from a token."""

    RESIDENT = "resident"
    CASEWORKER = "caseworker"
    TEAM_LEADER = "team_leader"
    ADMINISTRATOR = "administrator"
    CREDITOR = "creditor"


class Permission(StrEnum):
    """One thing that can be done."""

    LIST_DOSSIERS = "list_dossiers"
    OPEN_DOSSIER = "open_dossier"
    ADD_CLIENT = "add_client"
    CHANGE_RECORDS = "change_records"
    CONFIRM_AGREEMENT = "confirm_agreement"
    ENROL = "enrol"
    END_ENROLMENT = "end_enrolment"
    EXPORT_DOSSIER = "export_dossier"
    VERIFY_DOSSIER = "verify_dossier"
    VERIFY_ALL = "verify_all"
    DECIDE_CLAIMS = "decide_claims"
    DISPUTE_CLAIM = "dispute_claim"
    END_CONSENT = "end_consent"
    ASSIGN_CASELOAD = "assign_caseload"
    MANAGE_STAFF = "manage_staff"
    MANAGE_CREDITORS = "manage_creditors"
    ANCHOR = "anchor"
    FILL_EPOCH = "fill_epoch"
    SEE_STATUS = "see_status"
    ASK_SIGNAL = "ask_signal"
    FILE_CLAIM = "file_claim"


_CASEWORKER: Final = frozenset(
    {
        Permission.LIST_DOSSIERS,
        Permission.OPEN_DOSSIER,
        Permission.ADD_CLIENT,
        Permission.CHANGE_RECORDS,
        Permission.CONFIRM_AGREEMENT,
        Permission.ENROL,
        Permission.END_ENROLMENT,
        Permission.EXPORT_DOSSIER,
        Permission.VERIFY_DOSSIER,
        Permission.VERIFY_ALL,
        Permission.DECIDE_CLAIMS,
        Permission.SEE_STATUS,
        Permission.ASK_SIGNAL,
    }
)

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        Role.RESIDENT: frozenset(
            {
                Permission.OPEN_DOSSIER,
                Permission.CONFIRM_AGREEMENT,
                Permission.DISPUTE_CLAIM,
                Permission.END_CONSENT,
                Permission.EXPORT_DOSSIER,
                Permission.VERIFY_DOSSIER,
            }
        ),
        Role.CASEWORKER: _CASEWORKER,
        Role.TEAM_LEADER: _CASEWORKER | {Permission.ASSIGN_CASELOAD},
        # An administrator keeps the system going and has no business in a dossier.
        Role.ADMINISTRATOR: frozenset(
            {
                Permission.VERIFY_ALL,
                Permission.MANAGE_STAFF,
                Permission.MANAGE_CREDITORS,
                Permission.ANCHOR,
                Permission.FILL_EPOCH,
                Permission.SEE_STATUS,
            }
        ),
        Role.CREDITOR: frozenset({Permission.ASK_SIGNAL, Permission.FILE_CLAIM}),
    }
)

SYSTEM_PERMISSIONS: Final = frozenset({Permission.ANCHOR, Permission.VERIFY_ALL, Permission.SEE_STATUS})
"""What the worker and the watch over the chain do by themselves, without anybody asking."""

_ROLES_OF_KIND: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "resident": frozenset({Role.RESIDENT}),
        "creditor": frozenset({Role.CREDITOR}),
        "staff": frozenset({Role.CASEWORKER, Role.TEAM_LEADER, Role.ADMINISTRATOR}),
        "system": frozenset(),
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Somebody who does something, or the system itself.

    Attributes:
        kind: on which side of the counter.
        id: name of the account within its kind; never a citizen service number.
        name: how to call the actor on a screen; not shown in ``repr``.
        roles: what the actor is; a role that does not fit the kind counts for nothing.
        dossiers: a resident's own dossiers, or the caseload of a member of staff.
        applicant: the record of the resident in the own dossier.
        organisation: KvK number of a creditor.
        session: random name of the login, for the processing log.
    """

    kind: ActorKind
    id: str = field(repr=False)
    name: str = field(default="", repr=False)
    roles: frozenset[Role] = frozenset()
    dossiers: frozenset[DossierId] = field(default=frozenset(), repr=False)
    applicant: RecordId | None = field(default=None, repr=False)
    organisation: str | None = None
    session: str = field(default="", repr=False)


def permissions_of(actor: Actor) -> frozenset[Permission]:
    """Return everything that an actor may do somewhere."""
    if actor.kind == "system":
        return SYSTEM_PERMISSIONS
    found: frozenset[Permission] = frozenset()
    for role in actor.roles & _ROLES_OF_KIND[actor.kind]:
        found |= PERMISSIONS[role]
    return found


def may(actor: Actor, permission: Permission, dossier: DossierId | None = None) -> bool:
    """Say whether an actor may do something, in a dossier where one is named."""
    if permission not in permissions_of(actor):
        return False
    return dossier is None or actor.kind != "resident" or dossier in actor.dossiers


def require(actor: Actor, permission: Permission, dossier: DossierId | None = None) -> None:
    """Refuse what an actor may not do.

    Args:
        actor: who wants it.
        permission: what.
        dossier: where, for whatever happens in one dossier. A resident comes into the own dossiers only; staff
            outside the caseload also needs a reason, see `services.caseload`.

    Raises:
        NotAllowed: the actor has no such right there.
    """
    if not may(actor, permission, dossier):
        raise NotAllowed("not_allowed", f"no right to {permission.value}", permission=permission.value)
