"""Accounts that sign, so that both engines get the very same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from eth_utils.address import to_checksum_address

from tests.engines.interface import Interface
from tests.engines.nodes import Engine
from tests.support.chain import CHAIN_ID, account

GAS_PRICE = 10**10
CONTRACTS = ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister")


@cache
def address_of(name: str) -> str:
    """Return the address of a named account; the same one every time."""
    return str(account(name).address)


@dataclass
class Signer:
    """Signs for named accounts and counts their nonces; one signer for one chain, or for chains that stay equal."""

    nonces: dict[str, int] = field(default_factory=dict)

    def sign(self, name: str, to: str | None, data: bytes, *, gas: int = 6_000_000) -> bytes:
        """Return a signed transaction; without `to` it deploys."""
        nonce = self.nonces.get(name, 0)
        self.nonces[name] = nonce + 1
        fields = {"nonce": nonce, "gas": gas, "gasPrice": GAS_PRICE, "value": 0, "data": data, "chainId": CHAIN_ID}
        if to is not None:
            fields["to"] = to
        return bytes(account(name).sign_transaction(fields).raw_transaction)


def deploy(engine: Engine, signer: Signer, interface: Interface, instance_id: bytes, *, by: str) -> str:
    """Deploy a contract in a block of its own and return its address."""
    receipt = engine.send(signer.sign(by, None, interface.creation(instance_id)), engine.last_moment() + 1)
    if receipt["status"] != "0x1":
        raise RuntimeError("the deployment was refused")
    return to_checksum_address(receipt["contractAddress"])
