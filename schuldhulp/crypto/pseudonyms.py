"""Pseudonyms on the chain: tags of persons and ids of claims, from outputs of the oblivious function.

Who has no output of the evaluator can compute neither, and neither shows who or what it stands for.
"""

from __future__ import annotations

import secrets

from eth_hash.auto import keccak

from schuldhulp.crypto.voprf import OUTPUT_LENGTH
from schuldhulp.domain.types import ClaimId, Epoch, MunicipalityCode, Tag
from schuldhulp.errors import InvalidInput

TAG_TYPE: bytes = keccak(b"SchuldhulpTag(uint16 municipality,uint32 epoch,uint8 kind,bytes output)")
CLAIM_TYPE: bytes = keccak(b"SchuldhulpClaim(bytes output)")

_TAG_HASH_LENGTH = 26
_CLAIM_HASH_LENGTH = 30


def tag(municipality: MunicipalityCode, epoch: Epoch, kind: int, output: bytes) -> Tag:
    """Compute the tag under which a person may stand in the registry.

    Args:
        municipality: CBS code, 1 to 65535.
        epoch: epoch of the key that gave the output, 1 to 2**32 - 1.
        kind: kind of identifier, 1 (BSN) or 2 (name, birth date and address).
        output: output of ``voprf.finalize``, 64 bytes.

    Returns:
        ``uint16 municipality || uint32 epoch || 26 bytes``.

    Raises:
        InvalidInput: a number is out of its range, or the output has another length.
    """
    prefix = _tag_prefix(municipality, epoch)
    if not 1 <= kind <= 255:
        raise InvalidInput("kind_invalid", "a kind is 1 to 255", field="kind")
    # abi.encode(TAG_TYPE, municipality, epoch, kind, output): five words, then the length and content of the bytes.
    encoded = TAG_TYPE + _word(municipality) + _word(epoch) + _word(kind) + _word(5 * 32) + _content(output)
    return Tag(prefix + keccak(encoded)[:_TAG_HASH_LENGTH])


def filler_tag(municipality: MunicipalityCode, epoch: Epoch) -> Tag:
    """Draw a tag that stands for nobody and that only the drawer can tell from a real one.

    Args:
        municipality: CBS code, 1 to 65535.
        epoch: 1 to 2**32 - 1.

    Returns:
        ``uint16 municipality || uint32 epoch || 26 random bytes``.

    Raises:
        InvalidInput: a number is out of its range.
    """
    return Tag(_tag_prefix(municipality, epoch) + secrets.token_bytes(_TAG_HASH_LENGTH))


def claim_id(municipality: MunicipalityCode, output: bytes) -> ClaimId:
    """Compute the id of a claim, the same for everybody who hands in the same claim.

    Args:
        municipality: CBS code, 1 to 65535.
        output: output of ``voprf.finalize`` under the municipality's claim-id key, 64 bytes.

    Returns:
        ``uint16 municipality || 30 bytes``.

    Raises:
        InvalidInput: the code is out of range, or the output has another length.
    """
    prefix = _municipality_prefix(municipality)
    # abi.encode(CLAIM_TYPE, output)
    encoded = CLAIM_TYPE + _word(2 * 32) + _content(output)
    return ClaimId(prefix + keccak(encoded)[:_CLAIM_HASH_LENGTH])


def _tag_prefix(municipality: int, epoch: int) -> bytes:
    if not 1 <= epoch < 2**32:
        raise InvalidInput("epoch_invalid", "an epoch is 1 to 4294967295", field="epoch")
    return _municipality_prefix(municipality) + epoch.to_bytes(4, "big")


def _municipality_prefix(municipality: int) -> bytes:
    if not 1 <= municipality < 2**16:
        raise InvalidInput("municipality_invalid", "a municipality code is 1 to 65535", field="municipality")
    return municipality.to_bytes(2, "big")


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _content(output: bytes) -> bytes:
    if len(output) != OUTPUT_LENGTH:
        raise InvalidInput("output_invalid", "an output is 64 bytes", field="output")
    return _word(len(output)) + output
