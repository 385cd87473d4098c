from __future__ import annotations

import dataclasses
import http.server
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.chain.gateway import Gateway
from schuldhulp.crypto.pseudonyms import filler_tag
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import NO_ROOT, DossierId, Epoch, MunicipalityCode, Root, Tag
from schuldhulp.node.deployment import Deployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.ports import ContractCall, RootChange
from tests.support.chain import EPOCH, MUNICIPALITY, DeployedChain, account, deploy, running_ganache


def make_dossier(number: int) -> DossierId:
    return DossierId(MUNICIPALITY.to_bytes(2, "big") + number.to_bytes(30, "big"))


def make_root(number: int) -> Root:
    return Root(number.to_bytes(32, "big"))


def send(chain: DeployedChain, call: ContractCall) -> bytes:
    writer = chain.writer()
    signed = writer.sign(call, chain.gateway().nonce_of(writer.account))
    writer.send(signed.raw)
    return signed.tx_hash


def altered(deployment: Deployment, contract: str, **changes: object) -> Deployment:
    contracts = dict(deployment.contracts)
    contracts[contract] = dataclasses.replace(contracts[contract], **changes)  # type: ignore[arg-type]
    return dataclasses.replace(deployment, contracts=contracts)


def test_check_identity_accepts_the_deployed_chain(chain: DeployedChain) -> None:
    chain.gateway().check_identity()


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"chain_id": 1}, "chain_id_other"),
        ({"genesis_hash": b"\x01" * 32}, "genesis_other"),
    ],
)
def test_check_identity_refuses_another_chain(chain: DeployedChain, changes: dict[str, object], key: str) -> None:
    other = dataclasses.replace(chain.deployment, **changes)  # type: ignore[arg-type]
    with pytest.raises(errors.ChainMismatch) as caught:
        Gateway(other, chain.rpc()).root_of(make_dossier(1))
    assert caught.value.key == key


@pytest.mark.parametrize("contract", ["EnrolmentRegistry", "ObligationLedger", "ClaimRegister"])
@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"code_hash": b"\x01" * 32}, "contract_code_other"),
        ({"instance_id": b"\x01" * 32}, "contract_instance_other"),
        ({"address": "0x000000000000000000000000000000000000dEaD"}, "contract_code_other"),
    ],
)
def test_check_identity_refuses_another_contract(
    chain: DeployedChain, contract: str, changes: dict[str, object], key: str
) -> None:
    with pytest.raises(errors.ChainMismatch) as caught:
        Gateway(altered(chain.deployment, contract, **changes), chain.rpc()).check_identity()
    assert caught.value.key == key
    assert contract in str(caught.value)


def test_check_identity_refuses_a_wiped_chain_with_the_same_addresses() -> None:
    with running_ganache() as node:
        first = deploy(node)
        node.stop()
        node.start()
        second = deploy(node)
        assert second.deployment.contracts["ObligationLedger"].address == (
            first.deployment.contracts["ObligationLedger"].address
        )
        with pytest.raises(errors.ChainMismatch):
            first.gateway().check_identity()
        second.gateway().check_identity()


def test_head_names_a_chain_that_became_shorter(chain: DeployedChain) -> None:
    gateway = chain.gateway()
    snapshot = chain.node.snapshot()
    chain.node.mine(3)
    highest = gateway.head().number
    chain.node.revert(snapshot)
    with pytest.raises(errors.ChainMismatch) as caught:
        gateway.head()
    assert caught.value.key == "chain_went_back"
    with pytest.raises(errors.ChainMismatch):
        gateway.root_of(make_dossier(1))
    chain.node.mine(3)
    assert gateway.head().number == highest


def test_require_fresh_head_refuses_a_chain_that_stands_still(chain: DeployedChain) -> None:
    gateway = chain.gateway()
    chain.node.mine()
    now = gateway.head().timestamp
    assert gateway.require_fresh_head(now + timedelta(seconds=60), 60).number > 0
    with pytest.raises(errors.ChainMismatch) as caught:
        gateway.require_fresh_head(now + timedelta(seconds=61), 60)
    assert caught.value.key == "chain_stale"


def test_reading_a_stopped_node_is_unreachable_and_recovers() -> None:
    with running_ganache() as node:
        chain = deploy(node)
        gateway = chain.gateway()
        gateway.head()
        node.stop()
        with pytest.raises(errors.Unreachable) as caught:
            gateway.root_of(make_dossier(1))
        assert not isinstance(caught.value, errors.ChainMismatch)
        node.start()
        # It came back without its contracts: the identity is checked again before anything is believed.
        with pytest.raises(errors.ChainMismatch):
            gateway.root_of(make_dossier(1))


def test_roots_of_many_dossiers(chain: DeployedChain) -> None:
    dossiers = [make_dossier(number) for number in range(1, 301)]
    changes = [
        RootChange(dossier=dossier, previous_root=NO_ROOT, new_root=make_root(number))
        for number, dossier in enumerate(dossiers[:300], start=1)
    ]
    call = chain.writer().commit(MUNICIPALITY, changes)
    receipt = chain.gateway().receipt(send(chain, call))
    assert receipt is not None
    assert receipt.succeeded
    assert receipt.gas_used <= call.gas
    roots = chain.gateway().roots_of([*dossiers, make_dossier(999)])
    assert [roots[dossier] for dossier in dossiers] == [change.new_root for change in changes]
    assert roots[make_dossier(999)] == NO_ROOT


def test_commits_of_tells_the_history_of_one_dossier(chain: DeployedChain) -> None:
    steps = [
        RootChange(dossier=make_dossier(1), previous_root=NO_ROOT, new_root=make_root(1)),
        RootChange(dossier=make_dossier(1), previous_root=make_root(1), new_root=make_root(2)),
    ]
    other = RootChange(dossier=make_dossier(2), previous_root=NO_ROOT, new_root=make_root(3))
    hashes = [send(chain, chain.writer().commit(MUNICIPALITY, batch)) for batch in ([steps[0], other], [steps[1]])]
    found = chain.gateway().commits_of(make_dossier(1))
    assert [commit.change for commit in found] == steps
    assert [commit.tx_hash for commit in found] == hashes


@pytest.mark.parametrize("span", [1, 2])
def test_commits_of_tells_the_history_a_few_blocks_at_a_time(
    chain: DeployedChain, monkeypatch: pytest.MonkeyPatch, span: int
) -> None:
    monkeypatch.setattr("schuldhulp.node.logs.FIRST_SPAN", span)
    monkeypatch.setattr("schuldhulp.node.logs.MAX_SPAN", span)
    roots = [NO_ROOT, *(make_root(number) for number in range(1, 6))]
    for before, after in itertools.pairwise(roots):
        change = RootChange(dossier=make_dossier(1), previous_root=before, new_root=after)
        send(chain, chain.writer().commit(MUNICIPALITY, [change]))
    assert [commit.change.new_root for commit in chain.gateway().commits_of(make_dossier(1))] == roots[1:]


def test_municipality_and_keys(chain: DeployedChain) -> None:
    gateway = chain.gateway()
    state = gateway.municipality(MUNICIPALITY)
    assert (state.current_epoch, state.oldest_epoch, state.announced_epoch) == (EPOCH, EPOCH, EPOCH)
    keys = [gateway.evaluator_key(MUNICIPALITY, EPOCH, kind) for kind in IdentifierKind]
    assert all(len(key) == 32 and any(key) for key in keys)
    assert keys[0] != keys[1]
    assert not any(gateway.evaluator_key(MUNICIPALITY, Epoch(EPOCH + 1), IdentifierKind.BSN))


def test_has_role_tells_by_contract_verb_and_municipality(chain: DeployedChain) -> None:
    gateway = chain.gateway()
    registrar = account("registrar").address
    assert gateway.has_role("ObligationLedger", "REGISTRAR", MUNICIPALITY, registrar)
    assert not gateway.has_role("ObligationLedger", "ADMINISTRATOR", MUNICIPALITY, registrar)
    assert not gateway.has_role("ObligationLedger", "REGISTRAR", MUNICIPALITY, account("reviewer").address)


def test_known_equals_is_known_for_every_tag(chain: DeployedChain) -> None:
    tags = sorted(filler_tag(MUNICIPALITY, EPOCH) for _ in range(300))
    enrolled = tags[::3]
    call = chain.writer().enrol(MUNICIPALITY, EPOCH, enrolled)
    receipt = chain.gateway().receipt(send(chain, call))
    assert receipt is not None
    assert receipt.succeeded
    assert receipt.gas_used <= call.gas
    gateway = chain.gateway()
    assert gateway.known(tags) == [tag in enrolled for tag in tags]
    assert gateway.is_known(enrolled[0])
    assert not gateway.is_known(tags[1])
    assert gateway.published(MUNICIPALITY, tags, account("registrar").address) == [tag in enrolled for tag in tags]
    ending = chain.writer().end_enrolment(MUNICIPALITY, enrolled)
    receipt = chain.gateway().receipt(send(chain, ending))
    assert receipt is not None
    assert receipt.succeeded
    assert not any(gateway.known(tags))


def test_published_sees_tags_of_an_announced_epoch(chain: DeployedChain) -> None:
    announced = Epoch(EPOCH + 7)
    keys = [b"\x01" * 32, b"\x02" * 32]
    chain.transact("EnrolmentRegistry", "announceEpoch", MUNICIPALITY, announced, keys, by="administrator")
    tag = filler_tag(MUNICIPALITY, announced)
    send(chain, chain.writer().enrol(MUNICIPALITY, announced, [tag]))
    assert chain.gateway().published(MUNICIPALITY, [tag], account("registrar").address) == [True]
    with pytest.raises(errors.Conflict):
        chain.gateway().is_known(tag)


def test_tags_of_tells_what_stands_in_each_epoch(chain: DeployedChain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schuldhulp.node.logs.FIRST_SPAN", 2)
    before = chain.gateway().tags_of(MUNICIPALITY)
    announced = Epoch(EPOCH + 7)
    keys = [b"\x01" * 32, b"\x02" * 32]
    chain.transact("EnrolmentRegistry", "announceEpoch", MUNICIPALITY, announced, keys, by="administrator")
    here, there = (sorted(filler_tag(MUNICIPALITY, epoch) for _ in range(5)) for epoch in (EPOCH, announced))
    send(chain, chain.writer().enrol(MUNICIPALITY, EPOCH, here))
    send(chain, chain.writer().enrol(MUNICIPALITY, announced, there))
    send(chain, chain.writer().end_enrolment(MUNICIPALITY, sorted([here[0], here[1], there[4]])))
    send(chain, chain.writer().enrol(MUNICIPALITY, EPOCH, here[1:2]))
    found = chain.gateway().tags_of(MUNICIPALITY)
    assert found.get(EPOCH, frozenset()) - before.get(EPOCH, frozenset()) == set(here[1:])
    assert found[announced] == set(there[:4])
    assert chain.gateway().tags_of(MunicipalityCode(MUNICIPALITY + 1)) == {}


def test_is_known_of_a_closed_epoch_is_an_error(chain: DeployedChain) -> None:
    with pytest.raises(errors.Conflict) as caught:
        chain.gateway().is_known(filler_tag(MUNICIPALITY, Epoch(EPOCH + 1)))
    assert caught.value.key == "epoch_not_open"


def test_refusal_of_names_the_error_of_the_contract(chain: DeployedChain) -> None:
    gateway, writer = chain.gateway(), chain.writer()
    good = RootChange(dossier=make_dossier(1), previous_root=NO_ROOT, new_root=make_root(1))
    stale = RootChange(dossier=make_dossier(1), previous_root=make_root(9), new_root=make_root(1))
    assert gateway.refusal_of(writer.commit(MUNICIPALITY, [good]), writer.account) is None
    assert gateway.refusal_of(writer.commit(MUNICIPALITY, [stale]), writer.account) == "StalePreviousRoot"
    assert gateway.refusal_of(writer.commit(MUNICIPALITY, [good]), account("reviewer").address) == (
        "AccessControlUnauthorizedAccount"
    )


def test_send_is_harmless_when_repeated(chain: DeployedChain) -> None:
    gateway, writer = chain.gateway(), chain.writer()
    change = RootChange(dossier=make_dossier(1), previous_root=NO_ROOT, new_root=make_root(1))
    signed = writer.sign(writer.commit(MUNICIPALITY, [change]), gateway.nonce_of(writer.account))
    assert gateway.receipt(signed.tx_hash) is None
    for _ in range(3):
        writer.send(signed.raw)
    receipt = gateway.receipt(signed.tx_hash)
    assert receipt is not None
    assert receipt.succeeded
    assert gateway.is_canonical(receipt.block_number, receipt.block_hash)
    assert not gateway.is_canonical(receipt.block_number - 1, receipt.block_hash)
    assert gateway.nonce_of(writer.account) == signed.nonce + 1
    assert gateway.nonce_of(writer.account, depth=1) == signed.nonce


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """Serve the same bytes to every question."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"jsonrpc":"2.0","id":1}', b'{"id":1,"result":', b"null"])
def test_rpc_takes_a_broken_answer_for_unreachable(body: bytes) -> None:
    with answering(body) as url, pytest.raises(errors.Unreachable):
        JsonRpc(url).call("eth_chainId")


def test_answer_of_another_shape_is_never_a_value(chain: DeployedChain) -> None:
    tag = Tag(filler_tag(MUNICIPALITY, EPOCH))
    gateway = chain.gateway()
    gateway.check_identity()
    with answering(b'{"jsonrpc":"2.0","id":1,"result":"0x"}') as url:
        gateway._rpc = JsonRpc(url)
        with pytest.raises(errors.ChainMismatch):
            gateway.is_known(tag)


@pytest.mark.parametrize(
    ("ask", "result"),
    [
        ("head", b'{"number":"0x1","hash":"0x01","timestamp":"0xffffffffffffffffffff"}'),
        ("head", b'{"number":"0x1","hash":"0x01"}'),
        ("receipt", b'"0x1"'),
        ("receipt", b'{"blockHash":"0x01"}'),
        ("commits", b"7"),
        ("commits", b"[7]"),
        ("commits", b'[{"topics":["0x01"]}]'),
        ("tags", b'[{"topics":["0x01"],"blockNumber":"0x1","logIndex":"0x0","data":"0x01"}]'),
        ("tags", b'[{"topics":["0x01"],"data":"0x"}]'),
        ("tags", b"[7]"),
    ],
)
def test_answer_with_a_part_missing_is_named(chain: DeployedChain, ask: str, result: bytes) -> None:
    gateway = chain.gateway()
    gateway.check_identity()
    newest = gateway.head()
    with answering(b'{"jsonrpc":"2.0","id":1,"result":' + result + b"}") as url:
        gateway._rpc = JsonRpc(url)
        if ask in {"commits", "tags"}:
            gateway.head = lambda: newest  # type: ignore[method-assign]  # asked first
        asking = {
            "head": gateway.head,
            "receipt": lambda: gateway.receipt(bytes(32)),
            "commits": lambda: gateway.commits_of(make_dossier(1)),
            "tags": lambda: gateway.tags_of(MUNICIPALITY),
        }
        with pytest.raises(errors.ChainMismatch) as caught:
            asking[ask]()
    assert caught.value.key == "chain_answer_wrong"


def test_head_takes_no_older_answer_of_another_thread_for_a_shorter_chain(
    chain: DeployedChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One thread asks for the head; before the answer is looked at, another thread sees a newer block."""
    gateway = chain.gateway()
    before = gateway.head().number
    batch = gateway._rpc.batch

    def slow(questions: Any) -> list[Any]:
        answers = batch(questions)
        monkeypatch.setattr(gateway._rpc, "batch", batch)
        chain.node.mine()
        gateway.head()
        return answers

    monkeypatch.setattr(gateway._rpc, "batch", slow)
    assert gateway.head().number == before
    assert gateway.head().number == before + 1


def test_head_carries_the_time_of_the_block(chain: DeployedChain) -> None:
    head = chain.gateway().head()
    assert abs(head.timestamp - datetime.now(UTC)) < timedelta(hours=1)
