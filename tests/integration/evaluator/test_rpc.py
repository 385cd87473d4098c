"""`/rpc` in front of a real chain, asked by web3.py as a creditor would, and by hand."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from eth_account import Account
from fastapi.testclient import TestClient
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractCustomError, Web3RPCError

from schuldhulp.chain.transactions import RelayedNode, read_transaction
from schuldhulp.evaluator import create_app
from schuldhulp.evaluator.api import LARGER
from schuldhulp.evaluator.rpc import rpc_router
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.node_access import NodeAccess
from schuldhulp.services.ports import Organisation, Quota
from schuldhulp.storage.evaluation import EvaluatorDatabase
from tests.support.chain import CHAIN_ID, EPOCH, MUNICIPALITY, DeployedChain, artefact, deploy, running_ganache
from tests.support.evaluation import KVK, NOON, Evaluator, serving

REVERTED_BY_EPOCH = "EpochNotOpen(uint16,uint32)"


@dataclass
class Stage:
    """A chain, and /rpc in front of it."""

    chain: DeployedChain
    store: EvaluatorDatabase
    access: NodeAccess
    url: str

    def web3(self) -> Web3:
        return Web3(HTTPProvider(self.url, session=session()))

    def admit(self, address: str) -> None:
        organisation = Organisation(
            kvk=KVK,
            name="Voorbeeld",
            accounts=(address,),
            quota=Quota(daily=1, per_epoch=1),
            bsn_ground=None,
            suspended=False,
        )
        self.store.admit(organisation, by="a.beheer", at=NOON)

    def contract(self, name: str, web3: Web3) -> Any:
        return web3.eth.contract(
            address=Web3.to_checksum_address(self.chain.deployment.contracts[name].address), abi=artefact(name)["abi"]
        )


def session() -> requests.Session:
    made = requests.Session()
    made.trust_env = False
    return made


@pytest.fixture(scope="module")
def chain() -> Iterator[DeployedChain]:
    with running_ganache() as node:
        yield deploy(node, creditors=(ADMITTED.address, STRANGER.address))


ADMITTED, STRANGER = Account.from_key(b"\1" * 32), Account.from_key(b"\2" * 32)


@pytest.fixture
def stage(chain: DeployedChain, tmp_path: Path) -> Iterator[Stage]:
    store = EvaluatorDatabase(f"sqlite:///{tmp_path / 'evaluator.sqlite'}")
    store.prepare()
    access = NodeAccess(
        chain_id=CHAIN_ID,
        contracts=[contract.address for contract in chain.deployment.contracts.values()],
        node=RelayedNode(chain.rpc()),
        read_transaction=read_transaction,
        store=store,
        clock=SystemClock(),
        rate=100_000,
        total=100_000,
    )
    with serving(create_app(None, routers=[rpc_router(access)])) as url:  # type: ignore[arg-type]
        yield Stage(chain, store, access, f"{url}/rpc")
    store.close()


def test_web3_reads_the_registry(stage: Stage) -> None:
    web3 = stage.web3()
    assert web3.is_connected()
    assert web3.eth.chain_id == CHAIN_ID
    registry = stage.contract("EnrolmentRegistry", web3)
    tag = MUNICIPALITY.to_bytes(2) + EPOCH.to_bytes(4) + bytes(26)
    assert registry.functions.isKnown(tag).call() is False
    assert registry.functions.knownBitmap([tag[:-2] + n.to_bytes(2) for n in range(1_000)]).call() == [0] * 4
    assert registry.functions.municipality(MUNICIPALITY).call()[0] == EPOCH
    assert web3.eth.get_code(registry.address)
    assert web3.eth.get_logs({"address": registry.address, "fromBlock": 0, "toBlock": "latest"})


def test_web3_sees_the_error_of_a_contract(stage: Stage) -> None:
    web3 = stage.web3()
    stale = MUNICIPALITY.to_bytes(2) + (EPOCH - 1).to_bytes(4) + bytes(26)
    with pytest.raises(ContractCustomError) as caught:
        stage.contract("EnrolmentRegistry", web3).functions.isKnown(stale).call()
    assert str(caught.value.data).startswith(Web3.keccak(text=REVERTED_BY_EPOCH)[:4].to_0x_hex())


def test_web3_sends_the_transactions_of_an_admitted_account_and_of_nobody_else(stage: Stage) -> None:
    web3 = stage.web3()
    stage.admit(ADMITTED.address)
    for account in (ADMITTED, STRANGER):
        stage.chain.node.fund(account.address)
    burn: dict[str, Any] = {"value": 0, "gas": 21_000, "nonce": 0, "chainId": CHAIN_ID}
    price = {"gasPrice": web3.eth.gas_price * 2}
    sent = web3.eth.send_raw_transaction(
        ADMITTED.sign_transaction({**burn, **price, "to": ADMITTED.address}).raw_transaction
    )
    assert web3.eth.wait_for_transaction_receipt(sent, poll_latency=0.01)["status"] == 1
    register = stage.contract("ClaimRegister", web3)
    for account in (ADMITTED, STRANGER):
        fields = register.functions.setEncryptionKey(b"\7" * 32).build_transaction(
            {"from": account.address, "nonce": web3.eth.get_transaction_count(account.address)}
        )
        raw = account.sign_transaction(fields).raw_transaction
        if account is ADMITTED:
            assert "maxFeePerGas" in fields
            receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(raw), poll_latency=0.01)
            assert receipt["status"] == 1
        else:
            with pytest.raises(Web3RPCError, match="no account of an admitted organisation"):
                web3.eth.send_raw_transaction(raw)
    assert register.functions.encryptionKeyOf(ADMITTED.address).call() == b"\7" * 32
    assert web3.eth.get_transaction_count(STRANGER.address) == 0


def test_a_node_that_is_away_is_said_so_and_not_where_it_was(stage: Stage, chain: DeployedChain) -> None:
    stage.access._node = RelayedNode(type(chain.rpc())("http://127.0.0.1:9"))
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    answer = session().post(stage.url, json=question, timeout=60)
    assert answer.status_code == 503
    assert answer.json() == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {"code": -32603, "message": "the node does not answer"},
    }


@pytest.fixture
def plain(evaluator: Evaluator, stage: Stage) -> TestClient:
    return TestClient(create_app(evaluator.service, routers=[rpc_router(stage.access)]), raise_server_exceptions=False)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"id": NaN}', b'{"id": Infinity}'])
def test_what_is_no_json_is_refused(plain: TestClient, body: bytes) -> None:
    answer = plain.post("/rpc", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == -32700


def test_a_body_as_large_as_a_question_about_a_thousand_tags_fits_and_a_larger_one_does_not(plain: TestClient) -> None:
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    padding = " " * (LARGER["/rpc"] - len(json.dumps(question)))
    headers = {"Content-Type": "application/json"}
    assert plain.post("/rpc", content=json.dumps(question) + padding, headers=headers).status_code == 200
    assert plain.post("/rpc", content=json.dumps(question) + padding + " ", headers=headers).status_code == 413


def test_the_limit_answers_in_the_form_of_both_protocols(plain: TestClient, stage: Stage) -> None:
    stage.access._rate = 1
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    answers = [plain.post("/rpc", json=question) for _ in range(3)]
    spent = [answer for answer in answers if answer.status_code == 429]
    assert spent
    assert 1 <= int(spent[0].headers["Retry-After"]) <= 60
    assert spent[0].json()["error"]["code"] == -32005


def test_no_address_and_no_question_is_logged(plain: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="schuldhulp"):
        plain.post("/rpc?name=Achternaam", json={"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"})
    assert "POST /rpc 200" in caplog.text
    assert "testclient" not in caplog.text
    assert "Achternaam" not in caplog.text
    assert "eth_chainId" not in caplog.text
