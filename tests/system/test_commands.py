"""The commands on a whole installation, as staff and creditors use them."""

from __future__ import annotations

import json
import sqlite3
from datetime import date

import pytest

from schuldhulp.demonstration.people import Case, households
from tests.support.installation import Running, copied

CLIENT = """
initials: T.
surname: Testman
prefix: van der
birth_date: 03-04-1985
bsn: 999993069
addresses.1.street: Laan
addresses.1.house_number: 12
addresses.1.postcode: 9999ZZ
addresses.1.city: Plaats
addresses.1.from_date: 01-02-2015
"""
PERSON = "van der Testman;03-04-1985;9999 zz;12-a"
DEBT = """
type: energy
owed_by: first
creditor.name: Warmte
amount_resident: 1.234,56
source: resident
"""


@pytest.fixture(scope="module")
def installation(loaded, tmp_path_factory):
    with copied(loaded.folder, loaded.ports, tmp_path_factory.mktemp("commands") / "var") as found:
        found.prepare_chain()
        found.start_evaluator()
        yield found


def signal(installation: Running, person: str, *more: str, **settings: str):
    return installation.command("signal", "--municipality", "14", "--person", "-", *more, given=person, **settings)


def known_person() -> str:
    household = next(found for found in households(date(2026, 1, 1)) if found.case is Case.PLAIN)
    applicant = household.applicants[0]
    address = applicant.addresses[0]
    name = f"{applicant.prefix} {applicant.surname}"
    return f"{name};{applicant.birth_date.iso};{address.postcode};{address.house_number}"


def test_demonstration_is_as_large_as_promised(installation):
    dossiers = installation.ask("dossier", "list")
    assert len(dossiers) >= 60
    assert sum(sum(found["records"].values()) for found in dossiers) >= 1200
    assert len(installation.ask("creditor", "list", "--as", "a.smit")) >= 6


def test_verify_all_ends_with_zero(installation):
    done = installation.command("verify", "--all")
    assert (done.returncode, done.stdout.strip().splitlines()[-1]) == (0, "64 dossiers: verified 64")


def test_signal_is_green_for_a_known_and_red_for_an_unknown_person(installation):
    green = signal(installation, known_person())
    assert green.returncode == 0, green.stderr
    assert green.stdout.startswith("GREEN")
    assert "municipality 14: " in green.stdout
    red = signal(installation, "Onbekend;01-01-1970;1234AB;1")
    assert red.returncode == 0
    assert red.stdout.startswith("RED")
    assert "does not prove" in red.stdout


def test_signal_by_bsn_needs_a_legal_ground(installation):
    bsn = households(date(2026, 1, 1))[0].applicants[0].bsn.digits
    refused = installation.command("signal", "--municipality", "14", "--bsn", "-", given=bsn)
    assert refused.returncode == 2
    assert refused.stdout == ""
    allowed = installation.command(
        "signal", "--municipality", "14", "--bsn", "-", "--organisation", "99000003", given=bsn
    )
    assert allowed.stdout.startswith("GREEN"), allowed.stderr


def test_a_new_client_is_recorded_enrolled_seen_and_ended(installation):
    made = json.loads(installation.command("client", "add", "--json", given=CLIENT).stdout)
    number = made["fileNumber"]
    assert signal(installation, PERSON).stdout.startswith("RED")
    record = json.loads(installation.command("record", "add", number, "obligation", "--json", given=DEBT).stdout)
    assert installation.command("verify", "--dossier", number).returncode == 4
    enrolled = installation.command("enrol", number, "--ground", "Wgs art. 4a", "--basis", "consent")
    assert enrolled.returncode == 0, enrolled.stderr
    assert installation.command("anchor", "--once").returncode == 0
    assert installation.command("verify", "--dossier", number).returncode == 0
    assert signal(installation, PERSON).stdout.startswith("GREEN")

    changed = installation.command(
        "record", "change", number, record["record"], "--version", "1", given="amount_creditor: 1.300,00"
    )
    assert changed.returncode == 0, changed.stderr
    stale = installation.command(
        "record", "change", number, record["record"], "--version", "1", given="amount_creditor: 1.400,00"
    )
    assert stale.returncode == 2
    assert installation.command("end-enrolment", number, given="klaar").returncode == 0
    assert installation.command("anchor", "--once").returncode == 0
    assert signal(installation, PERSON).stdout.startswith("RED")
    assert installation.command("verify", "--all").returncode == 0
    history = installation.ask("record", "history", number, record["record"])
    assert [version["content"]["amount_creditor"] for version in history] == [130000, None]


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (["client", "add"], CLIENT.replace("999993069", "123456789"), "bsn"),
        (["client", "add"], "surname Testman", "line 1"),
        (["client", "add"], CLIENT.replace("03-04-1985", "31-02-1985"), "birth_date"),
        (["record", "add", "DEMO-002", "obligation"], DEBT.replace("1.234,56", "1234.56"), "amount_resident"),
        (["record", "add", "DEMO-002", "obligation"], DEBT.replace("energy", "castle"), "type"),
        (["record", "add", "DEMO-999", "obligation"], DEBT, "dossier"),
        (["record", "change", "DEMO-002", "ffff", "--version", "1"], "note: x", "RECORD"),
        (["record", "withdraw", "DEMO-002", "", "--version", "1"], "x", "RECORD"),
        (["enrol", "DEMO-006", "--ground", "x", "--basis", "consent", "--date", "tomorrow"], "", "date"),
        (["signal", "--municipality", "14", "--person", "-"], "Jansen;1980", "person"),
        (["signal", "--municipality", "14", "--person", "-"], ";1980-01-01;1234AB;1", "surname"),
        (["signal", "--municipality", "14", "--person", "Jansen;1980-01-01;1234AB;1"], "", "standard input"),
        (["signal", "--municipality", "14", "--bsn", "-"], "111222334", "eleven test"),
        (["signal", "--municipality", "14"], "", "--person"),
        (["signal", "--municipality", "15", "--person", "-"], "Jansen;1980-01-01;1234AB;1", "municipality"),
        (["verify"], "", "--dossier"),
        (["anchor"], "", "--once"),
        (["dossier", "show", "DEMO-002", "--as", "nobody"], "", "staff"),
        (["staff", "list"], "", "no right"),
        (["staff", "first", "x.x"], "X", "already"),
    ],
)
def test_bad_input_names_the_field_and_saves_nothing(installation, arguments, given, says):
    before = table_sizes(installation)
    done = installation.command(*arguments, given=given)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    for secret in ("Testman", "Jansen", "123456789", "111222334"):
        assert secret not in done.stdout + done.stderr
    assert table_sizes(installation) == before


def table_sizes(installation: Running) -> dict[str, int]:
    """Rows of each table that holds what people entered."""
    with sqlite3.connect(installation.settings.data / "schuldhulp.sqlite") as database:
        names = ("dossiers", "record_versions", "dossier_revisions", "outbox", "publication_jobs", "staff")
        return {name: database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
