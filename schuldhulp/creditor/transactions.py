"""A creditor's own transactions: signed once, kept by the caller, and sent unchanged until the chain has them.

What became of a transaction is told by its receipt and the account's nonce, never by what the node said when it was
handed in: the node may have it already, may have lost it, or may never have had it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from eth_account import Account
from eth_account.typed_transactions.typed_transaction import TypedTransaction
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes

from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.errors import ChainMismatch, NotAllowed, Unreachable
from schuldhulp.node.answers import block_of, number_of, word_of
from schuldhulp.node.rpc import JsonRpc, Refusal
from schuldhulp.node.transactions import highest_price, price_now, send_signed
from schuldhulp.services.ports import SignedTransaction

GAS_MARGIN: Final = 1.3
"""What the node estimates, times this: the state may differ by the time the transaction is carried out."""

PATIENCE: Final = 90.0
"""Seconds to wait for a block with the transaction in it."""

POLL: Final = 0.1
"""Seconds before the first look for a receipt; each next one waits half as long again, up to two seconds."""


class Outcome(StrEnum):
    """What became of a signed transaction."""

    MINED = "mined"
    """Carried out."""
    REVERTED = "reverted"
    """Refused by the contract; the nonce is used up."""
    OPEN = "open"
    """Not in a block yet: under way, or lost."""
    REPLACED = "replaced"
    """Another transaction used the nonce: this one can never be carried out any more."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the chain says of a signed transaction at one moment.

    Attributes:
        outcome: what became of it.
        block_number: the block that carried it out or refused it; None when none did.
    """

    outcome: Outcome
    block_number: int | None = None


class Transactions:
    """Signs for one account and finds out what became of it."""

    def __init__(
        self,
        *,
        node: JsonRpc,
        chain_id: int,
        key: AccountKey,
        patience: float = PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take the account and the node.

        Args:
            node: connection to a node.
            chain_id: chain of the deployment.
            key: private key of the account.
            patience: seconds that `wait` waits.
            sleep: waits so many seconds.
        """
        self._node = node
        self._chain_id = chain_id
        self._key = key
        self._patience = patience
        self._sleep = sleep

    @property
    def address(self) -> str:
        """Checksummed address of the account."""
        return self._key.address

    def used(self) -> int:
        """Return how many transactions of the account stand in blocks."""
        return number_of(self._ask("eth_getTransactionCount", self.address, "latest"))

    def sign(self, *, to: str, data: bytes, nonce: int, gas: int, lowest_tip: int = 0) -> SignedTransaction:
        """Sign a transaction at the price of the moment; nothing is sent.

        Args:
            to: address of the contract.
            data: call data.
            nonce: place in the order of the account.
            gas: most gas it may take.
            lowest_tip: wei a unit of gas that are offered beyond the base fee at least, where there is one.

        Returns:
            Its bytes, hash and nonce.

        Raises:
            NotAllowed: the account cannot pay for it.
            Unreachable: the node does not answer.
        """
        price = price_now(self._node, lowest_tip=lowest_tip)
        highest = highest_price(price)
        balance = number_of(self._ask("eth_getBalance", self.address, "latest"))
        if balance < gas * highest:
            raise NotAllowed(
                "balance_too_low",
                f"the account {self.address} has {balance} wei and may need {gas * highest}: ask the "
                "municipality to repeat `creditor admit`, which pays it, then run the command again",
                needed=gas * highest,
                balance=balance,
            )
        fields = {
            "chainId": self._chain_id,
            "to": to,
            "nonce": nonce,
            "gas": gas,
            "value": 0,
            "data": data,
        }
        signed: Any = Account.sign_transaction(fields | price, self._key.reveal())
        return SignedTransaction(raw=bytes(signed.raw_transaction), tx_hash=bytes(signed.hash), nonce=nonce)

    def dearer(self, transaction: SignedTransaction) -> SignedTransaction | None:
        """Sign a transaction anew at a higher price, when the one it offers is too low for the next block.

        It has the same nonce, so one of the two is carried out and not both.

        Returns:
            The dearer one; None while the price is high enough, which is nearly always.

        Raises:
            NotAllowed: the account cannot pay for it.
            Unreachable: the node does not answer.
        """
        fields = (
            dict(TypedTransaction.from_bytes(HexBytes(transaction.raw)).as_dict()) if _is_typed(transaction) else {}
        )
        offered = int(fields.get("maxFeePerGas", 0))
        block = self._ask("eth_getBlockByNumber", "latest", False)
        base = number_of(block["baseFeePerGas"]) if isinstance(block, dict) and block.get("baseFeePerGas") else 0
        if not offered or base <= offered:
            return None
        return self.sign(
            to=to_checksum_address(bytes(fields["to"])),
            data=bytes(fields["data"]),
            nonce=transaction.nonce,
            gas=int(fields["gas"]),
            # A node takes a copy at a higher price only when both prices are a tenth higher.
            lowest_tip=int(fields["maxPriorityFeePerGas"]) * 5 // 4 + 1,
        )

    def send(self, raw: bytes) -> str:
        """Hand signed bytes to the node; as `schuldhulp.node.transactions.send_signed`."""
        return send_signed(self._node, raw)

    def look(self, transaction: SignedTransaction) -> Look:
        """Ask what became of a transaction.

        Raises:
            Unreachable: the node does not answer.
            ChainMismatch: the node's answers contradict one another.
        """
        question = ("eth_getTransactionReceipt", "0x" + transaction.tx_hash.hex())
        receipt = self._ask(*question)
        if receipt is None:
            if self.used() <= transaction.nonce:
                return Look(outcome=Outcome.OPEN)
            # It may have been carried out between the two questions.
            receipt = self._ask(*question)
            if receipt is None:
                return Look(outcome=Outcome.REPLACED)
        if not isinstance(receipt, dict):
            raise ChainMismatch("chain_answer_wrong", "the node gave something else than a receipt")
        number = number_of(receipt.get("blockNumber"))
        block = block_of(self._ask("eth_getBlockByNumber", hex(number), False))
        if block.hash != word_of(receipt.get("blockHash")):
            return Look(outcome=Outcome.OPEN)
        outcome = Outcome.MINED if number_of(receipt.get("status")) == 1 else Outcome.REVERTED
        return Look(outcome=outcome, block_number=number)

    def wait(self, transaction: SignedTransaction) -> Look:
        """Send a transaction, and again while nothing is heard of it, until it stands in a block.

        Args:
            transaction: signed bytes, already kept by the caller.

        Returns:
            Any outcome but OPEN.

        Raises:
            Unreachable: the node does not answer, or no block came in time. The same bytes can be sent again.
        """
        waited, pause, said = 0.0, POLL, ""
        while (found := self.look(transaction)).outcome is Outcome.OPEN:
            if waited >= self._patience:
                reason = f" (the node says: {said[:120]})" if said else ""
                raise Unreachable(
                    "transaction_pending",
                    f"the chain has not taken the transaction into a block yet{reason}; run the command again",
                )
            # Also when it was sent before: the node may have lost it.
            said = self.send(transaction.raw) or said
            self._sleep(pause)
            waited += pause
            pause = min(pause * 1.5, 2.0)
        return found

    def estimate(self, *, to: str, data: bytes) -> int:
        """Have the node carry a call out in its head.

        Returns:
            A gas limit for it.

        Raises:
            Refusal: the contract refuses it; its ``data`` says why.
            Unreachable: the node does not answer.
        """
        call = {"from": self.address, "to": to, "data": "0x" + data.hex()}
        return int(number_of(self._node.call("eth_estimateGas", call)) * GAS_MARGIN)

    def _ask(self, method: str, *parameters: Any) -> Any:
        try:
            return self._node.call(method, *parameters)
        except Refusal as refusal:
            raise Unreachable("chain_refused", f"the node refuses {method}") from refusal


def _is_typed(transaction: SignedTransaction) -> bool:
    """Say whether it is a transaction with a base fee (EIP-2718, type 2); a legacy one begins as a list does."""
    return transaction.raw[:1] == b"\x02"
