from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schuldhulp.crypto import parallel, voprf
from schuldhulp.crypto.ristretto import Group
from schuldhulp.crypto.voprf import Blinding, Evaluation, Mode, VoprfKey
from schuldhulp.errors import InvalidInput, ProofInvalid

ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = bytes(32)
NOT_CANONICAL = bytes.fromhex("00" + "ff" * 31)
ODD = bytes.fromhex("01" + "00" * 31)

pytestmark = pytest.mark.usefixtures("group", "threads")


@pytest.fixture(params=[1, 2], ids=["one thread", "two threads"])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """With two, every batch of more than one is divided, down to parts of one."""
    monkeypatch.setattr(parallel, "threads_used", lambda: request.param)
    monkeypatch.setattr(parallel, "FEWEST", 2)
    return int(request.param)


def unhex(values: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in values]


def asked(inputs: list[bytes]) -> tuple[VoprfKey, bytes, list[Blinding], Evaluation]:
    key = voprf.generate_key()
    blindings = voprf.blind_all(inputs)
    return key, voprf.public_key(key), blindings, voprf.evaluate(key, [one.element for one in blindings])


def test_vectors_are_those_of_the_rfc(voprf_vectors: list[dict[str, Any]]) -> None:
    base, verifiable = voprf_vectors
    assert (base["mode"], len(base["vectors"])) == (0, 2)
    assert (verifiable["mode"], len(verifiable["vectors"])) == (1, 3)
    assert [len(vector["inputs"]) for vector in verifiable["vectors"]] == [1, 1, 2]


def test_derive_key_gives_every_key_of_the_rfc(voprf_vectors: list[dict[str, Any]]) -> None:
    for suite in voprf_vectors:
        key = voprf.derive_key(bytes.fromhex(suite["seed"]), bytes.fromhex(suite["key_info"]), mode=Mode(suite["mode"]))
        assert key.reveal().hex() == suite["secret_key"]
        if "public_key" in suite:
            assert voprf.public_key(key).hex() == suite["public_key"]


def test_blind_evaluate_finalize_give_every_value_of_the_rfc(voprf_vectors: list[dict[str, Any]]) -> None:
    for suite in voprf_vectors:
        mode, key = Mode(suite["mode"]), VoprfKey(bytes.fromhex(suite["secret_key"]))
        for vector in suite["vectors"]:
            scalars = iter(unhex(vector["blinds"]))
            blindings = voprf.blind_all(
                unhex(vector["inputs"]), mode=mode, draw_scalar=lambda scalars=scalars: next(scalars)
            )
            elements = [one.element for one in blindings]
            assert elements == unhex(vector["blinded_elements"])
            nonce = bytes.fromhex(vector.get("proof_random_scalar", ""))
            evaluation = voprf.evaluate(key, elements, mode=mode, draw_scalar=lambda nonce=nonce: nonce)
            assert list(evaluation.evaluated) == unhex(vector["evaluation_elements"])
            if mode is Mode.BASE:
                assert evaluation.proof is None
                assert evaluation.key is None
                assert voprf.finalize_base(blindings, evaluation) == unhex(vector["outputs"])
            else:
                assert evaluation.proof is not None
                assert evaluation.proof.hex() == vector["proof"]
                assert evaluation.key is not None
                assert evaluation.key.hex() == suite["public_key"]
                outputs = voprf.finalize(blindings, evaluation, published_key=bytes.fromhex(suite["public_key"]))
                assert outputs == unhex(vector["outputs"])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inputs=st.lists(st.binary(max_size=80), min_size=1, max_size=8))
def test_finalize_equals_the_function_computed_without_blinding(group: Group, inputs: list[bytes]) -> None:
    key, public, blindings, evaluation = asked(inputs)
    direct = []
    for one in inputs:
        unblinded = voprf.blind(one, draw_scalar=lambda: (1).to_bytes(32, "little")).element
        element = group.multiply(key.reveal(), unblinded)
        hashed = len(one).to_bytes(2, "big") + one + b"\x00\x20" + element + b"Finalize"
        direct.append(hashlib.sha512(hashed).digest())
    assert voprf.finalize(blindings, evaluation, published_key=public) == direct


def test_finalize_gives_the_same_output_at_every_asking() -> None:
    key = voprf.generate_key()
    outputs = set()
    for _ in range(3):
        blinding = voprf.blind(b"NL.BSN:999990019")
        evaluation = voprf.evaluate(key, [blinding.element])
        outputs.update(voprf.finalize([blinding], evaluation, published_key=voprf.public_key(key)))
    assert len(outputs) == 1


def test_blind_hides_equal_inputs() -> None:
    assert voprf.blind(b"same").element != voprf.blind(b"same").element
    assert len({blinding.element for blinding in voprf.blind_all([b"same"] * 9)}) == 9


def test_blind_all_gives_what_blind_gives_for_each() -> None:
    inputs = [b"%d" % number for number in range(200)]
    scalars = [(number + 1).to_bytes(32, "little") for number in range(200)]
    drawn, again = iter(scalars), iter(scalars)
    assert voprf.blind_all(inputs, draw_scalar=lambda: next(drawn)) == [
        voprf.blind(one, draw_scalar=lambda: next(again)) for one in inputs
    ]


def test_blind_all_gives_nothing_for_nothing() -> None:
    assert voprf.blind_all([]) == []


def test_a_batch_gives_the_same_in_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    key, inputs = voprf.generate_key(), [b"%d" % number for number in range(200)]
    found = []
    for count in (1, 2, 3):
        monkeypatch.setattr(parallel, "threads_used", lambda count=count: count)
        scalars = iter((number + 1).to_bytes(32, "little") for number in range(200))
        blindings = voprf.blind_all(inputs, draw_scalar=lambda scalars=scalars: next(scalars))
        elements = [one.element for one in blindings]
        evaluation = voprf.evaluate(key, elements, draw_scalar=lambda: (7).to_bytes(32, "little"))
        outputs = voprf.finalize(blindings, evaluation, published_key=voprf.public_key(key))
        found.append((elements, evaluation, outputs))
    assert found[0] == found[1] == found[2]


def test_blind_separates_the_modes() -> None:
    scalar = (7).to_bytes(32, "little")
    base, verifiable = (voprf.blind(b"same", mode=mode, draw_scalar=lambda: scalar) for mode in Mode)
    assert base.element != verifiable.element


def test_blind_shows_neither_input_nor_scalar() -> None:
    blinding = voprf.blind(b"NL.BSN:999990019")
    assert "999990019" not in repr(blinding)
    assert repr(blinding.blind) not in repr(blinding)
    assert "redacted" in repr(voprf.generate_key())


@pytest.mark.parametrize("length", [0, 65535])
def test_blind_accepts_every_length_of_the_rfc(length: int) -> None:
    _, public, blindings, evaluation = asked([b"x" * length])
    assert len(voprf.finalize(blindings, evaluation, published_key=public)[0]) == 64


def test_blind_refuses_a_longer_input() -> None:
    with pytest.raises(InvalidInput) as caught:
        voprf.blind_all([b"x", b"x" * 65536])
    assert caught.value.field == "input"


@pytest.mark.parametrize("element", [IDENTITY, NOT_CANONICAL, ODD, b"", b"\x01" * 31, b"\x01" * 33])
@pytest.mark.parametrize("mode", list(Mode))
def test_evaluate_refuses_what_is_no_element(element: bytes, mode: Mode) -> None:
    good = voprf.blind(b"good").element
    with pytest.raises(InvalidInput) as caught:
        voprf.evaluate(voprf.generate_key(), [good, element], mode=mode)
    assert caught.value.field == "element"


def test_evaluate_refuses_an_empty_batch() -> None:
    with pytest.raises(InvalidInput) as caught:
        voprf.evaluate(voprf.generate_key(), [])
    assert caught.value.field == "elements"


def test_evaluate_refuses_more_elements_than_the_rfc_counts() -> None:
    element = voprf.blind(b"x").element
    with pytest.raises(InvalidInput) as caught:
        voprf.evaluate(voprf.generate_key(), [element] * 65536)
    assert caught.value.field == "elements"


def test_evaluate_makes_another_proof_each_time() -> None:
    key, element = voprf.generate_key(), voprf.blind(b"x").element
    assert voprf.evaluate(key, [element]).proof != voprf.evaluate(key, [element]).proof


@pytest.mark.parametrize("size", [1, 2, 5])
def test_finalize_accepts_an_honest_batch(size: int) -> None:
    _, public, blindings, evaluation = asked([b"%d" % index for index in range(size)])
    assert len(set(voprf.finalize(blindings, evaluation, published_key=public))) == size


def test_finalize_accepts_an_input_twice_in_a_batch() -> None:
    _, public, blindings, evaluation = asked([b"same", b"same"])
    one, other = voprf.finalize(blindings, evaluation, published_key=public)
    assert one == other


def test_finalize_refuses_an_answer_without_proof() -> None:
    _, public, blindings, evaluation = asked([b"x"])
    with pytest.raises(ProofInvalid) as caught:
        voprf.finalize(blindings, replace(evaluation, proof=None), published_key=public)
    assert caught.value.key == "proof_missing"


def test_finalize_refuses_an_answer_of_base_mode() -> None:
    key, public, blindings, _ = asked([b"x"])
    answer = voprf.evaluate(key, [blindings[0].element], mode=Mode.BASE)
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, answer, published_key=public)
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, replace(answer, key=public), published_key=public)


def test_finalize_refuses_another_key_than_the_published_one() -> None:
    _, _, blindings, evaluation = asked([b"x"])
    published = voprf.public_key(voprf.generate_key())
    with pytest.raises(ProofInvalid) as caught:
        voprf.finalize(blindings, evaluation, published_key=published)
    assert caught.value.key == "key_not_published"


def test_finalize_refuses_another_key_that_claims_to_be_the_published_one() -> None:
    _, _, blindings, evaluation = asked([b"x"])
    published = voprf.public_key(voprf.generate_key())
    with pytest.raises(ProofInvalid) as caught:
        voprf.finalize(blindings, replace(evaluation, key=published), published_key=published)
    assert caught.value.key == "proof_invalid"


@pytest.mark.parametrize("published", [IDENTITY, NOT_CANONICAL, b"", b"\x01" * 31])
def test_finalize_refuses_a_published_key_that_is_no_element(published: bytes) -> None:
    _, _, blindings, evaluation = asked([b"x"])
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, replace(evaluation, key=published), published_key=published)


@pytest.mark.parametrize("position", [0, 31, 32, 63])
def test_finalize_refuses_a_proof_with_one_bit_changed(position: int) -> None:
    _, public, blindings, evaluation = asked([b"x", b"y"])
    assert evaluation.proof is not None
    proof = bytearray(evaluation.proof)
    proof[position] ^= 1
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, replace(evaluation, proof=bytes(proof)), published_key=public)


@pytest.mark.parametrize("proof", [b"", b"\x01" * 63, b"\x01" * 65, bytes(64), b"\xff" * 64])
def test_finalize_refuses_a_proof_that_is_not_two_scalars(proof: bytes) -> None:
    _, public, blindings, evaluation = asked([b"x"])
    with pytest.raises(ProofInvalid) as caught:
        voprf.finalize(blindings, replace(evaluation, proof=proof), published_key=public)
    assert caught.value.field == "proof"


def test_finalize_refuses_the_same_scalar_written_otherwise() -> None:
    _, public, blindings, evaluation = asked([b"x"])
    assert evaluation.proof is not None
    response = int.from_bytes(evaluation.proof[32:], "little") + ORDER
    proof = evaluation.proof[:32] + response.to_bytes(32, "little")
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, replace(evaluation, proof=proof), published_key=public)


def test_finalize_refuses_a_proof_of_another_batch() -> None:
    key, public, blindings, evaluation = asked([b"x", b"y"])
    other = voprf.evaluate(key, [voprf.blind(b"x").element, voprf.blind(b"y").element])
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, replace(evaluation, proof=other.proof), published_key=public)


def test_finalize_refuses_answers_in_another_order() -> None:
    _, public, blindings, evaluation = asked([b"x", b"y"])
    swapped = replace(evaluation, evaluated=evaluation.evaluated[::-1])
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, swapped, published_key=public)


def test_finalize_refuses_one_answer_under_another_key() -> None:
    _, public, blindings, evaluation = asked([b"x", b"y", b"z"])
    stray = voprf.evaluate(voprf.generate_key(), [blindings[1].element]).evaluated[0]
    mixed = replace(evaluation, evaluated=(evaluation.evaluated[0], stray, evaluation.evaluated[2]))
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, mixed, published_key=public)


def test_finalize_refuses_errors_that_cancel_in_a_plain_sum(group: Group) -> None:
    _, public, blindings, evaluation = asked([b"x", b"y"])
    shift = group.multiply_base((5).to_bytes(32, "little"))
    back = group.multiply((ORDER - 1).to_bytes(32, "little"), shift)
    first, second = evaluation.evaluated
    shifted = replace(evaluation, evaluated=(group.add(first, shift), group.add(second, back)))
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, shifted, published_key=public)


@pytest.mark.parametrize("element", [IDENTITY, NOT_CANONICAL, ODD, b"", b"\x01" * 31])
def test_finalize_refuses_an_answer_that_is_no_element(element: bytes) -> None:
    _, public, blindings, evaluation = asked([b"x", b"y"])
    broken = replace(evaluation, evaluated=(evaluation.evaluated[0], element))
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, broken, published_key=public)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_finalize_refuses_another_number_of_answers(count: int) -> None:
    key, public, blindings, evaluation = asked([b"x", b"y"])
    evaluated = (evaluation.evaluated * 2)[:count]
    with pytest.raises(ProofInvalid):
        voprf.finalize(blindings, replace(evaluation, evaluated=evaluated), published_key=public)
    base = voprf.evaluate(key, [one.element for one in blindings], mode=Mode.BASE)
    with pytest.raises(InvalidInput):
        voprf.finalize_base(blindings, replace(base, evaluated=evaluated))


def test_finalize_refuses_an_empty_batch() -> None:
    _, public, _, evaluation = asked([b"x"])
    with pytest.raises(InvalidInput):
        voprf.finalize([], replace(evaluation, evaluated=()), published_key=public)


@pytest.mark.parametrize("value", [bytes(32), b"\xff" * 32, ORDER.to_bytes(32, "little"), b"\x01" * 31, b""])
def test_key_refuses_what_is_no_scalar(value: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        VoprfKey(value)
    assert caught.value.field == "key"


def test_derive_key_refuses_a_short_seed_and_a_long_info() -> None:
    with pytest.raises(InvalidInput):
        voprf.derive_key(b"\x01" * 31, b"")
    with pytest.raises(InvalidInput):
        voprf.derive_key(b"\x01" * 32, b"x" * 65536)


def test_derive_key_separates_infos_and_modes() -> None:
    seed = b"\x07" * 32
    keys = {voprf.derive_key(seed, info, mode=mode).reveal() for info in (b"", b"a", b"b") for mode in Mode}
    assert len(keys) == 6
