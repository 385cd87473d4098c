from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from schuldhulp.crypto import ristretto
from schuldhulp.errors import InvalidInput, Misconfigured

IDENTITY = bytes(32)
ONE = (1).to_bytes(32, "little")
ORDER = 2**252 + 27742317777372353535851937790883648493
# RFC 9496, A.1: multiples of the generator.
MULTIPLES = {
    1: "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    2: "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    5: "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    15: "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
}
# RFC 9496, A.2: non-canonical field element, negative field element, non-square x², negative x*y, s = -1.
INVALID = [
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


def scalar(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize(("number", "encoded"), MULTIPLES.items())
def test_multiply_base_gives_the_multiples_of_rfc_9496(group: ristretto.Group, number: int, encoded: str) -> None:
    assert group.multiply_base(scalar(number)).hex() == encoded


def test_multiply_agrees_with_repeated_addition(group: ristretto.Group) -> None:
    base = group.multiply_base(ONE)
    total = base
    for _ in range(4):
        total = group.add(total, base)
    assert total == group.multiply(scalar(5), base) == bytes.fromhex(MULTIPLES[5])


@pytest.mark.parametrize("encoded", INVALID)
def test_is_element_refuses_the_invalid_encodings_of_rfc_9496(group: ristretto.Group, encoded: str) -> None:
    element = bytes.fromhex(encoded)
    assert not group.is_element(element)
    with pytest.raises(InvalidInput) as caught:
        group.multiply(ONE, element)
    assert caught.value.field == "element"
    with pytest.raises(InvalidInput):
        group.add(group.multiply_base(ONE), element)


def test_multiply_refuses_the_identity(group: ristretto.Group) -> None:
    assert not group.is_element(IDENTITY)
    with pytest.raises(InvalidInput):
        group.multiply(ONE, IDENTITY)


def test_multiply_refuses_a_zero_scalar(group: ristretto.Group) -> None:
    with pytest.raises(InvalidInput):
        group.multiply(bytes(32), group.multiply_base(ONE))
    with pytest.raises(InvalidInput):
        group.multiply_base(bytes(32))
    with pytest.raises(InvalidInput):
        group.invert(bytes(32))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_every_function_refuses_other_lengths(group: ristretto.Group, length: int) -> None:
    wrong, right = bytes([1]) * length, group.multiply_base(ONE)
    calls = (
        lambda: group.multiply(wrong, right),
        lambda: group.multiply(ONE, wrong),
        lambda: group.multiply_base(wrong),
        lambda: group.add(wrong, right),
        lambda: group.add(right, wrong),
        lambda: group.invert(wrong),
        lambda: group.multiply_scalars(ONE, wrong),
        lambda: group.subtract_scalars(wrong, ONE),
        lambda: group.from_hash(wrong[:63]),
        lambda: group.reduce(wrong[:63]),
    )
    for call in calls:
        with pytest.raises(InvalidInput):
            call()
    assert not group.is_element(wrong)
    assert not group.is_scalar(wrong)


def test_is_scalar_accepts_canonical_ones_other_than_zero(group: ristretto.Group) -> None:
    assert group.is_scalar(ONE)
    assert group.is_scalar(scalar(ORDER - 1))
    assert not group.is_scalar(bytes(32))
    assert not group.is_scalar(scalar(ORDER))
    assert not group.is_scalar(scalar(ORDER + 1))
    assert not group.is_scalar(b"\xff" * 32)


def test_scalar_arithmetic_is_modulo_the_order(group: ristretto.Group) -> None:
    one, other = group.random_scalar(), group.random_scalar()
    first, second = int.from_bytes(one, "little"), int.from_bytes(other, "little")
    assert group.multiply_scalars(one, other) == scalar(first * second % ORDER)
    assert group.subtract_scalars(one, other) == scalar((first - second) % ORDER)
    assert group.invert(one) == scalar(pow(first, -1, ORDER))
    wide = one + other
    assert group.reduce(wide) == scalar(int.from_bytes(wide, "little") % ORDER)


def test_random_scalar_is_canonical_and_not_repeated(group: ristretto.Group) -> None:
    drawn = {group.random_scalar() for _ in range(100)}
    assert len(drawn) == 100
    assert all(group.is_scalar(one) for one in drawn)


def test_from_hash_gives_an_element(group: ristretto.Group) -> None:
    # RFC 9496, A.3, first test of the element derivation function.
    uniform = bytes.fromhex(
        "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
        "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6"
    )
    assert group.from_hash(uniform).hex() == "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46"


def test_load_finds_at_least_one_backend() -> None:
    assert isinstance(ristretto.load(ristretto.Backend.RBCL), ristretto.Group)


def test_group_is_loaded_once() -> None:
    assert ristretto.group() is ristretto.group()


def test_group_falls_back_to_rbcl_without_a_system_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> ctypes.CDLL:
        raise ValueError("Unable to find libsodium")

    monkeypatch.setattr(ristretto, "_load_pysodium", missing)
    with pytest.raises(Misconfigured):
        ristretto.load(ristretto.Backend.PYSODIUM)
    found = ristretto.group.__wrapped__()
    assert found.multiply_base(ONE).hex() == MULTIPLES[1]


def test_group_refuses_a_library_without_ristretto() -> None:
    with pytest.raises(Misconfigured):
        ristretto.Group(ctypes.CDLL(None))


def run_alone(program: str, temporary: Path) -> str:
    environment = {"TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    finished = subprocess.run(
        [sys.executable, "-c", program], check=True, env=environment, capture_output=True, text=True
    )
    return finished.stdout.strip()


def test_load_leaves_no_library_in_the_temporary_folder(tmp_path: Path) -> None:
    program = """
from schuldhulp.crypto.ristretto import Backend, load
print(load(Backend.RBCL).multiply_base(bytes([1]) + bytes(31)).hex())
"""
    assert run_alone(program, tmp_path) == MULTIPLES[1]
    assert list(tmp_path.iterdir()) == []


def test_group_works_on_a_machine_without_libsodium(tmp_path: Path) -> None:
    program = """
import ctypes.util
ctypes.util.find_library = lambda name: None
from schuldhulp.crypto import ristretto
print(ristretto.group().multiply_base(bytes([1]) + bytes(31)).hex())
"""
    assert run_alone(program, tmp_path) == MULTIPLES[1]
    assert list(tmp_path.iterdir()) == []


def test_load_refuses_an_older_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        def __getitem__(self, name: str) -> Callable[[], bytes]:
            def version() -> bytes:
                return b"1.0.17"

            return version

    monkeypatch.setattr(ristretto, "_load_rbcl", Old)
    with pytest.raises(Misconfigured) as caught:
        ristretto.load(ristretto.Backend.RBCL)
    assert caught.value.key == "libsodium_missing"
