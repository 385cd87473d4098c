"""Whether a receipt can have been signed when it says: not before what it is about, and not by a signer of the past.

A receipt names the block at which the chain was read, and its signer is looked up there. Whoever holds the key of a
signer that was replaced could name a block from before that. But this creditor knows when it filed and delivered, and
a receipt comes after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from eth_utils.crypto import keccak

from schuldhulp.creditor.claims_steps import Step
from schuldhulp.domain.claims import ClaimReceipt
from schuldhulp.errors import ProofInvalid
from schuldhulp.node.answers import block_of
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.logs import logs_between
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.ports import Head

LEAD: Final = timedelta(hours=1)
"""How long before a delivery the block may lie at which the municipality reads the chain after it."""

_CHANGED: Final = "0x" + keccak(text="ReceiptSignerChanged(uint16,address)").hex()


def require_after_filing(receipt: ClaimReceipt, steps: Sequence[Step], *, read_at: datetime, lead: timedelta) -> None:
    """Refuse a receipt whose block lies before what it is about.

    Args:
        receipt: the receipt; its block stands on the chain.
        steps: this creditor's steps with the claim.
        read_at: time of that block, UTC.
        lead: how long before the delivery the block may lie.

    Raises:
        ProofInvalid: it lies before the version was filed, or long before its contents were delivered.
    """
    filed = [one.block_number for one in steps if one.commitment == receipt.commitment and one.block_number is not None]
    delivered = delivery_of(receipt, steps)
    if (filed and receipt.block_number < min(filed)) or (delivered is not None and read_at < delivered - lead):
        raise ProofInvalid(
            "receipt_backdated", "the receipt names a block from before the claim was handed in", field="block_number"
        )


def require_signer_at_delivery(
    receipt: ClaimReceipt, steps: Sequence[Step], *, deployment: NetworkDeployment, node: JsonRpc, head: Head
) -> None:
    """Refuse a receipt by a signer that was replaced before the contents were delivered.

    Args:
        receipt: the receipt; its signer was the municipality's at its block, and is not any more.
        steps: this creditor's steps with the claim.
        deployment: what was deployed.
        node: the node that is asked.
        head: its newest block.

    Raises:
        ProofInvalid: it was replaced before.
        Unreachable, ChainMismatch: the node does not answer, or with something else.
    """
    delivered = delivery_of(receipt, steps)
    if delivered is None:
        return
    changes = logs_between(
        node.batch,
        address=deployment.contract("EnrolmentRegistry").address,
        topics=[_CHANGED, "0x" + receipt.municipality.to_bytes(32, "big").hex()],
        first=receipt.block_number + 1,
        last=head.number,
    )
    first = next(changes, None)
    if first is None:
        return
    block = block_of(node.call("eth_getBlockByNumber", hex(first.block_number), False))
    # Both are whole seconds: what happened in the same one may have come after the delivery.
    if block.timestamp < delivered:
        raise ProofInvalid(
            "signer_replaced", "the account that signed was no receipt signer any more at the delivery", field="signer"
        )


def delivery_of(receipt: ClaimReceipt, steps: Sequence[Step]) -> datetime | None:
    """Return when the contents were delivered that a receipt is about; None where this creditor does not know."""
    return next((one.delivered_at for one in steps if one.message == receipt.message and one.delivered_at), None)
