"""Oblivious pseudorandom function: RFC 9497 with ristretto255-SHA512, modes 0 (OPRF) and 1 (VOPRF).

The creditor blinds an identifier, the evaluator evaluates the blinded element under its key and proves with one proof
per batch that it used the published key, and the creditor unblinds. The evaluator never sees the identifier, and
nobody without the evaluator can compute an output. Everything here uses mode 1; mode 0 is there because its vectors
test the same code.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from schuldhulp.crypto.parallel import spread
from schuldhulp.crypto.ristretto import group
from schuldhulp.crypto.secret import SecretKey
from schuldhulp.crypto.voprf_hashing import Mode, domain_tag, expand, prefixed
from schuldhulp.errors import InvalidInput, ProofInvalid

ELEMENT_LENGTH = 32
PROOF_LENGTH = 64
OUTPUT_LENGTH = 64
SEED_LENGTH = 32
MAXIMUM_BATCH = 65535
"""Most elements in one batch: their number is hashed as two bytes (RFC 9497, 2.2.1)."""

_MAXIMUM_INPUT = 65535


class VoprfKey(SecretKey):
    """Secret scalar of an evaluator: one municipality, one epoch, one kind of identifier."""

    __slots__ = ()

    purpose = "voprf"

    def __init__(self, value: bytes) -> None:
        """Take over a key.

        Args:
            value: canonical scalar other than zero, 32 bytes little endian.

        Raises:
            InvalidInput: it is not.
        """
        super().__init__(value)
        if not group().is_scalar(value):
            raise InvalidInput("key_invalid", "the voprf key is not a canonical scalar", field="key")

    @classmethod
    def generate(cls) -> VoprfKey:
        """Draw a random key."""
        return cls(group().random_scalar())


@dataclass(frozen=True, kw_only=True, slots=True)
class Blinding:
    """What a client keeps of one input while it asks.

    Attributes:
        input: the input, for example a canonical identifier; secret.
        blind: the scalar that hides it; secret.
        element: the blinded element, 32 bytes; what the evaluator sees.
    """

    input: bytes = field(repr=False)
    blind: bytes = field(repr=False)
    element: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Evaluation:
    """An evaluator's answer to a batch.

    Attributes:
        evaluated: evaluated elements, 32 bytes each, in the order of the question.
        proof: c and s, 64 bytes together; None in base mode.
        key: the public key that the evaluator says it used, 32 bytes; None in base mode.
    """

    evaluated: tuple[bytes, ...]
    proof: bytes | None
    key: bytes | None


def generate_key() -> VoprfKey:
    """Draw a random key."""
    return VoprfKey.generate()


def derive_key(seed: bytes, info: bytes, *, mode: Mode = Mode.VERIFIABLE) -> VoprfKey:
    """Derive a key from a seed (RFC 9497, 3.2.1).

    Args:
        seed: 32 secret bytes.
        info: public name of the key, up to 65 535 bytes.
        mode: the mode that the key is for.

    Returns:
        The key, always the same for the same arguments.

    Raises:
        InvalidInput: seed or info has a wrong length.
    """
    if len(seed) != SEED_LENGTH:
        raise InvalidInput("seed_invalid", "a seed is 32 bytes", field="seed")
    if len(info) > _MAXIMUM_INPUT:
        raise InvalidInput("info_invalid", "the key info is too long", field="info")
    tag = domain_tag(b"DeriveKeyPair", mode)
    for counter in range(256):
        scalar = group().reduce(expand(seed + prefixed(info) + bytes([counter]), tag))
        if any(scalar):
            return VoprfKey(scalar)
    raise InvalidInput("seed_invalid", "no key follows from this seed", field="seed")


def public_key(key: VoprfKey) -> bytes:
    """Give the public key, 32 bytes."""
    return group().multiply_base(key.reveal())


def blind(
    input: bytes,  # noqa: A002 - the RFC's own name
    *,
    mode: Mode = Mode.VERIFIABLE,
    draw_scalar: Callable[[], bytes] | None = None,
) -> Blinding:
    """Hide an input for the evaluator (RFC 9497, 3.3.1).

    Args:
        input: up to 65 535 bytes.
        mode: the mode that the evaluator uses.
        draw_scalar: source of a random scalar; given by test vectors only.

    Returns:
        The blinding; its element goes to the evaluator.

    Raises:
        InvalidInput: the input is too long, or hashes to the identity.
    """
    return blind_all([input], mode=mode, draw_scalar=draw_scalar)[0]


def blind_all(
    inputs: Sequence[bytes], *, mode: Mode = Mode.VERIFIABLE, draw_scalar: Callable[[], bytes] | None = None
) -> list[Blinding]:
    """Hide many inputs, as `blind` does each.

    Args:
        inputs: up to 65 535 bytes each.
        mode: the mode that the evaluator uses.
        draw_scalar: source of random scalars, called for each input in turn; given by test vectors only.

    Returns:
        The blindings in the same order.

    Raises:
        InvalidInput: an input is too long, or hashes to the identity.
    """
    if any(len(one) > _MAXIMUM_INPUT for one in inputs):
        raise InvalidInput("input_invalid", "an input is at most 65 535 bytes", field="input")
    draw = draw_scalar or group().random_scalar
    scalars = [draw() for _ in inputs]
    tag = domain_tag(b"HashToGroup-", mode)

    def blind_part(part: Sequence[tuple[bytes, bytes]]) -> list[Blinding]:
        multiply, from_hash = group().multiply, group().from_hash
        return [
            Blinding(input=one, blind=scalar, element=multiply(scalar, from_hash(expand(one, tag))))
            for one, scalar in part
        ]

    return list(chain.from_iterable(spread(blind_part, list(zip(inputs, scalars, strict=True)))))


def evaluate(
    key: VoprfKey,
    elements: Sequence[bytes],
    *,
    mode: Mode = Mode.VERIFIABLE,
    draw_scalar: Callable[[], bytes] | None = None,
) -> Evaluation:
    """Evaluate a batch of blinded elements, with one proof for all (RFC 9497, 3.3.2).

    Args:
        key: the evaluator's key.
        elements: 1 to 65 535 blinded elements, 32 bytes each.
        mode: base mode gives no proof.
        draw_scalar: source of the proof's random scalar; given by test vectors only.

    Returns:
        Evaluated elements in the same order, the proof and the public key.

    Raises:
        InvalidInput: no elements or too many, or one is the identity, not canonical or of another length.
    """
    _check_batch(elements)
    multiply = group().multiply
    secret = key.reveal()
    evaluated = tuple(
        chain.from_iterable(spread(lambda part: [multiply(secret, element) for element in part], elements))
    )
    if mode is Mode.BASE:
        return Evaluation(evaluated=evaluated, proof=None, key=None)
    public = public_key(key)
    (weighted,) = _weighted_sums(public, elements, evaluated, sums=1)
    # The evaluator knows its key: one multiplication gives what the client needs another sum for.
    weighted_evaluated = multiply(secret, weighted)
    nonce = (draw_scalar or group().random_scalar)()
    challenge = _challenge(
        public, weighted, weighted_evaluated, group().multiply_base(nonce), multiply(nonce, weighted)
    )
    response = group().subtract_scalars(nonce, group().multiply_scalars(challenge, secret))
    return Evaluation(evaluated=evaluated, proof=challenge + response, key=public)


def verify(elements: Sequence[bytes], evaluation: Evaluation, *, published_key: bytes) -> None:
    """Check that a batch was evaluated under the published key (RFC 9497, 2.2.2).

    Args:
        elements: the blinded elements that were asked, in order.
        evaluation: the evaluator's answer.
        published_key: public key from the registry, 32 bytes.

    Raises:
        ProofInvalid: another key, no proof, a wrong one, or an answer that is not made of elements.
    """
    if evaluation.key != published_key:
        raise ProofInvalid("key_not_published", "the evaluator used another key than the published one", field="key")
    proof = evaluation.proof
    if proof is None:
        raise ProofInvalid("proof_missing", "the evaluator gave no proof", field="proof")
    if len(evaluation.evaluated) != len(elements):
        raise ProofInvalid("proof_invalid", "the answer has another length than the question", field="evaluated")
    if len(proof) != PROOF_LENGTH or not all(group().is_scalar(part) for part in (proof[:32], proof[32:])):
        raise ProofInvalid("proof_invalid", "the proof is not two canonical scalars", field="proof")
    if not group().is_element(published_key):
        raise ProofInvalid("proof_invalid", "the published key is not a canonical element", field="key")
    _check_batch(elements)
    try:
        expected = _expected_challenge(elements, evaluation.evaluated, published_key, proof)
    except InvalidInput as error:
        raise ProofInvalid(
            "proof_invalid", "the answer is not made of canonical elements", field="evaluated"
        ) from error
    if not hmac.compare_digest(expected, proof[:32]):
        raise ProofInvalid("proof_invalid", "the proof does not hold", field="proof")


def finalize(blindings: Sequence[Blinding], evaluation: Evaluation, *, published_key: bytes) -> list[bytes]:
    """Check the proof of a batch and give the outputs (RFC 9497, 3.3.2).

    Args:
        blindings: what ``blind`` gave, in the order in which their elements were asked.
        evaluation: the evaluator's answer.
        published_key: public key from the registry, 32 bytes; never the one from the answer.

    Returns:
        The outputs, 64 bytes each, in the same order.

    Raises:
        ProofInvalid: another key, no proof, or a wrong one.
        InvalidInput: there are no blindings.
    """
    verify([blinding.element for blinding in blindings], evaluation, published_key=published_key)
    return _unblind(blindings, evaluation.evaluated)


def finalize_base(blindings: Sequence[Blinding], evaluation: Evaluation) -> list[bytes]:
    """Give the outputs of base mode, which proves nothing (RFC 9497, 3.3.1).

    Args:
        blindings: made with ``Mode.BASE``.
        evaluation: the evaluator's answer.

    Returns:
        The outputs, 64 bytes each, in the same order.

    Raises:
        InvalidInput: another number of elements, or one is the identity or not canonical.
    """
    if len(evaluation.evaluated) != len(blindings):
        raise InvalidInput("batch_invalid", "the answer has another length than the question", field="evaluated")
    return _unblind(blindings, evaluation.evaluated)


def _unblind(blindings: Sequence[Blinding], evaluated: Sequence[bytes]) -> list[bytes]:
    return list(chain.from_iterable(spread(_unblind_part, list(zip(blindings, evaluated, strict=True)))))


def _unblind_part(part: Sequence[tuple[Blinding, bytes]]) -> list[bytes]:
    multiply = group().multiply
    inverses = _invert_all([blinding.blind for blinding, _ in part])
    outputs = []
    for (blinding, element), inverse in zip(part, inverses, strict=True):
        unblinded = multiply(inverse, element)
        outputs.append(hashlib.sha512(prefixed(blinding.input) + prefixed(unblinded) + b"Finalize").digest())
    return outputs


def _invert_all(scalars: Sequence[bytes]) -> list[bytes]:
    """Invert many scalars with one inversion (Montgomery's trick): an inversion costs as much as forty products."""
    if not scalars:
        return []
    product = group().multiply_scalars
    running = [scalars[0]]
    for scalar in scalars[1:]:
        running.append(product(running[-1], scalar))
    inverse = group().invert(running[-1])
    inverses = []
    for index in range(len(scalars) - 1, 0, -1):
        inverses.append(product(inverse, running[index - 1]))
        inverse = product(inverse, scalars[index])
    inverses.append(inverse)
    return inverses[::-1]


def _expected_challenge(elements: Sequence[bytes], evaluated: Sequence[bytes], public: bytes, proof: bytes) -> bytes:
    challenge, response = proof[:32], proof[32:]
    weighted, weighted_evaluated = _weighted_sums(public, elements, evaluated, sums=2)
    multiply, add = group().multiply, group().add
    commitment = add(group().multiply_base(response), multiply(challenge, public))
    commitment_evaluated = add(multiply(response, weighted), multiply(challenge, weighted_evaluated))
    return _challenge(public, weighted, weighted_evaluated, commitment, commitment_evaluated)


def _weighted_sums(
    public: bytes, elements: Sequence[bytes], evaluated: Sequence[bytes], *, sums: int
) -> tuple[bytes, ...]:
    """Give the composites (RFC 9497, 2.2.1): of the elements, and with two sums of what they were evaluated to."""
    seed = hashlib.sha512(prefixed(public) + prefixed(domain_tag(b"Seed-", Mode.VERIFIABLE))).digest()
    start, tag = prefixed(seed), domain_tag(b"HashToScalar-", Mode.VERIFIABLE)

    def sum_part(part: Sequence[tuple[int, bytes, bytes]]) -> list[bytes]:
        weights = [_weight(start, tag, index, one, other) for index, one, other in part]
        columns = [one for _, one, _ in part], [other for _, _, other in part]
        return [_weighted_sum(weights, column) for column in columns[:sums]]

    numbered = [(index, one, other) for index, (one, other) in enumerate(zip(elements, evaluated, strict=True))]
    return tuple(functools.reduce(group().add, of_parts) for of_parts in zip(*spread(sum_part, numbered), strict=True))


def _weight(start: bytes, tag: bytes, index: int, one: bytes, other: bytes) -> bytes:
    """Give a scalar of ComputeComposites (RFC 9497, 2.2.1)."""
    transcript = b"".join((start, index.to_bytes(2, "big"), prefixed(one), prefixed(other), b"Composite"))
    return group().reduce(expand(transcript, tag))


def _weighted_sum(weights: Sequence[bytes], elements: Sequence[bytes]) -> bytes:
    multiply, add = group().multiply, group().add
    products = [multiply(weight, element) for weight, element in zip(weights, elements, strict=True)]
    return functools.reduce(add, products)


def _challenge(public: bytes, *parts: bytes) -> bytes:
    transcript = b"".join(prefixed(part) for part in (public, *parts)) + b"Challenge"
    return group().reduce(expand(transcript, domain_tag(b"HashToScalar-", Mode.VERIFIABLE)))


def _check_batch(elements: Sequence[bytes]) -> None:
    if not 1 <= len(elements) <= MAXIMUM_BATCH:
        raise InvalidInput("batch_invalid", "a batch has 1 to 65 535 elements", field="elements")
