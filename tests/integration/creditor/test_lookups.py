"""Looking up many tags on real nodes: by asking the node, and on the creditor's own machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from schuldhulp import errors
from schuldhulp.chain.transactions import RelayedNode, read_transaction
from schuldhulp.creditor.heads import HeadFile
from schuldhulp.creditor.local_registry import LocalRegistry
from schuldhulp.creditor.registry import ChainRegistry
from schuldhulp.domain.types import Epoch, Tag
from schuldhulp.evaluator import create_app
from schuldhulp.evaluator.rpc import rpc_router
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services import node_access
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.node_access import NodeAccess
from schuldhulp.services.ports import Registry
from schuldhulp.storage.evaluation import EvaluatorDatabase
from tests.support.anvil import running_anvil
from tests.support.chain import CHAIN_ID, EPOCH, MUNICIPALITY, DeployedChain, deploy, running_ganache
from tests.support.evaluation import SetClock, serving

NEXT = Epoch(20271)


def make_tags(name: str, count: int, epoch: Epoch = EPOCH) -> list[Tag]:
    prefix = MUNICIPALITY.to_bytes(2) + epoch.to_bytes(4)
    return sorted(Tag(prefix + keccak(text=f"{name} {number}")[:26]) for number in range(count))


@dataclass
class Looking:
    """A creditor's machine in front of a real node, or of what the evaluator offers of it."""

    chain: DeployedChain
    folder: Path
    url: str = ""

    def node(self) -> JsonRpc:
        """Connect to the node."""
        return JsonRpc(self.url or self.chain.node.url)

    def registry(self) -> Registry:
        """Start anew, asking the node."""
        block = self.chain.node.ask("eth_getBlockByNumber", "latest", False)
        return ChainRegistry(
            deployment=self.chain.deployment,
            node=self.node(),
            seen=HeadFile(self.folder / "heads.json"),
            clock=SetClock(datetime.fromtimestamp(int(block["timestamp"], 16), UTC)),
        )

    def local(self) -> Registry:
        """Start anew, looking up on this machine."""
        return LocalRegistry(
            registry=self.registry(),
            deployment=self.chain.deployment,
            node=self.node(),
            folder=self.folder / "tags",
        )

    def enrol(self, tags: list[Tag], epoch: Epoch = EPOCH) -> None:
        """Publish tags."""
        self.chain.transact("EnrolmentRegistry", "enrol", MUNICIPALITY, epoch, tags, by="registrar")

    def end(self, tags: list[Tag]) -> None:
        """End tags."""
        self.chain.transact("EnrolmentRegistry", "endEnrolment", MUNICIPALITY, tags, by="registrar")


@pytest.fixture(scope="module")
def on_ganache() -> Iterator[DeployedChain]:
    with running_ganache() as node:
        yield deploy(node)


@pytest.fixture(scope="module")
def on_anvil() -> Iterator[DeployedChain]:
    with running_anvil() as node:
        yield deploy(node)


@pytest.fixture(params=["on_ganache", "on_anvil"])
def looking(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Looking]:
    chain = request.getfixturevalue(request.param)
    snapshot = chain.node.snapshot()
    yield Looking(chain, tmp_path)
    chain.node.revert(snapshot)


@contextmanager
def offered(looking: Looking) -> Iterator[None]:
    """Put the evaluator's ``/rpc`` between the creditor and the node."""
    store = EvaluatorDatabase(f"sqlite:///{looking.folder / 'evaluator.sqlite'}")
    store.prepare()
    access = NodeAccess(
        chain_id=CHAIN_ID,
        contracts=[contract.address for contract in looking.chain.deployment.contracts.values()],
        node=RelayedNode(looking.chain.rpc()),
        read_transaction=read_transaction,
        store=store,
        clock=SystemClock(),
        rate=100_000,
        total=100_000,
    )
    with serving(create_app(None, routers=[rpc_router(access)])) as url:  # type: ignore[arg-type]
        looking.url = f"{url}/rpc"
        yield
    store.close()


@pytest.fixture(params=["registry", "local"])
def start(request: pytest.FixtureRequest, looking: Looking) -> Callable[[], Registry]:
    started: Callable[[], Registry] = getattr(looking, request.param)
    return started


def test_known_answers_for_a_list(looking: Looking, start: Callable[[], Registry]) -> None:
    enrolled, strangers = make_tags("client", 130), make_tags("stranger", 1_200)
    looking.enrol(enrolled)
    looking.end(enrolled[:30])
    asked = [*strangers[:600], *enrolled, *strangers[600:]]
    assert start().at_head().known(asked) == [tag in enrolled[30:] for tag in asked]


def test_known_refuses_a_tag_of_an_epoch_that_is_only_announced(
    looking: Looking, start: Callable[[], Registry]
) -> None:
    keys = [keccak(b"one"), keccak(b"two")]
    tags, announced = make_tags("client", 3), make_tags("client", 3, NEXT)
    looking.enrol(tags)
    looking.chain.transact("EnrolmentRegistry", "announceEpoch", MUNICIPALITY, NEXT, keys, by="administrator")
    looking.enrol(announced, NEXT)
    view = start().at_head()
    assert view.known(tags) == [True] * 3
    with pytest.raises(errors.Conflict) as caught:
        view.known([tags[0], announced[0]])
    assert caught.value.key == "epoch_not_open"
    # Once it is open, what was enrolled beforehand is there, and the older epoch is answered until it is retired.
    looking.chain.transact("EnrolmentRegistry", "openEpoch", MUNICIPALITY, NEXT, by="administrator")
    assert start().at_head().known([*tags, *announced]) == [True] * 6
    looking.chain.transact("EnrolmentRegistry", "retireEpochsBefore", MUNICIPALITY, NEXT, by="administrator")
    with pytest.raises(errors.Conflict):
        start().at_head().known(tags)
    assert start().at_head().known(announced) == [True] * 3


def test_local_follows_the_chain_from_night_to_night(looking: Looking) -> None:
    tags = make_tags("client", 20)
    looking.enrol(tags[:10])
    assert looking.local().at_head().known(tags) == [True] * 10 + [False] * 10
    looking.end(tags[:5])
    looking.enrol(tags[10:])
    assert looking.local().at_head().known(tags) == [False] * 5 + [True] * 15
    looking.enrol(tags[:5])
    assert looking.local().at_head().known(tags) == [True] * 20


def test_local_forgets_what_a_replaced_chain_told(looking: Looking) -> None:
    tags = make_tags("client", 4)
    before = looking.chain.node.snapshot()
    looking.enrol(tags[:2])
    assert looking.local().at_head().known(tags) == [True, True, False, False]
    looking.chain.node.revert(before)
    # As high as before, but with other blocks.
    looking.enrol(tags[2:])
    assert looking.local().at_head().known(tags) == [False, False, True, True]
    looking.chain.node.mine(3)
    assert looking.local().at_head().known(tags) == [False, False, True, True]


def test_known_refuses_the_state_of_a_block_that_is_gone(looking: Looking, start: Callable[[], Registry]) -> None:
    tags = make_tags("client", 2)
    before = looking.chain.node.snapshot()
    looking.enrol(tags)
    view = start().at_head()
    looking.chain.node.revert(before)
    with pytest.raises(errors.ChainMismatch):
        view.known(tags)


def test_known_answers_through_what_the_evaluator_offers(looking: Looking, start: Callable[[], Registry]) -> None:
    tags = make_tags("client", 1_100)
    looking.enrol(tags[:100])
    with offered(looking):
        assert start().at_head().known(tags) == [True] * 100 + [False] * 1_000


def test_local_fetches_more_blocks_than_the_evaluator_gives_at_once(
    on_anvil: DeployedChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_access, "MAX_BLOCKS", 10)
    looking, tags = Looking(on_anvil, tmp_path), make_tags("client", 3)
    snapshot = on_anvil.node.snapshot()
    looking.enrol(tags[:1])
    on_anvil.node.mine(25)
    looking.enrol(tags[1:2])
    with offered(looking):
        assert looking.local().at_head().known(tags) == [True, True, False]
    on_anvil.node.revert(snapshot)
