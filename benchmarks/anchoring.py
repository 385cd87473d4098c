"""Measures anchoring: changes a second through the worker, and the gas of each, on a Ganache of its own.

Run: ``PYTHONPATH=. .venv/bin/python benchmarks/anchoring.py [changes]``. Compare ratios; machines differ.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from schuldhulp.domain.types import NO_ROOT
from schuldhulp.services.rows import BatchKind
from tests.support.chain import deploy, running_ganache
from tests.support.worker import Cockpit, SetClock, make_dossier, make_store, make_worker


def measure(changes: int) -> None:
    """Queue, anchor and confirm new dossiers, then change each of them once, and print what it took.

    Args:
        changes: number of dossiers.
    """
    with tempfile.TemporaryDirectory() as folder, running_ganache() as node:
        chain = deploy(node)
        clock = SetClock()
        store = make_store(Path(folder))
        cockpit = Cockpit(store, clock)
        worker = make_worker(store, chain.gateway(), chain.writer(), clock, pause=time.sleep, receipt_timeout=30.0)
        dossiers = [cockpit.add(make_dossier(number)) for number in range(changes)]
        reader = chain.gateway()
        for name in ("new", "changed"):
            for dossier in dossiers:
                cockpit.change(dossier)
            with store.read() as work:
                before = {batch.id for batch in work.batches.of_kind(BatchKind.LEDGER, limit=1_000)}
            start = time.perf_counter()
            report = worker.anchor_once()
            seconds = time.perf_counter() - start
            with store.read() as work:
                batches = [
                    batch for batch in work.batches.of_kind(BatchKind.LEDGER, limit=1_000) if batch.id not in before
                ]
            gas = sum(receipt.gas_used for batch in batches if (receipt := reader.receipt(batch.tx_hash)))
            print(
                f"{name:>8}: {report.signed} dossiers in {len(batches)} batches, {seconds:.2f} s, "
                f"{report.signed / seconds:.0f} a second, {gas / report.signed:.0f} gas each"
            )
        start = time.perf_counter()
        roots = reader.roots_of(dossiers)
        seconds = time.perf_counter() - start
        assert NO_ROOT not in roots.values()
        print(f" reading: {len(roots)} roots in {seconds:.2f} s, {len(roots) / seconds:.0f} a second")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 700)
