"""A landlord's statement on a running installation, by commands as people use them: from the rent to the dossier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.creditor_town import KVK, creditor_town, wait_for
from tests.support.installation import Running

APPLICANT = """\
initials: A.B.
surname: Jansen
birth_date: 01-02-1980
addresses.1.street: Dorpsstraat
addresses.1.house_number: 12
addresses.1.postcode: 9711AB
addresses.1.city: Voorbeeldstad
addresses.1.from_date: 01-05-2019
"""
TODAY = datetime.now(UTC) - timedelta(hours=1)


def statement(amount: str, reference: str = "HUUR-0017") -> str:
    return f"""\
gemeente: 14
cliënt.achternaam: Jansen
cliënt.geboortedatum: 01-02-1980
cliënt.postcode: 9711AB
cliënt.huisnummer: 12
afzender.naam: Woonstichting Voorbeeld
afzender.kvk: {KVK}
kenmerk: {reference}
onderwerp: huur
bedrag: {amount}
frequentie: maandelijks
vanaf: 01-{TODAY:%m-%Y}
"""


@pytest.fixture(scope="module")
def town(deployed, tmp_path_factory) -> Iterator[Running]:
    """A town whose creditor is a landlord."""
    with creditor_town(deployed, tmp_path_factory.mktemp("statements") / "var") as found:
        yield found


def states(town: Running) -> list[str]:
    return [one["state"] for one in town.ask("statements", "list", "--decided")["statements"]]


def rents(town: Running, dossier: str) -> list[tuple[int, int]]:
    records = town.ask("record", "list", dossier, "--kind", "expense")
    found = records["records"] if isinstance(records, dict) else records
    return [(one["version"], one["content"]["amount"]) for one in found]


def test_rent_gets_into_the_dossier_with_consent_and_not_without(town: Running) -> None:
    made = town.command("client", "add", "--json", given=APPLICANT)
    assert made.returncode == 0, made.stderr
    dossier = town.ask("dossier", "list")[0]["fileNumber"]
    sent = town.command("statement", "send", given=statement("612,34"))
    assert sent.returncode == 0, sent.stderr
    wait_for(lambda: states(town), ["waiting"])
    # Its sender learns that it came, and nothing else.
    wait_for(lambda: [bool(one["receipt"]) for one in town.ask("statement", "list")["statements"]], [True])
    (entry,) = town.ask("statements", "list")["statements"]
    shown = town.ask("statements", "show", entry["statement"][:12])
    assert shown["contents"]["amount"] == 612_34
    assert [(one["dossier"], one["consent"]) for one in shown["candidates"]] == [(dossier, False)]
    refused = town.command("statements", "take-over", entry["statement"], dossier)
    assert refused.returncode == 2
    assert "consent" in refused.stderr
    assert rents(town, dossier) == []
    consent = (
        f"applicant: first\nparty: Woonstichting Voorbeeld\nkvk: {KVK}\nsubject: rent\n"
        f"given_on: 01-{TODAY:%m-%Y}\nhow: spoken\n"
    )
    recorded = town.command("record", "add", dossier, "consent", given=consent)
    assert recorded.returncode == 0, recorded.stderr
    assert town.ask("statements", "show", entry["statement"])["candidates"][0]["consent"] is True
    taken = town.command("statements", "take-over", entry["statement"], dossier)
    assert taken.returncode == 0, taken.stderr
    assert rents(town, dossier) == [(1, 612_34)]
    assert states(town) == ["taken_over"]

    # The rent goes up: the same record, renewed.
    record = taken.stdout.split()[-1]
    again = town.command("statement", "send", given=statement("650,00"))
    assert again.returncode == 0, again.stderr
    wait_for(lambda: states(town), ["taken_over", "waiting"])
    newer = town.ask("statements", "list")["statements"][0]["statement"]
    renewed = town.command("statements", "take-over", newer, dossier, "--renew", record)
    assert renewed.returncode == 0, renewed.stderr
    assert rents(town, dossier) == [(2, 650_00)]


def test_declined_statement_changes_nothing_and_tells_nobody(town: Running) -> None:
    sent = town.command("statement", "send", given=statement("1,00", reference="HUUR-9999"))
    assert sent.returncode == 0, sent.stderr
    wait_for(lambda: states(town)[-1], "waiting")
    message = town.ask("statements", "list")["statements"][-1]["statement"]
    declined = town.command("statements", "decline", message, "--reason", "not_right")
    assert declined.returncode == 0, declined.stderr
    assert states(town)[-1] == "declined"
    wait_for(lambda: [bool(one["receipt"]) for one in town.ask("statement", "list")["statements"]][-1], True)
    (mine,) = [one for one in town.ask("statement", "list")["statements"] if one["reference"] == "HUUR-9999"]
    assert not any("declin" in str(value) for value in mine.values())


def test_same_statement_is_not_sent_twice(town: Running) -> None:
    before = len(town.ask("statement", "list")["statements"])
    again = town.command("statement", "send", given=statement("612,34"))
    assert again.returncode == 0, again.stderr
    assert "nothing was sent again" in again.stdout
    assert len(town.ask("statement", "list")["statements"]) == before
