"""Pseudonyms on the chain: tags of persons and ids of claims, from outputs of the oblivious function.

Who has no output of the evaluator can compute neither, and neither shows who or what it stands for.
"""

from __future__ import annotations

import secrets

from eth_hash.auto import keccak

from schuldhulp.crypto.voprf import OUTPUT_LENGTH
from schuldhulp.domain.types import ClaimId, Epoch, MunicipalityCode, Tag
from schuldhulp.errors import InvalidInput

CHECK_TYPE: bytes = keccak(b"SchuldhulpCheck(string organisation,bytes32 tag,bytes32 blockHash)")
TAG_TYPE: bytes = keccak(b"SchuldhulpTag(uint16 municipality,uint32 epoch,uint8 kind,bytes output)")
CLAIM_TYPE: bytes = keccak(b"SchuldhulpClaim(bytes output)")

_TAG_HASH_LENGTH = 26
_CLAIM_HASH_LENGTH = 30
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits of Crockford's base32, without letters that look or sound like another."""
_CHECK_DIGITS = 12
_MISREAD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


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


def check_number(organisation: str, tag: Tag, block_hash: bytes) -> str:
    """Compute the number that a creditor quotes of a signal: short enough for the telephone.

    It says nothing by itself; whoever has the tag and the block computes it again.

    Args:
        organisation: KvK number of the organisation that asked.
        tag: the tag that was looked up, 32 bytes.
        block_hash: hash of the block that the answer was read from, 32 bytes.

    Returns:
        The first 60 bits of ``keccak256(abi.encode(CHECK_TYPE, organisation, tag, blockHash))`` in Crockford's base32
        and one check digit (Luhn mod 32): ``XXXX-XXXX-XXXX-X``.

    Raises:
        InvalidInput: tag or block hash has another length.
    """
    if len(tag) != 32 or len(block_hash) != 32:
        raise InvalidInput("check_number_invalid", "a tag and the hash of a block are 32 bytes each", field="tag")
    name = organisation.encode("utf-8")
    # abi.encode(CHECK_TYPE, organisation, tag, blockHash): four words, then the length and content of the text.
    encoded = CHECK_TYPE + _word(4 * 32) + tag + block_hash + _word(len(name)) + name + bytes(-len(name) % 32)
    number = int.from_bytes(keccak(encoded)[:8], "big") >> 4
    digits = "".join(_LETTERS[number >> 5 * place & 31] for place in reversed(range(_CHECK_DIGITS)))
    return _grouped(digits + _luhn(digits))


def read_check_number(text: str) -> str:
    """Bring a check number that somebody typed or heard to its one spelling.

    Args:
        text: the number; lower case, spaces, missing hyphens, O for 0 and I or L for 1 do not matter.

    Returns:
        ``XXXX-XXXX-XXXX-X``.

    Raises:
        InvalidInput: another length, another character, or a digit was misread.
    """
    digits = text.strip().upper().translate(_MISREAD)
    right = len(digits) == _CHECK_DIGITS + 1 and all(digit in _LETTERS for digit in digits)
    if not right or _luhn(digits[:-1]) != digits[-1]:
        raise InvalidInput("check_number_invalid", "no check number: a digit is missing or misread", field="number")
    return _grouped(digits)


def _grouped(digits: str) -> str:
    return "-".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def _luhn(digits: str) -> str:
    """Give the check digit of Luhn mod N, with N = 32: it finds each misread digit and nearly every swapped pair."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        double = _LETTERS.index(digit) * (2 if place % 2 == 0 else 1)
        total += double // 32 + double % 32
    return _LETTERS[-total % 32]


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
