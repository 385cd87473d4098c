"""EIP-712 by hand, for tests that compare it with what the code computes."""

from __future__ import annotations

from eth_abi import encode
from eth_utils.crypto import keccak


def domain_separator(name: str, *, chain_id: int, claim_register: str) -> bytes:
    """Return the hash of a domain with name, version 1, chain and contract, 32 bytes."""
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                keccak(text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak(text=name),
                keccak(text="1"),
                chain_id,
                claim_register,
            ],
        )
    )
