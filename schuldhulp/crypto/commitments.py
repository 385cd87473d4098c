"""What a record version, a dossier header and a request to the evaluator hash to: EIP-712, by eth-account's encoder.

The type strings below are the specification. Once released, a type string never changes: a new shape of a record gets a
new schema number and a string of its own. tests/vectors/commitments.json pins every one, and Solidity agrees with it
(contracts/testing/RecordHashes.sol).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak

from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.identifiers import Bsn, IdentifierKind
from schuldhulp.domain.records import RecordKind, RecordVersion
from schuldhulp.domain.types import Commitment, DossierId, Epoch, MunicipalityCode, Root, Salt

ABSENT_AMOUNT: Final = -(2**63)
"""What stands for an amount that is not known; zero is an amount."""

_HEAD: Final = (
    "bytes32 dossier,bytes32 record,uint32 version,bytes32 replaces,bytes32 salt,uint16 schema,bool withdrawn,"
    "string reason,"
)
_PARTY: Final = "Party(string name,string kvk,string creditorNumber,string customerNumber,string fileNumber)"

TYPE_STRINGS: Final[Mapping[tuple[RecordKind, int], str]] = MappingProxyType(
    {
        (RecordKind.APPLICANT, 1): (
            f"Applicant({_HEAD}string initials,string firstNames,string prefix,string surname,string[] otherSurnames,"
            "string birthDate,string bsn,HomeAddress[] addresses,string phone,string email,string position)"
            "HomeAddress(string street,uint32 houseNumber,string suffix,string postcode,string city,string fromDate,"
            "string until)"
        ),
        (RecordKind.OBLIGATION, 1): (
            f"Obligation({_HEAD}string type,bytes32[] owedBy,Party creditor,Party originalCreditor,Party collector,"
            "Party bailiff,int64 amountResident,int64 amountCreditor,int64 originalAmount,int64 arrears,"
            "int64 instalment,string frequency,uint8 dueDay,string preference,string statementDate,string originDate,"
            f"string legalGround,string status,string source,string note){_PARTY}"
        ),
        (RecordKind.INCOME, 1): (
            f"Income({_HEAD}bytes32 owner,string category,string description,int64 amount,string frequency,"
            "string fromDate,string until,string note)"
        ),
        (RecordKind.EXPENSE, 1): (
            f"Expense({_HEAD}bytes32 owner,string category,string description,int64 amount,string frequency,"
            "string fromDate,string until,bool fixed,string note)"
        ),
        (RecordKind.AGREEMENT, 1): (
            f"Agreement({_HEAD}string type,string[] parties,string text,int64 amount,string frequency,string start,"
            "string end,Confirmation[] confirmations,string status)"
            "Confirmation(string by,string role,string at)"
        ),
        (RecordKind.ENROLMENT, 1): (
            f"Enrolment({_HEAD}bytes32[] applicants,string ground,string basis,string basisDate,string start,"
            "string end,string endReason,string[] publications)"
        ),
        (RecordKind.CLAIM, 1): (
            f"ReceivedClaim({_HEAD}string claimId,string commitment,uint32 claimVersion,string document,"
            "string receivedAt,string residentView,string residentReason,string residentAt,string answer,"
            "string answeredAt,string decision,string decisionReason,string decidedAt,bytes32 obligation)"
        ),
        (RecordKind.NOTICE, 1): (
            f"SentNotice({_HEAD}bytes32 obligation,string recipient,string kvk,string reference,string means,"
            "string sentOn,string messageHash,string document)"
        ),
        (RecordKind.CONSENT, 1): (
            f"Consent({_HEAD}bytes32 applicant,string party,string kvk,string subject,string givenOn,string until,"
            "string how,string endedOn)"
        ),
    }
)
"""EIP-712 type string of each kind and schema."""

HEADER_TYPE: Final = "DossierHeader(bytes32 dossier,uint32 revision,bytes32 previousRoot,uint32 records,bytes32 salt)"

EVALUATION_REQUEST_TYPE: Final = (
    "EvaluationRequest(uint16 municipality,uint8 kind,uint32 epoch,string organisation,bytes32 elements,uint32 count,"
    "bytes32 nonce,uint64 expiry)"
)

_Members = list[dict[str, str]]

_STRUCT = re.compile(r"([A-Za-z]+)\(([^)]*)\)")
_CAMEL = re.compile(r"[A-Z]")


def _structs(type_string: str) -> dict[str, _Members]:
    """Take a type string apart into what eth-account wants: the primary struct first, then those it refers to."""
    return {
        name: [dict(zip(("type", "name"), member.split(" "), strict=True)) for member in members.split(",")]
        for name, members in _STRUCT.findall(type_string)
    }


_STRUCTS: Final = {kind: _structs(type_string) for kind, type_string in TYPE_STRINGS.items()}
_HEADER_STRUCTS: Final = _structs(HEADER_TYPE)
_REQUEST_STRUCTS: Final = _structs(EVALUATION_REQUEST_TYPE)

# eth-account also hashes a domain; the struct hash does not depend on it, so the emptiest one will do.
_NO_DOMAIN: Final[dict[str, Any]] = {"name": ""}


def commitment(version: RecordVersion) -> Commitment:
    """Return the commitment of a record version: its EIP-712 struct hash.

    Args:
        version: the version with everything it covers, its salt included.

    Returns:
        32 bytes.
    """
    structs = _STRUCTS[version.record.kind, version.schema]
    return Commitment(_struct_hash(structs, commitment_message(version)))


def commitment_message(version: RecordVersion) -> dict[str, Any]:
    """Return the members of the EIP-712 struct of a record version.

    Args:
        version: the version.

    Returns:
        One value for each member of the type string: 32-byte values as bytes, absent amounts as `ABSENT_AMOUNT`,
        absent dates and texts as ``""``, an absent party as a party without a name, an absent due day as 0, an
        absent record as 32 zero bytes.
    """
    structs = _STRUCTS[version.record.kind, version.schema]
    head = {
        "dossier": version.dossier,
        "record": version.record_id,
        "version": version.version,
        "replaces": version.replaces,
        "salt": version.salt,
        "schema": version.schema,
        "withdrawn": version.withdrawn,
        "reason": version.reason,
    }
    members = next(iter(structs.values()))[len(head) :]
    return head | {
        member["name"]: _value(structs, member["type"], getattr(version.record, _snake(member["name"])))
        for member in members
    }


def header_leaf(*, dossier: DossierId, revision: int, previous_root: Root, records: int, salt: Salt) -> bytes:
    """Return the leaf that ties a tree to its dossier, its place in the history and its number of records.

    Hashed once, over more than 64 bytes, so that it can be neither a record leaf nor an inner node.

    Args:
        dossier: the dossier.
        revision: 1 for the first root.
        previous_root: the root before, 32 zero bytes for the first revision.
        records: how many records the tree holds.
        salt: derived from the data key of the dossier and the revision.

    Returns:
        32 bytes.
    """
    message = {
        "dossier": dossier,
        "revision": revision,
        "previousRoot": previous_root,
        "records": records,
        "salt": salt,
    }
    return _struct_hash(_HEADER_STRUCTS, message)


def evaluation_request(
    *,
    chain_id: int,
    registry: str,
    municipality: MunicipalityCode,
    kind: IdentifierKind,
    epoch: Epoch,
    organisation: str,
    elements: Sequence[bytes],
    nonce: bytes,
    expiry: int,
) -> SignableMessage:
    """Return what a creditor signs when it asks the evaluator.

    Args:
        chain_id: chain of the registry.
        registry: address of the EnrolmentRegistry, hexadecimal.
        municipality: whose key is asked for.
        kind: which of the two keys.
        epoch: of which period.
        organisation: KvK number, or ``municipality`` for the registrar.
        elements: the blinded elements, 32 bytes each, in the order of the request.
        nonce: 32 random bytes, used once.
        expiry: second since 1970 after which the request is void.

    Returns:
        The message for eth-account to sign or to recover the signer of.
    """
    message = {
        "municipality": municipality,
        "kind": int(kind),
        "epoch": epoch,
        "organisation": organisation,
        "elements": keccak(b"".join(elements)),
        "count": len(elements),
        "nonce": nonce,
        "expiry": expiry,
    }
    domain = {
        "name": "Schuldhulp evaluator",
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": registry,
    }
    return encode_typed_data(domain_data=domain, message_types=_REQUEST_STRUCTS, message_data=message)


def evaluation_request_digest(
    *,
    chain_id: int,
    registry: str,
    municipality: MunicipalityCode,
    kind: IdentifierKind,
    epoch: Epoch,
    organisation: str,
    elements: Sequence[bytes],
    nonce: bytes,
    expiry: int,
) -> bytes:
    """Return the 32 bytes that are signed for an `evaluation_request`; the arguments are the same."""
    signable = evaluation_request(
        chain_id=chain_id,
        registry=registry,
        municipality=municipality,
        kind=kind,
        epoch=epoch,
        organisation=organisation,
        elements=elements,
        nonce=nonce,
        expiry=expiry,
    )
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def _struct_hash(structs: dict[str, _Members], message: dict[str, Any]) -> bytes:
    return bytes(encode_typed_data(domain_data=_NO_DOMAIN, message_types=structs, message_data=message).body)


def _value(structs: dict[str, _Members], member_type: str, value: Any) -> Any:
    if member_type.endswith("[]"):
        return [_value(structs, member_type[:-2], item) for item in value]
    if member_type in structs:
        return {
            member["name"]: _value(
                structs, member["type"], None if value is None else getattr(value, _snake(member["name"]))
            )
            for member in structs[member_type]
        }
    match member_type:
        case "int64":
            return ABSENT_AMOUNT if value is None else value
        case "uint8":
            return 0 if value is None else value
        case "bytes32":
            return bytes(32) if value is None else value
        case "string":
            return _text(value)
    return value


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case StrEnum():
            return value.value
        case str():
            return value
        case Bsn():
            return value.digits
        case PartialDate():
            return value.iso
        case datetime() | date():
            return value.isoformat()
    raise TypeError(f"no text form for {type(value).__name__}")


def _snake(name: str) -> str:
    return _CAMEL.sub(lambda found: f"_{found[0].lower()}", name)
