"""Claims on a running installation: the creditor's commands, the receipts, and what goes wrong on either side."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.crypto.keyring import CockpitKeys, CreditorKeys
from schuldhulp.domain.types import ClaimId
from schuldhulp.node.deployment import Deployment
from tests.support.chain import DeployedChain, Ganache
from tests.support.claims_stage import ClaimStage, Party, contents
from tests.support.creditor_town import CLAIM, KVK, creditor_town, wait_for
from tests.support.installation import Running
from tests.support.intake import Town, version

WAIT = 8
"""Seconds that contents wait for their filing here, and a filing for its contents."""


@pytest.fixture(scope="module")
def town(deployed, tmp_path_factory) -> Iterator[Running]:
    """A town whose worker gives up waiting after seconds."""
    with creditor_town(
        deployed, tmp_path_factory.mktemp("claims") / "var", CLAIM_FILING_WAIT=str(WAIT), CLAIM_CONTENTS_WAIT=str(WAIT)
    ) as found:
        yield found


@pytest.fixture(scope="module")
def rogue(town, tmp_path_factory) -> Town:
    """The same creditor without its client, doing what no honest one does."""
    keys = CreditorKeys.open(town.settings.keys, kvk=KVK)
    folder = tmp_path_factory.mktemp("rogue")
    party = Party(kvk=KVK, folder=folder, account=keys.account, messages=keys.messages)
    stage = ClaimStage(
        chain=DeployedChain(
            node=Ganache(port=town.settings.chain_port), deployment=Deployment.load(town.settings.deployment_file)
        ),
        folder=folder,
        url=town.settings.evaluator_url,
        claim_key=CockpitKeys.open(town.settings.keys).claim,
        creditor=party,
        collector=party,
        organisations=None,  # type: ignore[arg-type]
        store=None,  # type: ignore[arg-type]
    )
    return Town(stage, store=None)  # type: ignore[arg-type]


def seen(town: Running, claim_id: ClaimId) -> list[tuple[str, str | None]]:
    """Return what the caseworker's side says of a claim: state and reason of each entry."""
    inbox = town.ask("claims", "list")
    assert inbox["troubles"] == []
    return [(one["state"], one["reason"]) for one in inbox["claims"] if one["claim"] == claim_id.hex()]


def told(rogue: Town, claim_id: ClaimId) -> list[str]:
    """Return what the creditor was told about a claim, by receipts whose signatures hold."""
    return [one.reason.value if one.reason else "accepted" for one in rogue.received() if one.claim_id == claim_id]


def test_a_claim_is_filed_delivered_and_receipted_and_the_receipt_holds_offline(town):
    done = town.command("claim", "file", "--json", given=CLAIM)
    assert done.returncode == 0, done.stderr
    claim_id = ClaimId(bytes.fromhex(json.loads(done.stdout)["claim"]))

    wait_for(lambda: seen(town, claim_id), [("complete", None)])

    listed = town.command("claim", "list")
    assert listed.returncode == 0, listed.stderr
    (receipt,) = (town.settings.data / "claims" / KVK / "receipts").glob("*.json")
    # Nothing answers under these addresses.
    offline = {"CHAIN_URL": "http://127.0.0.1:1", "EVALUATOR_URL": "http://127.0.0.1:1"}
    verified = town.command("claim", "verify-receipt", str(receipt), **offline)
    assert verified.returncode == 0, verified.stderr
    assert "accepted" in verified.stdout
    assert "at block" in verified.stdout
    forged = receipt.with_name("forged.json")
    forged.write_text(receipt.read_text().replace('"accepted"', '"refused"'))
    assert town.command("claim", "verify-receipt", str(forged), **offline).returncode != 0
    assert claim_id.hex() in town.command("claims", "list").stdout
    # Nothing of the contents stands in the list, nor unsealed in the database.
    assert "Jansen" not in town.command("claims", "list").stdout
    assert all(b"Jansen" not in file.read_bytes() for file in town.settings.data.glob("*.sqlite*"))


def test_filed_but_never_delivered_is_named_on_both_sides_and_heals(town, rogue):
    told_of = contents(reference="never delivered")
    claim = version(rogue.id_of(told_of), told_of)
    rogue.file(claim)
    wait_for(lambda: seen(town, claim.claim_id), [("contents_missing", None)])
    wait_for(lambda: told(rogue, claim.claim_id), ["contents_missing"])

    rogue.deliver(claim)

    wait_for(lambda: seen(town, claim.claim_id), [("complete", None)])
    wait_for(lambda: told(rogue, claim.claim_id), ["contents_missing", "accepted"])


def test_delivered_but_never_filed_is_named_on_both_sides(town, rogue):
    told_of = contents(reference="never filed")
    claim = version(rogue.id_of(told_of), told_of)
    rogue.deliver(claim)
    wait_for(lambda: seen(town, claim.claim_id), [("waiting_for_filing", None)])
    wait_for(lambda: seen(town, claim.claim_id), [("refused", "not_filed")])
    wait_for(lambda: told(rogue, claim.claim_id), ["not_filed"])


def test_contents_that_do_not_open_to_the_commitment_are_named_on_both_sides(town, rogue):
    told_of = contents(reference="another commitment")
    filed = version(rogue.id_of(told_of), told_of)
    other = version(filed.claim_id, told_of, salt=2)
    assert claim_commitment(filed) != claim_commitment(other)
    rogue.file(filed)
    rogue.deliver(other)
    wait_for(
        lambda: sorted(map(str, seen(town, filed.claim_id))),
        sorted(map(str, [("contents_missing", None), ("refused", "commitment_mismatch")])),
    )
    wait_for(lambda: told(rogue, filed.claim_id), ["commitment_mismatch", "contents_missing"])


def test_a_made_up_claim_id_is_named_on_both_sides(town, rogue):
    claim = version(ClaimId((14).to_bytes(2, "big") + b"\x5a" * 30), contents(reference="made up"))
    rogue.file(claim)
    rogue.deliver(claim)
    wait_for(
        lambda: seen(town, claim.claim_id),
        [("contents_refused", "claim_id_mismatch"), ("refused", "claim_id_mismatch")],
    )
    wait_for(lambda: told(rogue, claim.claim_id), ["claim_id_mismatch"])


def test_a_worker_that_was_killed_answers_once(town, rogue):
    told_of = contents(reference="killed")
    claim = version(rogue.id_of(told_of), told_of)
    town.kill("worker")
    rogue.file(claim)
    rogue.deliver(claim)
    town.parts.start_worker()
    wait_for(lambda: told(rogue, claim.claim_id), ["accepted"])
    wait_for(lambda: seen(town, claim.claim_id), [("complete", None)])
    assert told(rogue, claim.claim_id) == ["accepted"]
