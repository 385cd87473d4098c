from __future__ import annotations

from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient

from schuldhulp.evaluator.problems import install_problems


def test_refusal_of_our_own_keeps_its_words() -> None:
    app = FastAPI()
    install_problems(app)

    @app.get("/slow")
    def slow() -> None:
        raise HTTPException(408, "nobody waits any more")

    client = TestClient(app)
    answer = client.get("/slow")
    assert answer.status_code == 408
    assert answer.json() == {"error": "request_refused", "field": None, "message": "nobody waits any more"}
    assert client.get("/other").json()["error"] == "route_unknown"
    assert client.post("/slow").json()["error"] == "method_not_allowed"
