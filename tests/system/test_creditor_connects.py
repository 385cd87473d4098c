"""docs/creditors.md, step by step: its own commands, in an environment that holds the creditor's part only.

The municipality runs as whole processes; the creditor has its deployment file and its evaluator's address, and no node.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from schuldhulp.bootstrap import open_chain
from tests.support.installation import Running, copied
from tests.support.standalone import PROJECT, Standalone, make_standalone

GUIDE = (PROJECT / "docs" / "creditors.md").read_text()
EXAMPLES = PROJECT / "docs" / "examples"
KVK = "12345678"
RECEIPT_WITHIN = 120.0
"""Seconds; the worker looks every second, and a receipt takes a few blocks."""

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


def blocks(language: str) -> list[str]:
    """Give the blocks of one kind in the guide, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


@dataclass
class Creditor:
    """A creditor's machine: a folder, the creditor's part of the project, and what the municipality gave it."""

    folder: Path
    standalone: Standalone
    municipality: Running
    said: list[str] = field(default_factory=list)

    @property
    def node(self) -> str:
        """Address under which the municipality's evaluator passes questions on."""
        return f"{self.municipality.settings.evaluator_url}/rpc"

    def run(self, *command: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a program with nothing of this environment but the way to Node."""
        path = os.pathsep.join([str(self.standalone.folder / "bin"), os.environ["PATH"]])
        return subprocess.run(
            command,
            input=given,
            cwd=self.folder,
            env={"PATH": path, "HOME": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )

    def follow(self, text: str) -> str:
        """Carry out a block of the guide; returns what it printed."""
        own = text.replace("https://evaluator.example.nl/rpc", self.node)
        done = self.run("sh", "-e", "-c", own)
        assert done.returncode == 0, f"{own}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def municipality(deployed, tmp_path_factory) -> Iterator[Running]:
    """A municipality that knows one person, with its node on loopback and its evaluator in front."""
    with copied(
        deployed.folder,
        deployed.ports,
        tmp_path_factory.mktemp("connects") / "var",
        STAFF="s.visser",
        CLAIMS_SCHEDULE="every 1s",
    ) as found:
        found.prepare_chain()
        found.start_evaluator()
        for command, given in (
            (("staff", "first", "a.smit"), "Arjen Smit"),
            (("staff", "add", "s.visser", *CASEWORKER), "Sanne Visser"),
        ):
            done = found.command(*command, given=given)
            assert done.returncode == 0, done.stderr
        number = json.loads(found.command("client", "add", "--json", given=CLIENT).stdout)["fileNumber"]
        for command in (("enrol", number, "--ground", "Wgs art. 4a", "--basis", "consent"), ("anchor", "--once")):
            done = found.command(*command)
            assert done.returncode == 0, done.stderr
        yield found


@pytest.fixture(scope="module")
def creditor(municipality, tmp_path_factory) -> Creditor:
    folder = tmp_path_factory.mktemp("creditor")
    (folder / "Downloads").mkdir()
    shutil.copy(municipality.settings.deployment_file, folder / "Downloads" / "gemeente.json")
    return Creditor(folder, make_standalone(tmp_path_factory.mktemp("alone")), municipality)


@pytest.fixture(scope="module")
def connected(creditor) -> Creditor:
    """A creditor that has followed the guide to the end, with what each block printed in `said`."""
    steps = iter(blocks("sh"))
    creditor.follow(next(steps))
    made = creditor.follow(next(steps))
    account = re.search("0x[0-9a-fA-F]{40}", made)
    assert account is not None
    before = creditor.run("schuldhulp", "signal", "--person", "-", given="Jansen;01-02-1980;9711AB;12")
    creditor.said += [f"{before.returncode} {before.stdout}{before.stderr}"]
    (admission,) = blocks("sh municipality")
    admitted = subprocess.run(
        ["sh", "-e", "-c", admission.replace("0x...", account[0])],
        env=creditor.municipality.environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert admitted.returncode == 0, admitted.stderr
    creditor.said += [creditor.follow(step) for step in steps]
    return creditor


def test_before_admission_the_answer_is_an_error(connected):
    assert connected.said[0].startswith("2 error: ")
    assert "RED" not in connected.said[0]


def test_first_check_is_green(connected):
    assert connected.said[1].startswith("GREEN")
    assert connected.municipality.settings.contact in connected.said[1]


@pytest.mark.parametrize("file", ["answers.csv", "answers-local.csv"])
def test_lists_answer_every_row(connected, file):
    with (connected.folder / file).open(encoding="utf-8-sig", newline="") as answers:
        rows = list(csv.DictReader(answers, delimiter=";"))
    assert [(row["klantnummer"], row["signal"].lower()) for row in rows] == [("1001", "green"), ("1002", "red")]


def test_admission_paid_for_transactions(connected):
    account = re.search("0x[0-9a-fA-F]{40}", connected.run("schuldhulp", "keys", "init", *only()).stdout)
    assert account is not None
    settings = connected.municipality.settings
    assert open_chain(settings)[1].balance_of(account[0]) == settings.creditor_funding * 10**9


def only() -> tuple[str, ...]:
    return ("--only", "creditor", "--creditor", KVK)


def test_python_and_the_ten_line_scripts_say_the_same(connected):
    (program,) = blocks("python")
    done = connected.run("python", "-c", program.replace("https://evaluator.example.nl/rpc", connected.node))
    assert done.returncode == 0, done.stderr
    signal, check_number, tag = done.stdout.split()
    assert (signal, len(check_number)) == ("GREEN", 16)
    file = str(connected.folder / "deployments" / "gemeente.json")
    for command in (["python", str(EXAMPLES / "is_known.py")], ["node", str(EXAMPLES / "is_known.mjs")]):
        found = connected.run(*command, file, connected.node, tag)
        assert (found.returncode, found.stdout) == (0, "GREEN\n"), found.stderr
        other = connected.run(*command, file, connected.node, tag[:-2] + ("00" if tag[-2:] != "00" else "01"))
        assert (other.returncode, other.stdout) == (0, "RED\n"), other.stderr
        # Of an epoch that is not open, and where nothing answers: a sentence, and neither an answer nor a stack.
        for node, asked in ((connected.node, f"{tag[:6]}ffffffff{tag[14:]}"), ("http://127.0.0.1:1", tag)):
            uncertain = connected.run(*command, file, node, asked)
            assert (uncertain.returncode, uncertain.stdout) == (1, ""), uncertain.stderr
            assert uncertain.stderr.startswith("error: closed epoch")
            assert uncertain.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def filed(connected) -> Creditor:
    """The same creditor, that has filed a claim; what each block printed is in `said` from the first of them on."""
    connected.said = [connected.follow(step) for step in blocks("sh claims")]
    return connected


def test_a_claim_is_filed_received_and_its_receipt_checked(filed):
    assert "is ready for claims" in filed.said[0]
    assert "contents acknowledged by the evaluator" in filed.said[1]
    filed.municipality.parts.start_worker()
    deadline = time.monotonic() + RECEIPT_WITHIN
    while not json.loads(filed.follow("schuldhulp claim list --json"))["claims"][0]["receipt"]:
        assert time.monotonic() < deadline, "no receipt came"
        time.sleep(1)
    (block,) = blocks("sh receipts")
    shown = filed.follow(block)
    assert "2026-0815" in shown
    assert "accepted" in shown
    (checked,) = json.loads(filed.follow("schuldhulp claim verify-receipt --json var/claims/12345678/receipts/*.json"))
    signer = json.loads((filed.folder / "deployments" / "gemeente.json").read_text())["accounts"]["receipt_signer"]
    assert (checked["valid"], checked["signer"]) == (True, signer)


def test_nothing_of_a_person_is_left_where_others_read(filed):
    kept = [path for path in (filed.folder / "var").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        content = path.read_bytes().lower()
        assert b"jansen" not in content, path.name
        assert b"9711ab" not in content, path.name
