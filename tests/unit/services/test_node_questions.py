from __future__ import annotations

from typing import Any

import pytest

from schuldhulp.services.node_questions import (
    CALL_GAS,
    MAX_CALL_DATA,
    METHOD_NOT_FOUND,
    QuestionRules,
)
from schuldhulp.services.node_values import INVALID_PARAMS, QuestionRefused

REGISTRY = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
LEDGER = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
ANYBODY = "0x" + "1" * 40
WORD = "0x" + "ab" * 32
GAS = hex(CALL_GAS)
RULES = QuestionRules([REGISTRY, LEDGER])


def call(**fields: Any) -> dict[str, Any]:
    return {"to": REGISTRY, "data": "0x12345678"} | fields


@pytest.mark.parametrize(
    ("method", "params", "passed"),
    [
        ("eth_chainId", None, ()),
        ("net_version", [], ()),
        ("eth_blockNumber", [], ()),
        ("eth_gasPrice", [], ()),
        ("eth_maxPriorityFeePerGas", [], ()),
        ("eth_getBlockByNumber", ["latest", False], ("latest", False)),
        ("eth_getBlockByNumber", ["0x1"], ("0x1", False)),
        ("eth_getCode", [REGISTRY.lower(), "latest"], (REGISTRY, "latest")),
        ("eth_getCode", [REGISTRY], (REGISTRY, "latest")),
        ("eth_call", [call()], ({"to": REGISTRY, "data": "0x12345678", "gas": GAS}, "latest")),
        ("eth_call", [call(gas="0x5208"), "0x10"], ({"to": REGISTRY, "data": "0x12345678", "gas": "0x5208"}, "0x10")),
        ("eth_call", [call(gas="0xffffffffff")], ({"to": REGISTRY, "data": "0x12345678", "gas": GAS}, "latest")),
        (
            "eth_call",
            [{"to": LEDGER, "input": "0x12", "from": ANYBODY, "value": "0x0", "gasPrice": "0x1", "nonce": "0x1"}],
            ({"to": LEDGER, "data": "0x12", "from": ANYBODY, "gas": GAS}, "latest"),
        ),
        ("eth_call", [{"to": REGISTRY}], ({"to": REGISTRY, "data": "0x", "gas": GAS}, "latest")),
        (
            "eth_call",
            [call(), {"blockHash": WORD}],
            (
                {"to": REGISTRY, "data": "0x12345678", "gas": GAS},
                {"blockHash": WORD, "requireCanonical": False},
            ),
        ),
        (
            "eth_call",
            [call(), {"blockNumber": "0x1"}],
            ({"to": REGISTRY, "data": "0x12345678", "gas": GAS}, {"blockNumber": "0x1"}),
        ),
        ("eth_estimateGas", [call()], ({"to": REGISTRY, "data": "0x12345678", "gas": GAS},)),
        ("eth_estimateGas", [{"from": ANYBODY, "to": ANYBODY, "value": "0x0"}], ({"from": ANYBODY, "to": ANYBODY},)),
        ("eth_getTransactionReceipt", [WORD], (WORD,)),
        ("eth_getTransactionCount", [ANYBODY, "pending"], (ANYBODY, "pending")),
        ("eth_getBalance", [ANYBODY], (ANYBODY, "latest")),
        ("eth_feeHistory", ["0x5", "latest", [25, 75.5]], ("0x5", "latest", [25, 75.5])),
        ("eth_feeHistory", [5, "latest"], ("0x5", "latest", [])),
        ("eth_sendRawTransaction", ["0x02ab"], ("0x02ab",)),
        (
            "eth_getLogs",
            [{"fromBlock": "0x1", "toBlock": "0x2", "topics": [WORD, None, [WORD, WORD]]}],
            (
                {
                    "address": sorted([REGISTRY, LEDGER]),
                    "fromBlock": "0x1",
                    "toBlock": "0x2",
                    "topics": [WORD, None, [WORD, WORD]],
                },
            ),
        ),
        ("eth_getLogs", [{"address": REGISTRY, "blockHash": WORD}], ({"address": [REGISTRY], "blockHash": WORD},)),
    ],
)
def test_read_passes_what_is_allowed_and_nothing_besides(method: str, params: Any, passed: tuple[Any, ...]) -> None:
    question = RULES.read(method, params)
    assert (question.method, question.params) == (method, passed)


@pytest.mark.parametrize(
    "method",
    [
        "eth_accounts",
        "eth_sendTransaction",
        "eth_sign",
        "eth_getStorageAt",
        "eth_getProof",
        "eth_newFilter",
        "eth_subscribe",
        "eth_getBlockByHash",
        "evm_mine",
        "anvil_setBalance",
        "debug_traceCall",
        "txpool_content",
        "admin_peers",
        "personal_unlockAccount",
        "",
        None,
        1,
        ["eth_chainId"],
    ],
)
def test_read_refuses_every_other_method(method: Any) -> None:
    with pytest.raises(QuestionRefused) as caught:
        RULES.read(method, [])
    assert caught.value.code == METHOD_NOT_FOUND


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_chainId", [1]),
        ("eth_chainId", {}),
        ("eth_getBlockByNumber", ["latest", True]),
        ("eth_getBlockByNumber", [{"blockNumber": "0x1"}, False]),
        ("eth_getBlockByNumber", ["newest"]),
        ("eth_getBlockByNumber", ["0x01"]),
        ("eth_getBlockByNumber", [1]),
        ("eth_getCode", [ANYBODY]),
        ("eth_getCode", []),
        ("eth_call", []),
        ("eth_call", ["0x"]),
        ("eth_call", [{"to": ANYBODY, "data": "0x"}]),
        ("eth_call", [{"data": "0x60806040"}]),
        ("eth_call", [call(value="0x1")]),
        ("eth_call", [call(data="0x1")]),
        ("eth_call", [call(input="0x99")]),
        ("eth_call", [call(data="0x" + "00" * (MAX_CALL_DATA + 1))]),
        ("eth_call", [call(gas="-0x1")]),
        ("eth_call", [call(gas=1)]),
        ("eth_call", [call(**{"from": "somebody"})]),
        ("eth_call", [call(), "latest", {REGISTRY: {"code": "0x00"}}]),
        ("eth_call", [call(), "latest", {}, {}]),
        ("eth_call", [call(), {"blockHash": WORD, "requireCanonical": "yes"}]),
        ("eth_call", [call(), {"blockHash": WORD, "number": "0x1"}]),
        ("eth_estimateGas", [{"from": ANYBODY, "to": ANYBODY, "data": "0x12"}]),
        ("eth_estimateGas", [{"from": ANYBODY, "to": ANYBODY, "value": "0x1"}]),
        ("eth_getTransactionReceipt", ["0x12"]),
        ("eth_getTransactionCount", ["0x12"]),
        ("eth_feeHistory", ["0x1000", "latest", []]),
        ("eth_feeHistory", [True, "latest", []]),
        ("eth_feeHistory", [1, "latest", [101]]),
        ("eth_feeHistory", [1, "latest", [1] * 11]),
        ("eth_feeHistory", [1, "latest", [True]]),
        ("eth_sendRawTransaction", ["0x" + "00" * 20_000]),
        ("eth_sendRawTransaction", [12]),
        ("eth_getLogs", [{"address": ANYBODY}]),
        ("eth_getLogs", [{"address": []}]),
        ("eth_getLogs", [{"address": [REGISTRY, ANYBODY]}]),
        ("eth_getLogs", [{"topics": [WORD] * 5}]),
        ("eth_getLogs", [{"topics": [[WORD] * 101]}]),
        ("eth_getLogs", [{"topics": ["0x12"]}]),
        ("eth_getLogs", [{"fromBlock": {"blockHash": WORD}}]),
        ("eth_getLogs", [{"blockHash": "0x12"}]),
    ],
)
def test_read_refuses_every_other_parameter(method: str, params: Any) -> None:
    with pytest.raises(QuestionRefused) as caught:
        RULES.read(method, params)
    assert caught.value.code == INVALID_PARAMS
