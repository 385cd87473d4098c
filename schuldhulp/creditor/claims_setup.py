"""Makes a creditor's account ready for claims."""

from __future__ import annotations

from dataclasses import dataclass

from schuldhulp.creditor.claims_access import ClaimAccess
from schuldhulp.creditor.claims_chain import CONTRACT, call_data, explain
from schuldhulp.creditor.transactions import Outcome, Transactions
from schuldhulp.errors import Conflict
from schuldhulp.node.rpc import Refusal


@dataclass(frozen=True, kw_only=True)
class SetUp:
    """State of a creditor's account after `set_up_account`.

    Attributes:
        account: checksummed address.
        changed: whether something had to be done.
    """

    account: str
    changed: bool


def set_up_account(transactions: Transactions, access: ClaimAccess, encryption_key: bytes) -> SetUp:
    """Use up an account's first nonce and put its encryption key on chain; what is there already is left.

    Args:
        transactions: signs for the account.
        access: reads the chain.
        encryption_key: public key to which the municipality seals what it sends, 32 bytes.

    Returns:
        Whether anything had to be done.

    Raises:
        NotAllowed: the account has no role yet, or cannot pay.
        Unreachable, ChainMismatch: the chain does not answer, or is another one.
    """
    changed = False
    # First of all: nothing is sent to a chain that is not the deployed one.
    access.head()
    while transactions.used() == 0:
        _do(transactions, transactions.address, b"")
        changed = True
    while access.register().encryption_key(transactions.address) != encryption_key:
        data = call_data("setEncryptionKey(bytes32)", ["bytes32"], [encryption_key])
        _do(transactions, access.deployment.contract(CONTRACT).address, data)
        changed = True
    return SetUp(account=transactions.address, changed=changed)


def _do(transactions: Transactions, to: str, data: bytes) -> None:
    """Carry out one transaction; whether it did anything is looked up by the caller."""
    try:
        gas = transactions.estimate(to=to, data=data)
    except Refusal as refusal:
        raise explain(refusal) from None
    signed = transactions.sign(to=to, data=data, nonce=transactions.used(), gas=gas)
    if transactions.wait(signed).outcome is Outcome.REVERTED:
        raise Conflict("chain_refuses", "the chain refused the set-up; run it again")
