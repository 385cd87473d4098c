"""Measure the gas of every function of the contracts, at batches of 1, 10, 100 and the largest that fits a block.

Usage: PYTHONPATH=. .venv/bin/python benchmarks/gas.py [anvil|ganache|both] [--json FILE]

Gas is exact: the same call data and the same state cost the same on every engine and every machine, so the tables are
what docs/performance.md has, and a test compares them. A function that only answers is measured by a transaction that
calls it: the call itself is free, but nodes bound it by the same count. `both` measures on Anvil, then all but the
largest batches on Ganache, and compares; searching those takes Ganache many minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from eth_utils.crypto import keccak

from tests.engines.accounts import CONTRACTS, Signer, address_of, deploy
from tests.engines.interface import Interface
from tests.engines.nodes import ANVIL_MISSING, GAS_LIMIT, Engine, find_anvil, running

MUNICIPALITY, SECOND_MUNICIPALITY, OLD_EPOCH, EPOCH, NEXT_EPOCH, LAST_EPOCH = 14, 34, 20263, 20264, 20271, 20272
BATCHES = (1, 10, 100)
OBLIGATIONS = (10, 30)
DEPTHS = (1, 5, 10)
ZERO = bytes(32)
ACTORS = (
    "network",
    "administrator",
    "registrar",
    "keeper",
    "reviewer",
    "creditor",
    "second creditor",
    "newcomer",
    "stranger",
)
"""Who signs; `newcomer` has no role yet."""
GRANTS: dict[str, dict[str, tuple[str, ...]]] = {
    "EnrolmentRegistry": {"REGISTRAR": ("registrar",), "EPOCH_KEEPER": ("keeper",)},
    "ObligationLedger": {"REGISTRAR": ("registrar",)},
    "ClaimRegister": {"CREDITOR": ("creditor", "second creditor"), "REVIEWER": ("reviewer",)},
}
DOSSIERS = (100, 1_000, 10_000)
CHANGES_A_YEAR, EPOCHS_A_YEAR, TAGS_A_PERSON = 12, 4, 2
PEERS = (
    ("Semaphore 4.14.3, `addMembers`", 57_376),
    ("EAS 1.9.0, `multiAttest`", 145_783),
    ("EAS 1.9.0, `multiTimestamp`", 24_780),
    ("OpenAttestation DocumentStore 3.0.0, `bulkIssue`", 24_452),
)
"""Gas an item at a batch of 100, measured once; docs/performance.md says how."""


@dataclass(frozen=True)
class Cost:
    """Gas of one transaction. `case` tells apart what differs besides the batch; batch 0 stands for no batch."""

    contract: str
    function: str
    case: str
    batch: int
    largest: bool
    gas: int

    @property
    def each(self) -> int:
        """Gas for each item of the batch, rounded up."""
        return -(-self.gas // max(self.batch, 1))


def word(name: object) -> bytes:
    """Return 32 bytes that differ for each name."""
    return keccak(text=f"gas {name}")


def identifier(name: object, epoch: int | None = None) -> bytes:
    """Return a dossier or claim id, or with an epoch a tag."""
    head = MUNICIPALITY.to_bytes(2, "big") + (b"" if epoch is None else epoch.to_bytes(4, "big"))
    return head + word(name)[: 32 - len(head)]


def tags(count: int, epoch: int = EPOCH) -> list[bytes]:
    """Return tags in ascending order."""
    return sorted(identifier(number, epoch) for number in range(count))


def changes(count: int, before: bytes, after: str) -> list[tuple[bytes, bytes, bytes]]:
    """Return a batch of changes of roots, in ascending order."""
    return [(dossier, before, word(after)) for dossier in sorted(identifier(number) for number in range(count))]


@dataclass
class Bench:
    """The three contracts on one engine, with a municipality and an open epoch."""

    engine: Engine
    signer: Signer = field(default_factory=Signer)
    interfaces: dict[str, Interface] = field(default_factory=lambda: {name: Interface(name) for name in CONTRACTS})
    addresses: dict[str, str] = field(default_factory=dict)

    def prepare(self) -> None:
        """Deploy and fill the contracts."""
        self.engine.fund([address_of(name) for name in ACTORS])
        for contract in CONTRACTS:
            interface = self.interfaces[contract]
            self.addresses[contract] = deploy(self.engine, self.signer, interface, word(contract), by="network")
            self.send(contract, "registerMunicipality", MUNICIPALITY, address_of("administrator"), by="network")
            for verb, holders in GRANTS[contract].items():
                for holder in holders:
                    self.send(contract, "grantRole", self.role(verb), address_of(holder), by="administrator")
        for epoch in (OLD_EPOCH, EPOCH, NEXT_EPOCH):
            keys = (word(f"bsn {epoch}"), word(f"nadb {epoch}"))
            self.send("EnrolmentRegistry", "announceEpoch", MUNICIPALITY, epoch, keys, by="keeper")
        for epoch in (OLD_EPOCH, EPOCH):
            self.send("EnrolmentRegistry", "openEpoch", MUNICIPALITY, epoch, by="keeper")

    @staticmethod
    def role(verb: str, municipality: int = MUNICIPALITY) -> bytes:
        """Return the id of a role."""
        return bytes(keccak(keccak(text=verb) + municipality.to_bytes(32, "big")))

    def try_to_send(self, contract: str, function: str, *arguments: Any, by: str) -> int | None:
        """Send a transaction with all the gas of a block; return the gas, or None when that was not enough."""
        raw = self.signer.sign(
            by, self.addresses[contract], self.interfaces[contract].call(function, arguments), gas=GAS_LIMIT
        )
        moment = self.engine.last_moment()
        self.engine.mine(moment + 1)  # a full block raises the price of gas; an empty one lowers it again
        receipt = self.engine.send(raw, moment + 2)
        if receipt["status"] == "0x1":
            return int(receipt["gasUsed"], 16)
        if int(receipt["gasUsed"], 16) == GAS_LIMIT:
            return None
        raise RuntimeError(f"{contract}.{function} was refused")

    def send(self, contract: str, function: str, *arguments: Any, by: str) -> int:
        """Send a transaction that has to succeed, and return its gas."""
        gas = self.try_to_send(contract, function, *arguments, by=by)
        if gas is None:
            raise RuntimeError(f"{contract}.{function} does not fit a block")
        return gas

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Put the chain back afterwards to what it was."""
        snapshot, nonces = self.engine.snapshot(), dict(self.signer.nonces)
        try:
            yield
        finally:
            self.engine.revert(snapshot)
            self.signer.nonces = nonces

    # --- batches ------------------------------------------------------------------------------------------------------

    def enrol(self, count: int) -> int | None:
        """Enrol new tags."""
        return self.try_to_send("EnrolmentRegistry", "enrol", MUNICIPALITY, EPOCH, tags(count), by="registrar")

    def end_enrolment(self, count: int) -> int | None:
        """End the enrolment of tags, enrolled before in batches that fit."""
        every = tags(count)
        for start in range(0, count, 400):
            self.send("EnrolmentRegistry", "enrol", MUNICIPALITY, EPOCH, every[start : start + 400], by="registrar")
        return self.try_to_send("EnrolmentRegistry", "endEnrolment", MUNICIPALITY, every, by="registrar")

    def commit_new(self, count: int) -> int | None:
        """Commit dossiers that have no root yet."""
        return self._commit(changes(count, ZERO, "first"))

    def commit_changed(self, count: int) -> int | None:
        """Replace the roots of dossiers, committed before in batches that fit."""
        first = changes(count, ZERO, "first")
        for start in range(0, count, 400):
            self.send("ObligationLedger", "commit", MUNICIPALITY, first[start : start + 400], by="registrar")
        return self._commit(changes(count, word("first"), "second"))

    def _commit(self, batch: list[tuple[bytes, bytes, bytes]]) -> int | None:
        return self.try_to_send("ObligationLedger", "commit", MUNICIPALITY, batch, by="registrar")

    def ask_known(self, function: str, count: int) -> int | None:
        """Ask after tags; who is enrolled and who is not costs the same."""
        return self.try_to_send("EnrolmentRegistry", function, tags(count), by="stranger")

    def batches(self, *, largest: bool = True) -> Iterator[Cost]:
        """Measure every function that takes many items; searching the largest batch takes most of the time."""
        measured: list[tuple[str, str, str, Callable[[int], int | None]]] = [
            ("EnrolmentRegistry", "enrol", "new tags", self.enrol),
            ("EnrolmentRegistry", "endEnrolment", "known tags", self.end_enrolment),
            ("ObligationLedger", "commit", "new dossiers", self.commit_new),
            ("ObligationLedger", "commit", "changed dossiers", self.commit_changed),
            ("EnrolmentRegistry", "areKnown", "answer", lambda count: self.ask_known("areKnown", count)),
            ("EnrolmentRegistry", "knownBitmap", "answer", lambda count: self.ask_known("knownBitmap", count)),
        ]
        for contract, function, case, step in measured:
            found = [self._measure(step, count) for count in BATCHES]
            for count, gas in zip(BATCHES, found, strict=True):
                yield Cost(contract, function, case, count, False, _fits(gas))
            if largest:
                count, gas = self._largest(step, _fits(found[0]), _fits(found[-1]))
                yield Cost(contract, function, case, count, True, gas)

    def _measure(self, step: Callable[[int], int | None], count: int) -> int | None:
        with self.undone():
            return step(count)

    def _largest(self, step: Callable[[int], int | None], one: int, hundred: int) -> tuple[int, int]:
        """Search the largest batch that fits a block, from both sides of where the gas of each item points."""
        low, gas = BATCHES[-1], hundred
        high = 2 * int(GAS_LIMIT * (BATCHES[-1] - 1) / (hundred - one))
        guess = high // 2
        while high - low > 1:
            found = self._measure(step, guess)
            if found is None:
                high, guess = guess, max(guess - 8, low + 1)
            else:
                low, gas, guess = guess, found, min(guess + 8, high - 1)
            if high - low <= 8 or not low < guess < high:
                guess = (low + high) // 2
        return low, gas

    # --- one at a time ------------------------------------------------------------------------------------------------

    def singles(self) -> Iterator[Cost]:
        """Measure every other function, once each, in an order in which each can be done."""
        for contract in CONTRACTS:
            yield from self._common(contract)
            yield from self._constants(contract)
        for contract, steps in (
            ("EnrolmentRegistry", self._registry_steps()),
            ("ObligationLedger", self._ledger_steps()),
            ("ClaimRegister", self._register_steps()),
        ):
            with self.undone():
                for function, case, by, arguments in steps:
                    gas = self.send(contract, function, *arguments, by=by)
                    yield Cost(contract, function, case, 0, False, gas)

    def _common(self, contract: str) -> Iterator[Cost]:
        verb = "CREDITOR" if contract == "ClaimRegister" else "REGISTRAR"
        role, newcomer = self.role(verb), address_of("newcomer")
        steps: list[tuple[str, str, tuple[Any, ...]]] = [
            ("registerMunicipality", "network", (SECOND_MUNICIPALITY, newcomer)),
            ("grantRole", "administrator", (role, newcomer)),
            ("hasRole", "stranger", (role, newcomer)),
            ("revokeRole", "administrator", (role, newcomer)),
            ("renounceRole", "administrator", (self.role("ADMINISTRATOR"), address_of("administrator"))),
            ("isRegistered", "stranger", (MUNICIPALITY,)),
            ("verbOf", "stranger", (role,)),
            ("roleOf", "stranger", (keccak(text=verb), MUNICIPALITY)),
            ("getRoleAdmin", "stranger", (role,)),
            ("supportsInterface", "stranger", (bytes.fromhex("7965db0b"),)),
        ]
        with self.undone():
            for function, by, arguments in steps:
                yield Cost(contract, function, "", 0, False, self.send(contract, function, *arguments, by=by))

    def _constants(self, contract: str) -> Iterator[Cost]:
        """Everything that takes no argument."""
        with self.undone():
            for name, entry in self.interfaces[contract].functions.items():
                if not entry["inputs"]:
                    yield Cost(contract, name, "", 0, False, self.send(contract, name, by="stranger"))

    @staticmethod
    def _registry_steps() -> Iterator[tuple[str, str, str, tuple[Any, ...]]]:
        code, keys = MUNICIPALITY, (word("bsn"), word("nadb"))
        yield "announceEpoch", "", "keeper", (code, LAST_EPOCH, keys)
        yield "openEpoch", "", "keeper", (code, NEXT_EPOCH)
        yield "retireEpochsBefore", "", "keeper", (code, EPOCH)
        yield "setContact", "first, 28 bytes", "administrator", (code, "Kredietbank, 050 123 45 67 8")
        yield "setContact", "changed, 28 bytes", "administrator", (code, "Kredietbank, 050 123 45 67 9")
        yield "setContact", "changed, 256 bytes", "administrator", (code, "x" * 256)
        yield "setEvaluatorUrl", "first, 31 bytes", "administrator", (code, "https://evaluator.example/14000")
        yield "setEvaluatorUrl", "changed, 31 bytes", "administrator", (code, "https://evaluator.example/14001")
        yield "setEvaluatorUrl", "changed, 256 bytes", "administrator", (code, "x" * 256)
        yield "setClaimKey", "first", "administrator", (code, word("claim key"))
        yield "setClaimKey", "changed", "administrator", (code, word("next claim key"))
        yield "setReceiptSigner", "", "administrator", (code, address_of("newcomer"))
        yield "enrol", "one tag, to ask after it", "registrar", (code, EPOCH, [identifier("known", EPOCH)])
        yield "isKnown", "", "stranger", (identifier("known", EPOCH),)
        yield "municipalityOf", "", "stranger", (identifier("known", EPOCH),)
        yield "municipality", "texts of 256 bytes", "stranger", (code,)
        yield "evaluatorKey", "", "stranger", (code, EPOCH, 1)

    @staticmethod
    def _ledger_steps() -> Iterator[tuple[str, str, str, tuple[Any, ...]]]:
        dossier, commitment, root = identifier("kept"), word("commitment"), ZERO
        for depth in DEPTHS:
            siblings = [word(f"sibling {level}") for level in range(depth)]
            node = keccak(keccak(commitment))
            for sibling in siblings:
                node = keccak(min(node, sibling) + max(node, sibling))
            yield "commit", "one dossier, to ask after it", "registrar", (MUNICIPALITY, [(dossier, root, node)])
            root = node
            yield "isCommitted", f"proof of {depth}", "stranger", (dossier, commitment, siblings)
        yield "rootOf", "", "stranger", (dossier,)

    @staticmethod
    def _register_steps() -> Iterator[tuple[str, str, str, tuple[Any, ...]]]:
        claim, holder, heir = identifier("claim"), "creditor", "second creditor"
        yield "fileClaim", "new id", holder, (claim, MUNICIPALITY, word("contents"))
        yield "amendClaim", "", holder, (claim, word("contents"), word("new contents"))
        yield "decideClaim", "under review", "reviewer", (claim, 2, word("decision"))
        yield "handOverClaim", "", holder, (claim, address_of(heir))
        yield "claim", "", "stranger", (claim,)
        yield "withdrawClaim", "", heir, (claim,)
        yield "fileClaim", "id of a closed claim", holder, (claim, MUNICIPALITY, word("contents"))
        yield "setEncryptionKey", "first", holder, (word("key"),)
        yield "setEncryptionKey", "changed", holder, (word("next key"),)
        yield "encryptionKeyOf", "", "stranger", (address_of(holder),)


def _fits(gas: int | None) -> int:
    if gas is None:
        raise RuntimeError("a batch that should fit a block does not")
    return gas


def measure(engine: Engine, *, largest: bool = True) -> list[Cost]:
    """Measure everything on an engine where nothing was deployed yet, and leave it so.

    Args:
        engine: a node that runs.
        largest: whether the largest batches are searched.
    """
    bench = Bench(engine)
    with bench.undone():
        bench.prepare()
        return [
            *bench.batches(largest=largest),
            *(cost for cost in bench.singles() if "to ask after it" not in cost.case),
        ]


# --- what is printed --------------------------------------------------------------------------------------------------


def batch_table(costs: list[Cost]) -> str:
    """Return the table of the functions that take many items: gas for each item."""
    rows = ["| function | 1 | 10 | 100 | largest in 12 M gas | each of those |", "|---|---|---|---|---|---|"]
    for first in (cost for cost in costs if cost.batch == 1):
        row = [cost for cost in costs if (cost.contract, cost.function, cost.case) == _key(first) and cost.batch]
        *small, largest = (_number(cost.each) for cost in row)
        cells = (f"`{first.function}`, {first.case}", *small, _number(row[-1].batch), largest)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def dossier_table(costs: list[Cost]) -> str:
    """Return the table of what a dossier costs for each of its obligations."""
    heads = " | ".join(f"for each of {count} obligations" for count in OBLIGATIONS)
    rows = [f"| `commit`, batch | a dossier | {heads} |", "|---|---|---|---|"]
    for cost in costs:
        if cost.function == "commit" and not cost.largest:
            shares = " | ".join(_number(-(-cost.gas // (cost.batch * count))) for count in OBLIGATIONS)
            rows.append(f"| {cost.batch}, {cost.case} | {_number(cost.each)} | {shares} |")
    return "\n".join(rows)


def single_table(costs: list[Cost]) -> str:
    """Return the table of all other functions; one column for each contract, as they share some functions."""
    names = {(cost.function, cost.case): None for cost in costs if not cost.batch}
    rows = [f"| function | {' | '.join(CONTRACTS)} |", "|---|---|---|---|"]
    for function, case in names:
        found = {
            cost.contract: _number(cost.gas)
            for cost in costs
            if (cost.function, cost.case, cost.batch) == (function, case, 0)
        }
        label = f"`{function}`" + (f", {case}" if case else "")
        rows.append(f"| {label} | {' | '.join(found.get(contract, '') for contract in CONTRACTS)} |")
    return "\n".join(rows)


def year_table(costs: list[Cost]) -> str:
    """Return the table of a year of a municipality whose dossiers are there already, in batches of 100."""
    change, tag = (_each(costs, *key) for key in (("commit", "changed dossiers"), ("enrol", "new tags")))
    rows = [
        "| dossiers | changes of roots | tags of new epochs | together | blocks of 12 M gas |",
        "|---|---|---|---|---|",
    ]
    for count in DOSSIERS:
        parts = count * CHANGES_A_YEAR * change, count * EPOCHS_A_YEAR * TAGS_A_PERSON * tag
        gas = [f"{_number(round(part / 1_000_000))} M" for part in (*parts, sum(parts))]
        rows.append(f"| {_number(count)} | {' | '.join(gas)} | {_number(-(-sum(parts) // GAS_LIMIT))} |")
    return "\n".join(rows)


def peer_table(costs: list[Cost]) -> str:
    """Return the table of what others need for an item, dearest first."""
    own = [
        (f"here, `{function}`, {case}", _each(costs, function, case))
        for function, case in (
            ("enrol", "new tags"),
            ("endEnrolment", "known tags"),
            ("commit", "new dossiers"),
            ("commit", "changed dossiers"),
        )
    ]
    found = sorted((*own, *PEERS), key=lambda row: -row[1])
    return "\n".join(
        ["| batch of 100 | gas an item |", "|---|---|", *(f"| {name} | {_number(gas)} |" for name, gas in found)]
    )


def tables(costs: list[Cost]) -> str:
    """Return all tables, as docs/performance.md has them."""
    return "\n\n".join(table(costs) for table in TABLES) + "\n"


TABLES = (batch_table, dossier_table, year_table, peer_table, single_table)


def _each(costs: list[Cost], function: str, case: str) -> int:
    """Return the gas of each item of a batch of 100."""
    (cost,) = (
        cost
        for cost in costs
        if (cost.function, cost.case, cost.batch, cost.largest) == (function, case, BATCHES[-1], False)
    )
    return cost.each


def _key(cost: Cost) -> tuple[str, str, str]:
    return cost.contract, cost.function, cost.case


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def run(name: str, *, largest: bool = True) -> list[Cost]:
    """Start an engine of its own and measure on it."""
    binary = find_anvil() if name == "anvil" else None
    if name == "anvil" and binary is None:
        raise SystemExit(ANVIL_MISSING)
    with running(name, binary) as engine:
        return measure(engine, largest=largest)


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description="Measure the gas of every function of the contracts.")
    parser.add_argument("engine", nargs="?", choices=("anvil", "ganache", "both"), default="anvil")
    parser.add_argument("--json", type=Path, help="file for the figures")
    given = parser.parse_args()
    costs = run("anvil" if given.engine == "both" else given.engine)
    print(tables(costs))
    if given.engine == "both":
        again = run("ganache", largest=False)
        different = [cost for cost in costs if not cost.largest and cost not in again]
        if different or len(again) != sum(not cost.largest for cost in costs):
            raise SystemExit(f"Ganache differs from Anvil: {different}")
        print(f"Ganache measures the same for all {len(again)}, to the last unit of gas.")
    if given.json:
        given.json.write_text(json.dumps([asdict(cost) for cost in costs], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
