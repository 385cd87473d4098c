"""Telling the creditors of a dossier that somebody gets help: the record in the dossier and the job in one write."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.notices import notice_document, seal_notice
from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, Purpose
from schuldhulp.domain.notices import Notice, answer_day, known_client, whole_seconds
from schuldhulp.domain.records import Applicant, Enrolment, NoticeMeans, Obligation, SentNotice
from schuldhulp.domain.types import DossierId, MunicipalityCode, RecordId, Salt
from schuldhulp.errors import Conflict, InvalidInput, NotFound
from schuldhulp.services.caseload import Caseload
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_state import Assessment
from schuldhulp.services.dossier_writer import Change, DossierWriter, Draft, new_record_id
from schuldhulp.services.notices.mailboxes import Mailbox, Mailboxes
from schuldhulp.services.notices.parties import InvolvedParty, PartyRole, current, parties
from schuldhulp.services.notices.rows import NoticeRow, notice_mac
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog

MOST: Final = 200
"""Notices that are sent in one go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """Somebody who can be told.

    Attributes:
        party: whom, about which obligation.
        on_channel: whether a notice can go through the channel now.
        suspended: whether the organisation was shut out for the time being.
        told_on: when it was last told about this obligation; None when it never was.
    """

    party: InvolvedParty
    on_channel: bool
    suspended: bool = False
    told_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """Whom to tell, and how.

    Attributes:
        obligation: record of the obligation that it is about.
        role: which of its parties.
        means: how.
        sent_on: when, for what went outside the channel; today when None.
    """

    obligation: RecordId
    role: PartyRole
    means: NoticeMeans = NoticeMeans.CHANNEL
    sent_on: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A notice that was written down.

    Attributes:
        record: its record in the dossier.
        number: what to name it by.
        recipient: who is told.
        means: how.
        answer_by: last day of the term.
    """

    record: RecordId
    number: str
    recipient: str = field(repr=False)
    means: NoticeMeans
    answer_by: date


class NoticeDesk:
    """Sends notices about the client of a dossier.

    Only about a client who is enrolled: who may be told is decided there, with the resident's consent or after the
    notice to the resident.
    """

    def __init__(
        self,
        *,
        reader: DossierReader,
        writer: DossierWriter,
        caseload: Caseload,
        log: ProcessingLog,
        mailboxes: Mailboxes,
        municipality: MunicipalityCode,
        sender: str,
        contact: str,
    ) -> None:
        """Take what it works with.

        Args:
            reader: opens and checks dossiers; gives store, keys and clock too.
            writer: writes to dossiers.
            caseload: lets people in.
            log: the processing log.
            mailboxes: tells who can be written to, and to which key a notice is sealed.
            municipality: whose notices.
            sender: name of the municipality.
            contact: whom a creditor can turn to.
        """
        self._reader = reader
        self._writer = writer
        self._caseload = caseload
        self._log = log
        self._mailboxes = mailboxes
        self._municipality = municipality
        self._sender = sender
        self._contact = contact

    def candidates(self, *, actor: Actor, dossier: DossierId) -> list[Candidate]:
        """Return whom to tell: the parties of every obligation that is not settled, in the order of the obligations.

        Args:
            actor: who asks; the dossier must have been opened in this session where it is not the own.
            dossier: which one.

        Raises:
            NotAllowed: no right to enrol there.
            NotFound: there is no such dossier.
            Unreachable: the database does not answer; or the chain, on which the keys of creditors stand.
        """
        self._admit(actor, dossier)
        opened = self._reader.read(dossier)
        found = parties(opened)
        boxes, suspended = self._mailboxes.of({one.kvk for one in found if one.kvk})
        told = _told(opened)
        return [
            Candidate(
                party=one,
                on_channel=one.kvk in boxes,
                suspended=one.kvk in suspended,
                told_on=told.get((one.obligation, one.name, one.kvk)),
            )
            for one in found
        ]

    def send(self, *, actor: Actor, dossier: DossierId, choices: Sequence[Choice]) -> list[Sent]:
        """Write notices down and, on the channel, leave them for the worker; all of them or none.

        Args:
            actor: who; a dossier outside the caseload must have been opened, with a reason, in this session.
            dossier: about whom.
            choices: whom to tell and how.

        Raises:
            NotAllowed: no right to enrol there.
            InvalidInput: nobody is named, one twice, too many, or a day in the future (field ``sent_on``).
            NotFound: there is no such dossier (``dossier_unknown``) or party (``party_unknown``), or the client is not
                enrolled (``not_enrolled``).
            Conflict: a party is not on the channel (``not_on_channel``), or was told today (``notice_today``).
            Deviation, ChainMismatch, Unreachable: as for any change; nothing was written.
        """
        self._admit(actor, dossier)
        day = today(self._reader.clock)
        _check(choices, day)
        by_channel = [one for one in choices if one.means is NoticeMeans.CHANNEL]
        boxes: Mapping[str, Mailbox] = {}
        if by_channel:
            # The chain is asked before the transaction starts; nobody should wait for a database that waits for it.
            named = {(one.obligation, one.role) for one in by_channel}
            found = parties(self._reader.read(dossier))
            boxes, _ = self._mailboxes.of({one.kvk for one in found if one.kvk and (one.obligation, one.role) in named})
        sent: list[Sent] = []

        def prepare(opened: Assessment) -> Change:
            # Perhaps the second time: what the first one made was not written.
            sent.clear()
            drafts, rows = [], []
            for choice in choices:
                notice, draft, row = self._make(opened, choice, boxes, day)
                drafts.append(draft)
                rows += [row] if row is not None else []
                sent.append(
                    Sent(
                        record=draft.record_id,
                        number=notice.number,
                        recipient=notice.recipient,
                        means=choice.means,
                        answer_by=notice.answer_by,
                    )
                )

            def leave(work: UnitOfWork) -> None:
                for row in rows:
                    work.notices.add(row)

            return Change(drafts=drafts, also=leave)

        self._writer.change(dossier, prepare, actor=actor, action=LogAction.ADD, purpose=Purpose.ENROLMENT)
        return sent

    def _make(
        self, opened: Assessment, choice: Choice, boxes: Mapping[str, Mailbox], day: date
    ) -> tuple[Notice, Draft, NoticeRow | None]:
        party = next((one for one in parties(opened) if (one.obligation, one.role) == _place(choice)), None)
        if party is None:
            raise NotFound("party_unknown", "no such party in an open obligation of this dossier", field="choices")
        sent_on = choice.sent_on or day
        if _told(opened).get((party.obligation, party.name, party.kvk)) == sent_on:
            raise Conflict("notice_today", "this party was told about this debt on that day already", field="choices")
        notice = self._write(opened, party, sent_on)
        document = notice_document(notice)
        row = None
        if choice.means is NoticeMeans.CHANNEL:
            box = boxes.get(party.kvk)
            if box is None:
                raise Conflict(
                    "not_on_channel", "this party cannot be reached on the channel; write a letter", field="choices"
                )
            row = self._row(notice, document, box)
        record = SentNotice(
            obligation=party.obligation,
            recipient=party.name,
            kvk=party.kvk,
            reference=party.reference,
            means=choice.means,
            sent_on=sent_on,
            message_hash=row.message.hex() if row else "",
            document=document,
        )
        return notice, Draft(record=record, record_id=new_record_id()), row

    def _write(self, opened: Assessment, party: InvolvedParty, sent_on: date) -> Notice:
        records = current(opened)
        since = _enrolled_since(opened)
        obligation = records[party.obligation]
        people = obligation.owed_by if isinstance(obligation, Obligation) else ()
        clients = [records.get(person) for person in people]
        return Notice(
            notice_id=self._municipality.to_bytes(2, "big") + secrets.token_bytes(30),
            municipality=self._municipality,
            sender=self._sender,
            contact=self._contact,
            recipient=party.name,
            kvk=party.kvk,
            reference=party.reference,
            clients=tuple(
                known_client(one, obligation if isinstance(obligation, Obligation) else None, today=sent_on)
                for one in clients
                if isinstance(one, Applicant)
            ),
            enrolled_since=since,
            answer_by=answer_day(sent_on),
            written_at=whole_seconds(self._reader.clock.now()),
            salt=Salt(secrets.token_bytes(32)),
        )

    def _row(self, notice: Notice, document: str, box: Mailbox) -> NoticeRow:
        try:
            content = seal_notice(box.key, document)
        except InvalidInput as error:
            raise Conflict("not_on_channel", "nothing can be sealed to this party's key", field="choices") from error
        row = NoticeRow(
            message=message_hash(content),
            municipality=self._municipality,
            notice_id=notice.notice_id,
            recipient=box.account,
            content=content,
            created_at=self._reader.clock.now(),
        )
        return replace(row, mac=notice_mac(self._reader.keys.job, row))

    def _admit(self, actor: Actor, dossier: DossierId) -> None:
        self._log.refuse(actor=actor, permission=Permission.ENROL, purpose=Purpose.ENROLMENT, dossier=dossier)
        with self._reader.store.read() as work:
            row = self._reader.dossier(work, dossier)
        self._caseload.require_opened(row, actor=actor)


def _check(choices: Sequence[Choice], day: date) -> None:
    if not 1 <= len(choices) <= MOST:
        raise InvalidInput("notices_none", f"choices: name 1 to {MOST} parties", field="choices", limit=MOST)
    if len({_place(one) for one in choices}) != len(choices):
        raise InvalidInput("repeated", "choices: the same party stands in it twice", field="choices")
    for one in choices:
        if one.sent_on is not None and one.means is NoticeMeans.CHANNEL and one.sent_on != day:
            raise InvalidInput("date_other", "sent_on: on the channel a notice goes today", field="sent_on")
        if one.sent_on is not None and one.sent_on > day:
            raise InvalidInput("date_future", "sent_on: lies in the future", field="sent_on")


def _place(choice: Choice) -> tuple[RecordId, PartyRole]:
    return choice.obligation, choice.role


def _told(opened: Assessment) -> dict[tuple[RecordId | None, str, str], date]:
    """Return when each party was last told about each obligation."""
    found: dict[tuple[RecordId | None, str, str], date] = {}
    for record in current(opened).values():
        if isinstance(record, SentNotice):
            place = record.obligation, record.recipient, record.kvk
            found[place] = max(record.sent_on, found.get(place, record.sent_on))
    return found


def _enrolled_since(opened: Assessment) -> date:
    starts = [
        record.start for record in current(opened).values() if isinstance(record, Enrolment) and record.end is None
    ]
    if not starts:
        raise NotFound("not_enrolled", "this client is not enrolled", field="dossier")
    return min(starts)
