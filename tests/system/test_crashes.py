"""Worker and chain are killed while the demonstration is loaded; nothing is lost, doubled or reordered."""

from __future__ import annotations

import random
import subprocess
import time

from schuldhulp.bootstrap import open_cockpit
from schuldhulp.demonstration.histories import steps
from schuldhulp.demonstration.loading import CASEWORKERS, file_number
from schuldhulp.demonstration.people import households
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import Applicant, RecordKind
from schuldhulp.services.clock import day_of
from tests.support.installation import HANGS, Running, own_ports, running

STORY = {RecordKind.OBLIGATION, RecordKind.INCOME, RecordKind.EXPENSE, RecordKind.AGREEMENT}
CLIENT = """
initials: T.
surname: Testman
birth_date: 03-04-1985
addresses.1.street: Laan
addresses.1.house_number: 12
addresses.1.postcode: 9999ZZ
addresses.1.city: Plaats
addresses.1.from_date: 01-02-2015
"""
MOMENTS = random.Random(1815)  # the moments differ with the machine's speed all the same; the outcome may not


def load_through(installation: Running, disturb: list[str]) -> None:
    """Load the demonstration, and kill and restart a part of the installation again and again meanwhile."""
    loading = installation.start_command("demo", "load", "--no-claims")
    for name in disturb:
        time.sleep(MOMENTS.uniform(0.2, 4))
        installation.kill(name)
        if name == "chain":
            installation.parts.start_chain()
        else:
            installation.parts.start_worker()
    for _ in range(len(disturb) + 1):
        said, _nothing = loading.communicate(timeout=HANGS)
        if loading.returncode == 0:
            return
        # The chain was gone when it was needed; that has a code of its own, and the command can be repeated.
        assert loading.returncode == 3, said
        loading = installation.start_command("demo", "load", "--no-claims")
    raise AssertionError("demo load did not come to its end")


def assert_complete(installation: Running) -> None:
    """Every household's dossier holds what its story ends with, and everything is verified."""
    installation.parts.wait_anchored()
    verified = installation.command("verify", "--all")
    assert verified.returncode == 0, verified.stdout
    with open_cockpit(installation.settings) as cockpit:
        day = None
        for household in households_of(cockpit):
            actor = cockpit.access.staff_member(CASEWORKERS[household.number % len(CASEWORKERS)])
            dossier = cockpit.dossiers.find(actor=actor, name=file_number(household.number))
            view = cockpit.dossiers.open(actor=actor, dossier=dossier, purpose=Purpose.VERIFICATION)
            day = day or day_of(view.summary.created_at)
            ids = {entry.record.bsn: entry.record_id for entry in view.records if isinstance(entry.record, Applicant)}
            people = [ids[applicant.bsn] for applicant in household.applicants]
            story = steps(household, people, day)
            expected = [step.after for step in story if step.after is not None]
            for step in story:
                if step.before is not None:
                    expected.remove(step.before)
            found = [entry.record for entry in view.records if entry.record.kind in STORY and not entry.withdrawn]
            assert sorted(map(hash, found)) == sorted(map(hash, expected)), household.number
            versions = sum(entry.version for entry in view.records if entry.record.kind in STORY)
            assert versions == len(story), household.number


def households_of(cockpit):
    actor = cockpit.access.staff_member(CASEWORKERS[0])
    first = next(found for found in cockpit.dossiers.list(actor=actor) if found.file_number == file_number(1))
    return households(day_of(first.created_at))


def test_demo_load_survives_five_killings_of_worker_and_chain_each(tmp_path):
    with running(tmp_path / "var", own_ports()) as installation:
        installation.prepare_chain()
        installation.start_evaluator()
        installation.parts.start_worker()
        order = ["worker", "chain"] * 5
        load_through(installation, order)
        assert_complete(installation)


def test_demo_load_goes_on_after_it_was_killed_itself(loaded, tmp_path):
    """A second and a third time on a loaded folder, the first of them killed: nothing is written twice."""
    from tests.support.installation import copied

    with copied(loaded.folder, loaded.ports, tmp_path / "var") as installation:
        installation.prepare_chain()
        installation.start_evaluator()
        installation.parts.start_worker()
        before = installation.ask("status")["outbox"]
        killed = installation.start_command("demo", "load", "--no-claims")
        time.sleep(MOMENTS.uniform(0.5, 3))
        killed.kill()
        killed.communicate()
        assert installation.command("demo", "load", "--no-claims").returncode == 0
        assert_complete(installation)
        assert installation.ask("status")["outbox"] == before


def test_anchor_once_has_the_running_worker_do_it(loaded, tmp_path):
    """Two workers never sign at the same time: the one that runs is asked, and does it long before its schedule."""
    from tests.support.installation import copied

    later = {"LEDGER_SCHEDULE": "every 86400s", "ENROLMENT_SCHEDULE": "every 86400s"}
    with copied(loaded.folder, loaded.ports, tmp_path / "var", **later) as installation:
        installation.prepare_chain()
        installation.start_evaluator()
        installation.parts.start_worker()
        until = time.monotonic() + HANGS
        while installation.ask("status")["lastCheck"]["at"] is None and time.monotonic() < until:
            time.sleep(0.2)
        number = installation.ask("client", "add", given=CLIENT)["fileNumber"]
        enrolled = installation.command("enrol", number, "--ground", "Wgs art. 4a", "--basis", "consent")
        assert enrolled.returncode == 0, enrolled.stderr
        assert installation.command("verify", "--dossier", number).returncode == 4
        asked = installation.command("anchor", "--once")
        assert asked.returncode == 0, asked.stderr
        assert "running worker" in asked.stdout
        assert installation.ask("status")["outbox"]["waiting"] == 0
        assert installation.command("verify", "--all").returncode == 0
        installation.stop("worker")
        alone = installation.command("anchor", "--once")
        assert alone.returncode == 0, alone.stderr
        assert "signed" in alone.stdout


def test_nothing_is_left_running(tmp_path):
    with running(tmp_path / "var", own_ports()) as installation:
        installation.prepare_chain()
    listening = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in listening
