"""A municipality with a caseworker and one admitted creditor on the same machine, for the stories of system tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.installation import Running, copied

if TYPE_CHECKING:
    from tests.conftest import Loaded

KVK = "12345678"
PATIENCE = 300.0
"""Seconds after which what should have come is taken not to come; it takes a few, or the lease of a killed worker."""

CLAIM = f"""\
municipality: 14
debtor.surname: Jansen
debtor.birth_date: 01-02-1980
debtor.postcode: 9711AB
debtor.house_number: 12
original_creditor.name: Woonstichting Voorbeeld
original_creditor.kvk: {KVK}
reference: huur 2026/03
holder.name: Woonstichting Voorbeeld
holder.kvk: {KVK}
stage: creditor
type: rent
principal: 1.234,56
costs: 48,40
interest: 0,00
statement_date: {datetime.now(UTC):%d-%m-%Y}
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


@contextmanager
def creditor_town(deployed: Loaded, folder: Path, **settings: str) -> Iterator[Running]:
    """Start all services on a copy, with the creditor ready to hand in claims and the worker at it each second.

    Args:
        deployed: keys and contracts, and nothing else.
        folder: where the copy goes.
        settings: further settings, without the prefix.
    """
    settings = {
        "STAFF": "s.visser", "ORGANISATION": KVK, "CONFIRMATIONS": "0", "CLAIMS_SCHEDULE": "every 1s", **settings,
    }  # fmt: skip
    with copied(deployed.folder, deployed.ports, folder, **settings) as found:
        found.prepare_chain()
        found.start_evaluator()
        found.parts.start_worker()
        caseworker = ("--function", "schuldhulpverlener", "--role", "caseworker", "--as", "a.smit")
        for command, given in (
            (("staff", "first", "a.smit"), "Arjen Smit"),
            (("staff", "add", "s.visser", *caseworker), "Sanne Visser"),
            (("keys", "init", "--creditor", KVK), ""),
        ):
            done = found.command(*command, given=given)
            assert done.returncode == 0, done.stderr
        account = found.ask("keys", "show")["creditors"][KVK]
        admission = ("--kvk", KVK, "--name", "Woonstichting Voorbeeld", "--account", account, "--as", "a.smit")
        for command in (("creditor", "admit", *admission), ("claim", "set-up")):
            done = found.command(*command)
            assert done.returncode == 0, done.stderr
        yield found


def wait_for(what: Callable[[], object], expected: object) -> None:
    """Ask again and again until the answer is the expected one."""
    deadline = time.monotonic() + PATIENCE
    while (found := what()) != expected:
        assert time.monotonic() < deadline, f"{found} instead of {expected}"
        time.sleep(0.5)
