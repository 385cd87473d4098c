"""The whole story of one claim: filed, linked, disputed by the resident, blocked, answered, taken in, told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from schuldhulp.bootstrap import Cockpit, open_cockpit
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import RecordKind
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import Conflict
from schuldhulp.services.claims.own_claims import ClaimStanding, OwnClaim
from schuldhulp.services.views import DossierView
from tests.support.creditor_town import CLAIM as OWED
from tests.support.creditor_town import creditor_town, wait_for
from tests.support.installation import Running

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
CLAIM = OWED.replace("objection_until: none", "objection_until: 31-12-2099")


@pytest.fixture(scope="module")
def town(deployed, tmp_path_factory) -> Iterator[Running]:
    """A town in which decisions go out each second."""
    with creditor_town(deployed, tmp_path_factory.mktemp("disputed") / "var", DECISION_SCHEDULE="every 1s") as found:
        yield found


def succeeds(town: Running, *command: str, given: str = "") -> str:
    """Run a command that has to succeed, and return what it says."""
    done = town.command(*command, given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Resident:
    """The resident at the cockpit's services, as the pages use them."""

    def __init__(self, cockpit: Cockpit, dossier: DossierId) -> None:
        self.cockpit = cockpit
        self.dossier = dossier
        self.actor = Actor(
            kind="resident",
            id="t.jansen",
            roles=frozenset({Role.RESIDENT}),
            dossiers=frozenset({dossier}),
            session="disputed",
        )

    def view(self) -> DossierView:
        """Open the own dossier."""
        return self.cockpit.dossiers.open(actor=self.actor, dossier=self.dossier, purpose=Purpose.OWN_VIEW)

    def claim(self) -> OwnClaim:
        """Return the only claim in it."""
        (one,) = self.cockpit.own_claims.of(self.view())
        return one


def test_a_claim_that_the_resident_disputes_is_taken_in_only_after_an_answer(town):
    number = json.loads(succeeds(town, "client", "add", "--json", given=CLIENT))["fileNumber"]
    claim = json.loads(succeeds(town, "claim", "file", "--json", given=CLAIM))["claim"]

    def states() -> list[str]:
        return [one["state"] for one in town.ask("claims", "list")["claims"] if one["claim"] == claim]

    wait_for(states, ["complete"])
    succeeds(town, "claims", "link", claim, number)

    with open_cockpit(town.settings) as cockpit:
        numbers = {known: dossier for dossier, known in cockpit.dossiers.file_numbers().items()}
        resident = Resident(cockpit, numbers[number])
        seen = resident.claim()
        assert seen.standing is ClaimStanding.TO_CHECK
        assert seen.contents is not None
        assert seen.contents.why_owed == "Huur van maart is niet betaald."
        assert seen.contents.objection_until is not None
        said: dict[str, Any] = {
            "actor": resident.actor,
            "dossier": resident.dossier,
            "record_id": seen.view.record_id,
        }
        cockpit.claim_objections.dispute(
            **said, expected_version=seen.view.version, reason="Ik betaalde dit op 3 april."
        )
        # What was said about a version that is no longer the newest one is not written.
        with pytest.raises(Conflict):
            cockpit.claim_objections.agree(**said, expected_version=seen.view.version)
        assert resident.claim().standing is ClaimStanding.DISPUTED

        judged = town.ask("claims", "show", claim)["judged"]
        include = ("claims", "decide", claim, "include", "--judged", judged)
        refused = town.command(*include, given="owed_by: first\n")
        assert refused.returncode != 0
        assert "answer first" in refused.stderr
        assert resident.view().of_kind(RecordKind.OBLIGATION) == []

        succeeds(town, "claims", "answer", claim, given="Die betaling was voor februari. Maart staat nog open.")
        answered = resident.claim()
        assert answered.standing is ClaimStanding.ANSWERED
        assert answered.record.answer == "Die betaling was voor februari. Maart staat nog open."

        succeeds(town, *include, given="owed_by: first\ntext: Opgenomen.\n")
        assert resident.claim().standing is ClaimStanding.INCLUDED
        (debt,) = resident.view().overview.debts
        assert debt.amount == 128_296

        def status() -> list[str]:
            # Nothing of the dossier reaches the creditor: neither what the resident said nor the answer.
            listed = succeeds(town, "claim", "list", "--collect", "--json")
            assert "april" not in listed
            assert "februari" not in listed
            return [one["status"] for one in json.loads(listed)["claims"] if one["claim"] == claim]

        wait_for(status, ["included"])
        included = resident.claim()
        assert (included.record.claim_id, included.record.commitment) == (claim, judged)
        assert included.standing is ClaimStanding.INCLUDED
