"""The EIP-712 domain of everything that is signed about claims, notices and statements, and who signed."""

from __future__ import annotations

from typing import Final

from coincurve import PublicKey
from eth_utils.crypto import keccak

from schuldhulp.crypto.accounts import checksummed
from schuldhulp.errors import ProofInvalid

_DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


def claims_digest(struct_hash: bytes, *, chain_id: int, claim_register: str) -> bytes:
    """Return the 32 bytes that are signed, under the domain "Schuldhulp claims", version "1".

    Args:
        struct_hash: EIP-712 hash of what is said, 32 bytes.
        chain_id: chain of the ClaimRegister.
        claim_register: its address, hexadecimal.
    """
    domain = (
        keccak(text=_DOMAIN_TYPE)
        + keccak(text="Schuldhulp claims")
        + keccak(text="1")
        + chain_id.to_bytes(32, "big")
        + bytes.fromhex(claim_register.removeprefix("0x")).rjust(32, b"\0")
    )
    return keccak(b"\x19\x01" + keccak(domain) + struct_hash)


def signer_of(digest: bytes, signature: bytes) -> str:
    """Return the address that signed; whether it is the right one is for the caller to judge.

    Args:
        digest: from `claims_digest`.
        signature: r, s and v (27 or 28), 65 bytes.

    Returns:
        The address, with checksum.

    Raises:
        ProofInvalid: no key gives this signature.
    """
    try:
        recovery = bytes([signature[64] - 27])
        key = PublicKey.from_signature_and_message(signature[:64] + recovery, digest, hasher=None)
    except ValueError as error:
        raise ProofInvalid("signature_invalid", "there is no valid signature", field="signature") from error
    return checksummed(keccak(key.format(compressed=False)[1:])[-20:])
