"""What docs/specification.md says about the channel of sealed messages is what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

from schuldhulp.chain.signer import recover
from schuldhulp.creditor import channel as client
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.channel import CHANNEL_REQUEST_TYPE, channel_request_digest
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.evaluator.messages import HEADERS
from schuldhulp.services.claims import callers
from schuldhulp.services.claims.channel import ALLOWANCE
from schuldhulp.services.claims.ports import MAX_CONTENT, MessageKind

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "specification.md").read_text(encoding="utf-8")
CHAPTER = TEXT.partition("## The channel of sealed messages\n")[2].partition("\n## ")[0]
FLAT = " ".join(CHAPTER.split())


def test_specification_lists_every_route_kind_and_header() -> None:
    routes = re.findall(r"^\| `(/v1/[a-z/-]+)` \|", CHAPTER, re.MULTILINE)
    assert routes == [client.CLAIM_IDS, client.DELIVER, client.COLLECT, client.ACKNOWLEDGE, client.ORGANISATIONS]
    kinds = re.findall(r"^\| `([a-z_]+)` \|", CHAPTER, re.MULTILINE)
    assert kinds == [kind.value for kind in MessageKind]
    assert all(f"`{name}`" in CHAPTER for name in HEADERS)
    assert CHANNEL_REQUEST_TYPE in FLAT


def test_specification_names_the_limits_of_the_code() -> None:
    mebibyte = 1024 * 1024
    for limit in (
        f"at most {MAX_CONTENT:,} bytes",
        f"{callers.REQUESTS} requests",
        f"{ALLOWANCE.waiting:,} messages or {ALLOWANCE.waiting_bytes // mebibyte} MiB",
        f"{ALLOWANCE.held:,} messages or {ALLOWANCE.held_bytes // mebibyte} MiB",
    ):
        assert limit.replace(",", " ") in FLAT


def test_example_of_the_specification_is_signed_as_it_says() -> None:
    head, _, body = CHAPTER.partition("```http\n")[2].partition("\n```")[0].partition("\n\n")
    start, *lines = head.splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    chain, registry, municipality = re.findall(r"chain id (\d+), registry `(0x\w{40})` and municipality (\d+)", FLAT)[0]
    digest = channel_request_digest(
        chain_id=int(chain),
        registry=registry,
        municipality=MunicipalityCode(int(municipality)),
        organisation=headers["Schuldhulp-Organisation"],
        path=start.split(" ")[1],
        body=body.encode(),
        nonce=bytes.fromhex(headers["Schuldhulp-Nonce"]),
        expiry=int(headers["Schuldhulp-Expiry"]),
    )
    assert f"`{digest.hex()}`" in CHAPTER
    assert recover(digest, bytes.fromhex(headers["Schuldhulp-Signature"])) == AccountKey(b"\x01" * 32).address
    vectors = json.loads((ROOT / "tests" / "vectors" / "channel.json").read_text(encoding="utf-8"))
    assert digest.hex() in {sample["digest"] for sample in vectors["samples"]}
