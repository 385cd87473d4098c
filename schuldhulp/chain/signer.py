"""Signs and sends: transactions of the registrar and the reviewer, and typed data for the evaluator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from eth_account import Account
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.address import to_checksum_address
from eth_utils.exceptions import ValidationError

from schuldhulp import errors
from schuldhulp.chain.abi import contract_interface
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, Epoch, MunicipalityCode, Tag
from schuldhulp.node.deployment import Deployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.node.transactions import highest_price, price_now, send_signed
from schuldhulp.services.ports import ContractCall, RootChange, SignedTransaction

NO_ROOT: Final = bytes(32)

TRANSFER_GAS: Final = 21_000
"""Gas of a payment to an account that is no contract; the same on every chain."""

BASE_GAS: Final = 70_000
"""Gas of a transaction apart from its items: 21 000 for itself, the role check, the reading of its lists."""

NEW_ROOT_GAS: Final = 27_500
CHANGED_ROOT_GAS: Final = 11_000
ENROL_GAS: Final = 26_500
END_GAS: Final = 10_000
"""Gas limits of one item, before refunds, with a margin over what was measured; see tests/integration/chain."""

DECIDE_GAS: Final = 80_000
"""Gas limit of a decision on one claim, with a margin over what was measured; likewise."""


def recover(digest: bytes, signature: bytes) -> str:
    """Recover who signed a digest.

    Args:
        digest: 32 bytes.
        signature: 65 bytes, r, s and v (27 or 28).

    Returns:
        Checksummed address of the signer.

    Raises:
        errors.InvalidInput: the signature is malformed or belongs to nobody.
    """
    try:
        if len(digest) != 32 or len(signature) != 65 or signature[64] not in (27, 28):
            raise BadSignature("wrong length or recovery number")
        parsed = Signature(signature[:64] + bytes([signature[64] - 27]))
        return str(parsed.recover_public_key_from_msg_hash(digest).to_checksum_address())
    except (BadSignature, ValidationError, ValueError) as error:
        raise errors.InvalidInput("signature_invalid", "the signature is malformed", field="signature") from error


class AccountSigner:
    """A `RequestSigner` over a key in memory."""

    def __init__(self, key: bytes) -> None:
        """Take a private key.

        Args:
            key: 32 bytes.

        Raises:
            errors.Misconfigured: the bytes are no private key.
        """
        try:
            self._account: Any = Account.from_key(key)
        except (ValueError, ValidationError) as error:
            raise errors.Misconfigured("account_key_invalid", "the account's key is not a private key") from error

    def __repr__(self) -> str:
        """Name the account, never the key."""
        return f"AccountSigner({self.address})"

    @property
    def address(self) -> str:
        """Checksummed address of the account."""
        return to_checksum_address(self._account.address)

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a 32-byte EIP-712 digest; returns 65 bytes (r, s, v)."""
        return bytes(self._account.unsafe_sign_hash(digest).signature)

    def sign_transaction(self, fields: dict[str, Any]) -> SignedTransaction:
        """Sign a transaction.

        Args:
            fields: complete, with chain id, nonce, gas and price.

        Returns:
            Its bytes, hash and nonce.
        """
        signed = self._account.sign_transaction(fields)
        return SignedTransaction(raw=bytes(signed.raw_transaction), tx_hash=bytes(signed.hash), nonce=fields["nonce"])


class AccountWriter:
    """A `TransactionWriter`: fixed gas, a price that stays valid, no question but the fee."""

    def __init__(self, deployment: Deployment, rpc: JsonRpc, signer: AccountSigner) -> None:
        """Take what is needed to sign and send.

        Args:
            deployment: addresses and chain id.
            rpc: connection to a node.
            signer: the account.
        """
        self._deployment = deployment
        self._rpc = rpc
        self._signer = signer

    @property
    def account(self) -> str:
        """Checksummed address of the signing account."""
        return self._signer.address

    def sign(self, call: ContractCall, nonce: int) -> SignedTransaction:
        """Sign a call at the price of the moment; nothing is sent."""
        address = self._deployment.contracts[call.contract].address
        return self._sign(address, nonce=nonce, gas=call.gas, value=0, data=call.data)

    def sign_transfer(self, recipient: str, amount: int, nonce: int) -> SignedTransaction:
        """Sign a payment to an account, which is no contract, at the price of the moment; nothing is sent.

        Args:
            recipient: checksummed address.
            amount: wei.
            nonce: the next one of the signing account.

        Returns:
            Its bytes, hash and nonce.
        """
        return self._sign(recipient, nonce=nonce, gas=TRANSFER_GAS, value=amount, data=b"")

    def gas_price(self) -> int:
        """Return the highest price that a transaction signed now would offer, in wei a unit of gas; 0: it is free."""
        return highest_price(price_now(self._rpc))

    def _sign(self, recipient: str, *, nonce: int, gas: int, value: int, data: bytes) -> SignedTransaction:
        fields: dict[str, Any] = {
            "chainId": self._deployment.chain_id,
            "to": recipient,
            "nonce": nonce,
            "gas": gas,
            "value": value,
            "data": data,
        }
        return self._signer.sign_transaction(fields | price_now(self._rpc))

    def send(self, raw: bytes) -> str:
        """Hand a signed transaction to the node; as `schuldhulp.node.transactions.send_signed`."""
        return send_signed(self._rpc, raw)


class RegistrarWriter(AccountWriter):
    """A `ChainWriter`: the gas follows from the size of the batch."""

    def commit(self, municipality: MunicipalityCode, changes: Sequence[RootChange]) -> ContractCall:
        """Encode a ledger batch; the dossiers stand in ascending order."""
        new = sum(change.previous_root == NO_ROOT for change in changes)
        data = contract_interface("ObligationLedger").call(
            "commit",
            municipality,
            [(change.dossier, change.previous_root, change.new_root) for change in changes],
        )
        gas = BASE_GAS + new * NEW_ROOT_GAS + (len(changes) - new) * CHANGED_ROOT_GAS
        return ContractCall(contract="ObligationLedger", data=data, gas=gas)

    def enrol(self, municipality: MunicipalityCode, epoch: Epoch, tags: Sequence[Tag]) -> ContractCall:
        """Encode the publication of tags, which stand in ascending order."""
        data = contract_interface("EnrolmentRegistry").call("enrol", municipality, epoch, list(tags))
        return ContractCall(contract="EnrolmentRegistry", data=data, gas=BASE_GAS + len(tags) * ENROL_GAS)

    def end_enrolment(self, municipality: MunicipalityCode, tags: Sequence[Tag]) -> ContractCall:
        """Encode the ending of tags, which stand in ascending order."""
        data = contract_interface("EnrolmentRegistry").call("endEnrolment", municipality, list(tags))
        return ContractCall(contract="EnrolmentRegistry", data=data, gas=BASE_GAS + len(tags) * END_GAS)


class ReviewerWriter(AccountWriter):
    """Encodes decisions on claims beside signing and sending them."""

    def decide_claim(self, claim_id: ClaimId, status: ClaimStatus, decision: bytes) -> ContractCall:
        """Encode a decision on one claim.

        Args:
            claim_id: the claim.
            status: where it is taken.
            decision: hash of the decision, 32 bytes.
        """
        data = contract_interface("ClaimRegister").call("decideClaim", claim_id, int(status), decision)
        return ContractCall(contract="ClaimRegister", data=data, gas=DECIDE_GAS)
