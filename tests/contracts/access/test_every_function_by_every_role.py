"""Every function that writes, called by every account of the tests: allowed, or refused for the reason in the table."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.contracts.conftest import ROLE_HOLDERS, account_of
from tests.contracts.refusals import NO_ROLE, refused
from tests.contracts.values import (
    FAR_EPOCH,
    MUNICIPALITY,
    NEXT_EPOCH,
    NO_WORD,
    UNREGISTERED,
    ClaimStatus,
    make_claim_id,
    make_dossier,
    make_keys,
    make_tag,
    word,
)

CLAIM = make_claim_id("filed")
NEW_CLAIM = make_claim_id("new")


@dataclass(frozen=True)
class Case:
    """One function: who may call it, and how everybody else is refused."""

    contract: str
    function: str
    arguments: tuple[Any, ...]
    allowed: tuple[str, ...]
    verb: str = ""
    error: str = NO_ROLE

    def refusal(self, contract, account) -> tuple[Any, ...]:
        if self.error == "NotClaimHolder":
            return ("NotClaimHolder", CLAIM, account)
        if self.error == "NotACreditor":
            return ("NotACreditor", account)
        if self.error == "AccessControlBadConfirmation":
            return ("AccessControlBadConfirmation",)
        role = bytes(contract.roleOf(getattr(contract, self.verb)(), MUNICIPALITY)) if self.verb else NO_WORD
        return (NO_ROLE, account, role)


def shared_cases(contract: str, verb: str) -> list[Case]:
    def role(deployed):
        return deployed.roleOf(getattr(deployed, verb)(), MUNICIPALITY)

    stranger = account_of_stranger
    return [
        Case(contract, "registerMunicipality", (UNREGISTERED, stranger), ("network_administrator",)),
        Case(contract, "grantRole", (role, stranger), ("administrator",), "ADMINISTRATOR"),
        Case(contract, "revokeRole", (role, stranger), ("administrator",), "ADMINISTRATOR"),
        Case(contract, "renounceRole", (role, stranger), ("stranger",), error="AccessControlBadConfirmation"),
    ]


def account_of_stranger(deployed):
    return account_of("stranger")


def account_of_second_creditor(deployed):
    return account_of("second_creditor")


ADMINISTRATOR = (("administrator",), "ADMINISTRATOR")
REGISTRAR = (("registrar",), "REGISTRAR")
EPOCH_KEEPER = (("epoch_keeper",), "EPOCH_KEEPER")
CREDITORS = ("creditor", "second_creditor")

CASES = [
    *shared_cases("EnrolmentRegistry", "REGISTRAR"),
    Case("EnrolmentRegistry", "enrol", (MUNICIPALITY, NEXT_EPOCH, [make_tag(1, epoch=NEXT_EPOCH)]), *REGISTRAR),
    Case("EnrolmentRegistry", "endEnrolment", (MUNICIPALITY, [make_tag("enrolled")]), *REGISTRAR),
    Case("EnrolmentRegistry", "announceEpoch", (MUNICIPALITY, FAR_EPOCH, make_keys(FAR_EPOCH)), *EPOCH_KEEPER),
    Case("EnrolmentRegistry", "openEpoch", (MUNICIPALITY, NEXT_EPOCH), *EPOCH_KEEPER),
    Case("EnrolmentRegistry", "retireEpochsBefore", (MUNICIPALITY, 20264), *EPOCH_KEEPER),
    Case("EnrolmentRegistry", "setContact", (MUNICIPALITY, "desk"), *ADMINISTRATOR),
    Case("EnrolmentRegistry", "setEvaluatorUrl", (MUNICIPALITY, "https://evaluator.example"), *ADMINISTRATOR),
    Case("EnrolmentRegistry", "setClaimKey", (MUNICIPALITY, word("key")), *ADMINISTRATOR),
    Case("EnrolmentRegistry", "setReceiptSigner", (MUNICIPALITY, account_of_stranger), *ADMINISTRATOR),
    *shared_cases("ObligationLedger", "REGISTRAR"),
    Case("ObligationLedger", "commit", (MUNICIPALITY, [(make_dossier(1), NO_WORD, word(1))]), *REGISTRAR),
    *shared_cases("ClaimRegister", "REVIEWER"),
    Case("ClaimRegister", "fileClaim", (NEW_CLAIM, MUNICIPALITY, word(1)), CREDITORS, "CREDITOR"),
    Case("ClaimRegister", "amendClaim", (CLAIM, word(1), word(2)), ("creditor",), error="NotClaimHolder"),
    Case("ClaimRegister", "handOverClaim", (CLAIM, account_of_second_creditor), ("creditor",), error="NotClaimHolder"),
    Case("ClaimRegister", "withdrawClaim", (CLAIM,), ("creditor",), error="NotClaimHolder"),
    Case("ClaimRegister", "decideClaim", (CLAIM, ClaimStatus.DECLINED, word(3)), ("reviewer",), "REVIEWER"),
    Case("ClaimRegister", "setEncryptionKey", (word(1),), (*CREDITORS, "other_creditor"), error="NotACreditor"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.contract}-{case.function}")
def test_every_function_by_every_role(case, deployed):
    contract = deployed[case.contract]
    if case.function == "endEnrolment":
        contract.enrol(MUNICIPALITY, 20264, [make_tag("enrolled")], {"from": account_of("registrar")})
    if case.contract == "ClaimRegister" and CLAIM in case.arguments:
        contract.fileClaim(CLAIM, MUNICIPALITY, word(1), {"from": account_of("creditor")})
    arguments = [value(contract) if callable(value) else value for value in case.arguments]

    for name in ROLE_HOLDERS:
        account = account_of(name)
        call = getattr(contract, case.function).call
        if name in case.allowed:
            call(*arguments, {"from": account})
        else:
            with refused(*case.refusal(contract, account)):
                call(*arguments, {"from": account})


def test_every_function_that_writes_is_in_the_table(contract):
    writing = {
        part["name"]
        for part in contract.abi
        if part["type"] == "function" and part["stateMutability"] not in ("view", "pure")
    }

    assert {case.function for case in CASES if case.contract == contract._name} == writing


@pytest.mark.parametrize(
    ("name", "function", "arguments", "holder"),
    [
        ("EnrolmentRegistry", "enrol", (UNREGISTERED, 1, [make_tag(1, UNREGISTERED, 1)]), "registrar"),
        ("EnrolmentRegistry", "endEnrolment", (UNREGISTERED, [make_tag(1, UNREGISTERED, 1)]), "registrar"),
        ("EnrolmentRegistry", "announceEpoch", (UNREGISTERED, 1, make_keys(1)), "epoch_keeper"),
        ("EnrolmentRegistry", "openEpoch", (UNREGISTERED, 1), "epoch_keeper"),
        ("EnrolmentRegistry", "retireEpochsBefore", (UNREGISTERED, 1), "epoch_keeper"),
        ("EnrolmentRegistry", "setContact", (UNREGISTERED, "desk"), "administrator"),
        ("EnrolmentRegistry", "setEvaluatorUrl", (UNREGISTERED, "https://evaluator.example"), "administrator"),
        ("EnrolmentRegistry", "setClaimKey", (UNREGISTERED, word(1)), "administrator"),
        ("EnrolmentRegistry", "setReceiptSigner", (UNREGISTERED, account_of_stranger), "administrator"),
        (
            "ObligationLedger",
            "commit",
            (UNREGISTERED, [(make_dossier(1, UNREGISTERED), NO_WORD, word(1))]),
            "registrar",
        ),
        ("ClaimRegister", "fileClaim", (make_claim_id(1, UNREGISTERED), UNREGISTERED, word(1)), "creditor"),
        ("ClaimRegister", "decideClaim", (make_claim_id(1, UNREGISTERED), ClaimStatus.ASKED, word(1)), "reviewer"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_unknown_municipality_is_named(name, function, arguments, holder, deployed):
    contract = deployed[name]
    values = [value(contract) if callable(value) else value for value in arguments]

    with refused("UnknownMunicipality", UNREGISTERED):
        getattr(contract, function).call(*values, {"from": account_of(holder)})
