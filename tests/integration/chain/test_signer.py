from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from schuldhulp import errors
from schuldhulp.chain.signer import AccountSigner, RegistrarWriter, recover
from schuldhulp.domain.types import NO_ROOT
from schuldhulp.node.rpc import JsonRpc, Refusal
from schuldhulp.services.anchoring import MAX_CHANGES
from schuldhulp.services.ports import RootChange
from tests.integration.chain.test_gateway import make_dossier, make_root
from tests.support.chain import MUNICIPALITY, DeployedChain

KEY = b"\x11" * 32


def test_recover_finds_the_signer() -> None:
    signer = AccountSigner(KEY)
    digest = keccak(text="digest")
    signature = signer.sign_digest(digest)
    assert len(signature) == 65
    assert recover(digest, signature) == signer.address
    assert recover(keccak(text="other"), signature) != signer.address


@pytest.mark.parametrize(
    "signature", [b"", bytes(65), bytes(64) + b"\x1b", b"\xff" * 64 + b"\x1b", b"\x01" * 64 + b"\x02"]
)
def test_recover_refuses_a_malformed_signature(signature: bytes) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        recover(keccak(text="digest"), signature)
    assert caught.value.field == "signature"


def test_repr_shows_no_key() -> None:
    assert KEY.hex() not in repr(AccountSigner(KEY))
    assert "11" * 8 not in repr(AccountSigner(KEY))


@pytest.mark.parametrize("key", [b"", bytes(32), b"\xff" * 32, b"\x01" * 31])
def test_account_signer_refuses_what_is_no_key(key: bytes) -> None:
    with pytest.raises(errors.Misconfigured):
        AccountSigner(key)


class PricedRpc(JsonRpc):
    """A node that names the prices that a test sets."""

    def __init__(self, base: str | None, price: str, tip: str | None) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answers = [
            {} if base is None else {"baseFeePerGas": base},
            price,
            Refusal(code=-32601, message="method not found") if tip is None else tip,
        ]

    def batch(self, questions: Any) -> list[Any]:
        return self.answers


def sign(chain: DeployedChain, rpc: JsonRpc) -> Any:
    writer = RegistrarWriter(chain.deployment, rpc, AccountSigner(KEY))
    change = RootChange(dossier=make_dossier(1), previous_root=NO_ROOT, new_root=make_root(1))
    signed = writer.sign(writer.commit(MUNICIPALITY, [change]), 5)
    assert keccak(signed.raw) == signed.tx_hash
    assert Account.recover_transaction(signed.raw) == writer.account
    return signed


def test_sign_on_a_chain_without_a_base_fee_makes_a_legacy_transaction(chain: DeployedChain) -> None:
    assert sign(chain, PricedRpc(None, "0x0", None)).raw[0] >= 0xC0


@pytest.mark.parametrize(
    ("base", "tip", "highest", "priority"),
    [("0x0", "0x3b9aca00", 0, 0), ("0xa", None, 40, 0), ("0xa", "0x2", 42, 2)],
)
def test_sign_survives_two_doublings_of_the_base_fee(
    chain: DeployedChain, base: str, tip: str | None, highest: int, priority: int
) -> None:
    fields = TypedTransaction.from_bytes(HexBytes(sign(chain, PricedRpc(base, "0x1", tip)).raw)).as_dict()
    assert fields["nonce"] == 5
    assert fields["maxFeePerGas"] == highest
    assert fields["maxPriorityFeePerGas"] == priority


def test_gas_is_enough_for_a_full_batch_of_either_kind(chain: DeployedChain) -> None:
    """Full: as many changes as the worker takes, and the head of the processing log."""
    gateway, writer = chain.gateway(), chain.writer()
    before = {make_dossier(number): NO_ROOT for number in range(1, MAX_CHANGES + 2)}
    for turn in (1, 2):
        changes = [
            RootChange(dossier=dossier, previous_root=root, new_root=make_root(1_000 * turn + number))
            for number, (dossier, root) in enumerate(before.items())
        ]
        call = writer.commit(MUNICIPALITY, changes)
        assert call.gas <= 11_500_000
        signed = writer.sign(call, gateway.nonce_of(writer.account))
        writer.send(signed.raw)
        receipt = gateway.receipt(signed.tx_hash)
        assert receipt is not None
        assert receipt.succeeded
        assert receipt.gas_used < call.gas
        before = {change.dossier: change.new_root for change in changes}
