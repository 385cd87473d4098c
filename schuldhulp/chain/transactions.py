"""Reading transactions that others signed, and asking the node for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import rlp
from eth_account import Account
from eth_utils.address import to_checksum_address

from schuldhulp.errors import InvalidInput
from schuldhulp.node.rpc import JsonRpc, Refusal
from schuldhulp.services.node_access import NodeRefusal, SentTransaction

DYNAMIC_FEE: Final = 2
"""Type byte of EIP-1559; a legacy transaction (type 0) is a list and begins with 0xc0 or more."""


def read_transaction(raw: bytes) -> SentTransaction:
    """Decode a signed transaction and recover who signed it.

    Args:
        raw: its bytes, of type 0 (EIP-155) or 2 (EIP-1559).

    Returns:
        What stands in it.

    Raises:
        InvalidInput: another type, not a transaction, or nobody's signature.
    """
    try:
        if raw[:1] == bytes([DYNAMIC_FEE]):
            chain, _nonce, _tip, _fee, _gas, to, value, data, _access, _parity, _r, _s = rlp.decode(raw[1:])
            chain_id: int | None = _number(chain)
        elif raw[:1] >= b"\xc0":
            _nonce, _price, _gas, to, value, data, v, _r, _s = rlp.decode(raw)
            # EIP-155: 35 or 36 plus twice the chain id; 27 and 28 are bound to no chain.
            chain_id = (_number(v) - 35) // 2 if _number(v) >= 35 else None
        else:
            raise ValueError("another type")
        if len(to) not in (0, 20) or not isinstance(data, bytes):
            raise ValueError("a field has another shape")
        return SentTransaction(
            chain_id=chain_id,
            sender=to_checksum_address(Account.recover_transaction(raw)),
            to=to_checksum_address(to) if to else None,
            value=_number(value),
            data=data,
        )
    except Exception as error:
        # The library raises errors of many families over bytes that it did not expect.
        raise InvalidInput("transaction_invalid", "the transaction cannot be read", field="transaction") from error


def _number(field: Any) -> int:
    if not isinstance(field, bytes) or len(field) > 32:
        raise ValueError("a number is expected")
    return int.from_bytes(field)


class RelayedNode:
    """Implements services.node_access.AskedNode over a connection to a node."""

    def __init__(self, rpc: JsonRpc) -> None:
        """Take the connection."""
        self._rpc = rpc

    def ask(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[Any | NodeRefusal]:
        """Ask questions at once.

        Args:
            questions: pairs of method and parameters.

        Returns:
            Results as JSON values, or why one was refused, in the same order.

        Raises:
            errors.Unreachable: the node does not answer, or not in the agreed form.
        """
        answers = self._rpc.batch(questions)
        return [
            NodeRefusal(message=answer.message, data=answer.data) if isinstance(answer, Refusal) else answer
            for answer in answers
        ]
