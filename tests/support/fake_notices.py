"""A stand-in for the services around notices, with the same signatures; everything in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

from schuldhulp.domain.access import Actor
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.notices import Notice, NoticeClient, NoticeState, answer_day
from schuldhulp.domain.records import NoticeMeans, ObligationStatus, ObligationType
from schuldhulp.domain.types import DossierId, MunicipalityCode, RecordId, Salt
from schuldhulp.errors import SchuldhulpError
from schuldhulp.services.notices.desk import Candidate, Choice, Sent
from schuldhulp.services.notices.late import LateNotice
from schuldhulp.services.notices.overview import NoticeView
from schuldhulp.services.notices.parties import InvolvedParty, PartyRole

TODAY = date(2026, 11, 23)


def candidate(number: int = 1, *, on_channel: bool = True, **changes: object) -> Candidate:
    """Make somebody who can be told."""
    party = InvolvedParty(
        obligation=RecordId(bytes([number]) * 32),
        type=ObligationType.ENERGY,
        status=ObligationStatus.IN_ARREARS,
        role=PartyRole.CREDITOR,
        name=f"Stroom & Gas {number}",
        kvk="12345678" if on_channel else "",
        reference=f"K-{number}",
    )
    return replace(Candidate(party=party, on_channel=on_channel), **changes)  # type: ignore[arg-type]


def notice_view(state: NoticeState = NoticeState.DELIVERED, **changes: object) -> NoticeView:
    """Make a notice that was sent."""
    notice = Notice(
        notice_id=b"\x00\x0e\x4f\x2a\x91\xc3\x77\xb0" + b"\x05" * 24,
        municipality=MunicipalityCode(14),
        sender="Gemeente Voorbeeld",
        contact="schuldhulp@example.nl",
        recipient="Stroom & Gas 1",
        kvk="12345678",
        reference="K-1",
        clients=(NoticeClient(initials="A.B.", surname="Jansen", birth_date=PartialDate(1980, 2, 1)),),
        enrolled_since=TODAY,
        answer_by=answer_day(TODAY),
        written_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
        salt=Salt(b"\x06" * 32),
    )
    view = NoticeView(
        record=RecordId(b"\x07" * 32),
        number=notice.number,
        recipient=notice.recipient,
        kvk=notice.kvk,
        reference=notice.reference,
        obligation=RecordId(b"\x01" * 32),
        type=ObligationType.ENERGY,
        means=NoticeMeans.CHANNEL,
        sent_on=TODAY,
        answer_by=notice.answer_by,
        days_left=10,
        state=state,
        delivered_at=datetime(2026, 11, 23, 9, 31, tzinfo=UTC),
        acknowledged_at=None,
        acknowledged_by="",
        trouble="",
        notice=notice,
    )
    return replace(view, **changes)  # type: ignore[arg-type]


@dataclass
class FakeNotices:
    """What was sent, and who can be told."""

    found: list[Candidate] = field(default_factory=list)
    views: list[NoticeView] = field(default_factory=list)
    late: list[LateNotice] = field(default_factory=list)
    sent: list[Sequence[Choice]] = field(default_factory=list)
    refusal: SchuldhulpError | None = None

    def __post_init__(self) -> None:
        self.desk = SimpleNamespace(candidates=self._candidates, send=self._send)
        self.overview = SimpleNamespace(told=self._told)
        self.late_ones = SimpleNamespace(of=self._late)

    def _candidates(self, *, actor: Actor, dossier: DossierId) -> list[Candidate]:
        return self.found

    def _told(self, *, actor: Actor, dossier: DossierId) -> list[NoticeView]:
        return self.views

    def _late(self, *, actor: Actor) -> list[LateNotice]:
        return self.late

    def _send(self, *, actor: Actor, dossier: DossierId, choices: Sequence[Choice]) -> list[Sent]:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(choices)
        names = {(one.party.obligation, one.party.role): one.party.name for one in self.found}
        return [
            Sent(
                record=RecordId(b"\x08" * 32),
                number="4F2A-91C3-77B0",
                recipient=names[one.obligation, one.role],
                means=one.means,
                answer_by=answer_day(one.sent_on or TODAY),
            )
            for one in choices
        ]
