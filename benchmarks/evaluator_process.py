"""The evaluator in a process of its own, which tells at its end where its time went, by its own clock.

Started by benchmarks/list_check.py; not by hand.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.stopwatch import Stopwatch
from schuldhulp.chain.gateway import Gateway
from schuldhulp.chain.signer import recover
from schuldhulp.crypto import parallel, voprf
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.ristretto import Group
from schuldhulp.evaluator import create_app
from schuldhulp.evaluator.server import serve
from schuldhulp.node.deployment import Deployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.evaluation import EvaluationService
from schuldhulp.services.ports import Burst
from schuldhulp.storage.evaluation import EvaluatorDatabase

TIMES = "times.json"
DATABASE = "evaluator.sqlite"
ARITHMETIC, CHECKS = "evaluating and proving", "checks and quota"
CURVE = ", libsodium"
"""Behind the name of a part: what of it libsodium takes for products of points and hashes to points."""


def watch_curve(watch: Stopwatch) -> None:
    """Count the arithmetic of points apart, in whatever part it is done."""
    for function in ("multiply", "multiply_base", "from_hash", "add"):
        watch.watch_inside(Group, function, CURVE)


def run(folder: Path, chain_url: str, port: int, threads: int) -> None:
    """Serve until told to stop, then write what each part took.

    Args:
        folder: holds the deployment file and the keyring; gets the times.
        chain_url: JSON-RPC of the chain.
        port: TCP port on loopback.
        threads: threads that share a batch; only with one can the arithmetic of points be counted apart.
    """
    parallel.threads_used = lambda: threads  # type: ignore[assignment]
    watch = Stopwatch()
    watch.watch(voprf, "evaluate", ARITHMETIC)
    if threads == 1:
        watch_curve(watch)
    watch.watch(EvaluationService, "evaluate", CHECKS)
    deployment = Deployment.load(folder / "test.json")
    store = EvaluatorDatabase(f"sqlite:///{folder / DATABASE}")
    service = EvaluationService(
        municipality=deployment.municipality,
        chain_id=deployment.chain_id,
        registry_address=deployment.contract("EnrolmentRegistry").address,
        chain=Gateway(deployment, JsonRpc(chain_url)),
        keys=EvaluatorKeys.open(folder),
        store=store,
        recover_account=recover,
        clock=SystemClock(),
        head_max_age=86_400,
        burst=Burst(elements=1_000_000, requests=10_000),
    )
    begin = time.process_time()

    def close() -> None:
        times = {"seconds": watch.seconds, "times": watch.times, "processor": time.process_time() - begin}
        (folder / TIMES).write_text(json.dumps(times), encoding="utf-8")
        store.close()

    serve(create_app(service, close=close), host="127.0.0.1", port=port)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
