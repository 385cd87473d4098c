"""Claims, notices and consents in the dossiers of a stand-in cockpit, and what is said of them, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.claims import ClaimStatus, claim_document
from schuldhulp.domain.records import (
    Consent,
    ConsentForm,
    ConsentSubject,
    NoticeMeans,
    ReceivedClaim,
    ResidentView,
    SentNotice,
)
from schuldhulp.domain.types import ClaimId, Commitment, DossierId, MunicipalityCode, RecordId
from schuldhulp.errors import NotAllowed
from schuldhulp.services.claims.own_claims import OwnClaims
from schuldhulp.services.claims.rows import ClaimRow, ContentsState
from schuldhulp.services.views import RecordView
from tests.support.claims_stage import contents

if TYPE_CHECKING:
    from tests.support.fake_cockpit import FakeCockpit

RECEIVED = datetime.fromisoformat("2026-11-20T08:00:00+00:00")


class FakeOwnClaims:
    """What a resident's pages about claims and consents ask, kept in the dossiers of a stand-in cockpit.

    Attributes:
        rows: where claims stand on the chain, by their id.
        service: the real service, reading `rows`.
    """

    def __init__(self, fake: FakeCockpit) -> None:
        self._fake = fake
        self.rows: dict[ClaimId, ClaimRow] = {}
        self.service = OwnClaims(store=self)  # type: ignore[arg-type]
        self.objections = SimpleNamespace(dispute=self._dispute, agree=self._agree, answer=self._answer)
        self.ending = SimpleNamespace(end=self._end)

    @contextmanager
    def read(self) -> Iterator[Any]:
        """Give the one table that is read."""
        yield SimpleNamespace(claims=SimpleNamespace(claim=self.rows.get))

    def put(
        self, dossier: DossierId, record_id: RecordId, *, record: dict[str, Any] | None = None, **told: Any
    ) -> None:
        """Put a claim into a dossier.

        Args:
            dossier: where.
            record_id: its record.
            record: fields of the record that differ.
            told: fields of the contents that differ.
        """
        made = contents(**told)
        claim = ReceivedClaim(
            **{
                "claim_id": record_id.hex(),
                "commitment": bytes(32).hex(),
                "claim_version": 1,
                "document": claim_document(made),
                "received_at": RECEIVED,
                **(record or {}),
            }
        )
        self._fake.stored[dossier].put(record_id, claim)

    def stands(self, record_id: RecordId, status: ClaimStatus, *, commitment: bytes = bytes(32)) -> None:
        """Let the chain say where a claim stands."""
        self.rows[ClaimId(bytes(record_id))] = ClaimRow(
            claim_id=ClaimId(bytes(record_id)),
            municipality=MunicipalityCode(14),
            holder="0x" + "11" * 20,
            status=status,
            commitment=Commitment(commitment),
            filed_at=RECEIVED,
            changed_at=RECEIVED + timedelta(days=1),
            since=RECEIVED,
            block_number=1,
            contents=ContentsState.COMPLETE,
            message=None,
        )

    def answer(self, dossier: DossierId, record_id: RecordId, text: str) -> None:
        """Let the caseworker answer."""
        self._say(dossier, record_id, "caseworker", answer=text, answered_at=self._now)

    @property
    def _now(self) -> datetime:
        return RECEIVED + timedelta(days=3)

    def _dispute(
        self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int, reason: str
    ) -> RecordView:
        said = {"resident_view": ResidentView.DISPUTED, "resident_reason": reason}
        return self._checked(actor, dossier, record_id, expected_version, said)

    def _agree(self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int) -> RecordView:
        said = {"resident_view": ResidentView.AGREED, "resident_reason": ""}
        return self._checked(actor, dossier, record_id, expected_version, said)

    def _answer(
        self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int, text: str
    ) -> RecordView:
        stored = self._fake._write(actor, Permission.DECIDE_CLAIMS, dossier)
        self._fake._current(stored, record_id, expected_version)
        return self._say(dossier, record_id, "caseworker", answer=text, answered_at=self._now)

    def _checked(
        self, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int, said: dict[str, Any]
    ) -> RecordView:
        stored = self._fake._write(actor, Permission.DISPUTE_CLAIM, dossier)
        self._fake._current(stored, record_id, expected_version)
        gone = {"answer": "", "answered_at": None, "resident_at": self._now}
        return self._say(dossier, record_id, "resident", **said, **gone)

    def _say(self, dossier: DossierId, record_id: RecordId, author: str, **said: Any) -> RecordView:
        stored = self._fake.stored[dossier]
        record = replace(stored.records[record_id][-1].record, **said)
        return stored.put(record_id, record, author=author, verified=False)

    def _end(self, *, actor: Actor, dossier: DossierId, record_id: RecordId, expected_version: int) -> RecordView:
        stored = self._fake._write(actor, Permission.END_CONSENT, dossier)
        newest = self._fake._current(stored, record_id, expected_version)
        if newest.record.applicant != actor.applicant:
            raise NotAllowed("consent_of_another", "somebody else's")
        ended = replace(newest.record, ended_on=date(2026, 11, 23))
        return stored.put(record_id, ended, author="resident", verified=False)


def make_consent(applicant: RecordId, **changes: Any) -> Consent:
    """Return a consent that holds."""
    return Consent(
        **{
            "applicant": applicant,
            "party": "Woningstichting De Brug",
            "kvk": "12345678",
            "subject": ConsentSubject.RENT,
            "given_on": date(2026, 1, 5),
            "how": ConsentForm.WRITTEN,
            **changes,
        }
    )


def make_notice(**changes: Any) -> SentNotice:
    """Return a notice that was sent by letter."""
    return SentNotice(
        **{
            "recipient": "Postorderbedrijf Wolkenveld",
            "kvk": "12345678",
            "reference": "D-0",
            "means": NoticeMeans.LETTER,
            "sent_on": date(2026, 11, 10),
            "document": '{"text":"U krijgt hulp."}',
            **changes,
        }
    )
