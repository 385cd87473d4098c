"""Draws a history: operations on the three contracts, of which about a third is refused, and each thing happens.

What is drawn is tried on a copy of the model first, so that there is something of every function and of every error.
The model only chooses; whether it is right is what the history is for.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from random import Random
from typing import Any

from eth_utils.crypto import keccak

from tests.engines.accounts import CONTRACTS, address_of
from tests.engines.interface import Interface
from tests.engines.model import (
    MODELS,
    NETWORK,
    OPEN,
    WITHDRAWN,
    ZERO_ADDRESS,
    ZERO_WORD,
    ClaimRegister,
    EnrolmentRegistry,
    MunicipalRoles,
    ObligationLedger,
    Refused,
    role_of,
)

HERE, THERE, NOWHERE = 14, 34, 99
"""Two municipalities that work, and one that nobody registers."""
LATE = (5, 363, 518, 599, 0xFFFF)
"""Municipalities that may be registered on the way."""
CODES = (HERE, THERE)
EPOCHS = tuple(10 * year + quarter for year in range(2026, 2030) for quarter in range(1, 5))
STAFF = tuple(f"{role} {code}" for code in CODES for role in ("administrator", "registrar", "keeper", "reviewer"))
CREDITORS = ("first creditor", "second creditor", "third creditor")
ACTORS = ("network", *STAFF, *CREDITORS, "successor", "stranger")
ACTORS_BY_ADDRESS = {address_of(name): name for name in ACTORS}
NO_REASON = "no reason"
"""What stands for the refusal of call data that mean nothing, to which no error belongs."""
FORMER_HOLDER = "a former holder"
"""What stands for AccessControlUnauthorizedAccount where the caller had the role once."""
REFUSED_SHARE = 1 / 3
TRIES = 1500


@dataclass(frozen=True)
class Operation:
    """One transaction; `actor` is the name of the account that signs it."""

    moment: int
    actor: str
    contract: str
    function: str
    arguments: tuple[Any, ...]


def word(name: object) -> bytes:
    """Return 32 bytes that differ for each name."""
    return keccak(text=f"word {name}")


def prefixed(code: int, name: object, epoch: int | None = None) -> bytes:
    """Return a dossier or claim id, or with an epoch a tag."""
    head = code.to_bytes(2, "big") + (b"" if epoch is None else epoch.to_bytes(4, "big"))
    return head + word(name)[: 32 - len(head)]


COMMITMENTS = tuple(word(f"commitment {number}") for number in range(4))
ROOTS = (keccak(keccak(COMMITMENTS[0])), *(word(f"root {number}") for number in range(5)))
"""The first is the root of the tree whose only leaf is the first commitment."""
SIBLING = word("sibling")
TALLER = keccak(min(ROOTS[0], SIBLING) + max(ROOTS[0], SIBLING))
"""The root one level higher, beside a sibling."""
DOSSIERS = tuple(prefixed(code, f"dossier {number}") for code in (*CODES, NOWHERE) for number in range(40))
CLAIMS = tuple(prefixed(code, f"claim {number}") for code in (*CODES, NOWHERE) for number in range(4))
TAGS = {
    (code, epoch): tuple(sorted(prefixed(code, f"tag {number}", epoch) for number in range(60)))
    for code in (*CODES, NOWHERE)
    for epoch in EPOCHS
}
TEXTS = ("", "Kredietbank, 050 123 45 67", "https://evaluator.example/", "é" * 128, "x" * 257)


class Story:
    """The history as far as it is written, and what may come next."""

    def __init__(self, draw: Random, start: int) -> None:
        self.draw, self.moment = draw, start
        deployer = address_of("network")
        self.models: dict[str, MunicipalRoles] = {
            name: MODELS[name](word(name), deployer=deployer) for name in CONTRACTS
        }
        self.operations: list[Operation] = []
        self.seen: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        self.former: dict[tuple[str, bytes], list[str]] = {}
        self.clumsy = False

    # --- writing ------------------------------------------------------------------------------------------------------

    def write(self, operation: Operation) -> None:
        """Add an operation to the history."""
        outcome = self._outcome(self.models, operation)
        self.seen.add(outcome)
        self.pairs.add((operation.function, outcome))
        for name, values in [] if outcome else self.models[operation.contract].events:
            if name == "RoleRevoked":
                self.former.setdefault((operation.contract, values[0]), []).append(ACTORS_BY_ADDRESS[values[1]])
        self.operations.append(operation)
        self.moment = operation.moment

    def write_success(self) -> None:
        """Add an operation that succeeds: any function that can succeed now."""
        self.clumsy = False
        # More roles are given than taken, or soon nobody could do anything.
        for function in self.draw.sample([*FUNCTIONS, *["grantRole"] * 4], len(FUNCTIONS) + 4):
            if self._write_one(function, {(function, "")}):
                return
        raise AssertionError("the history has come to a dead end")

    def write_refusal(self) -> None:
        """Add an operation that is refused: for a new reason, or for one that this function did not give yet."""
        self.clumsy = True
        unseen = self.unseen()
        fresh = {(function, reason) for function in FUNCTIONS for reason in REASONS} - self.pairs
        for wanted in ({pair for pair in fresh if pair[1] in unseen}, fresh):
            if wanted and self._write_one("", wanted):
                return
        raise AssertionError("nothing new is refused")

    def _write_one(self, function: str, wanted: set[tuple[str, str]]) -> bool:
        """Add a drawn operation whose function and outcome are wanted; tell whether one was found."""
        for _ in range(TRIES):
            operation = self._draw_operation(function)
            pair = (operation.function, self._would_be(operation))
            if pair in wanted and self._leaves_somebody_in_charge(operation):
                self.write(operation)
                return True
        return False

    def unseen(self) -> list[str]:
        """Return the reasons for refusals that the history does not have yet."""
        return [reason for reason in REASONS if reason not in self.seen]

    def _would_be(self, operation: Operation) -> str:
        model = copy(self.models[operation.contract])
        model.__dict__ = {name: copy(value) for name, value in vars(model).items()}
        return self._outcome({operation.contract: model}, operation)

    def _outcome(self, models: dict[str, MunicipalRoles], operation: Operation) -> str:
        try:
            models[operation.contract].perform(
                operation.function, operation.arguments, sender=address_of(operation.actor), now=operation.moment
            )
        except Refused as refusal:
            name, values = refusal.error
            if name == "AccessControlUnauthorizedAccount":
                former = self.former.get((operation.contract, values[1]), ())
                return FORMER_HOLDER if operation.actor in former else name
            return name or NO_REASON
        return ""

    def _leaves_somebody_in_charge(self, operation: Operation) -> bool:
        """Tell whether the history can go on: no post of the network or an administrator falls vacant."""
        if operation.function not in ("revokeRole", "renounceRole"):
            return True
        role, account = operation.arguments
        left = {one for of, one in self.models[operation.contract].holders if of == role} - {account}
        return bool(left) or role not in (NETWORK, *(role_of("ADMINISTRATOR", code) for code in CODES))

    # --- drawing ------------------------------------------------------------------------------------------------------

    def _draw_operation(self, function: str) -> Operation:
        owners = [name for name in CONTRACTS if not function or function in WRITES[name]]
        contract = self.draw.choice(owners)
        function = function or self.draw.choice(WRITES[contract])
        moment = self.moment + self.draw.randint(1, 200_000)
        who, code, arguments = getattr(self, f"_{function}")(self.models[contract])
        return Operation(moment, self._actor(contract, who, code), contract, function, arguments)

    def _actor(self, contract: str, who: str, code: int) -> str:
        """Draw who does it: mostly somebody who may, or who might once.

        Args:
            contract: the contract.
            who: an address, or else a verb within the municipality.
            code: the municipality.
        """
        if who in ACTORS_BY_ADDRESS:
            may = [ACTORS_BY_ADDRESS[who]]
        else:
            role = NETWORK if who == "NETWORK" else role_of(who, code)
            holders = self.models[contract].holders
            may = [name for name in ACTORS if (role, address_of(name)) in holders]
            if self.clumsy and self.draw.random() < 0.2:
                may = self.former.get((contract, role), may)
        return self.draw.choice(may if may and self.draw.random() < 0.8 else ACTORS)

    def _code(self) -> int:
        return self.draw.choices((*CODES, NOWHERE), (10, 10, 1))[0]

    def _often(self, usual: Any, *others: Any) -> Any:
        return usual if self.draw.random() < 0.7 else self.draw.choice(others)

    def _batch(self, usual: list[Any], other: Any) -> tuple[Any, ...]:
        """Draw a batch: some of the usual in order, or clumsily none, one twice, turned round or with another in it."""
        size = min(len(usual), self.draw.choice((1, 1, 2, 3, 5, 8, 20, 40)))
        batch = sorted(self.draw.sample(usual, size))
        spoilt = self.draw.choices(range(6), (3, 1, 1, 1, 1, 4) if self.clumsy else (1, 0, 0, 0, 0, 0))[0]
        if spoilt == 1:
            return ()
        if spoilt == 2:
            return tuple(batch + batch[-1:])
        if spoilt == 3:
            return tuple(reversed(batch))
        if spoilt == 4:
            return (*batch, other)
        if spoilt == 5:
            return tuple(sorted([*batch, other]))
        return tuple(batch)

    def _role(self) -> tuple[bytes, str, int]:
        """Draw a role, and the verb and municipality of who administers it."""
        code = self._code()
        name = self.draw.choice(("ADMINISTRATOR", "NETWORK", "AUDITOR", *VERBS, *VERBS, *VERBS))
        if name == "NETWORK":
            return NETWORK, "NETWORK", code
        return role_of(name, code), "NETWORK" if name == "ADMINISTRATOR" else "ADMINISTRATOR", code

    def _address(self) -> str:
        return address_of(self.draw.choice(ACTORS))

    def _registerMunicipality(self, model: MunicipalRoles) -> Any:  # noqa: N802 - as the contract has it
        code = self.draw.choice((0, *CODES, *LATE))
        return "NETWORK", code, (code, self._often(self._address(), ZERO_ADDRESS))

    def _grantRole(self, model: MunicipalRoles) -> Any:  # noqa: N802
        role, verb, code = self._role()
        return verb, code, (role, self._address())

    def _revokeRole(self, model: MunicipalRoles) -> Any:  # noqa: N802
        role, verb, code = self._role()
        holders = sorted(account for of, account in model.holders if of == role)
        return verb, code, (role, self.draw.choice([*holders, self._address()]))

    def _renounceRole(self, model: MunicipalRoles) -> Any:  # noqa: N802
        role, account = self.draw.choice(sorted(model.holders))
        return "ADMINISTRATOR", HERE, (role, account)

    def _enrol(self, model: EnrolmentRegistry) -> Any:
        code = self._code()
        epoch = self._announced_epoch(model, code)
        free = [tag for tag in TAGS[code, epoch] if tag not in model.enrolled]
        enrolled = [tag for tag in TAGS[code, epoch] if tag in model.enrolled]
        stray = self.draw.choice([self._stray_tag(code, epoch), *enrolled[:2]])
        return "REGISTRAR", code, (code, epoch, self._batch(free, stray))

    def _endEnrolment(self, model: EnrolmentRegistry) -> Any:  # noqa: N802
        code = self._code()
        own = sorted(tag for tag in model.enrolled if tag[:2] == code.to_bytes(2, "big"))
        return "REGISTRAR", code, (code, self._batch(own, self._stray_tag(code, self.draw.choice(EPOCHS))))

    def _stray_tag(self, code: int, epoch: int) -> bytes:
        """Draw a tag that may not belong into a batch: none at all, enrolled perhaps, or of elsewhere."""
        other_code, other_epoch = self.draw.choice((*CODES, NOWHERE)), self.draw.choice(EPOCHS)
        places = ((code, epoch), (code, other_epoch), (other_code, epoch))
        return self.draw.choice((ZERO_WORD, *(self.draw.choice(TAGS[place]) for place in places)))

    def _announced_epoch(self, model: EnrolmentRegistry, code: int) -> int:
        """Draw an epoch, mostly an announced one."""
        announced = [one for of, one in model.keys if of == code]
        return self.draw.choice(announced if announced and self.draw.random() < 0.8 else EPOCHS)

    def _announceEpoch(self, model: EnrolmentRegistry) -> Any:  # noqa: N802
        code = self._code()
        later = [epoch for epoch in EPOCHS if epoch > model.municipality(code)[2]]
        epoch = self._often(self.draw.choice(later[:2] or EPOCHS), *EPOCHS[:8])
        first, second = word(f"bsn {epoch}"), word(f"nadb {epoch}")
        return "EPOCH_KEEPER", code, (code, epoch, (first, self._often(second, first, ZERO_WORD)))

    def _openEpoch(self, model: EnrolmentRegistry) -> Any:  # noqa: N802
        code = self._code()
        return "EPOCH_KEEPER", code, (code, self._announced_epoch(model, code))

    _retireEpochsBefore = _openEpoch  # noqa: N815

    def _setContact(self, model: EnrolmentRegistry) -> Any:  # noqa: N802
        code = self._code()
        return "ADMINISTRATOR", code, (code, self.draw.choice(TEXTS))

    _setEvaluatorUrl = _setContact  # noqa: N815

    def _setClaimKey(self, model: EnrolmentRegistry) -> Any:  # noqa: N802
        code = self._code()
        return "ADMINISTRATOR", code, (code, self.draw.choice((ZERO_WORD, word("key"), word("other key"))))

    def _setReceiptSigner(self, model: EnrolmentRegistry) -> Any:  # noqa: N802
        code = self._code()
        return "ADMINISTRATOR", code, (code, self._often(self._address(), ZERO_ADDRESS))

    def _commit(self, model: ObligationLedger) -> Any:
        code = self._code()
        own = [dossier for dossier in DOSSIERS if dossier[:2] == code.to_bytes(2, "big")]
        usual = [(dossier, model.root_of(dossier), self.draw.choice((*ROOTS, TALLER))) for dossier in own]
        dossier = self._often(self.draw.choice(own), self.draw.choice(DOSSIERS))
        present, some = model.root_of(dossier), self.draw.choice(ROOTS)
        strays = ((dossier, some, SIBLING), (dossier, present, present), (dossier, present, ZERO_WORD))
        return "REGISTRAR", code, (code, self._batch(usual, self.draw.choice(strays)))

    def _fileClaim(self, model: ClaimRegister) -> Any:  # noqa: N802
        claim_id = self.draw.choice(CLAIMS)
        code = self._often(int.from_bytes(claim_id[:2]), self._code())
        return "CREDITOR", code, (claim_id, code, self._often(self.draw.choice(COMMITMENTS), ZERO_WORD))

    def _amendClaim(self, model: ClaimRegister) -> Any:  # noqa: N802
        holder, claim_id, code = self._claim(model)
        present = model.claim(claim_id)[-1]
        some = self.draw.choice(COMMITMENTS)
        arguments = (claim_id, self._often(present, some, ZERO_WORD), self._often(some, present, ZERO_WORD))
        return holder, code, arguments

    def _handOverClaim(self, model: ClaimRegister) -> Any:  # noqa: N802
        holder, claim_id, code = self._claim(model)
        creditor = address_of(self.draw.choice(CREDITORS))
        return holder, code, (claim_id, self._often(creditor, self._address(), holder))

    def _withdrawClaim(self, model: ClaimRegister) -> Any:  # noqa: N802
        holder, claim_id, code = self._claim(model)
        return holder, code, (claim_id,)

    def _decideClaim(self, model: ClaimRegister) -> Any:  # noqa: N802
        _, claim_id, code = self._claim(model)
        status = self.draw.randint(0, WITHDRAWN + 1)
        return "REVIEWER", code, (claim_id, status, self._often(word("decision"), ZERO_WORD))

    def _setEncryptionKey(self, model: ClaimRegister) -> Any:  # noqa: N802
        return "CREDITOR", self._code(), (self.draw.choice((ZERO_WORD, word("key"), word("other key"))),)

    def _claim(self, model: ClaimRegister) -> tuple[str, bytes, int]:
        """Draw a claim, mostly an open one; return its holder, its id and its municipality."""
        usable = [claim_id for claim_id in CLAIMS if model.claim(claim_id)[2] in OPEN]
        claim_id = self.draw.choice(usable if usable and self.draw.random() < 0.7 else CLAIMS)
        return model.claim(claim_id)[0], claim_id, int.from_bytes(claim_id[:2])


INTERFACES = {name: Interface(name) for name in CONTRACTS}
WRITES = {name: INTERFACES[name].writes for name in CONTRACTS}
FUNCTIONS = sorted({function for name in CONTRACTS for function in WRITES[name]})
ERRORS = sorted({error for name in CONTRACTS for error in INTERFACES[name].errors} - {"ZeroInstanceId"} | {NO_REASON})
"""Every error but that of a deployment, which no transaction on a contract can give."""
REASONS = [*ERRORS, FORMER_HOLDER]
VERBS = sorted({verb for name in CONTRACTS for verb in MODELS[name].VERBS})


def beginnings() -> Iterator[tuple[str, str, str, tuple[Any, ...]]]:
    """Give what makes two municipalities able to work: actor, contract, function, arguments."""
    for code in CODES:
        administrator = f"administrator {code}"
        holders = {
            "REGISTRAR": [f"registrar {code}"],
            "EPOCH_KEEPER": [f"keeper {code}"],
            "REVIEWER": [f"reviewer {code}"],
            "CREDITOR": ["first creditor", "second creditor" if code == HERE else "third creditor"],
        }
        for contract in CONTRACTS:
            yield "network", contract, "registerMunicipality", (code, address_of(administrator))
            for verb in MODELS[contract].VERBS:
                for holder in holders.get(verb, []):
                    yield administrator, contract, "grantRole", (role_of(verb, code), address_of(holder))


def write_history(seed: int, start: int, length: int) -> list[Operation]:
    """Write a history; the same for the same seed.

    Args:
        seed: what the operations are drawn from.
        start: the moment after which it begins.
        length: how many operations are drawn, after those that set two municipalities up.
    """
    story = Story(Random(seed), start)
    for actor, contract, function, arguments in beginnings():
        story.write(Operation(story.moment + 60, actor, contract, function, arguments))
    for _ in range(length):
        if story.draw.random() < REFUSED_SHARE:
            story.write_refusal()
        else:
            story.write_success()
    return story.operations
