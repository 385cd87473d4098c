"""Claims on a real chain, with the real contracts and the evaluator's real channel."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schuldhulp import errors
from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.creditor.claims_receipts import read_receipt, verify_receipt
from schuldhulp.creditor.claims_steps import StepKind, StepState
from schuldhulp.crypto import voprf
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import ClaimStatus, ReceiptOutcome, RefusalReason
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.claims.ports import Message
from tests.support.chain import DeployedChain, role
from tests.support.claims_stage import ClaimStage, by_collector, claims_chain, claims_stage, contents


@pytest.fixture(scope="module")
def claim_key() -> OpeningKey:
    return OpeningKey.generate()


@pytest.fixture(scope="module")
def chain(evaluator_keys: EvaluatorKeys, claim_key: OpeningKey) -> Iterator[DeployedChain]:
    with claims_chain(evaluator_keys, claim_key) as running:
        yield running


@pytest.fixture
def stage(
    chain: DeployedChain, evaluator_keys: EvaluatorKeys, claim_key: OpeningKey, tmp_path: Path
) -> Iterator[ClaimStage]:
    with claims_stage(chain, evaluator_keys, claim_key, tmp_path) as made:
        yield made


@pytest.fixture
def ready(stage: ClaimStage) -> ClaimStage:
    """Both creditors are admitted, paid and set up."""
    for party in (stage.creditor, stage.collector):
        stage.admit(party)
        with stage.client(party) as client:
            client.set_up()
    return stage


def refused(act: Callable[[], object], kind: type[errors.SchuldhulpError], key: str) -> errors.SchuldhulpError:
    with pytest.raises(kind) as caught:
        act()
    assert caught.value.key == key
    return caught.value


def test_set_up_burns_the_first_nonce_and_can_be_repeated(stage: ClaimStage) -> None:
    stage.admit(stage.creditor)
    with stage.client() as client:
        assert client.set_up().changed
        assert not client.set_up().changed
    node, address = stage.chain.node, stage.creditor.account.address
    assert int(node.ask("eth_getTransactionCount", address, "latest"), 16) == 2
    register = stage.chain.contract("ClaimRegister")
    assert register.functions.encryptionKeyOf(address).call() == stage.creditor.messages.public_key


def test_set_up_says_what_is_missing(stage: ClaimStage) -> None:
    with stage.client() as client:
        with pytest.raises(errors.NotAllowed, match="ask the municipality to repeat `creditor admit`") as caught:
            client.set_up()
        assert caught.value.key == "balance_too_low"
        stage.fund(stage.creditor)
        refused(client.set_up, errors.NotAllowed, "no_role")


def test_file_puts_a_commitment_on_chain_and_delivers_what_opens_to_it(ready: ClaimStage) -> None:
    with ready.client() as client:
        state = client.file(contents())
    assert (state.status, state.is_holder, state.is_current) == (ClaimStatus.FILED, True, True)
    assert state.delivered_at is not None
    assert (state.unfinished, state.receipt, state.renewal_due, state.problems) == (None, None, False, ())
    ((message, claim),) = ready.delivered()
    assert message.subject == state.claim_id
    assert claim_commitment(claim) == state.commitment
    assert (claim.version, claim.contents.reference) == (1, "fac-2026/001")


def test_file_again_changes_nothing(ready: ClaimStage) -> None:
    with ready.client() as client:
        first = client.file(contents())
    with ready.client() as client:
        again = client.file(contents(sent_at=(datetime.now(UTC) + timedelta(minutes=1)).isoformat()))
    assert again == first
    assert len(ready.events("ClaimFiled")) == len(ready.delivered()) == 1


def test_claim_id_is_the_same_for_whoever_writes_the_reference_otherwise(ready: ClaimStage) -> None:
    with ready.client() as client:
        client.file(contents())
    with ready.client(ready.collector) as client:
        refused(lambda: client.file(by_collector(reference="FAC 2026 001")), errors.Conflict, "claim_still_open")
        assert client.file(by_collector(reference="FAC 2026 002")).status is ClaimStatus.FILED
    assert len(ready.events("ClaimFiled")) == 2


def test_file_with_other_contents_asks_to_amend(ready: ClaimStage) -> None:
    with ready.client() as client:
        client.file(contents())
        error = refused(lambda: client.file(contents(costs=5000)), errors.Conflict, "claim_still_open")
    assert "amend" in str(error)


def test_file_again_after_withdrawal(ready: ClaimStage) -> None:
    with ready.client() as client:
        first = client.file(contents())
        assert client.withdraw(first.claim_id).status is ClaimStatus.WITHDRAWN
        assert client.withdraw(first.claim_id).status is ClaimStatus.WITHDRAWN
        again = client.file(contents())
    assert (again.claim_id, again.status) == (first.claim_id, ClaimStatus.FILED)
    assert again.commitment != first.commitment
    assert [claim.version for _, claim in ready.delivered()] == [1, 1]


def test_amend_replaces_the_version_before(ready: ClaimStage) -> None:
    with ready.client() as client:
        first = client.file(contents())
        second = client.amend(contents(costs=5000))
        assert client.amend(contents(costs=5000)) == second
        client.amend(contents(costs=6000))
    versions = [claim for _, claim in ready.delivered()]
    assert [claim.version for claim in versions] == [1, 2, 3]
    assert versions[1].replaces == first.commitment
    assert versions[2].replaces == second.commitment == claim_commitment(versions[1])
    assert len(ready.events("ClaimAmended")) == 2


def test_amend_refuses_another_person(ready: ClaimStage) -> None:
    debtor = {"surname": "Anders", "birth_date": "1971-02-03", "postcode": "9711AB", "house_number": 12}
    with ready.client() as client:
        first = client.file(contents())
        refused(lambda: client.amend(contents(debtor=debtor)), errors.InvalidInput, "debtor_other")
        assert client.list()[0].commitment == first.commitment
    assert ready.events("ClaimAmended") == []


def test_amend_of_what_was_never_filed(ready: ClaimStage) -> None:
    with ready.client() as client:
        refused(lambda: client.amend(contents()), errors.Conflict, "claim_unknown")


def test_hand_over_lets_the_collector_amend_and_nobody_else(ready: ClaimStage) -> None:
    receiver = ready.collector.account.address
    with ready.client() as client:
        filed = client.file(contents())
        client.amend(contents(costs=4500))
        handed = client.hand_over(filed.claim_id, receiver)
        assert (handed.is_holder, handed.status) == (False, ClaimStatus.FILED)
        assert client.hand_over(filed.claim_id, receiver) == handed
        refused(lambda: client.withdraw(filed.claim_id), errors.NotAllowed, "not_holder")
        refused(lambda: client.amend(contents(costs=1)), errors.NotAllowed, "not_holder")
    with ready.client(ready.collector) as client:
        taken = client.amend(by_collector())
    assert taken.is_holder
    last = ready.delivered()[-1][1]
    assert (last.claim_id, last.version, last.contents.holder.kvk) == (filed.claim_id, 3, ready.collector.kvk)


def test_hand_over_to_who_is_no_creditor(ready: ClaimStage) -> None:
    with ready.client() as client:
        filed = client.file(contents())
        nobody = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
        refused(lambda: client.hand_over(filed.claim_id, nobody), errors.NotAllowed, "receiver_no_creditor")


def test_steps_with_a_made_up_claim_id(ready: ClaimStage) -> None:
    made_up = ClaimId(b"\x00\x0e" + b"\x99" * 30)
    with ready.client() as client:
        refused(lambda: client.withdraw(made_up), errors.Conflict, "claim_unknown")
        refused(lambda: client.hand_over(made_up, ready.collector.account.address), errors.Conflict, "claim_unknown")


def test_file_refuses_before_anything_is_sent(stage: ClaimStage) -> None:
    stage.fund(stage.creditor)
    with stage.client() as client:
        refused(lambda: client.file(contents()), errors.Misconfigured, "account_not_set_up")
    stage.admit(stage.creditor)
    with stage.client() as client:
        client.set_up()
    key = OpeningKey.generate()
    with stage.client(messages=key, folder=stage.folder / "other") as client:
        refused(lambda: client.file(contents()), errors.Misconfigured, "account_not_set_up")
    with stage.client() as client:
        refused(lambda: client.file(by_collector()), errors.NotAllowed, "holder_other")
        stage.fund(stage.creditor, 1)
        refused(lambda: client.file(contents()), errors.NotAllowed, "balance_too_low")
        (state,) = client.list()
        assert (state.status, state.unfinished) == (ClaimStatus.NONE, StepKind.FILE)
        stage.fund(stage.creditor)
        assert client.file(contents()).unfinished is None
    assert len(stage.events("ClaimFiled")) == 1


def test_withdraw_drops_a_claim_that_was_begun_and_never_sent(ready: ClaimStage) -> None:
    ready.fund(ready.creditor, 1)
    with ready.client() as client:
        refused(lambda: client.file(contents()), errors.NotAllowed, "balance_too_low")
        (state,) = client.list()
        assert client.withdraw(state.claim_id).unfinished is None
        assert client.list() == []
        ready.fund(ready.creditor)
        assert client.file(contents(costs=1)).status is ClaimStatus.FILED
    assert len(ready.events("ClaimFiled")) == 1


def test_file_refuses_an_evaluator_that_uses_another_claim_id_key(ready: ClaimStage) -> None:
    plain = json.loads(ready.deployment_file.read_text())
    plain["claimIdKey"] = voprf.public_key(voprf.generate_key()).hex()
    other = ready.folder / "other.json"
    other.write_text(json.dumps(plain))
    with ready.client(deployment_file=other) as client:
        refused(lambda: client.file(contents()), errors.ProofInvalid, "key_not_published")
        assert client.list() == []
    del plain["claimIdKey"]
    other.write_text(json.dumps(plain))
    with ready.client(deployment_file=other) as client:
        refused(lambda: client.file(contents()), errors.Misconfigured, "claim_id_key_missing")


def test_claim_id_is_asked_once(ready: ClaimStage) -> None:
    with ready.client() as client:
        client.file(contents())

    def nothing(*_: object) -> None:
        raise AssertionError("the evaluator was asked")

    with ready.client() as client:
        client._access._connect = nothing  # type: ignore[assignment]
        assert client._access._channels == {}
        assert client._access.claim_id(contents(reference="FAC2026001"), client._journal) == client.list()[0].claim_id


def test_journal_is_for_one_run_at_a_time_and_free_again_after_a_kill(ready: ClaimStage) -> None:
    with ready.client():
        refused(ready.client, errors.Conflict, "journal_in_use")
    program = (
        "import sys, time; from pathlib import Path; from schuldhulp.creditor.journal import ClaimJournal;"
        "from schuldhulp.crypto.claim_journal import JournalKey;"
        "journal = ClaimJournal(Path(sys.argv[1]), JournalKey(b'1' * 32)); print('open', flush=True); time.sleep(600)"
    )
    path = ready.creditor.folder / "claims.sqlite"
    other = subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        refused(ready.client, errors.Conflict, "journal_in_use")
    finally:
        other.kill()
        other.wait()
    ready.client().close()


def test_journal_holds_nothing_of_the_debtor_in_clear(ready: ClaimStage) -> None:
    with ready.client() as client:
        client.file(contents())
    for file in ready.creditor.folder.rglob("*"):
        if file.is_file():
            stored = file.read_bytes()
            assert b"Jansen" not in stored
            assert b"9711AB" not in stored
            assert b"fac-2026" not in stored
            assert b"NL91ABNA" not in stored
            assert not file.stat().st_mode & 0o077


def test_list_tells_that_a_statement_is_to_be_renewed(ready: ClaimStage) -> None:
    day = datetime.now(UTC).date()
    with ready.client() as client:
        client.file(contents(statement_date=(day - timedelta(days=200)).isoformat()))
        assert client.list()[0].renewal_due
        client.amend(contents(statement_date=day.isoformat()))
        assert not client.list()[0].renewal_due


def test_collect_keeps_a_receipt_that_can_be_verified_without_a_connection(ready: ClaimStage) -> None:
    with ready.client() as client:
        state = client.file(contents())
        assert client.collect().receipts == ()
    ((message, _),) = ready.delivered()
    sent = ready.send_receipt(message, state.commitment)
    with ready.client() as client:
        ((receipt, file),) = client.collect().receipts
        assert receipt.signed.receipt == sent
        assert client.list()[0].receipt == sent
        assert client.collect().receipts == ()
    assert ready.store is not None
    deployment = NetworkDeployment.load(ready.deployment_file)
    checked = verify_receipt(read_receipt(file), deployment)
    assert checked.signer == ready.chain.deployment.accounts["receipt_signer"]
    assert (checked.block_number, checked.block_hash) == (sent.block_number, sent.block_hash)
    plain = json.loads(file.read_text())
    for path, value in ((("receipt", "outcome"), "refused"), (("receipt", "block_number"), 1), (("signer",), "0x0")):
        changed = json.loads(json.dumps(plain))
        part = changed
        for name in path[:-1]:
            part = part[name]
        part[path[-1]] = value
        with pytest.raises((errors.ProofInvalid, errors.InvalidInput)):
            verify_receipt(changed, deployment)


def test_collect_names_a_receipt_that_another_account_signed_or_that_does_not_open(ready: ClaimStage) -> None:
    with ready.client() as client:
        state = client.file(contents())
    ((message, _),) = ready.delivered()
    ready.send_receipt(message, state.commitment, signer="registrar")
    ready.send_receipt(message, state.commitment, party=ready.collector)
    with ready.client() as client:
        collected = client.collect()
        assert (collected.receipts, collected.problems) == ((), ("signer_other", "undecryptable"))
        assert client.collect().problems == ()
        assert client.list()[0].problems == ("signer_other", "undecryptable")
        assert client.list()[0].receipt is None


def test_receipt_stays_good_when_the_municipality_changes_its_signer(ready: ClaimStage) -> None:
    with ready.client() as client:
        state = client.file(contents())
    ((message, _),) = ready.delivered()
    sent = ready.send_receipt(message, state.commitment)
    other = ready.creditor.account.address
    ready.chain.transact("EnrolmentRegistry", "setReceiptSigner", 14, other, by="administrator")
    with ready.client() as client:
        ((receipt, _),) = client.collect().receipts
    assert receipt.block_number == sent.block_number


def test_collect_ends_when_the_same_message_comes_under_a_higher_number(
    ready: ClaimStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ready.client() as client:
        state = client.file(contents())
    ((message, _),) = ready.delivered()
    ready.send_receipt(message, state.commitment)
    collect, asked, acknowledged = HttpChannel.collect, [], []

    def renumbered(channel: HttpChannel, after: int, limit: int = 100) -> list[Message]:
        asked.append(after)
        assert len(asked) < 10
        found = [replace(one, number=one.number + 70) for one in collect(channel, 0, limit)]
        return [one for one in found if one.number > after]

    with ready.client() as client:
        client.collect()
        monkeypatch.setattr(HttpChannel, "collect", renumbered)
        monkeypatch.setattr(HttpChannel, "acknowledge", lambda _, messages: acknowledged.extend(messages))
        client.collect()
        client.collect()
        kept = client._journal.messages()
    assert len(kept) == 1
    assert acknowledged == [kept[0].message]
    assert (asked[0], asked[-1] > 70) == (kept[0].number, True)


def test_receipt_that_accepts_the_claim_of_another_holder_is_refused(ready: ClaimStage) -> None:
    with ready.client() as client:
        state = client.file(contents())
    ((message, _),) = ready.delivered()
    other = ready.collector.account.address
    ready.send_receipt(message, state.commitment, holder=other)
    ready.send_receipt(message, state.commitment, holder=other, reason=RefusalReason.HOLDER_MISMATCH)
    with ready.client() as client:
        collected = client.collect()
    assert (len(collected.receipts), collected.problems) == (1, ("holder_other",))


def test_receipt_by_a_signer_of_the_past_is_refused(ready: ClaimStage) -> None:
    """The key of the old signer signs after it was replaced, and names a block from before that."""
    before = int(ready.chain.node.ask("eth_blockNumber"), 16)
    with ready.client() as client:
        state = client.file(contents())
    ((message, _),) = ready.delivered()
    ready.send_receipt(message, state.commitment, number=before)
    with ready.client() as client:
        assert client.collect().problems == ("receipt_backdated",)
        filed = client._journal.steps()[-1].block_number
        assert client.list()[0].receipt is None
    other = ready.creditor.account.address
    ready.chain.transact("EnrolmentRegistry", "setReceiptSigner", 14, other, by="administrator")
    with ready.client() as client:
        # As if it was delivered after the change.
        (step,) = client._journal.steps()
        later = datetime.now(UTC) + timedelta(minutes=1)
        client._journal.advance(step, StepState.DONE, delivered_at=later.isoformat())
        ready.send_receipt(message, state.commitment, number=filed)
        assert client.collect().problems == ("signer_replaced",)
        # And as if it was delivered a day later, by the signer of now.
        ready.chain.transact(
            "EnrolmentRegistry",
            "setReceiptSigner",
            14,
            ready.chain.deployment.accounts["receipt_signer"],
            by="administrator",
        )
        client._journal.advance(step, StepState.DONE, delivered_at=(later + timedelta(days=1)).isoformat())
        ready.send_receipt(message, state.commitment, reason=RefusalReason.UNDECRYPTABLE, number=filed)
        assert client.collect().problems == ("receipt_backdated",)


def test_file_delivers_again_what_a_receipt_says_does_not_open(ready: ClaimStage) -> None:
    with ready.client() as client:
        state = client.file(contents())
    ((message, _),) = ready.delivered()
    ready.send_receipt(message, state.commitment, reason=RefusalReason.UNDECRYPTABLE)
    with ready.client() as client:
        client.collect()
        (shown,) = client.list()
        assert shown.receipt is not None
        assert (shown.receipt.outcome, shown.receipt.reason) == (ReceiptOutcome.REFUSED, RefusalReason.UNDECRYPTABLE)
        client.file(contents())
        client.file(contents())
    messages = ready.municipality().collect(0)
    assert len(messages) == 2
    assert messages[0].message != messages[1].message
    assert [claim_commitment(claim) for _, claim in ready.delivered()] == [state.commitment] * 2


def test_resume_sends_again_what_the_node_has_lost(ready: ClaimStage) -> None:
    snapshot = ready.chain.node.snapshot()
    with ready.client() as client:
        state = client.file(contents())
    ready.chain.node.revert(snapshot)
    # As high as it was: a chain that is shorter than before is refused, and rightly so.
    ready.chain.node.mine(5)
    assert ready.events("ClaimFiled") == []
    with ready.client() as client:
        assert client.list()[0].status is ClaimStatus.NONE
        assert client.resume() == ()
        (again,) = client.list()
    assert (again.status, again.commitment) == (ClaimStatus.FILED, state.commitment)
    assert len(ready.delivered()) == 1


def test_transaction_of_another_program_takes_the_place_of_a_lost_one(ready: ClaimStage) -> None:
    snapshot = ready.chain.node.snapshot()
    with ready.client() as client:
        client.file(contents())
    ready.chain.node.revert(snapshot)
    # As high as it was: a chain that is shorter than before is refused, and rightly so.
    ready.chain.node.mine(5)
    with ready.client(folder=ready.folder / "elsewhere") as other:
        other.file(contents(reference="another"))
    with ready.client() as client:
        assert client.resume() == ()
        assert client.list()[0].status is ClaimStatus.FILED
    assert len(ready.events("ClaimFiled")) == 2


def test_steps_of_the_journal_end_done(ready: ClaimStage) -> None:
    with ready.client() as client:
        state = client.file(contents())
        client.withdraw(state.claim_id)
        assert [(step.kind, step.state) for step in client._journal.steps()] == [
            (StepKind.FILE, StepState.DONE),
            (StepKind.WITHDRAW, StepState.DONE),
        ]


def test_client_refuses_another_chain(ready: ClaimStage) -> None:
    plain = json.loads(ready.deployment_file.read_text())
    plain["contracts"]["ClaimRegister"]["codeHash"] = "0x" + "11" * 32
    other = ready.folder / "other.json"
    other.write_text(json.dumps(plain))
    with ready.client(deployment_file=other) as client:
        refused(lambda: client.file(contents()), errors.ChainMismatch, "contract_code_other")
    with ready.client(chain_url="http://127.0.0.1:9") as client:
        refused(lambda: client.file(contents()), errors.Unreachable, "chain_unreachable")
    assert JsonRpc(ready.chain.node.url).call("eth_chainId")


@pytest.fixture
def no_delivery(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The evaluator takes no messages; gives what makes it take them again."""

    def deliver(*_: object) -> None:
        raise errors.Unreachable("evaluator_unreachable", "the evaluator does not answer")

    monkeypatch.setattr(HttpChannel, "deliver", deliver)
    return monkeypatch.undo


def test_claim_that_is_filed_and_not_delivered_says_so_and_is_delivered_later(
    ready: ClaimStage, no_delivery: Callable[[], None]
) -> None:
    with ready.client() as client:
        refused(lambda: client.file(contents()), errors.Unreachable, "evaluator_unreachable")
        (state,) = client.list()
        assert (state.status, state.delivered_at, state.unfinished) == (ClaimStatus.FILED, None, StepKind.FILE)
        assert client.resume() == ("the evaluator does not answer",)
        no_delivery()
        assert client.resume() == ()
        (state,) = client.list()
    assert (state.delivered_at is not None, state.unfinished) == (True, None)
    assert len(ready.delivered()) == 1


def test_claim_that_is_not_delivered_stays_so_when_other_contents_are_refused(
    ready: ClaimStage, no_delivery: Callable[[], None]
) -> None:
    with ready.client() as client:
        refused(lambda: client.file(contents()), errors.Unreachable, "evaluator_unreachable")
        refused(lambda: client.file(contents(costs=5000)), errors.Conflict, "claim_still_open")
        no_delivery()
        assert client.resume() == ()
        (state,) = client.list()
    assert (state.delivered_at is not None, state.is_current, state.unfinished) == (True, True, None)
    ((_, claim),) = ready.delivered()
    assert (claim.contents.costs, claim_commitment(claim)) == (4000, state.commitment)


def test_file_again_delivers_what_a_journal_took_for_given_up(
    ready: ClaimStage, no_delivery: Callable[[], None]
) -> None:
    with ready.client() as client:
        refused(lambda: client.file(contents()), errors.Unreachable, "evaluator_unreachable")
        (step,) = client._journal.steps()
        client._journal.advance(step, StepState.FAILED, failure="superseded")
        no_delivery()
        state = client.file(contents())
        assert client.list() == [state]
    assert (state.delivered_at is not None, state.unfinished) == (True, None)
    assert len(ready.delivered()) == 1


def test_amendment_that_is_delivered_leaves_nothing_unfinished(
    ready: ClaimStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The evaluator is away for the first version, and back for the second one."""
    deliver, calls = HttpChannel.deliver, []

    def twice_away(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) <= 2:
            raise errors.Unreachable("evaluator_unreachable", "the evaluator does not answer")
        return deliver(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(HttpChannel, "deliver", twice_away)
    with ready.client() as client:
        refused(lambda: client.file(contents()), errors.Unreachable, "evaluator_unreachable")
        assert client.amend(contents(costs=5000)).unfinished is None
    assert [claim.contents.costs for _, claim in ready.delivered()] == [5000]


def test_version_that_was_replaced_before_it_was_delivered_is_not_delivered_any_more(
    ready: ClaimStage, no_delivery: Callable[[], None]
) -> None:
    with ready.client() as client:
        refused(lambda: client.file(contents()), errors.Unreachable, "evaluator_unreachable")
        refused(lambda: client.amend(contents(costs=5000)), errors.Unreachable, "evaluator_unreachable")
        no_delivery()
        assert client.resume() == ()
        (state,) = client.list()
        assert (state.is_current, state.unfinished) == (True, None)
    ((_, claim),) = ready.delivered()
    assert (claim.version, claim.contents.costs, claim_commitment(claim)) == (2, 5000, state.commitment)


def test_claim_can_be_withdrawn_while_its_contents_cannot_be_delivered(
    ready: ClaimStage, no_delivery: Callable[[], None]
) -> None:
    with ready.client() as client:
        refused(lambda: client.file(contents()), errors.Unreachable, "evaluator_unreachable")
        (state,) = client.list()
        assert client.withdraw(state.claim_id).status is ClaimStatus.WITHDRAWN
        no_delivery()
        assert client.resume() == ()
        assert client.list()[0].unfinished is None
    assert ready.delivered() == []


def test_file_with_a_citizen_service_number_takes_the_role(ready: ClaimStage) -> None:
    debtor = {
        "surname": "Jansen",
        "birth_date": "1980-02-01",
        "postcode": "9711AB",
        "house_number": 12,
        "bsn": "999990019",
    }
    with ready.client() as client:
        refused(lambda: client.file(contents(debtor=debtor)), errors.NotAllowed, "bsn_not_allowed")
        assert client.list() == []
        ready.chain.transact(
            "EnrolmentRegistry",
            "grantRole",
            role("BSN_CREDITOR", MunicipalityCode(14)),
            ready.creditor.account.address,
            by="administrator",
        )
        assert client.file(contents(debtor=debtor)).status is ClaimStatus.FILED


def test_message_of_an_unknown_kind_is_kept_and_not_acknowledged(
    ready: ClaimStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ready.client() as client:
        state = client.file(contents())
    ((message, _),) = ready.delivered()
    ready.send_receipt(message, state.commitment)
    collect = HttpChannel.collect

    def newer(channel: HttpChannel, after: int, limit: int = 100) -> list[Message]:
        return [replace(one, kind="summons") for one in collect(channel, after, limit)]  # type: ignore[arg-type]

    monkeypatch.setattr(HttpChannel, "collect", newer)
    acknowledged = []
    monkeypatch.setattr(HttpChannel, "acknowledge", lambda _, messages: acknowledged.extend(messages))
    with ready.client() as client:
        assert client.collect().problems == ("kind_unknown",)
        assert client.collect().problems == ()
        assert client.list()[0].problems == ("kind_unknown",)
    assert acknowledged == []
