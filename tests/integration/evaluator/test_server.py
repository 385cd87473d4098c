from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import requests

PROJECT = Path(__file__).resolve().parents[3]

# Says where it listens before it serves: the port is chosen by the system, so nobody else can hold it.
PROGRAM = """
import socket
from schuldhulp.evaluator import create_app
from schuldhulp.evaluator.server import serve

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
print(port, flush=True)
serve(create_app(None), host="127.0.0.1", port=port)
"""


def test_serve_answers_until_it_is_told_to_stop_and_logs_no_query() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        session = requests.Session()
        session.trust_env = False
        retry = requests.adapters.Retry(total=30, backoff_factor=0.05, backoff_max=1)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
        answer = session.get(f"http://127.0.0.1:{port}/openapi.json?name=Achternaam", timeout=30)
        assert answer.json()["info"]["title"] == "Schuldhulp evaluator"
        assert "server" not in answer.headers
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert "GET /openapi.json 200" in errors
    assert "Achternaam" not in out + errors
    assert process.returncode in (0, -signal.SIGTERM)
