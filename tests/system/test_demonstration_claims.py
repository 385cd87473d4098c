"""The demonstration's creditors file claims by their own accounts; one stands in each state, and nothing twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from schuldhulp.demonstration.loading import CASEWORKERS, file_number
from schuldhulp.demonstration.words import ADMITTED
from tests.support.installation import CLAIMS_FILED, Running, copied

PATIENCE = 300.0
"""Seconds after which what should have come is taken not to come; it takes a few."""

LANDLORD, ENERGY, INSURER, WATER, COLLECTOR, BAILIFF = (organisation.kvk for organisation in ADMITTED)

STATES = sorted(
    [
        (LANDLORD, "filed"),
        (COLLECTOR, "filed"),
        (COLLECTOR, "filed"),
        (ENERGY, "included"),
        (INSURER, "declined"),
        (WATER, "asked"),
        (BAILIFF, "filed"),
    ]
)
"""Who holds a claim, and where it stands."""


@pytest.fixture(scope="module")
def silent(loaded, tmp_path_factory) -> Iterator[Running]:
    """The demonstration's people, with a chain and nothing else running."""
    with copied(loaded.folder, loaded.ports, tmp_path_factory.mktemp("filed") / "var") as found:
        (found.folder / CLAIMS_FILED).unlink()
        found.prepare_chain()
        yield found


def test_claims_wait_for_an_evaluator(silent):
    done = silent.command("demo", "claims")
    assert done.returncode == 3, done.stderr
    assert "evaluator" in done.stderr


@pytest.fixture(scope="module")
def filed(silent) -> Running:
    """The same with everything running: the command was killed once, and came to its end three times."""
    silent.start_evaluator()
    silent.parts.start_worker()
    killed = silent.start_command("demo", "claims")
    time.sleep(4)
    killed.kill()
    killed.communicate()
    for _ in range(2):
        done = silent.command("demo", "claims")
        assert done.returncode == 0, done.stderr
        assert "left as it is" not in done.stderr
    deadline = time.monotonic() + PATIENCE
    while states(silent) != STATES:
        assert time.monotonic() < deadline, states(silent)
        time.sleep(0.5)
    # What was decided is not undone, and what was declined is not filed anew.
    again = silent.command("demo", "claims")
    assert again.returncode == 0, again.stderr
    silent.parts.wait_anchored()
    return silent


def inbox(installation: Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = installation.ask("claims", "list", "--closed")["claims"]
    return found


def states(installation: Running) -> list[tuple[str, str]]:
    return sorted((one["organisation"], one["status"]) for one in inbox(installation))


def claim_of(installation: Running, kvk: str) -> dict[str, Any]:
    """Return the only claim of an organisation."""
    (found,) = [one for one in inbox(installation) if one["organisation"] == kvk]
    return found


def test_one_claim_stands_in_each_state_and_none_twice(filed):
    assert states(filed) == STATES
    assert filed.command("verify", "--all").returncode == 0


def test_the_landlord_s_claim_waits_beside_the_collector_s_on_the_same_debt(filed):
    claim = claim_of(filed, LANDLORD)
    assert not claim["linked"]
    shown = filed.ask("claims", "show", claim["claim"])
    assert [one["dossier"] for one in shown["candidates"]] == [file_number(1)]
    (duplicate,) = shown["duplicates"]
    collected = [one["claim"] for one in inbox(filed) if one["organisation"] == COLLECTOR]
    assert duplicate["claim"] in collected


def test_the_energy_company_s_claim_is_an_obligation_with_the_creditor_as_its_source(filed):
    records = filed.ask("dossier", "show", file_number(12), "--as", "s.visser")["records"]
    debts = [one["content"] for one in records if one["kind"] == "obligation"]
    (debt,) = [one for one in debts if one["creditor"]["kvk"] == ENERGY]
    assert (debt["amount_creditor"], debt["source"]) == (642_18, "creditor")


def test_each_creditor_reads_what_was_decided(filed):
    reasons = {}
    for kvk in (ENERGY, INSURER, WATER):
        (state,) = filed.ask("claim", "list", "--organisation", kvk)["claims"]
        reasons[kvk] = state["decision"]["reason"]
    assert reasons == {ENERGY: "included", INSURER: "recent_final_discharge", WATER: "more_information"}


def test_the_bailiff_s_claim_cannot_be_taken_in_before_the_resident_was_answered(filed):
    claim = claim_of(filed, BAILIFF)["claim"]
    caseworker = ("--as", CASEWORKERS[9 % len(CASEWORKERS)])
    judged = filed.ask("claims", "show", claim, *caseworker)["judged"]
    decided = filed.command(
        "claims", "decide", claim, "include", "--judged", judged, *caseworker, given="owed_by: first"
    )
    assert decided.returncode == 2
    assert "disputes" in decided.stderr


def test_creditors_of_one_client_were_told_once_each(filed):
    told = filed.ask("notices", "list", file_number(12), "--as", "s.visser")
    recipients = [one["recipient"] for one in told]
    assert ADMITTED[1].name in recipients
    assert len(recipients) == len(set(recipients))


def test_the_landlord_s_statement_came_in_once_and_waits(filed):
    (statement,) = filed.ask("statements", "list", "--as", "s.visser")["statements"]
    assert (statement["organisation"], statement["state"]) == (LANDLORD, "waiting")
