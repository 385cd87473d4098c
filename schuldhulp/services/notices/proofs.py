"""The list of proofs: who was told what and when, as a document that anybody can check without asking anybody.

What it proves: that these notices stand in the records of this dossier, under one root; that the account named signed
that it has a message which stands for just this text. Which root stood on the ledger, and when, only the chain can say;
that an account belongs to an organisation is the municipality's word, from its admission.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from schuldhulp.crypto.acknowledgements import acknowledgement_signer
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.commitments import commitment
from schuldhulp.crypto.merkle import verify_proof
from schuldhulp.crypto.notices import notice_hash, read_notice, stands_for
from schuldhulp.crypto.sendings import sending_signer
from schuldhulp.domain.acknowledgements import Acknowledgement, SignedAcknowledgement
from schuldhulp.domain.notices import NoticeState
from schuldhulp.domain.records import NoticeMeans, RecordVersion, SentNotice, version_from_plain, version_to_plain
from schuldhulp.domain.sendings import Sending, SignedSending
from schuldhulp.domain.types import Commitment, DossierId, MunicipalityCode, Root
from schuldhulp.errors import InvalidInput, ProofInvalid

FORMAT: Final = "schuldhulp notices 1"

MOST: Final = 10_000
"""Notices in one list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeProof:
    """One notice with what proves it.

    Attributes:
        version: its record, salt included.
        commitment: of that record, 32 bytes.
        proof: sibling hashes from the record's leaf to the root of the dossier.
        state: where it stood when the list was made.
        content: what was delivered; empty for what went outside the channel, or is not here.
        recipient: account that it was sealed to, or empty.
        delivered_at: when the evaluator took it, UTC, by its own word.
        acknowledged_at: when the creditor says that it signed, UTC.
        received_at: when that came in, UTC, by the evaluator's word.
        signature: r, s and v, 65 bytes; empty where nobody signed.
        sent_at: when the municipality signed that it sends it, UTC; None where it did not.
        sender: account that signed that, its receipt signer at the time, or empty.
        sent_signature: r, s and v, 65 bytes, likewise.
    """

    version: RecordVersion
    commitment: Commitment
    proof: tuple[bytes, ...]
    state: NoticeState
    content: bytes = field(repr=False)
    recipient: str
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    received_at: datetime | None
    signature: bytes
    sent_at: datetime | None
    sender: str
    sent_signature: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class ProofList:
    """The list.

    Attributes:
        municipality: CBS code.
        chain_id: chain that signatures are bound to.
        claim_register: address of the ClaimRegister, likewise.
        ledger: address of the ObligationLedger.
        made_at: when the list was made, UTC.
        dossier: which one, 32 bytes; it says nothing about anybody.
        root: root over all records of the dossier, 32 bytes.
        anchored: whether the ledger had that root then.
        notices: newest first.
    """

    municipality: MunicipalityCode
    chain_id: int
    claim_register: str
    ledger: str
    made_at: datetime
    dossier: DossierId
    root: Root
    anchored: bool
    notices: tuple[NoticeProof, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedNotice:
    """What a list proves of one notice.

    Attributes:
        number: what to name it by.
        recipient: who was told.
        kvk: its number in the trade register, or empty.
        means: how.
        sent_on: on which day, ISO 8601.
        sent_by: account that signed for the municipality, or empty; whether it was its receipt signer the chain knows.
        sent_at: when it says that it did, ISO 8601, or empty.
        signed_by: account that signed, or empty.
        signed_at: when it says that it did, ISO 8601, or empty.
    """

    number: str
    recipient: str = field(repr=False)
    kvk: str
    means: NoticeMeans
    sent_on: str
    sent_by: str
    sent_at: str
    signed_by: str
    signed_at: str


def proofs_to_plain(found: ProofList) -> dict[str, Any]:
    """Return a list as plain values: bytes hexadecimal, dates and times ISO 8601."""
    return {
        "format": FORMAT,
        "municipality": found.municipality,
        "chainId": found.chain_id,
        "claimRegister": found.claim_register,
        "ledger": found.ledger,
        "madeAt": found.made_at.isoformat(),
        "dossier": found.dossier.hex(),
        "root": found.root.hex(),
        "anchored": found.anchored,
        "notices": [_proof_to_plain(one) for one in found.notices],
    }


def _proof_to_plain(one: NoticeProof) -> dict[str, Any]:
    return {
        "record": version_to_plain(one.version),
        "commitment": one.commitment.hex(),
        "proof": [sibling.hex() for sibling in one.proof],
        "state": one.state.value,
        "content": one.content.hex(),
        "recipient": one.recipient,
        "deliveredAt": one.delivered_at.isoformat() if one.delivered_at else None,
        "acknowledgedAt": one.acknowledged_at.isoformat() if one.acknowledged_at else None,
        "receivedAt": one.received_at.isoformat() if one.received_at else None,
        "signature": one.signature.hex(),
        "sentAt": one.sent_at.isoformat() if one.sent_at else None,
        "sender": one.sender,
        "sentSignature": one.sent_signature.hex(),
    }


def proofs_from_plain(plain: object) -> ProofList:
    """Build a list from what `proofs_to_plain` gave; nothing is proven yet.

    Raises:
        InvalidInput: it is no such list; ``field`` names what is wrong.
    """
    fields = plain if isinstance(plain, dict) else {}
    if fields.get("format") != FORMAT:
        raise InvalidInput("proofs_invalid", f"format: a file of format {FORMAT} expected", field="format")
    try:
        notices = fields["notices"]
        if not isinstance(notices, list) or len(notices) > MOST:
            raise ValueError
        return ProofList(
            municipality=MunicipalityCode(int(fields["municipality"])),
            chain_id=int(fields["chainId"]),
            claim_register=_text(fields, "claimRegister"),
            ledger=_text(fields, "ledger"),
            made_at=datetime.fromisoformat(_text(fields, "madeAt")),
            dossier=DossierId(_octets(fields, "dossier")),
            root=Root(_octets(fields, "root")),
            anchored=fields["anchored"] is True,
            notices=tuple(_proof_from_plain(one) for one in notices),
        )
    except InvalidInput:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInput("proofs_invalid", "the file is no list of notices", field="file") from error


def _proof_from_plain(plain: Mapping[str, Any]) -> NoticeProof:
    return NoticeProof(
        version=version_from_plain(plain["record"]),
        commitment=Commitment(_octets(plain, "commitment")),
        proof=tuple(bytes.fromhex(sibling) for sibling in plain["proof"]),
        state=NoticeState(plain["state"]),
        content=_octets(plain, "content"),
        recipient=_text(plain, "recipient"),
        delivered_at=_moment(plain, "deliveredAt"),
        acknowledged_at=_moment(plain, "acknowledgedAt"),
        received_at=_moment(plain, "receivedAt"),
        signature=_octets(plain, "signature"),
        sent_at=_moment(plain, "sentAt"),
        sender=_text(plain, "sender"),
        sent_signature=_octets(plain, "sentSignature"),
    )


def _octets(plain: Mapping[str, Any], name: str) -> bytes:
    return bytes.fromhex(_text(plain, name))


def _text(plain: Mapping[str, Any], name: str) -> str:
    value = plain[name]
    if not isinstance(value, str):
        raise TypeError
    return value


def _moment(plain: Mapping[str, Any], name: str) -> datetime | None:
    return None if plain[name] is None else datetime.fromisoformat(_text(plain, name))


def verify_proofs(found: ProofList, *, chain_id: int, claim_register: str) -> list[VerifiedNotice]:
    """Check every claim of a list, without asking anybody.

    Args:
        found: the list.
        chain_id: chain of the deployment file that the reader trusts.
        claim_register: address of the ClaimRegister in that file.

    Returns:
        What it proves of each notice.

    Raises:
        ProofInvalid: something does not hold; ``parameters["number"]`` counts the notices from 1.
    """
    if (found.chain_id, found.claim_register) != (chain_id, claim_register):
        raise ProofInvalid("proofs_elsewhere", "the list belongs to another chain or contract", field="chainId")
    verified = []
    for number, one in enumerate(found.notices, start=1):
        try:
            verified.append(_verify(one, found))
        except (InvalidInput, ProofInvalid) as error:
            raise ProofInvalid(error.key, f"notice {number}: {error}", field=error.field, number=number) from error
    return verified


def _verify(one: NoticeProof, found: ProofList) -> VerifiedNotice:
    record = one.version.record
    if not isinstance(record, SentNotice):
        raise ProofInvalid("record_other", "the record is no notice", field="record")
    if one.version.dossier != found.dossier or commitment(one.version) != one.commitment:
        raise ProofInvalid("commitment_differs", "the record was changed", field="record")
    if not verify_proof(found.root, one.commitment, one.proof):
        raise ProofInvalid("proof_invalid", "the record is not under the root of the dossier", field="proof")
    notice = read_notice(record.document)
    same = (notice.recipient, notice.kvk, notice.reference, notice.municipality)
    if same != (record.recipient, record.kvk, record.reference, found.municipality):
        raise ProofInvalid("notice_differs", "the notice says something else than its record", field="record")
    if one.content:
        if message_hash(one.content).hex() != record.message_hash:
            raise ProofInvalid("message_other", "another message was recorded than the one given", field="content")
        if not stands_for(one.content, record.document):
            raise ProofInvalid("notice_differs", "the message stands for another notice", field="content")
    sent_by = _verify_sending(one, record, found) if one.sent_signature else ""
    signed_by = _verify_signature(one, record, found) if one.signature else ""
    return VerifiedNotice(
        number=notice.number,
        recipient=record.recipient,
        kvk=record.kvk,
        means=record.means,
        sent_on=record.sent_on.isoformat(),
        sent_by=sent_by,
        sent_at=one.sent_at.isoformat() if sent_by and one.sent_at else "",
        signed_by=signed_by,
        signed_at=one.acknowledged_at.isoformat() if signed_by and one.acknowledged_at else "",
    )


def _verify_sending(one: NoticeProof, record: SentNotice, found: ProofList) -> str:
    if one.sent_at is None:
        raise ProofInvalid("signature_invalid", "a signature without the time that was signed", field="sentAt")
    signed = SignedSending(
        sending=Sending(
            notice=notice_hash(record.document),
            municipality=found.municipality,
            recipient=one.recipient,
            sent_at=one.sent_at,
        ),
        signature=one.sent_signature,
    )
    signer = sending_signer(signed, chain_id=found.chain_id, claim_register=found.claim_register)
    if signer != one.sender:
        raise ProofInvalid("signer_other", "another account sent it than the one that is named", field="sender")
    return signer


def _verify_signature(one: NoticeProof, record: SentNotice, found: ProofList) -> str:
    if not one.content or one.acknowledged_at is None:
        raise ProofInvalid("signature_invalid", "a signature without the message that was signed for", field="content")
    signed = SignedAcknowledgement(
        acknowledgement=Acknowledgement(
            message=bytes.fromhex(record.message_hash),
            municipality=found.municipality,
            account=one.recipient,
            acknowledged_at=one.acknowledged_at,
        ),
        signature=one.signature,
    )
    signer = acknowledgement_signer(signed, chain_id=found.chain_id, claim_register=found.claim_register)
    if signer != one.recipient:
        raise ProofInvalid("signer_other", "another account signed than the one that is named", field="signature")
    return signer
