"""What came as a notice: opened, and checked to be sent by the municipality to this account."""

from __future__ import annotations

from dataclasses import dataclass, field

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_chain import CONTRACT
from schuldhulp.creditor.claims_receipts import signer_at
from schuldhulp.creditor.claims_steps import KeptMessage
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.notices import open_notice
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.sendings import sending_signer, without_sending
from schuldhulp.domain.notices import Notice
from schuldhulp.domain.sendings import SignedSending
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Unreachable


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedNotice:
    """A notice as it was delivered.

    Attributes:
        notice: what it says.
        name: what the creditor signs for: keccak256 of hash and sealed notice, as the municipality's record has it.
        signed: the municipality's signature, not checked here.
    """

    notice: Notice = field(repr=False)
    name: bytes
    signed: SignedSending


def opened_notice(kept: KeptMessage, *, messages: OpeningKey, account: str) -> OpenedNotice:
    """Open what came as a notice.

    Args:
        kept: the message.
        messages: opens what municipalities seal.
        account: this creditor's account.

    Raises:
        Undecryptable: sealed to another key, or damaged.
        InvalidInput: what is in it is no notice, or not the one that was delivered.
    """
    content, signed = without_sending(kept.content, municipality=kept.municipality, recipient=account)
    notice = open_notice(messages, kept.claim_id, content)
    return OpenedNotice(notice=notice, name=message_hash(content), signed=signed)


def notice_problem(kept: KeptMessage, *, access: ClaimAccess, messages: OpeningKey) -> str | None:
    """Say what is wrong with what came as a notice; None when nothing is.

    Args:
        kept: the message.
        access: the chain.
        messages: opens what municipalities seal.

    Raises:
        Undecryptable, InvalidInput, ProofInvalid: likewise; the key is what is wrong.
        Unreachable: the chain does not answer.
    """
    opened = opened_notice(kept, messages=messages, account=access.account)
    if opened.notice.municipality != kept.municipality:
        return "notice_elsewhere"
    deployment = access.deployment
    signer = sending_signer(
        opened.signed, chain_id=deployment.chain_id, claim_register=deployment.contract(CONTRACT).address
    )
    # A signer that was replaced since counts no more: whoever took an old key could date a notice back to its time.
    return None if signer == current_signer(kept.municipality, access=access) else "signer_other"


def current_signer(municipality: MunicipalityCode, *, access: ClaimAccess) -> str:
    """Return the municipality's receipt signer of now.

    Raises:
        Unreachable: the node does not answer, or not about one and the same chain.
    """
    head = access.head()
    found = signer_at(access.deployment, access.node, municipality, head.number, head.hash)
    if found is None:
        # The chain moved on between two answers; no reason to refuse a message for ever.
        raise Unreachable("chain_changed", "the chain changed while the receipt signer was read")
    return found
