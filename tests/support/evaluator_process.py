"""Evaluators in processes of their own, on one database: served as in production, in front of a chain that is told.

A parent makes them with `processes`; run as a module, this file is such a process.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

PROJECT = Path(__file__).resolve().parents[2]
HEAD = 1_000


@dataclass(frozen=True)
class EvaluatorProcess:
    """A running process.

    Attributes:
        url: its address.
        process: the process.
        errors: file with what it wrote to standard error.
    """

    url: str
    process: subprocess.Popen[str]
    errors: Path

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, for sockets."""
        return "127.0.0.1", int(self.url.rpartition(":")[2])


def web() -> requests.Session:
    """Make a session that asks no proxy of this machine."""
    session = requests.Session()
    session.trust_env = False
    return session


@contextmanager
def processes(
    count: int, *, folder: Path, url: str, roles: Sequence[tuple[str, str]], **changes: Any
) -> Iterator[list[EvaluatorProcess]]:
    """Run evaluators on one database until the context ends.

    Args:
        count: how many.
        folder: where the keyring `evaluator` lies; logs go there too.
        url: address of the database.
        roles: verbs and accounts that the chain knows.
        changes: `burst` (elements, requests), `municipality_quota`, `rate` and `total` of /rpc, `trusted_proxies`,
            `slow` (names of limits and what they are instead, so that a test need not wait as long).
    """
    told = {"folder": str(folder), "url": url, "roles": [list(role) for role in roles], **changes}
    with ExitStack() as stack:
        yield [stack.enter_context(_process(json.dumps(told), folder / f"errors-{number}")) for number in range(count)]


@contextmanager
def _process(told: str, log: Path) -> Iterator[EvaluatorProcess]:
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.evaluator_process"],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(told)
        process.stdin.close()
        line = process.stdout.readline()
        assert line, log.read_text()
        found = EvaluatorProcess(url=f"http://127.0.0.1:{int(line)}", process=process, errors=log)
        _await(lambda: web().get(f"{found.url}/v1/health", timeout=30).status_code == 200, log)
        yield found
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _await(answered: Callable[[], bool], log: Path) -> None:
    for _ in range(600):
        try:
            if answered():
                return
        except requests.RequestException:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())


class ToldJsonRpc:
    """A node that knows a few answers."""

    def ask(self, questions: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Answer each question."""
        return [self._answer(method) for method, _ in questions]

    @staticmethod
    def _answer(method: str) -> Any:
        return {
            "eth_chainId": hex(1337),
            "net_version": "1337",
            "eth_blockNumber": hex(HEAD),
            "eth_getBlockByNumber": {"number": hex(HEAD)},
            "eth_getLogs": [],
            "eth_call": "0x" + "0" * 64,
        }.get(method, "0x1")


def main() -> None:
    """Be an evaluator."""
    from schuldhulp.chain.signer import recover
    from schuldhulp.chain.transactions import read_transaction
    from schuldhulp.crypto.keyring import EvaluatorKeys
    from schuldhulp.evaluator import create_app, limits, server
    from schuldhulp.evaluator.messages import channel_router
    from schuldhulp.evaluator.rpc import rpc_router
    from schuldhulp.services.claims.callers import Callers
    from schuldhulp.services.claims.channel import ChannelService
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.evaluation import MUNICIPALITY_QUOTA, STANDARD_BURST, EvaluationService
    from schuldhulp.services.node_access import NodeAccess
    from schuldhulp.services.ports import Burst
    from schuldhulp.storage.evaluation import EvaluatorDatabase
    from schuldhulp.storage.messages import MessageDatabase
    from tests.support.evaluation import CHAIN_ID, MUNICIPALITY, REGISTRY, ToldChain, published_keys

    told = json.loads(sys.stdin.read())
    for name, seconds in told.get("slow", {}).items():
        setattr(limits if hasattr(limits, name) else server, name, seconds)
    keys = EvaluatorKeys.open(Path(told["folder"]))
    database = EvaluatorDatabase(told["url"])
    database.prepare()
    burst = told.get("burst")
    chain = ToldChain(keys=published_keys(keys), roles={(verb, account) for verb, account in told["roles"]})
    service = EvaluationService(
        municipality=MUNICIPALITY,
        chain_id=CHAIN_ID,
        registry_address=REGISTRY,
        chain=chain,  # type: ignore[arg-type]
        keys=keys,
        store=database,
        recover_account=recover,
        clock=SystemClock(),
        head_max_age=900,
        burst=Burst(elements=burst[0], requests=burst[1]) if burst else STANDARD_BURST,
        municipality_quota=told.get("municipality_quota", MUNICIPALITY_QUOTA),
    )
    access = NodeAccess(
        chain_id=CHAIN_ID,
        contracts=[REGISTRY],
        node=ToldJsonRpc(),
        read_transaction=read_transaction,
        store=database,
        clock=SystemClock(),
        rate=told.get("rate", 600),
        total=told.get("total", 6_000),
    )

    def close() -> None:
        service.close()
        access.close()

    channel = ChannelService(
        callers=Callers(
            municipality=MUNICIPALITY,
            chain_id=CHAIN_ID,
            registry_address=REGISTRY,
            chain=chain,  # type: ignore[arg-type]
            organisations=database,
            rates=database,
            recover_account=recover,
            head_max_age=900,
        ),
        claim_id_key=None,
        keys=keys,
        messages=MessageDatabase(told["url"]),
        refusals=database,
        clock=SystemClock(),
        retention=timedelta(days=1),
    )
    app = create_app(service, routers=[channel_router(channel), rpc_router(access)], close=close)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    print(port, flush=True)  # noqa: T201 - the parent reads it
    server.serve(app, host="127.0.0.1", port=port, trusted_proxies=told.get("trusted_proxies", ""))


def now() -> datetime:
    """Return the time, as the processes have it."""
    return datetime.now(UTC)


if __name__ == "__main__":
    main()
