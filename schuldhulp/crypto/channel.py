"""What is signed when somebody uses the evaluator's channel of sealed messages: EIP-712 over the raw body.

The type string is the specification and never changes once released; tests/vectors/channel.json pins it.
"""

from __future__ import annotations

from typing import Final

from eth_account.messages import SignableMessage, encode_typed_data
from eth_utils.crypto import keccak

from schuldhulp.domain.types import MunicipalityCode

CHANNEL_REQUEST_TYPE: Final = (
    "ChannelRequest(uint16 municipality,string organisation,string path,bytes32 body,bytes32 nonce,uint64 expiry)"
)

_STRUCT_NAME, _, _MEMBERS = CHANNEL_REQUEST_TYPE.rstrip(")").partition("(")
_STRUCTS: Final = {
    _STRUCT_NAME: [dict(zip(("type", "name"), member.split(" "), strict=True)) for member in _MEMBERS.split(",")]
}


def channel_request(
    *,
    chain_id: int,
    registry: str,
    municipality: MunicipalityCode,
    organisation: str,
    path: str,
    body: bytes,
    nonce: bytes,
    expiry: int,
) -> SignableMessage:
    """Return what is signed for a request to the channel.

    Args:
        chain_id: chain of the registry.
        registry: address of the EnrolmentRegistry, hexadecimal.
        municipality: whose evaluator is asked.
        organisation: KvK number, or ``municipality`` for its reviewer.
        path: path of the route as the specification writes it, such as ``/v1/messages``.
        body: the bytes of the request's body exactly as they are sent; their keccak256 is what is signed.
        nonce: 32 random bytes, used once.
        expiry: second since 1970 after which the request is void.

    Returns:
        The message for eth-account to sign or to recover the signer of.
    """
    return encode_typed_data(
        domain_data={
            "name": "Schuldhulp evaluator",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": registry,
        },
        message_types=_STRUCTS,
        message_data={
            "municipality": municipality,
            "organisation": organisation,
            "path": path,
            "body": keccak(body),
            "nonce": nonce,
            "expiry": expiry,
        },
    )


def channel_request_digest(
    *,
    chain_id: int,
    registry: str,
    municipality: MunicipalityCode,
    organisation: str,
    path: str,
    body: bytes,
    nonce: bytes,
    expiry: int,
) -> bytes:
    """Return the 32 bytes that are signed for a `channel_request`; the arguments are the same."""
    signable = channel_request(
        chain_id=chain_id,
        registry=registry,
        municipality=municipality,
        organisation=organisation,
        path=path,
        body=body,
        nonce=nonce,
        expiry=expiry,
    )
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def message_hash(content: bytes) -> bytes:
    """Return the name of a sealed message: keccak256 of its bytes."""
    return keccak(content)
