"""Receipts of claims: checked when they come in, kept as files, and checked again later by whoever holds the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address

from schuldhulp.creditor.claims_chain import CONTRACT, call_data
from schuldhulp.creditor.claims_steps import Step
from schuldhulp.creditor.receipt_times import LEAD, require_after_filing, require_signer_at_delivery
from schuldhulp.creditor.whole_file import write_whole
from schuldhulp.crypto.claims import open_receipt, receipt_signer
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import ClaimReceipt, ReceiptOutcome, SignedReceipt, receipt_from_plain, receipt_to_plain
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.errors import ChainMismatch, InvalidInput, Misconfigured, ProofInvalid
from schuldhulp.node.answers import block_of, data_of
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc, Refusal
from schuldhulp.services.ports import Head

FORMAT: Final = "schuldhulp claim receipt 1"
MAX_FILE: Final = 64 * 1024

_MUNICIPALITY: Final = ["uint32", "uint32", "uint32", "bytes32", "address", "string", "string"]


@dataclass(frozen=True, kw_only=True)
class CheckedReceipt:
    """A receipt whose signature is that of the municipality's receipt signer.

    Attributes:
        signed: the receipt and its signature.
        signer: checksummed address that signed.
        block_number: block at which the registry named this address as the municipality's receipt signer.
        block_hash: hash of that block, 32 bytes.
        chain_id: chain of the deployment.
        claim_register: checksummed address of the contract.
    """

    signed: SignedReceipt
    signer: str
    block_number: int
    block_hash: bytes
    chain_id: int
    claim_register: str

    def to_plain(self) -> dict[str, Any]:
        """Return what stands in the file of a receipt."""
        return {
            "format": FORMAT,
            "chainId": self.chain_id,
            "claimRegister": self.claim_register,
            "signer": self.signer,
            "signerBlock": {"number": self.block_number, "hash": self.block_hash.hex()},
            **receipt_to_plain(self.signed),
        }


def check_receipt(
    *,
    deployment: NetworkDeployment,
    node: JsonRpc,
    head: Head,
    messages: OpeningKey,
    claim_id: ClaimId,
    sealed: bytes,
    account: str,
    steps: Sequence[Step] = (),
    lead: timedelta = LEAD,
) -> CheckedReceipt:
    """Open a receipt and check who signed it.

    The signer is read from the registry at the block that the receipt names, so that a receipt stays good when the
    municipality changes its signer; at the newest block where the node has no memory of that one.

    Args:
        deployment: what was deployed.
        node: a node whose chain was checked.
        head: its newest block.
        messages: opens what the municipality seals.
        claim_id: the claim that the message is about.
        sealed: the message.
        account: checksummed address of this creditor's account, to which it was sent.
        steps: this creditor's steps with the claim; they tell when it was filed and delivered.
        lead: how long before the delivery the block may lie that the receipt names.

    Returns:
        The receipt with the block at which the signer was read.

    Raises:
        Undecryptable: it does not open.
        InvalidInput: what is in it is no receipt of this claim.
        ProofInvalid: another account signed it, one that was replaced before the delivery, it names a block from
            before the claim was handed in, or it is another municipality's claim.
        ChainMismatch: the node does not know the registry.
        Unreachable: the node does not answer.
    """
    signed = open_receipt(messages, claim_id, sealed)
    receipt = signed.receipt
    _require_own_municipality(receipt)
    # What the municipality accepts was sent by its holder; a refusal may name another one as the holder.
    if receipt.outcome is ReceiptOutcome.ACCEPTED and receipt.holder.lower() != account.lower():
        raise ProofInvalid("holder_other", "the receipt accepts the claim of another account", field="holder")
    register = deployment.contract(CONTRACT).address
    signer = receipt_signer(signed, chain_id=deployment.chain_id, claim_register=register)
    for number, known_hash in ((receipt.block_number, receipt.block_hash), (head.number, head.hash)):
        if signer_at(deployment, node, receipt.municipality, number, known_hash) == signer:
            if number == receipt.block_number and known_hash == receipt.block_hash:
                read_at = block_of(node.call("eth_getBlockByNumber", hex(number), False)).timestamp
                require_after_filing(receipt, steps, read_at=read_at, lead=lead)
                if signer_at(deployment, node, receipt.municipality, head.number, head.hash) != signer:
                    require_signer_at_delivery(receipt, steps, deployment=deployment, node=node, head=head)
            return CheckedReceipt(
                signed=signed,
                signer=signer,
                block_number=number,
                block_hash=known_hash,
                chain_id=deployment.chain_id,
                claim_register=register,
            )
    raise ProofInvalid("signer_other", "the receipt is not signed by the municipality's receipt signer", field="signer")


def verify_receipt(plain: object, deployment: NetworkDeployment) -> CheckedReceipt:
    """Check the signature of a receipt that was kept, without any connection.

    That the account which signed was the municipality's signer is what the file says; see `receipt_standing`.

    Args:
        plain: the decoded file.
        deployment: what was deployed; the signature is bound to its chain and contract.

    Returns:
        The receipt, with the block at which its signer was read when it came in.

    Raises:
        InvalidInput: it is no receipt; ``field`` names what is wrong.
        ProofInvalid: the signature is not by the address that the file names, or for another chain or contract, or
            the claim is another municipality's.
    """
    fields = dict(plain) if isinstance(plain, dict) else {}
    if fields.pop("format", None) != FORMAT:
        raise InvalidInput("receipt_invalid", f"format: a file of format {FORMAT} expected", field="format")
    chain_id, register = fields.pop("chainId", None), fields.pop("claimRegister", None)
    expected = deployment.contract(CONTRACT).address
    if chain_id != deployment.chain_id or register != expected:
        raise ProofInvalid("receipt_elsewhere", "the receipt belongs to another chain or contract", field="chainId")
    signer, block = fields.pop("signer", None), fields.pop("signerBlock", None)
    try:
        number, block_hash = int(block["number"]), bytes.fromhex(block["hash"])
    except (TypeError, KeyError, ValueError) as error:
        raise InvalidInput("receipt_invalid", "signerBlock: number and hash expected", field="signerBlock") from error
    signed = receipt_from_plain(fields)
    _require_own_municipality(signed.receipt)
    if receipt_signer(signed, chain_id=deployment.chain_id, claim_register=expected) != signer:
        raise ProofInvalid("signer_other", "the receipt was changed, or another account signed it", field="signer")
    return CheckedReceipt(
        signed=signed,
        signer=signer,
        block_number=number,
        block_hash=block_hash,
        chain_id=deployment.chain_id,
        claim_register=expected,
    )


def _require_own_municipality(receipt: ClaimReceipt) -> None:
    if receipt.claim_id[:2] != receipt.municipality.to_bytes(2, "big"):
        raise ProofInvalid("receipt_elsewhere", "the receipt is of another municipality than the claim")


def read_receipt(path: Path) -> object:
    """Read the file of a receipt.

    Raises:
        InvalidInput: it is not there, too large or not JSON.
    """
    try:
        if path.stat().st_size > MAX_FILE:
            raise InvalidInput("receipt_invalid", "the file is too large for a receipt", field="file")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput("receipt_invalid", "the file is missing or is not JSON", field="file") from error


def receipt_file(folder: Path, message: bytes, receipt: CheckedReceipt) -> Path:
    """Return where a receipt is kept; the name says nothing about a person."""
    return folder / f"{receipt.signed.receipt.claim_id.hex()[:20]}-{message.hex()[:12]}.json"


def save_receipt(folder: Path, message: bytes, receipt: CheckedReceipt) -> Path:
    """Write the file of a receipt, whole or not at all.

    Args:
        folder: where receipts are kept; made when missing.
        message: keccak256 of the sealed receipt.
        receipt: the receipt.

    Returns:
        The file.

    Raises:
        Misconfigured: it cannot be written.
    """
    path = receipt_file(folder, message, receipt)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(path, f"{json.dumps(receipt.to_plain(), indent=2)}\n".encode())
    except OSError as error:
        raise Misconfigured("receipts_unwritable", "a receipt cannot be written beside the journal") from error
    return path


def signer_at(
    deployment: NetworkDeployment, node: JsonRpc, municipality: MunicipalityCode, number: int, known_hash: bytes
) -> str | None:
    """Return the receipt signer that the registry names at a block; None where that block is another or forgotten."""
    data = call_data("municipality(uint16)", ["uint16"], [municipality])
    call = {"to": deployment.contract("EnrolmentRegistry").address, "data": "0x" + data.hex()}
    answer, block = node.batch([("eth_call", (call, hex(number))), ("eth_getBlockByNumber", (hex(number), False))])
    if isinstance(answer, Refusal) or isinstance(block, Refusal) or block is None:
        return None
    if block_of(block).hash != known_hash:
        return None
    try:
        return to_checksum_address(decode(_MUNICIPALITY, data_of(answer))[4])
    except (DecodingError, OverflowError, UnicodeDecodeError) as error:
        raise ChainMismatch("chain_answer_wrong", "the registry's answer has another shape") from error
