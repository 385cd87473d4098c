"""Whose address counts at /rpc: the proxy's word is taken only where a setting says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from schuldhulp.config import load_settings
from schuldhulp.errors import Misconfigured
from tests.support.evaluation import make_evaluator, make_keys
from tests.support.evaluator_process import EvaluatorProcess, now, processes, web

ASKED = 60
RATE = 3
QUESTION = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], EvaluatorProcess]]:
    stage = make_evaluator(tmp_path, make_keys(tmp_path))
    with ExitStack() as stack:

        def begin(trusted: str) -> EvaluatorProcess:
            return stack.enter_context(
                processes(1, folder=tmp_path, url=stage.url, roles=[], rate=RATE, trusted_proxies=trusted)
            )[0]

        yield begin
    stage.store.close()


def answered(server: EvaluatorProcess, forwarded: Callable[[int], str]) -> tuple[int, int]:
    """Ask many times; give how often was answered, and how often one address may be in the minutes that it took."""
    begin = now().replace(second=0, microsecond=0)
    found = Counter(
        web()
        .post(f"{server.url}/rpc", json=QUESTION, headers={"X-Forwarded-For": forwarded(number)}, timeout=60)
        .status_code
        for number in range(ASKED)
    )
    assert found[200] + found[429] == ASKED
    return found[200], RATE * ((now() - begin) // timedelta(minutes=1) + 1)


def test_a_header_of_nobody_knows_whom_is_not_believed(start: Callable[[str], EvaluatorProcess]) -> None:
    got, allowed = answered(start(""), lambda number: f"198.51.100.{number}")
    assert got <= min(allowed, ASKED - 1)


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.1/32", "10.0.0.0/8,127.0.0.0/8"])
def test_a_proxy_of_the_settings_is_believed(start: Callable[[str], EvaluatorProcess], trusted: str) -> None:
    got, _ = answered(start(trusted), lambda number: f"198.51.100.{number}")
    assert got == ASKED


def test_what_a_requester_writes_into_the_header_itself_is_not_believed(
    start: Callable[[str], EvaluatorProcess],
) -> None:
    got, allowed = answered(start("127.0.0.0/8"), lambda number: f"198.51.100.{number}, 203.0.113.9")
    assert got <= min(allowed, ASKED - 1)


def test_no_address_is_stored_or_logged(start: Callable[[str], EvaluatorProcess], tmp_path: Path) -> None:
    server = start("127.0.0.1")
    answered(server, lambda _: "198.51.100.77")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("evaluator.sqlite*"))
    assert b"rpc/" in kept
    assert b"198.51.100.77" not in kept
    assert "198.51.100.77" not in server.errors.read_text()


SAFE = {f"SCHULDHULP_{name}_URL": f"https://{name.lower()}.example.nl" for name in ("EVALUATOR", "RELAY", "COCKPIT")}


@pytest.mark.parametrize("networks", ["0.0.0.0/0", "::/0", "127.0.0.1,0.0.0.0/0"])
def test_settings_refuse_in_production_to_believe_everybody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, networks: str
) -> None:
    environment = {"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_TRUSTED_PROXIES": networks}
    assert load_settings(environment).believes_everybody
    assert "everybody could choose their own" in caplog.text
    environment |= {**SAFE, "SCHULDHULP_ENV": "production"}
    with pytest.raises(Misconfigured, match="TRUSTED_PROXIES"):
        load_settings(environment)
    caplog.clear()
    load_settings(environment | {"SCHULDHULP_TRUSTED_PROXIES": "10.0.0.0/8,127.0.0.1"})
    assert not caplog.text
