"""What the demonstration uses of the cockpit's services."""

from __future__ import annotations

from typing import Protocol

from schuldhulp.services.access import AccessService
from schuldhulp.services.claims.decisions import ClaimDesk
from schuldhulp.services.claims.inbox import ClaimInbox
from schuldhulp.services.claims.objections import ClaimObjections
from schuldhulp.services.claims.told import DecisionHistory
from schuldhulp.services.dossiers import DossierService
from schuldhulp.services.notices.desk import NoticeDesk
from schuldhulp.services.records import RecordService


class CockpitServices(Protocol):
    """The services of staff and residents; ``bootstrap.Cockpit`` has them all."""

    @property
    def access(self) -> AccessService:
        """Finds the members of staff that act."""

    @property
    def dossiers(self) -> DossierService:
        """Finds and opens dossiers."""

    @property
    def records(self) -> RecordService:
        """Writes records."""

    @property
    def claims(self) -> ClaimInbox:
        """Opens claims."""

    @property
    def claim_desk(self) -> ClaimDesk:
        """Links claims and decides on them."""

    @property
    def claim_decisions(self) -> DecisionHistory:
        """What was decided so far."""

    @property
    def claim_objections(self) -> ClaimObjections:
        """What residents say of claims."""

    @property
    def notices(self) -> NoticeDesk:
        """Tells creditors about clients."""
