from __future__ import annotations

from schuldhulp.crypto.claims import claim_commitment, seal_claim
from schuldhulp.domain.claims import ClaimStatus, ReceiptOutcome, RefusalReason
from schuldhulp.domain.types import ClaimId
from schuldhulp.services.claims.rows import ContentsState, DeliveryState
from tests.support.claims_stage import Party, by_collector, contents
from tests.support.intake import Town, version

MADE_UP = ClaimId(b"\x00\x0e" + b"\x55" * 30)


def test_run_once_accepts_what_the_creditors_client_files(town: Town) -> None:
    with town.stage.client() as client:
        state = client.file(contents())

        report = town.run()

        assert (report.collected, report.checked, report.accepted, report.sent) == (1, 1, 1, 1)
        client.collect()
        receipt = client.state(state.claim_id).receipt
    assert receipt is not None
    assert receipt.outcome is ReceiptOutcome.ACCEPTED
    row = town.claim(state.claim_id)
    assert (row.status, row.contents, row.holder) == (
        ClaimStatus.FILED,
        ContentsState.COMPLETE,
        town.stage.creditor.account.address,
    )
    assert row.message == receipt.message
    assert town.run() == town.run()
    assert len(town.receipts(state.claim_id)) == 1


def test_run_once_waits_for_a_filing_and_accepts_when_it_comes(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.deliver(claim)
    town.run()
    assert [row.state for row in town.deliveries()] == [DeliveryState.WAITING_FOR_FILING]
    assert town.received() == []

    town.file(claim)
    town.run()

    assert town.outcomes() == ["accepted"]


def test_run_once_refuses_what_was_never_filed_and_heals_when_it_is_after_all(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    message = town.deliver(claim)
    town.run()
    town.wait()
    town.run()
    refused = town.received()[0]
    assert (refused.reason, refused.message, refused.commitment) == (RefusalReason.NOT_FILED, message, bytes(32))
    assert refused.holder == town.stage.creditor.account.address

    town.file(claim)
    town.run()

    assert town.outcomes() == ["not_filed", "accepted"]
    assert town.claim(claim.claim_id).contents is ContentsState.COMPLETE


def test_run_once_names_a_filing_without_contents_and_heals_when_they_come(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.run()
    assert town.claim(claim.claim_id).contents is ContentsState.WAITING
    town.wait()
    report = town.run()

    assert report.missing == 1
    missing = town.received()[0]
    assert (missing.reason, missing.message) == (RefusalReason.CONTENTS_MISSING, bytes(32))
    assert missing.commitment == claim_commitment(claim)
    assert town.claim(claim.claim_id).contents is ContentsState.MISSING
    assert town.run().missing == 0

    town.deliver(claim)
    town.run()

    assert town.outcomes() == ["contents_missing", "accepted"]
    assert town.claim(claim.claim_id).contents is ContentsState.COMPLETE


def test_run_once_refuses_contents_that_do_not_open_to_the_commitment(town: Town) -> None:
    claim_id = town.id_of(contents())
    filed, other = version(claim_id, contents()), version(claim_id, contents(), salt=2)
    town.file(filed)
    town.deliver(other)
    town.run()
    assert town.outcomes() == ["commitment_mismatch"]
    assert town.received()[0].commitment == claim_commitment(filed)
    # Nothing of what was filed is here.
    assert town.claim(claim_id).contents is ContentsState.WAITING


def test_run_once_refuses_a_made_up_claim_id(town: Town) -> None:
    claim = version(MADE_UP, contents())
    town.file(claim)
    town.deliver(claim)
    town.run()
    town.wait()
    town.run()
    assert town.outcomes() == ["claim_id_mismatch"]
    # Contents came, so that they are not missing as well.
    assert town.claim(MADE_UP).contents is ContentsState.REFUSED


def test_run_once_refuses_what_does_not_open_or_is_no_claim(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.deliver_bytes(claim.claim_id, b"\x01" * 2048)
    foreign = version(town.id_of(contents()), contents(municipality=599))
    town.deliver(foreign)
    town.run()
    assert sorted(town.outcomes()) == ["municipality_mismatch", "undecryptable"]


def test_run_once_refuses_contents_in_the_name_of_another(town: Town) -> None:
    claim_id = town.id_of(contents())
    claim = version(claim_id, contents())
    town.file(claim)
    # The collector somehow has the contents of the creditor's claim, and its own with another holder's account.
    town.deliver(claim, town.stage.collector)
    own = version(claim_id, by_collector(), salt=3)
    town.deliver(own, town.stage.collector)
    town.run()
    assert sorted(town.outcomes(town.stage.collector)) == ["commitment_mismatch", "holder_mismatch"]
    assert town.received() == []


def test_run_once_refuses_a_citizen_service_number_from_who_may_not_use_it(town: Town) -> None:
    person = {
        "surname": "Jansen",
        "birth_date": "1980-02-01",
        "postcode": "9711AB",
        "house_number": 12,
        "bsn": "999990019",
    }
    told = contents(debtor=person)
    claim = version(town.id_of(told), told)
    town.file(claim)
    town.deliver(claim)
    town.run()
    assert town.outcomes() == ["contents_invalid"]


def test_run_once_takes_the_same_message_once_and_new_seals_of_it_each(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.deliver(claim)
    town.run()
    # The same claim sealed anew is another message; it is answered too, and the first one stays the claim's.
    first = town.claim(claim.claim_id).message
    town.deliver(claim)
    town.run()
    assert town.outcomes() == ["accepted", "accepted"]
    assert town.claim(claim.claim_id).message == first


def test_run_once_acknowledges_and_answers_again_what_a_restored_evaluator_had_forgotten(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    sealed = seal_claim(town.stage.claim_key.public_key, claim)
    town.file(claim)
    town.deliver_bytes(claim.claim_id, sealed)
    town.run()
    creditor = town.channel_of(town.stage.creditor)
    receipt = creditor.collect(0)[0]
    town.stage.forget_messages()
    assert creditor.collect(0) == []

    town.deliver_bytes(claim.claim_id, sealed)
    report = town.run()

    assert (report.collected, report.accepted, report.sent) == (0, 0, 1)
    again = creditor.collect(0)[0]
    assert (again.message, again.content) == (receipt.message, receipt.content)
    # It counts against its sender no longer.
    assert town.stage.unacknowledged("municipality") == 0
    assert len(town.receipts(claim.claim_id)) == 1
    assert town.run().sent == 0


def test_run_once_accepts_two_versions_that_cross_and_keeps_the_newest(town: Town) -> None:
    claim_id = town.id_of(contents())
    first = version(claim_id, contents())
    second = version(claim_id, contents(costs=4500), salt=2, after=first)
    town.file(first)
    town.amend(second)
    town.deliver(second)
    town.run()
    assert town.outcomes() == ["accepted"]
    current = town.claim(claim_id).message
    town.deliver(first)
    town.run()
    assert town.outcomes() == ["accepted", "accepted"]
    assert town.claim(claim_id).message == current


def test_run_once_waits_for_the_contents_of_an_amendment(town: Town) -> None:
    claim_id = town.id_of(contents())
    first = version(claim_id, contents())
    town.file(first)
    town.deliver(first)
    town.run()
    second = version(claim_id, contents(costs=4500), salt=2, after=first)
    # Delivered before it is filed, and filed before what comes after it is delivered.
    town.deliver(second)
    town.run()
    assert town.claim(claim_id).contents is ContentsState.COMPLETE
    town.amend(second)
    third = version(claim_id, contents(costs=5000), salt=3, after=second)
    town.amend(third)
    town.run()
    assert town.outcomes() == ["accepted", "accepted"]
    assert town.claim(claim_id).contents is ContentsState.WAITING
    town.wait()
    town.run()
    assert town.outcomes() == ["accepted", "accepted", "contents_missing"]


def test_run_once_says_of_contents_that_come_after_a_withdrawal_that_nothing_is_filed(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.transact("withdrawClaim", claim.claim_id)
    town.run()
    town.wait()
    town.run()
    # A claim that was withdrawn lacks nothing.
    assert town.received() == []
    town.deliver(claim)
    town.run()
    assert town.outcomes() == ["not_filed"]
    assert town.claim(claim.claim_id).status is ClaimStatus.WITHDRAWN


def test_run_once_keeps_what_was_accepted_when_the_claim_is_closed(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.deliver(claim)
    town.run()
    town.stage.chain.transact("ClaimRegister", "decideClaim", claim.claim_id, 5, b"\x01" * 32, by="reviewer")
    town.run()
    assert town.outcomes() == ["accepted"]
    assert town.claim(claim.claim_id).status is ClaimStatus.DECLINED
    # Filed anew it is another filing, and lacks its contents until they are delivered for it.
    again = version(claim.claim_id, contents(), salt=9)
    town.file(again)
    town.run()
    assert town.claim(claim.claim_id).contents is ContentsState.WAITING


def test_run_once_accepts_from_who_held_the_claim_before_it_was_handed_over(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.transact("handOverClaim", claim.claim_id, town.stage.collector.account.address)
    town.deliver(claim)
    town.run()
    assert town.outcomes() == ["accepted"]
    assert town.claim(claim.claim_id).holder == town.stage.collector.account.address
    amended = version(claim.claim_id, by_collector(), salt=2, after=claim)
    town.amend(amended, town.stage.collector)
    town.deliver(amended, town.stage.collector)
    town.run()
    assert town.outcomes(town.stage.collector) == ["accepted"]
    assert town.claim(claim.claim_id).contents is ContentsState.COMPLETE


def test_run_once_tells_the_new_holder_too_that_contents_are_missing(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.run()
    town.wait()
    town.run()
    town.transact("handOverClaim", claim.claim_id, town.stage.collector.account.address)
    town.run()
    town.wait()
    town.clock.ahead += town.clock.ahead
    town.run()
    assert town.outcomes() == ["contents_missing"]
    assert town.outcomes(town.stage.collector) == ["contents_missing"]


def test_run_once_keeps_a_receipt_until_the_creditor_has_a_key(town: Town) -> None:
    late = Party(kvk="11223344", folder=town.stage.folder / "late")
    town.stage.admit(late)
    told = contents(original_creditor={"name": "Laat", "kvk": late.kvk}, holder={"name": "Laat", "kvk": late.kvk})
    # Nonce 0 is used up, as set-up does, but no key is set.
    claim = version(town.id_of(told), told)
    town.file(claim, late)
    town.deliver(claim, late)
    report = town.run()
    assert (report.accepted, report.sent, report.unsent) == (1, 0, 1)
    assert [row.trouble for row in town.receipts(claim.claim_id)] == ["encryption_key_missing"]

    town.transact("setEncryptionKey", late.messages.public_key, party=late)
    # It is not tried again at once.
    assert town.run().unsent == 1
    town.wait()
    assert town.run().sent == 1
    assert town.outcomes(late) == ["accepted"]


def test_run_once_counts_a_filing_only_at_the_set_depth(town: Town) -> None:
    town.confirmations = 3
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.deliver(claim)
    town.run()
    town.wait()
    town.run()
    # It stands in the newest blocks, so that it is not refused for want of a filing either.
    assert town.received() == []
    town.stage.chain.node.mine(3)
    town.run()
    assert town.outcomes() == ["accepted"]
    receipt = town.received()[0]
    block = town.stage.chain.node.ask("eth_getBlockByNumber", hex(receipt.block_number), False)
    assert block["hash"] == "0x" + receipt.block_hash.hex()


def test_run_once_erases_contents_after_their_time_and_takes_them_anew(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    message = town.deliver(claim)
    town.run()
    town.wait()
    town.run()
    town.clock.ahead *= 24 * 91
    assert town.run().erased == 1
    with town.store.read() as work:
        mail = work.mail.get(message)
    assert mail is not None
    assert mail.content == b""
    town.file(claim)
    # What was erased cannot be accepted; the creditor seals it anew.
    town.run()
    assert "accepted" not in town.outcomes()
    town.deliver(claim)
    town.run()
    assert town.outcomes()[-1] == "accepted"


def test_run_once_passes_over_other_municipalities(town: Town) -> None:
    claim = version(ClaimId((599).to_bytes(2, "big") + b"\x01" * 30), contents())
    town.deliver(claim)
    town.run()
    assert town.outcomes() == ["municipality_mismatch"]
