"""The proxy's example lets through what the services serve, with their limits, and nothing else."""

import re
from pathlib import Path

import pytest

from schuldhulp.config import load_settings
from schuldhulp.creditor.evaluator_http import READ_TIMEOUT
from schuldhulp.evaluator.api import LARGER, PATHS
from schuldhulp.evaluator.limits import MAX_BODY
from schuldhulp.evaluator.messages import channel_router
from schuldhulp.evaluator.rpc import PATH as RPC
from schuldhulp.evaluator.server import KEEP_ALIVE_SECONDS

TEXT = re.sub(r"\s*#[^\n]*", "", (Path(__file__).parents[3] / "docs" / "examples" / "nginx.conf").read_text())


def block(begin):
    """Give what stands between the braces after some text."""
    at = TEXT.index("{", TEXT.index(begin)) + 1
    depth, end = 1, at
    while depth:
        depth += {"{": 1, "}": -1}.get(TEXT[end], 0)
        end += 1
    return TEXT[at : end - 1]


def server(name):
    """Give the block of the server that speaks TLS under a name."""
    found = [part for part in re.split(r"^server ", TEXT, flags=re.MULTILINE) if f"server_name {name};" in part]
    (text,) = found
    return text


def locations():
    """Give pattern and contents of each place that is passed on to the evaluator."""
    text = server("evaluator.example.nl")
    for kind, pattern, content in re.findall(r"location (=|~) (\S+) \{((?:[^{}]|\{[^{}]*\})*)\}", text):
        yield (re.escape(pattern) if kind == "=" else pattern), content


def size(text):
    number, unit = re.fullmatch(r"(\d+)([km])", text).groups()
    return int(number) * {"k": 1024, "m": 1024 * 1024}[unit]


@pytest.mark.parametrize("name", ["evaluator", "relay", "cockpit"])
def test_proxy_passes_on_to_the_ports_of_the_settings(name):
    port = getattr(load_settings({}), f"{name}_port")
    assert f"server 127.0.0.1:{port};" in block(f"upstream schuldhulp_{name}")


def test_proxy_passes_on_every_route_of_the_evaluator_and_its_limit():
    routes = {route.path for route in channel_router(None).routes}
    for path in {*PATHS, *routes, RPC, "/openapi.json"}:
        matching = [content for pattern, content in locations() if re.fullmatch(pattern.strip("^$"), path)]
        assert len(matching) == 1, path
        limit = re.search(r"client_max_body_size (\w+);", matching[0])
        if limit:
            assert size(limit[1]) == LARGER.get(path, MAX_BODY), path
        else:
            assert "limit_except GET" in matching[0], path
    assert "location / { return 404; }" in server("evaluator.example.nl")


@pytest.mark.parametrize("name", ["evaluator", "relay", "cockpit"])
def test_proxy_tells_what_it_saw_and_speaks_tls_only(name):
    text = server(f"{name}.example.nl")
    # nginx takes over headers of an outer block only where an inner one sets none: all stand in one.
    assert "proxy_set_header" not in text.partition("location")[2]
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert "$proxy_add_x_forwarded_for" not in TEXT
    assert "listen 443 ssl" in text
    assert "Strict-Transport-Security" in text


def test_proxy_waits_longer_than_clients_and_closes_before_the_evaluator():
    assert int(re.search(r"proxy_read_timeout (\d+)s", server("evaluator.example.nl"))[1]) > READ_TIMEOUT
    kept = re.search(r"keepalive_timeout (\d+)s", block("upstream schuldhulp_evaluator"))
    assert int(kept[1]) < KEEP_ALIVE_SECONDS
