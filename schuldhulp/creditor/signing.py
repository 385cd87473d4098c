"""Signs requests with the creditor's Ethereum account."""

from __future__ import annotations

from collections.abc import Callable

from eth_account import Account

from schuldhulp.crypto.accounts import AccountKey


def digest_signer(key: AccountKey) -> Callable[[bytes], bytes]:
    """Make a function that signs digests of typed data.

    Args:
        key: private key of the account.

    Returns:
        A function from a 32-byte EIP-712 digest to 65 bytes r, s, v.
    """

    def sign_digest(digest: bytes) -> bytes:
        return bytes(Account.unsafe_sign_hash(digest, key.reveal()).signature)

    return sign_digest
