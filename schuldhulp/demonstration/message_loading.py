"""Has the demonstration's caseworker tell creditors about a client, and a landlord state a new rent.

It can be stopped anywhere and repeated: who was told, and what was stated, is not told or stated again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from schuldhulp.creditor.statements import StatementClient
from schuldhulp.demonstration.claims import debtor_of
from schuldhulp.demonstration.loading import caseworker_of, file_number
from schuldhulp.demonstration.people import households
from schuldhulp.demonstration.services import CockpitServices
from schuldhulp.demonstration.words import ADMITTED
from schuldhulp.domain.access import Actor
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.claims import Organisation
from schuldhulp.domain.money import Frequency
from schuldhulp.domain.records import Applicant, Consent, ConsentForm, ConsentSubject, Position, RecordKind
from schuldhulp.domain.statements import Statement
from schuldhulp.domain.types import Cents, MunicipalityCode
from schuldhulp.errors import Conflict, NotAllowed, NotFound
from schuldhulp.services.clock import today
from schuldhulp.services.notices.desk import Choice
from schuldhulp.services.ports import Clock
from schuldhulp.services.views import DossierView

HOUSEHOLD: Final = 12
"""Whose creditors are told, and whose rent goes up."""

_LANDLORD: Final = ADMITTED[0]
_REFERENCE: Final = "HUURDER-20117"
_RENT: Final = Cents(612_75)
_ID_BYTES: Final = 30


@dataclass(frozen=True, kw_only=True)
class MessageLoader:
    """Loads the notices and statements of the demonstration; evaluator and worker have to run.

    Attributes:
        cockpit: the services of staff.
        client: opens what sends statements, by KvK number.
        municipality: CBS code.
        clock: the time.
    """

    cockpit: CockpitServices
    client: Callable[[str], AbstractContextManager[StatementClient]]
    municipality: MunicipalityCode
    clock: Clock

    def load(self) -> tuple[str, ...]:
        """Send what was not sent yet.

        Returns:
            What could not be sent and why; the dossier or the landlord may have changed since.

        Raises:
            Unreachable: chain or evaluator do not answer; repeat it then.
        """
        actor = caseworker_of(self.cockpit.access, HOUSEHOLD)
        left = []
        for name, send in (("notices", self._tell), ("statement", self._state)):
            try:
                dossier = self.cockpit.dossiers.find(actor=actor, name=file_number(HOUSEHOLD))
                view = self.cockpit.dossiers.open(
                    actor=actor, dossier=dossier, purpose=Purpose.DEMONSTRATION, reason="demonstratiegegevens"
                )
                send(actor, view)
            except (Conflict, NotAllowed, NotFound) as error:
                left.append(f"{name}: {error}")
        return tuple(left)

    def _tell(self, actor: Actor, view: DossierView) -> None:
        """Tell those creditors who are on the channel, unless anybody was told before."""
        found = self.cockpit.notices.candidates(actor=actor, dossier=view.summary.id)
        if any(one.told_on is not None for one in found):
            return
        choices = [Choice(obligation=one.party.obligation, role=one.party.role) for one in found if one.on_channel]
        if choices:
            self.cockpit.notices.send(actor=actor, dossier=view.summary.id, choices=choices)

    def _state(self, actor: Actor, view: DossierView) -> None:
        """Record the client's consent, and have the landlord state the rent that is to come."""
        day = today(self.clock)
        consents = [one.record for one in view.of_kind(RecordKind.CONSENT, withdrawn=True)]
        if not any(isinstance(one, Consent) and one.kvk == _LANDLORD.kvk for one in consents):
            applicant = next(
                one.record_id
                for one in view.of_kind(RecordKind.APPLICANT)
                if isinstance(one.record, Applicant) and one.record.position is Position.FIRST
            )
            consent = Consent(
                applicant=applicant,
                party=_LANDLORD.name,
                kvk=_LANDLORD.kvk,
                subject=ConsentSubject.RENT,
                given_on=day - timedelta(days=20),
                how=ConsentForm.WRITTEN,
            )
            self.cockpit.records.add_all(actor=actor, dossier=view.summary.id, records=[consent])
        with self.client(_LANDLORD.kvk) as client:
            client.resume()
            if not any(one.statement.reference == _REFERENCE for one in client.list()):
                client.send(self._rent(day))

    def _rent(self, day: date) -> Statement:
        household = next(one for one in households(day) if one.number == HOUSEHOLD)
        return Statement(
            statement_id=self.municipality.to_bytes(2, "big") + secrets.token_bytes(_ID_BYTES),
            municipality=self.municipality,
            client=debtor_of(household),
            sender=Organisation(name=_LANDLORD.name, kvk=_LANDLORD.kvk),
            reference=_REFERENCE,
            subject=ConsentSubject.RENT,
            amount=_RENT,
            frequency=Frequency.MONTHLY,
            from_date=day.replace(day=1),
            sent_at=self.clock.now().replace(microsecond=0),
        )
