"""A claim goes from creditor to collector to bailiff, each on a machine of its own, by the commands that they type."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.config import PREFIX
from tests.support.creditor_town import wait_for
from tests.support.installation import COMMAND, Running, copied, without_settings

OTHER_ACCOUNT = "0x" + "5a" * 20
"""An account that nobody admitted."""

CASEWORKER = ("--function", "schuldhulpverlener", "--role", "caseworker", "--as", "a.smit")

CLIENT = """
initials: T.
surname: Jansen
birth_date: 01-02-1980
bsn: 999993069
addresses.1.street: Laan
addresses.1.house_number: 12
addresses.1.postcode: 9711AB
addresses.1.city: Plaats
addresses.1.from_date: 01-02-2015
"""

CLAIM = """\
municipality: 14
debtor.surname: Jansen
debtor.birth_date: 01-02-1980
debtor.postcode: 9711AB
debtor.house_number: 12
original_creditor.name: Woonstichting Voorbeeld
original_creditor.kvk: 12345678
reference: huur 2026/03
holder.name: {name}
holder.kvk: {kvk}
holder_reference: {number}
stage: {stage}
type: rent
principal: 1.234,56
costs: {costs}
interest: 0,00
statement_date: {today:%d-%m-%Y}
origin_date: 01-03-2024
preference: concurrent
legal_ground: huurovereenkomst
contact.name: Afdeling incasso
contact.email: incasso@example.nl
iban: NL91ABNA0417164300
why_owed: Huur van maart is niet betaald.
objection: Schrijf naar incasso@example.nl.
objection_until: none
"""


@dataclass
class Machine:
    """A creditor's machine: a folder with its keys, and what the municipality gave it.

    Attributes:
        kvk: number of the organisation.
        name: what it is called.
        stage: what it is to the claim.
        folder: everything that it has.
        account: address of its account.
    """

    kvk: str
    name: str
    stage: str
    folder: Path
    account: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [COMMAND, *arguments],
            env=self.environment,
            cwd=self.folder,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    def ask(self, *arguments: str, given: str = "") -> Any:
        """Run a command that answers in JSON, and return the answer."""
        done = self.run(*arguments, "--json", given=given)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def refused(self, *arguments: str, given: str = "") -> str:
        """Run a command that has to refuse; return what it says."""
        done = self.run(*arguments, given=given)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr

    def claim(self, *, costs: str = "0,00", number: str = "") -> str:
        """Return the lines of the one claim that this test is about, as this organisation hands it in."""
        today = datetime.now(UTC)
        return CLAIM.format(name=self.name, kvk=self.kvk, stage=self.stage, costs=costs, number=number, today=today)

    def listed(self) -> list[dict[str, Any]]:
        """Fetch what came, and return the claims as `claim list` tells them."""
        found: list[dict[str, Any]] = self.ask("claim", "list")["claims"]
        return found


@dataclass
class Town:
    """The municipality, and the three that hold the claim one after the other."""

    running: Running
    creditor: Machine
    collector: Machine
    bailiff: Machine
    file_number: str

    def entry(self, claim: str) -> dict[str, Any]:
        """Return what the caseworker's list says of a claim."""
        (found,) = [one for one in self.running.ask("claims", "list", "--closed")["claims"] if one["claim"] == claim]
        return dict(found)


def machine(town: Running, folder: Path, kvk: str, name: str, stage: str) -> Machine:
    """Set a machine up as docs/creditors.md says, and have the municipality admit its organisation."""
    deployments = folder / "deployments"
    deployments.mkdir(parents=True)
    shutil.copy(town.settings.deployment_file, deployments / "gemeente.json")
    settings = {
        "DATA": str(folder / "var"),
        "DEPLOYMENTS": str(deployments),
        "ORGANISATION": kvk,
        "MUNICIPALITY": "14",
        "NETWORK": "gemeente",
        "CHAIN_URL": f"{town.settings.evaluator_url}/rpc",
    }
    own = {PREFIX + setting: value for setting, value in settings.items()}
    found = Machine(kvk, name, stage, folder, environment=without_settings() | own)
    made = found.run("keys", "init", "--only", "creditor", "--creditor", kvk)
    assert made.returncode == 0, made.stderr
    found.account = next(word for word in made.stdout.split() if word.startswith("0x")).rstrip(".,;")
    admitted = town.command(
        "creditor", "admit", "--kvk", kvk, "--name", name, "--account", found.account, "--as", "a.smit"
    )
    assert admitted.returncode == 0, admitted.stderr
    assert found.ask("claim", "set-up") == {"account": found.account, "changed": True}
    return found


@pytest.fixture(scope="module")
def town(deployed, tmp_path_factory) -> Iterator[Town]:
    with copied(
        deployed.folder,
        deployed.ports,
        tmp_path_factory.mktemp("hand-over") / "var",
        STAFF="s.visser",
        CONFIRMATIONS="0",
        CLAIMS_SCHEDULE="every 1s",
        DECISION_SCHEDULE="every 1s",
        LEDGER_SCHEDULE="every 1s",
    ) as found:
        found.prepare_chain()
        found.start_evaluator()
        found.parts.start_worker()
        for command, given in (
            (("staff", "first", "a.smit"), "Arjen Smit"),
            (("staff", "add", "s.visser", *CASEWORKER), "Sanne Visser"),
        ):
            done = found.command(*command, given=given)
            assert done.returncode == 0, done.stderr
        number = found.ask("client", "add", given=CLIENT)["fileNumber"]
        folder = tmp_path_factory.mktemp("machines")
        yield Town(
            found,
            machine(found, folder / "creditor", "12345678", "Woonstichting Voorbeeld", "creditor"),
            machine(found, folder / "collector", "87654321", "Incassobureau Voorbeeld", "collector"),
            machine(found, folder / "bailiff", "11223344", "Gerechtsdeurwaarder Voorbeeld", "bailiff"),
            number,
        )


def wait_for_receipt(holder: Machine, outcome: str = "accepted") -> None:
    """Wait until the list of a creditor has the receipt of what it handed in last."""

    def receipt() -> object:
        (state,) = holder.listed()
        return (state["receipt"] or {}).get("outcome")

    wait_for(receipt, outcome)


def test_a_claim_passes_from_creditor_to_collector_to_bailiff(town):
    creditor, collector, bailiff = town.creditor, town.collector, town.bailiff

    # The creditor files it; the collector cannot open the same debt beside it.
    claim = creditor.ask("claim", "file", given=creditor.claim())["claim"]
    wait_for_receipt(creditor)
    assert "another creditor holds it" in collector.refused("claim", "file", given=collector.claim())

    # Nobody takes it, and it goes to nobody who is no creditor here.
    assert collector.refused("claim", "hand-over", claim, "--to", collector.account)
    assert creditor.refused("claim", "hand-over", claim[:8], "--to", OTHER_ACCOUNT)
    assert town.entry(claim)["holder"] == creditor.account

    handed = creditor.ask("claim", "hand-over", claim[:8], "--to", collector.account)
    assert (handed["status"], handed["holder"]) == ("filed", False)
    # Typed again, it is done already.
    assert creditor.ask("claim", "hand-over", claim[:8], "--to", collector.account)["holder"] is False

    # From now on it is the collector's to amend, and nobody else's.
    assert creditor.refused("claim", "amend", claim[:8], given="costs: 10,00")
    assert creditor.refused("claim", "withdraw", claim[:8])
    assert "another creditor holds it" in creditor.refused("claim", "file", given=creditor.claim(costs="1,00"))
    amended = collector.ask("claim", "amend", given=collector.claim(costs="185,18", number="VD-1"))
    assert (amended["claim"], amended["holder"], amended["current"]) == (claim, True, True)
    wait_for_receipt(collector)

    # And on to the bailiff, who was told the id alone.
    collector.ask("claim", "hand-over", claim, "--to", bailiff.account)
    bailiff.ask("claim", "amend", given=bailiff.claim(costs="312,40", number="2026-RD-1"))
    wait_for_receipt(bailiff)
    wait_for(lambda: town.entry(claim)["version"], 3)
    entry = town.entry(claim)
    assert (entry["holder"], entry["organisation"], entry["state"]) == (bailiff.account, bailiff.kvk, "complete")

    # Who handed it over still sees it, without being able to do anything with it.
    for former in (creditor, collector):
        (state,) = former.listed()
        assert (state["claim"], state["holder"], state["status"]) == (claim, False, "filed")
        assert "another account holds this claim now" in former.run("claim", "list").stdout

    decided(town, claim)

    # The decision goes to who holds it, and its reason to nobody else.
    def decision() -> object:
        (state,) = bailiff.listed()
        return state["status"], (state["decision"] or {}).get("reason")

    wait_for(decision, ("included", "included"))
    for former in (creditor, collector):
        (state,) = former.listed()
        assert state["status"] == "included"
        assert state["decision"] is None
    # What was decided on is nobody's to change or pass on any more.
    assert bailiff.refused("claim", "amend", claim[:8], given="costs: 500,00")


def decided(town: Town, claim: str) -> None:
    """Put the claim into the dossier that it belongs to, and take it in."""
    running = town.running
    shown = running.ask("claims", "show", claim)
    assert [one["dossier"] for one in shown["candidates"]] == [town.file_number]
    contents = shown["contents"]
    assert (contents["stage"], contents["costs"], contents["holder_reference"]) == ("bailiff", 31240, "2026-RD-1")
    linked = running.command("claims", "link", claim, town.file_number)
    assert linked.returncode == 0, linked.stderr
    included = running.command(
        "claims", "decide", claim, "include", "--judged", shown["judged"], given="owed_by: first"
    )
    assert included.returncode == 0, included.stderr
    (debt,) = [
        one for one in running.ask("dossier", "show", town.file_number)["records"] if one["kind"] == "obligation"
    ]
    assert debt["content"]["creditor"]["kvk"] == town.creditor.kvk
    assert debt["content"]["bailiff"]["kvk"] == town.bailiff.kvk
    assert debt["content"]["amount_creditor"] == 123456 + 31240


def test_each_holder_proves_by_its_receipts_what_it_handed_in(town):
    # Nothing answers at this address: receipts are checked without any connection.
    for holder in (town.creditor, town.collector, town.bailiff):
        (receipt,) = (holder.folder / "var" / "claims" / holder.kvk / "receipts").glob("*.json")
        holder.environment[f"{PREFIX}CHAIN_URL"] = "http://127.0.0.1:1"
        (checked,) = holder.ask("claim", "verify-receipt", str(receipt))
        assert checked["valid"]
