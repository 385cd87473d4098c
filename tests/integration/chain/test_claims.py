from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.chain.claims import RegisterReader
from schuldhulp.chain.gateway import role
from schuldhulp.chain.signer import ReviewerWriter
from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.node.rpc import Refusal
from schuldhulp.services.claims.rows import EventKind
from tests.support.chain import MUNICIPALITY, DeployedChain, account

OTHER = MunicipalityCode(599)
ONE, TWO, DECISION = (bytes([number]) * 32 for number in (1, 2, 3))
ZERO_ADDRESS = "0x" + "0" * 40


def claim_id(number: int, municipality: int = MUNICIPALITY) -> ClaimId:
    return ClaimId(municipality.to_bytes(2, "big") + bytes([number]) * 30)


@pytest.fixture
def creditors(chain: DeployedChain) -> tuple[str, str]:
    """Addresses of two creditors of two municipalities."""
    chain.transact("ClaimRegister", "registerMunicipality", OTHER, account("administrator").address, by="deployer")
    names = ("registrar", "receipt_signer")
    for name in names:
        for municipality in (MUNICIPALITY, OTHER):
            who = account(name).address
            chain.transact("ClaimRegister", "grantRole", role("CREDITOR", municipality), who, by="administrator")
    return account(names[0]).address, account(names[1]).address


def reader_of(chain: DeployedChain, rpc: Any = None) -> RegisterReader:
    return RegisterReader(chain.gateway(), rpc or chain.rpc())


def history(chain: DeployedChain, new_holder: str) -> None:
    steps: list[tuple[str, tuple[Any, ...], str]] = [
        ("fileClaim", (claim_id(1), MUNICIPALITY, ONE), "registrar"),
        ("fileClaim", (claim_id(2, OTHER), OTHER, ONE), "registrar"),
        ("amendClaim", (claim_id(1), ONE, TWO), "registrar"),
        ("handOverClaim", (claim_id(1), new_holder), "registrar"),
        ("decideClaim", (claim_id(1), 3, DECISION), "reviewer"),
        ("withdrawClaim", (claim_id(1),), "receipt_signer"),
    ]
    for function, arguments, by in steps:
        chain.transact("ClaimRegister", function, *arguments, by=by)


def test_gas_is_enough_for_each_decision(chain: DeployedChain, creditors: tuple[str, str]) -> None:
    gateway = chain.gateway()
    writer = ReviewerWriter(chain.deployment, chain.rpc(), chain.signer("reviewer"))
    chain.transact("ClaimRegister", "fileClaim", claim_id(3), MUNICIPALITY, ONE, by="registrar")
    for status in (ClaimStatus.UNDER_REVIEW, ClaimStatus.ASKED, ClaimStatus.INCLUDED, ClaimStatus.SETTLED):
        call = writer.decide_claim(claim_id(3), status, DECISION)
        assert gateway.refusal_of(call, writer.account) is None
        signed = writer.sign(call, gateway.nonce_of(writer.account))
        assert writer.send(signed.raw) == ""
        receipt = gateway.receipt(signed.tx_hash)
        assert receipt is not None
        assert receipt.succeeded
        assert receipt.gas_used * 5 < call.gas * 4
    # What is closed is not decided on any more.
    call = writer.decide_claim(claim_id(3), ClaimStatus.INCLUDED, DECISION)
    assert gateway.refusal_of(call, writer.account) == "StatusStepNotAllowed"


def test_events_tell_what_happened_to_own_claims_in_order(chain: DeployedChain, creditors: tuple[str, str]) -> None:
    history(chain, creditors[1])
    reader = reader_of(chain)
    newest = chain.gateway().head().number
    found = reader.events(MUNICIPALITY, reader.first_block, newest)
    assert [(event.kind, event.account, event.commitment, event.previous) for event in found] == [
        (EventKind.FILED, creditors[0], ONE, None),
        (EventKind.AMENDED, None, TWO, ONE),
        (EventKind.HANDED_OVER, creditors[1], None, None),
        (EventKind.DECIDED, None, TWO, None),
        (EventKind.WITHDRAWN, None, None, None),
    ]
    assert {event.claim_id for event in found} == {claim_id(1)}
    assert [event.status for event in found] == [None, None, None, ClaimStatus.ASKED, None]
    assert [event.decision for event in found] == [None, None, None, DECISION, None]
    for event in found:
        block = reader.block(event.block_number)
        assert block is not None
        assert (event.block_hash, event.block_time) == (block.hash, block.timestamp)
    # In parts they are the same.
    parts = [reader.events(MUNICIPALITY, number, number) for number in range(reader.first_block, newest + 1)]
    assert [event for part in parts for event in part] == found
    assert [event.claim_id for event in reader.events(OTHER, 0, newest)] == [claim_id(2, OTHER)]


def test_claims_are_read_as_they_stood_at_a_block(chain: DeployedChain, creditors: tuple[str, str]) -> None:
    history(chain, creditors[1])
    reader = reader_of(chain)
    head = chain.gateway().head().number
    wanted = [claim_id(1), claim_id(9)]
    now, before = reader.claims(wanted, head), reader.claims(wanted, head - 2)
    assert (now[claim_id(1)].status, before[claim_id(1)].status) == (ClaimStatus.WITHDRAWN, ClaimStatus.FILED)
    assert (before[claim_id(1)].holder, before[claim_id(1)].commitment) == (creditors[1], TWO)
    assert now[claim_id(1)].filed_at <= now[claim_id(1)].changed_at
    assert (now[claim_id(9)].status, now[claim_id(9)].holder) == (ClaimStatus.NONE, ZERO_ADDRESS)
    assert reader.claims([], head) == {}


def test_creditors_are_those_with_the_role_in_this_municipality(
    chain: DeployedChain, creditors: tuple[str, str]
) -> None:
    reader, stranger = reader_of(chain), "0x" + "11" * 20
    assert reader.creditors(MUNICIPALITY, [stranger, *creditors]) == set(creditors)
    assert reader.creditors(MunicipalityCode(MUNICIPALITY + 1), list(creditors)) == set()
    assert reader.creditors(MUNICIPALITY, []) == set()


def test_encryption_keys_are_zero_where_there_is_none(chain: DeployedChain, creditors: tuple[str, str]) -> None:
    chain.transact("ClaimRegister", "setEncryptionKey", ONE, by="registrar")
    assert reader_of(chain).encryption_keys(list(creditors)) == {creditors[0]: ONE, creditors[1]: bytes(32)}


def test_block_is_none_above_the_chain(chain: DeployedChain) -> None:
    head = chain.gateway().head()
    assert reader_of(chain).block(head.number) == head
    assert reader_of(chain).block(head.number + 1) is None


class Altered:
    """A connection whose answers to one method are altered."""

    def __init__(self, chain: DeployedChain, method: str, alter: Callable[[Any], Any]) -> None:
        self._rpc, self._method, self._alter = chain.rpc(), method, alter

    def batch(self, questions: Any) -> list[Any]:
        answers = self._rpc.batch(questions)
        return [
            self._alter(answer) if method == self._method else answer
            for (method, _), answer in zip(questions, answers, strict=True)
        ]


def with_log(**changes: Any) -> Callable[[Any], Any]:
    return lambda logs: [log | changes for log in logs]


@pytest.mark.parametrize(
    ("method", "alter", "error"),
    [
        ("eth_getLogs", lambda _: None, errors.ChainMismatch),
        ("eth_getLogs", lambda _: ["0x"], errors.ChainMismatch),
        ("eth_getLogs", with_log(topics=[]), errors.ChainMismatch),
        ("eth_getLogs", with_log(topics=None), errors.ChainMismatch),
        ("eth_getLogs", with_log(data="0x"), errors.ChainMismatch),
        ("eth_getLogs", with_log(data="0x" + "00" * 96), errors.ChainMismatch),
        ("eth_getLogs", with_log(blockHash="0x" + "00" * 32), errors.ChainMismatch),
        ("eth_getLogs", with_log(blockNumber=None), errors.ChainMismatch),
        ("eth_getLogs", lambda _: Refusal(code=-32000, message="too many"), errors.Unreachable),
        ("eth_getBlockByNumber", lambda _: None, errors.ChainMismatch),
    ],
)
def test_events_refuse_what_is_no_event_of_this_chain(
    chain: DeployedChain, creditors: tuple[str, str], method: str, alter: Any, error: type[Exception]
) -> None:
    history(chain, creditors[1])
    head = chain.gateway().head().number
    with pytest.raises(error):
        reader_of(chain, Altered(chain, method, alter)).events(MUNICIPALITY, 0, head)


def test_events_refuse_a_chain_that_changes_meanwhile(chain: DeployedChain, creditors: tuple[str, str]) -> None:
    history(chain, creditors[1])
    head = chain.gateway().head().number
    asked = iter(range(100))

    def other_hash(block: Any) -> Any:
        return block | {"hash": "0x" + bytes([next(asked)]).hex() * 32}

    with pytest.raises(errors.ChainMismatch) as caught:
        reader_of(chain, Altered(chain, "eth_getBlockByNumber", other_hash)).events(OTHER, head, head)
    assert caught.value.key == "chain_changed"


def test_claims_refuse_a_status_that_there_is_not(chain: DeployedChain, creditors: tuple[str, str]) -> None:
    history(chain, creditors[1])
    head = chain.gateway().head().number

    def other_status(answer: str) -> str:
        return answer[: 2 + 2 * 64] + "09".rjust(64, "0") + answer[2 + 3 * 64 :]

    with pytest.raises(errors.ChainMismatch):
        reader_of(chain, Altered(chain, "eth_call", other_status)).claims([claim_id(1)], head)
