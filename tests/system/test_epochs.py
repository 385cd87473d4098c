"""The life of an epoch, and a new registrar in the middle of one, while a creditor keeps asking: always green."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

import pytest
import requests

from schuldhulp.bootstrap import creditor_client, open_chain
from schuldhulp.crypto.keyring import CreditorKeys, EvaluatorKeys, WorkerKeys
from schuldhulp.domain.identifiers import parse_person
from schuldhulp.domain.signal import Signal
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Unreachable
from tests.conftest import Loaded
from tests.support.installation import HANGS, Running, copied
from toolchain.environment import PROJECT, VENV

KVK = "11112222"
STAYING, LEAVING, COMING, STRANGER = "Blijver", "Vertrekker", "Nieuweling", "Onbekend"
WAITING, LATER = "Wachter", "Latere"
FILL = 8
ROLES_OF = ("ObligationLedger", "EnrolmentRegistry")
"""The contracts that know a registrar."""
CLIENT = """
initials: T.
surname: {surname}
birth_date: 03-04-1985
addresses.1.street: Laan
addresses.1.house_number: 12
addresses.1.postcode: 9999ZZ
addresses.1.city: Plaats
addresses.1.from_date: 01-02-2015
"""


def person(surname: str) -> str:
    return f"{surname};03-04-1985;9999ZZ;12"


def done(finished: subprocess.CompletedProcess[str]) -> str:
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


GREEN: Final = Signal.GREEN.name
TIMED_OUT: Final = "no answer in time"
TRIES: Final = 4
"""Answers of which one must have come in time, however busy the machine is."""


class Asking(threading.Thread):
    """A creditor who asks about a client again and again."""

    def __init__(self, installation: Running) -> None:
        super().__init__(daemon=True)
        self.client = creditor_client(installation.settings, organisation=KVK)
        self.answers: list[str] = []
        self.news = threading.Condition()
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            answer = self.ask()
            with self.news:
                self.answers.append(answer)
                self.news.notify_all()
            self.ended.wait(0.3)

    def ask(self) -> str:
        try:
            return self.client.signal(
                municipality=MunicipalityCode(14), identifier=parse_person(person(STAYING))
            ).signal.name
        except Unreachable as error:
            # Only what took too long: a refused connection or a status of the evaluator has the same key.
            late = error.key in ("chain_unreachable", "evaluator_unreachable")
            if late and isinstance(error.__cause__, requests.Timeout):
                return TIMED_OUT
            return f"{error.key}: {error}"
        except Exception as error:  # noqa: BLE001 - whatever it is, the test names it
            return f"{type(error).__name__}: {error}"

    def green(self, step: str) -> None:
        """Wait for an answer to a question that was put after this step, and demand that it is green."""
        with self.news:
            # The question that is underway may have been answered before.
            start = len(self.answers) + 1
            came = self.news.wait_for(
                lambda: set(self.answers[start:]) - {TIMED_OUT} or len(self.answers) >= start + TRIES, HANGS
            )
            assert came, f"{step}: the creditor has no answer at all"
            following = [answer for answer in self.answers[start:] if answer != TIMED_OUT]
        assert following[:1] == [GREEN], step
        self.never_but_green(step)

    def never_but_green(self, step: str) -> None:
        with self.news:
            assert set(self.answers) <= {GREEN, TIMED_OUT}, step


@contextmanager
def a_creditor_asks(installation: Running) -> Iterator[Asking]:
    asking = Asking(installation)
    asking.start()
    try:
        asking.green("before anything")
        yield asking
        asking.green("after everything")
    finally:
        asking.ended.set()
        asking.join(60)
    asking.never_but_green("the last answer")


class World:
    """An installation, and how its administrator and its people work with it."""

    def __init__(self, installation: Running) -> None:
        self.installation = installation
        self.numbers: dict[str, str] = {}

    def command(self, *words: str, given: str = "") -> str:
        return done(self.installation.command(*words, given=given))

    def script(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(VENV / "bin" / "brownie"), "run", *words, "--network", "local"],
            cwd=PROJECT,
            env=self.installation.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def take_in(self, surname: str) -> None:
        made = json.loads(self.command("client", "add", "--json", given=CLIENT.format(surname=surname)))
        self.numbers[surname] = made["fileNumber"]
        self.command("enrol", made["fileNumber"], "--ground", "Wgs art. 4a", "--basis", "consent")

    def require_clean(self) -> None:
        """Demand that database and chain agree on everything."""
        verified = self.installation.command("verify", "--all")
        count = len(self.numbers)
        assert (verified.returncode, verified.stdout.strip().splitlines()[-1]) == (
            0,
            f"{count} dossiers: verified {count}",
        )
        assert self.command("status").startswith("chain      answers")

    def signal(self, surname: str) -> str:
        words = ("signal", "--municipality", "14", "--person", "-", "--organisation", KVK)
        return self.command(*words, given=person(surname)).split(":")[0]

    def epoch_status(self) -> tuple[int, dict[str, object]]:
        found = self.installation.command("epoch", "status", "--as", "a.smit", "--json")
        return found.returncode, json.loads(found.stdout)

    def epochs_of_rows(self) -> set[int]:
        with closing(sqlite3.connect(self.installation.settings.data / "schuldhulp.sqlite")) as database:
            rows = database.execute("SELECT epoch FROM tag_holders UNION SELECT epoch FROM tag_jobs")
            return {epoch for (epoch,) in rows}


@pytest.fixture(scope="module")
def world(deployed: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    settings = {
        "ENROLMENT_FILL": str(FILL),
        "ENROLMENT_SCHEDULE": "every 3600s",
        "DAILY_QUOTA": "10000",
        "EPOCH_QUOTA": "100000",
        # The creditor here asks again as soon as it has its answer: more than a minute's share on a fast machine.
        "BURST_REQUESTS": "100000",
    }
    with copied(deployed.folder, deployed.ports, tmp_path_factory.mktemp("epochs") / "var", **settings) as installation:
        world = World(installation)
        world.command("keys", "init", "--creditor", KVK)
        installation.parts.start_chain()
        installation.start_evaluator()
        installation.parts.start_worker()
        world.command("staff", "first", "a.smit", given="Arjen Smit")
        world.command(
            "staff", "add", "s.visser", "--function", "hulpverlener", "--role", "caseworker", "--as", "a.smit",
            given="Sanne Visser",
        )  # fmt: skip
        account = CreditorKeys.open(installation.settings.keys, kvk=KVK).account.address
        world.command("creditor", "admit", "--kvk", KVK, "--name", "Warmte", "--account", account, "--as", "a.smit")
        world.take_in(STAYING)
        world.take_in(LEAVING)
        world.command("anchor", "--once")
        yield world


def test_an_epoch_is_announced_filled_opened_and_the_old_one_retired(world: World) -> None:
    installation, keys = world.installation, world.installation.settings.keys
    (old,) = EvaluatorKeys.open(keys).epochs
    new = old + 1
    with a_creditor_asks(installation) as asking:
        # Announced; the evaluator takes the keys over while it runs.
        assert world.script("epochs", "announce").returncode == 0
        assert "announced already" in world.script("epochs", "announce").stdout
        world.command("keys", "epoch", "--epoch", str(new))
        announced = world.script("epochs", "announce")
        assert announced.returncode == 0, announced.stdout
        assert f"Check: epoch {new} is announced" in announced.stdout
        asking.green("announced")

        # Refused while empty, with the numbers.
        refused = world.script("epochs", "open")
        assert refused.returncode == 2, refused.stdout
        assert f"epoch {new} holds 0 tags and epoch {old} holds {FILL}" in refused.stdout

        # Filled, with the worker away for a while; somebody comes and somebody leaves meanwhile.
        installation.stop("worker")
        assert json.loads(world.command("epoch", "fill", "--as", "a.smit", "--json"))["sealed"] == 2
        code, found = world.epoch_status()
        assert (code, found["waiting"], found["mayOpen"], len(found["missing"])) == (4, True, False, 2)  # type: ignore[arg-type]
        world.take_in(COMING)
        world.command("end-enrolment", world.numbers[LEAVING], given="klaar")
        installation.parts.start_worker()
        world.command("anchor", "--once")
        code, found = world.epoch_status()
        assert (code, found["mayOpen"], found["clients"], found["filled"]) == (0, True, 2, 2), found
        assert json.loads(world.command("epoch", "fill", "--as", "a.smit", "--json"))["sealed"] == 0
        asking.green("filled")
        too_early = installation.command("keys", "destroy-epochs", "--before", str(new), "--yes")
        assert too_early.returncode == 2
        assert "still open" in too_early.stderr

        # Opened.
        opened = world.script("epochs", "open")
        assert opened.returncode == 0, opened.stdout
        assert f"Check: epoch {new} is open" in opened.stdout
        asking.green("opened")
        assert [world.signal(who) for who in (STAYING, COMING, LEAVING, STRANGER)] == ["GREEN", "GREEN", "RED", "RED"]

        # The old one retired, its keys destroyed, its rows gone.
        retired = world.script("epochs", "retire")
        assert retired.returncode == 0, retired.stdout
        asking.green("retired")
        asked = installation.command("keys", "destroy-epochs")
        assert asked.returncode == 2
        assert "final" in asked.stderr
        assert str(old) in world.command("keys", "destroy-epochs", "--yes")
        assert "nothing" in world.command("keys", "destroy-epochs", "--yes")
        asking.green("destroyed")
        assert EvaluatorKeys.open(keys).epochs == (new,)
        assert list(json.loads(world.command("keys", "show", "--json"))["epochs"]) == [str(new)]
        # A running worker forgets within a minute; one that is asked, at once.
        installation.stop("worker")
        world.command("anchor", "--once")
        assert world.epochs_of_rows() == {new}
        installation.parts.start_worker()

        assert [world.signal(who) for who in (STAYING, COMING, LEAVING, STRANGER)] == ["GREEN", "GREEN", "RED", "RED"]
        world.require_clean()


def test_a_lost_registrar_is_replaced_in_the_middle_of_an_epoch(world: World) -> None:
    installation, keys = world.installation, world.installation.settings.keys
    _, gateway, _ = open_chain(installation.settings)
    code = MunicipalityCode(14)
    old, epoch = WorkerKeys.open(keys).registrar.address, gateway.municipality(code).current_epoch
    with a_creditor_asks(installation) as asking:
        # The steps of the runbook. The role goes first; somebody is taken in before there is anybody who has it.
        revoked = world.script("manage_roles", "revoke", "REGISTRAR", "14", old)
        assert revoked.returncode == 0, revoked.stdout
        asking.green("the old account has lost the role")
        sent = gateway.nonce_of(old)
        installation.stop("worker")
        world.take_in(WAITING)
        assert world.signal(WAITING) == "RED"
        world.command("keys", "renew", "registrar", "--instead-of", old)
        new = WorkerKeys.open(keys).registrar.address
        assert new != old
        asking.green("a new key was drawn")
        replaced = world.script("replace_key", "registrar", new)
        assert replaced.returncode == 0, replaced.stdout
        asking.green("the new account has the role")
        holders = [gateway.has_role(name, "REGISTRAR", code, account) for name in ROLES_OF for account in (old, new)]
        assert holders == [False, True] * 2
        installation.parts.start_worker()
        world.command("anchor", "--once")
        asking.green("the worker works with the new key")

        # What waited was recorded and published, and so is what comes now, all by the new account, in the same epoch.
        assert world.signal(WAITING) == "GREEN"
        published = gateway.nonce_of(new)
        world.take_in(LATER)
        world.command("anchor", "--once")
        assert gateway.nonce_of(new) > published
        assert gateway.nonce_of(old) == sent
        assert gateway.municipality(code).current_epoch == epoch
        assert [world.signal(who) for who in (STAYING, WAITING, LATER, STRANGER)] == ["GREEN"] * 3 + ["RED"]
        world.require_clean()
        checked = world.script("check_deployment")
        assert checked.returncode == 0, checked.stdout
