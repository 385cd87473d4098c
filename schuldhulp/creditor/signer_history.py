"""Which accounts were a municipality's receipt signer, and when, as the chain has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Final

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import ChainMismatch, Unreachable
from schuldhulp.node.answers import block_of
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.logs import logs_between
from schuldhulp.node.rpc import JsonRpc, Refusal
from schuldhulp.services.ports import Head

SKEW: Final = timedelta(hours=1)
"""How far the clock of whoever signed and the times of blocks may be apart."""

_CHANGED: Final = keccak(text="ReceiptSignerChanged(uint16,address)")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignerTerm:
    """Since when an account was the receipt signer, and until when.

    Attributes:
        account: checksummed address.
        start: time of the block that named it, UTC.
        end: time of the block that named another one, UTC; None while none did.
    """

    account: str
    start: datetime
    end: datetime | None


def signer_terms(
    municipality: MunicipalityCode, *, deployment: NetworkDeployment, node: JsonRpc, head: Head
) -> list[SignerTerm]:
    """Read from the registry who was the receipt signer of a municipality, oldest first.

    Args:
        municipality: CBS code.
        deployment: what was deployed.
        node: a node whose chain was checked.
        head: its newest block.

    Raises:
        Unreachable: the node does not answer.
        ChainMismatch: it answers with something else.
    """
    changes = list(
        logs_between(
            node.batch,
            address=deployment.contract("EnrolmentRegistry").address,
            topics=["0x" + _CHANGED.hex(), "0x" + municipality.to_bytes(32, "big").hex()],
            first=deployment.block,
            last=head.number,
        )
    )
    if any(len(log.topics) != 3 for log in changes):
        raise ChainMismatch("chain_answer_wrong", "the node gave an event of the wrong shape")
    answers = node.batch([("eth_getBlockByNumber", (hex(log.block_number), False)) for log in changes])
    times = []
    for answer in answers:
        if isinstance(answer, Refusal) or answer is None:
            raise Unreachable("chain_refused", "the node does not give the block in which the signer was changed")
        times.append(block_of(answer).timestamp)
    return [
        SignerTerm(account=to_checksum_address(log.topics[2][12:]), start=start, end=end)
        for log, start, end in zip_longest(changes, times, times[1:])
    ]


def was_signer(terms: list[SignerTerm], account: str, moment: datetime) -> bool:
    """Tell whether an account was the receipt signer at a time, give or take `SKEW`.

    Args:
        terms: what `signer_terms` gave.
        account: checksummed address.
        moment: when, UTC.
    """
    return any(
        one.account == account and one.start <= moment + SKEW and (one.end is None or one.end >= moment - SKEW)
        for one in terms
    )
