"""A list of persons from file to file, with where the time goes, for `benchmarks/signal.py`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import requests

from benchmarks.evaluator_process import DATABASE, TIMES, watch_curve
from benchmarks.stopwatch import Stopwatch
from schuldhulp.cli.signal_lists import json_words
from schuldhulp.creditor import Client, registry
from schuldhulp.creditor.evaluator_client import HttpEvaluator
from schuldhulp.creditor.kept_tags import KeptTagFile
from schuldhulp.creditor.lists import AnswerFile, Lines, ListCheck, Patience, Progress, checking, encoding_of, open_form
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto import parallel, voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.kept import KeptKey
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.domain.identifiers import Identifier, parse_person
from schuldhulp.domain.types import Tag
from schuldhulp.errors import InvalidInput
from schuldhulp.services import signal as signal_service
from schuldhulp.services import tags as tag_service
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.ports import Organisation, Quota
from schuldhulp.storage.evaluation import EvaluatorDatabase
from tests.support.asking import tag_of
from tests.support.chain import PROJECT, DeployedChain, free_port
from tests.support.evaluation import KVK, MUNICIPALITY

KNOWN_OF = 20
"""One in so many persons of the list is enrolled."""

READING, BLINDING, REQUEST, EVALUATOR = (
    "reading the list",
    "blinding",
    "signing and coding the request",
    "waiting for the evaluator",
)
PROOF, UNBLINDING, KEEPING = "proof check", "unblinding and tags", "keeping tags"
LOOKUPS, NUMBERS, WRITING, REST = "lookups", "check numbers", "writing the answers", "everything else"


def make_rows(count: int) -> list[str]:
    """Return rows of a list, each about another person."""
    letters = "abcdefghij"
    names = ("Van" + "".join(letters[int(digit)] for digit in f"{number:06d}") for number in range(count))
    return [
        f"{name};19{50 + n % 50:02d}-0{1 + n % 9}-1{n % 10};97{n % 90 + 10:02d}AB;{n % 200 + 1}"
        for n, name in enumerate(names)
    ]


def person_of(row: str) -> Identifier:
    """Return the identifier of a row's person."""
    return parse_person(row)


@dataclass
class ListRun:
    """What a list took.

    Attributes:
        seconds: from the first byte read to the last one written.
        parts: seconds by part of the creditor's process, exclusive of one another; those of `CURVE` apart, if counted.
        evaluator: seconds of the evaluator's process by part, by its own clock.
        processor: seconds of processors that the evaluator's process used.
        green: number of green answers.
        rows: number of answers.
    """

    seconds: float
    parts: dict[str, float]
    evaluator: dict[str, float]
    processor: float
    green: int
    rows: int


def watch_everything(watch: Stopwatch, threads: int) -> None:
    """Count the parts of the client in this process; the arithmetic of points apart if one thread does it."""
    watch.watch(checking, "asked_of", READING)
    watch.watch(voprf, "blind_all", BLINDING)
    watch.watch(HttpEvaluator, "prepare", REQUEST)
    # Where the answer is waited for; while the next question is blinded, the evaluator works unwatched.
    watch.watch(tag_service.TagService, "_received", EVALUATOR)
    watch.watch(voprf, "verify", PROOF)
    watch.watch(voprf, "_unblind", UNBLINDING)
    watch.watch(tag_service, "make_tag", UNBLINDING)
    for function in ("get", "put", "epochs", "forget_before", "add_question", "questions", "remove_question"):
        watch.watch(KeptTagFile, function, KEEPING)
    watch.watch(registry.ChainRegistry, "at_head", LOOKUPS)
    for function in ("known", "is_known", "municipality", "evaluator_key"):
        watch.watch(registry._View, function, LOOKUPS)
    watch.watch(signal_service, "check_number", NUMBERS)
    watch.watch(AnswerFile, "add", WRITING)
    watch.watch(AnswerFile, "finish", WRITING)
    if threads == 1:
        watch_curve(watch)


class Silent:
    """Looks on and says nothing."""

    def advanced(self, progress: Progress) -> None:
        """A window is done."""

    def found_bad(self, line: int, fault: InvalidInput) -> None:
        """No row of the measurement may be bad."""
        raise fault


@contextmanager
def running_evaluator(folder: Path, chain: DeployedChain, threads: int) -> Iterator[None]:
    """Run the evaluator as a process of its own; its address stands in the registry."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    chain.transact("EnrolmentRegistry", "setEvaluatorUrl", MUNICIPALITY, url, by="administrator")
    command = [
        sys.executable,
        "-m",
        "benchmarks.evaluator_process",
        str(folder),
        chain.node.url,
        str(port),
        str(threads),
    ]
    with (folder / "evaluator.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=os.environ | {"PYTHONPATH": str(PROJECT)}, stdout=log, stderr=log
        )
        try:
            _wait(url, process, folder)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 30
    with requests.Session() as session:
        session.trust_env = False
        while time.monotonic() < deadline and process.poll() is None:
            try:
                session.get(f"{url}/v1/health", timeout=1)
                return
            except requests.RequestException:
                time.sleep(0.05)
    raise RuntimeError(
        "the evaluator does not start: " + (folder / "evaluator.log").read_text(errors="replace")[-2000:]
    )


def enrolled(keys: EvaluatorKeys, rows: list[str]) -> list[Tag]:
    """Return the tags of those in the list who are enrolled."""
    return [tag_of(keys, person_of(row)) for row in rows[::KNOWN_OF]]


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a list is checked.

    Attributes:
        threads: threads that share a batch, in each of the two processes.
        window: rows that are asked about at once; with one batch of them, client and evaluator take turns.
    """

    threads: int
    window: int


IN_TURN: Final = Way(threads=1, window=tag_service.BATCH)


def as_it_is() -> Way:
    """Return the way of `schuldhulp signal --file` on this machine."""
    return Way(threads=parallel.threads_used(), window=checking.WINDOW)


def run_list(folder: Path, chain: DeployedChain, creditor: AccountKey, rows: list[str], way: Way) -> ListRun:
    """Check a list as `schuldhulp signal --file` does, and tell where the time went.

    Args:
        folder: holds the evaluator's keyring; gets all files.
        chain: a chain whose registry has the evaluator's keys, on which the creditor has its role.
        creditor: the creditor's account.
        rows: the list, without its head.
        way: how it is checked.
    """
    chain.deployment.save(folder / "test.json")
    (folder / "people.csv").write_text(
        "achternaam;geboortedatum;postcode;huisnummer\n" + "\n".join(rows) + "\n", encoding="utf-8"
    )
    _admit(folder, creditor.address, len(rows))
    watch = Stopwatch()
    watch_everything(watch, way.threads)
    key = KeptKey.generate()
    instance = chain.deployment.contract("EnrolmentRegistry").instance_id
    with (
        running_evaluator(folder, chain, way.threads),
        patch.object(parallel, "threads_used", return_value=way.threads),
    ):
        kept = KeptTagFile(folder / "kept.sqlite", key, registry=instance)
        client = Client(
            deployment_file=folder / "test.json",
            chain_url=chain.node.url,
            organisation=KVK,
            sign_digest=digest_signer(creditor),
            state_file=folder / "list-heads.json",
            max_age=timedelta(days=1),
            kept=kept,
        )
        start = time.perf_counter()
        try:
            with watch.part(REST):
                done = _check(folder, client, key, watch, way.window)
            seconds = time.perf_counter() - start
        finally:
            watch.stop()
            kept.close()
    times: dict[str, Any] = json.loads((folder / TIMES).read_text(encoding="utf-8"))
    return ListRun(
        seconds=seconds,
        parts=dict(watch.seconds),
        evaluator=times["seconds"],
        processor=times["processor"],
        green=done.green,
        rows=done.rows,
    )


def _check(folder: Path, client: Client, key: KeptKey, watch: Stopwatch, window: int) -> Progress:
    with (folder / "people.csv").open("rb") as file:
        encoding = encoding_of(file)
    with (folder / "people.csv").open("rb") as file, AnswerFile(folder / "answers.csv") as answers:
        lines = Lines(file, encoding=encoding)
        form = open_form(lines)
        check = ListCheck(
            asker=client,
            municipality=MUNICIPALITY,
            fingerprint=key.fingerprint,
            patience=Patience(seconds=60, sleep=time.sleep, tell=lambda *_: None),
            watcher=Silent(),
            words=json_words,
            window=window,
        )
        watched = _Form(form, watch)
        return check.run(
            watched,
            answers,
            write=lambda row, answer: lines.encode(watched.write(row, answer)),
            head=lambda: lines.encode(form.write_head()),
        )


class _Form:
    """A form whose reading and writing are counted."""

    def __init__(self, form: Any, watch: Stopwatch) -> None:
        self._form = form
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._form, name)

    def rows(self) -> Iterator[Any]:
        return self._watch.steps(self._form.rows(), READING)

    def write(self, row: Any, answer: Any) -> str:
        with self._watch.part(WRITING):
            return str(self._form.write(row, answer))


def _admit(folder: Path, address: str, people: int) -> None:
    store = EvaluatorDatabase(f"sqlite:///{folder / DATABASE}")
    store.prepare()
    organisation = Organisation(
        kvk=KVK,
        name="Measurement",
        accounts=(address,),
        quota=Quota(daily=people, per_epoch=people),
        bsn_ground=None,
        suspended=False,
    )
    store.admit(organisation, by="administrator", at=SystemClock().now())
    store.close()
