"""A worker that is killed anywhere loses nothing, and says nothing twice."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from schuldhulp.chain.claims import RegisterReader
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId
from schuldhulp.services.claims.rows import ContentsState, DeliveryState
from tests.support.claims_stage import contents
from tests.support.intake import Cut, Interrupted, Town, version

CALLS = 60
"""More than one run makes of each part; a number above the last call is a run that is not cut short."""


def killed_everywhere(town: Town, part: str) -> int:
    """Run the intake again and again, each time killed at a later call of one part; return how often it was."""
    kills = 0
    for number in range(1, CALLS):
        for done in (False, True):
            try:
                town.intake(**cut(town, part, number, done=done)).run_once()
            except Interrupted:
                kills += 1
    return kills


def cut(town: Town, part: str, number: int, *, done: bool) -> dict[str, Any]:
    """Replace one part by one that is killed at a call."""
    real: dict[str, Any] = {
        "channel": town.stage.municipality(),
        "reader": RegisterReader(town.stage.chain.gateway(), town.stage.chain.rpc()),
        "store": town.store,
    }
    return {part: Cut(real[part], after=number, done=done)}


@pytest.mark.parametrize("part", ["channel", "store", "reader"])
def test_run_once_killed_at_any_call_loses_nothing_and_answers_once(town: Town, part: str) -> None:
    whole = version(town.id_of(contents()), contents())
    silent = version(town.id_of(contents(reference="r2")), contents(reference="r2"))
    unfiled = version(town.id_of(contents(reference="r3")), contents(reference="r3"))
    for claim in (whole, silent):
        town.file(claim)
    for claim in (whole, unfiled):
        town.deliver(claim)
    town.run()
    town.wait()
    made_up = version(ClaimId(b"\x00\x0e" + b"\x55" * 30), contents(reference="r4"))
    town.file(made_up)
    town.deliver(made_up)

    assert killed_everywhere(town, part) > 5
    town.run()

    told = {(one.claim_id, one.reason.value if one.reason else "accepted") for one in town.received()}
    assert told == {
        (whole.claim_id, "accepted"),
        (silent.claim_id, "contents_missing"),
        (unfiled.claim_id, "not_filed"),
        (made_up.claim_id, "claim_id_mismatch"),
    }
    assert len(town.received()) == 4
    with town.store.read() as work:
        assert not work.mail.unacknowledged(whole.contents.municipality)
        assert not work.claims.undelivered(whole.contents.municipality, limit=10)


def test_run_once_takes_back_what_the_chain_throws_out(town: Town) -> None:
    node = town.stage.chain.node
    claim = version(town.id_of(contents()), contents())
    node.mine(10)
    town.run()
    before = node.snapshot()
    town.file(claim)
    town.deliver(claim)
    town.run()
    assert town.outcomes() == ["accepted"]

    node.revert(before)
    # As long as the chain is shorter than it was, nothing is concluded from that.
    assert "chain_behind" in town.intake().run_once().troubles
    node.mine(3)
    town.run()
    assert [row.state for row in town.deliveries()] == [DeliveryState.WAITING_FOR_FILING]
    with town.store.read() as work:
        assert work.claims.claim(claim.claim_id) is None

    town.file(claim)
    town.run()
    assert town.outcomes() == ["accepted", "accepted"]
    first, second = town.received()
    assert first.block_hash != second.block_hash
    row = town.claim(claim.claim_id)
    assert (row.status, row.contents) == (ClaimStatus.FILED, ContentsState.COMPLETE)


def test_run_once_names_what_differs_from_the_chain_and_opens_anew_what_was_tampered_with(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.deliver(claim)
    town.run()
    delivery = town.deliveries()[0]
    other = version(claim.claim_id, contents(), salt=7)
    town.file(other)
    # Somebody writes into the database that these are the contents of what was filed.
    forged = dataclasses.replace(delivery, commitment=claim_commitment(other))
    with town.store.write() as work:
        assert work.claims.change_delivery(forged, was=delivery.state)
        work.commit()
    assert town.intake().run_once().troubles == ("delivery_tampered",)
    town.run()
    assert town.outcomes() == ["commitment_mismatch"]
