from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account

from schuldhulp.chain.transactions import read_transaction
from schuldhulp.errors import InvalidInput
from schuldhulp.services.node_access import SentTransaction

ACCOUNT = Account.from_key(b"\1" * 32)
TO = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
FIELDS: dict[str, Any] = {"nonce": 3, "gas": 50_000, "to": TO, "value": 5, "data": b"\x12\x34", "chainId": 1337}
LEGACY = {"gasPrice": 7}
DYNAMIC = {"type": 2, "maxFeePerGas": 7, "maxPriorityFeePerGas": 1}


def signed(**changes: Any) -> bytes:
    fields = {name: value for name, value in (FIELDS | changes).items() if value is not None}
    return bytes(ACCOUNT.sign_transaction(fields).raw_transaction)


@pytest.mark.parametrize("kind", [LEGACY, DYNAMIC, DYNAMIC | {"accessList": [{"address": TO, "storageKeys": []}]}])
def test_read_transaction_gives_what_was_signed(kind: dict[str, Any]) -> None:
    assert read_transaction(signed(**kind)) == SentTransaction(
        chain_id=1337, sender=ACCOUNT.address, to=TO, value=5, data=b"\x12\x34"
    )


def test_read_transaction_says_when_it_is_bound_to_no_chain_or_makes_a_contract() -> None:
    assert read_transaction(signed(**LEGACY, chainId=None)).chain_id is None
    assert read_transaction(signed(**DYNAMIC, to=None)).to is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x02",
        b"\x02\xc0",
        b"\xc0",
        b"\x01" + signed(**DYNAMIC)[1:],
        b"\x03" + signed(**DYNAMIC)[1:],
        signed(**DYNAMIC)[:-1],
        signed(**DYNAMIC) + b"\0",
        signed(**LEGACY)[:-1],
        signed(**LEGACY) + b"\0",
        b"\x02" + signed(**LEGACY),
        b"\xf8" + b"\xff" * 40,
        b"\xff" * 200,
    ],
)
def test_read_transaction_refuses_anything_else(raw: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_transaction(raw)


def test_read_transaction_of_changed_bytes_never_names_the_account_that_signed_others() -> None:
    raw = signed(**DYNAMIC)
    right = read_transaction(raw)
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        try:
            found = read_transaction(changed)
        except InvalidInput:
            continue
        assert found.sender != right.sender
