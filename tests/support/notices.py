"""Notices for tests: the cockpit's and the worker's real parts on one database, with a channel in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.acknowledgements import acknowledgement_digest, seal_acknowledgement
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor
from schuldhulp.domain.acknowledgements import Acknowledgement, SignedAcknowledgement
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import EnrolmentBasis, Party
from schuldhulp.domain.types import DossierId, MunicipalityCode, RecordId
from schuldhulp.services.claims.ports import Correspondent, Delivered, Message, MessageKind
from schuldhulp.services.claims.rows import MailRow
from schuldhulp.services.notices.desk import NoticeDesk
from schuldhulp.services.notices.late import LateNotices
from schuldhulp.services.notices.mailboxes import Mailboxes
from schuldhulp.services.notices.overview import NoticeOverview
from schuldhulp.services.notices.post import NoticePost, SendingDesk
from schuldhulp.services.notices.replies import ReplyCheck, ReplyIntake
from tests.support.factories import MUNICIPALITY, RecordKeeping, make_obligation

KVK = "12345678"
COLLECTOR_KVK = "87654321"
CHAIN_ID = 1337
REGISTER = "0x" + "22" * 20
LEDGER = "0x" + "33" * 20


@dataclass
class NoticeDesks:
    """The services around notices, with one creditor on the channel."""

    keeping: RecordKeeping
    claim_key: OpeningKey = field(default_factory=OpeningKey.generate)
    account: AccountKey = field(default_factory=AccountKey.generate)
    messages: OpeningKey = field(default_factory=OpeningKey.generate)
    signer: AccountKey = field(default_factory=AccountKey.generate)
    sent: list[tuple[MessageKind, bytes, str, bytes]] = field(default_factory=list)
    refusal: Exception | None = None
    known: dict[str, Correspondent] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    named: str = ""
    without_role: set[str] = field(default_factory=set)
    kept: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keeping = self.keeping
        self.keys[self.account.address] = self.messages.public_key
        self.known[KVK] = Correspondent(
            kvk=KVK, name="Stroom en Gas BV", accounts=(self.account.address,), suspended=False
        )
        self.desk = NoticeDesk(
            reader=keeping.reader,
            writer=keeping.writer,
            caseload=keeping.caseload,
            log=keeping.log,
            mailboxes=Mailboxes(directory=self, register=self, municipality=MUNICIPALITY, kept=self.kept.get),
            municipality=MUNICIPALITY,
            sender="Gemeente Teststad",
            contact="schuldhulp@example.nl",
        )
        self.overview = NoticeOverview(
            reader=keeping.reader,
            caseload=keeping.caseload,
            log=keeping.log,
            chain_id=CHAIN_ID,
            claim_register=REGISTER,
            ledger=LEDGER,
        )
        self.late = LateNotices(
            dossiers=keeping.dossiers, reader=keeping.reader, overview=self.overview, log=keeping.log
        )
        self.sign_with(self.signer)
        self.check = ReplyCheck(
            store=keeping.store,
            opening_key=self.claim_key,
            municipality=MUNICIPALITY,
            chain_id=CHAIN_ID,
            claim_register=REGISTER,
        )

    def sign_with(self, signer: AccountKey) -> None:
        """Start the worker's part with a receipt signer."""
        keeping = self.keeping
        around: Any = self
        self.post = NoticePost(
            store=keeping.store,
            channel=around,
            chain=around,
            register=self,
            clock=keeping.clock,
            job_key=keeping.keys.job,
            municipality=MUNICIPALITY,
            desk=SendingDesk(
                sign_digest=digest_signer(signer), signer=signer.address, chain_id=CHAIN_ID, claim_register=REGISTER
            ),
            head_max_age=600,
        )

    # --- what surrounds them ------------------------------------------------------------------------------------------

    def of(self, kvk: str) -> Correspondent | None:
        """Return an organisation, as the worker's copy of the list does."""
        return self.known.get(kvk)

    def encryption_keys(self, accounts: Sequence[str]) -> dict[str, bytes]:
        """Return the keys of creditors, as the chain does."""
        return {account: self.keys.get(account, bytes(32)) for account in accounts}

    def creditors(self, municipality: MunicipalityCode, accounts: Sequence[str]) -> set[str]:
        """Return who has the role CREDITOR, as the chain does."""
        return {account for account in accounts if account not in self.without_role}

    def require_fresh_head(self, now: datetime, max_age: int) -> None:
        """Say that the chain goes on."""

    def municipality(self, code: MunicipalityCode) -> SimpleNamespace:
        """Return what the registry says of the municipality."""
        return SimpleNamespace(receipt_signer=self.named or self.signer.address)

    def deliver(self, kind: MessageKind, subject: bytes, recipient: str, content: bytes) -> Delivered:
        """Take a message, as the evaluator does."""
        if self.refusal is not None:
            raise self.refusal
        self.sent.append((kind, subject, recipient, content))
        return Delivered(message=message_hash(content), received_at=self.keeping.clock.now())

    # --- what happens -------------------------------------------------------------------------------------------------

    def enrolled(self, actor: Actor, **debt: Any) -> tuple[DossierId, RecordId]:
        """Make an enrolled client with one debt; return the dossier and the debt."""
        keeping = self.keeping
        dossier = keeping.add_dossier(actor)
        keeping.dossiers.open(actor=actor, dossier=dossier, purpose=Purpose.DEBT_HELP)
        values: dict[str, Any] = {"creditor": Party(name="Stroom en Gas BV", kvk=KVK, customer_number="K-1")} | debt
        view = keeping.records.add(
            actor=actor, dossier=dossier, record=make_obligation(keeping.first_applicant(dossier), **values)
        )
        keeping.enrolment.enrol(
            actor=actor,
            dossier=dossier,
            ground="Wgs",
            basis=EnrolmentBasis.CONSENT,
            basis_date=date(2026, 11, 20),
        )
        return dossier, view.record_id

    def signed(self, message: bytes, by: AccountKey | None = None, **changes: Any) -> SignedAcknowledgement:
        """Sign for a message as a creditor does."""
        key = by or self.account
        values: dict[str, Any] = {
            "message": message,
            "municipality": MUNICIPALITY,
            "account": key.address,
            "acknowledged_at": self.keeping.clock.now().replace(microsecond=0),
        }
        said = Acknowledgement(**values | changes)
        digest = acknowledgement_digest(said, chain_id=CHAIN_ID, claim_register=REGISTER)
        return SignedAcknowledgement(acknowledgement=said, signature=digest_signer(key)(digest))

    def reply(self, signed: SignedAcknowledgement, subject: bytes, sealed: bytes | None = None) -> None:
        """Let a signature come in through the channel."""
        content = sealed or seal_acknowledgement(self.claim_key.public_key, subject, signed)
        now = self.keeping.clock.now()
        message = Message(
            number=1,
            message=message_hash(content),
            kind=MessageKind.ACKNOWLEDGEMENT,
            subject=subject,
            sender=signed.acknowledgement.account,
            organisation=KVK,
            received_at=now,
            content=content,
        )
        with self.keeping.store.write() as work:
            work.mail.add(
                MailRow(
                    message=message.message,
                    municipality=MUNICIPALITY,
                    number=1,
                    kind="acknowledgement",
                    subject=subject,
                    sender=message.sender,
                    organisation=KVK,
                    received_at=now,
                    stored_at=now,
                    content=content,
                    handled_at=now,
                )
            )
            ReplyIntake(MUNICIPALITY).keep(work, message, now)
            work.commit()
