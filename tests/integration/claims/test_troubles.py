"""What keeps the intake back is named, and keeps back no more than it must."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.crypto.claims import open_claim
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.services.claims import checking
from schuldhulp.services.claims.ports import MessageKind
from schuldhulp.services.claims.rows import ContentsState, DeliveryState
from schuldhulp.services.ports import EvaluatedBatch
from tests.support.chain import MUNICIPALITY
from tests.support.claims_stage import contents
from tests.support.intake import Town, version


class Silent:
    """A channel that does not answer."""

    def __getattr__(self, name: str) -> Any:
        def call(*_arguments: object, **_named: object) -> Any:
            raise errors.Unreachable("evaluator_unreachable", "the evaluator does not answer")

        return call


class Altered:
    """The real channel, but for some methods."""

    def __init__(self, real: Any, **methods: Any) -> None:
        """Take what is real and what takes the place of its methods."""
        self._real, self._methods = real, methods

    def __getattr__(self, name: str) -> Any:
        return self._methods.get(name) or getattr(self._real, name)


def trouble_of(town: Town) -> str:
    with town.store.read() as work:
        return work.mail.follow(MUNICIPALITY).trouble


def test_a_silent_channel_stops_neither_the_chain_nor_says_that_contents_are_missing(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.deliver(claim)
    town.wait()

    report = town.intake(channel=Silent()).run_once()  # type: ignore[arg-type]

    assert report.troubles == ("evaluator_unreachable",)
    assert trouble_of(town) == "evaluator_unreachable"
    # The filing is known; whether its contents came cannot be.
    assert town.claim(claim.claim_id).contents is ContentsState.WAITING
    assert town.run().accepted == 1
    assert trouble_of(town) == ""


@pytest.mark.parametrize("part", ["signer", "claim_key"])
def test_another_key_than_the_registry_names_stops_opening_and_signing(town: Town, part: str) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.deliver(claim)
    other: dict[str, Any] = {"signer": "administrator", "claim_key": OpeningKey.generate()}

    report = town.intake(**{part: other[part]}).run_once()

    assert report.troubles == ("receipt_signer_differs" if part == "signer" else "claim_key_differs",)
    # It is safe here all the same.
    assert [row.state for row in town.deliveries()] == [DeliveryState.RECEIVED]
    assert town.receipts(claim.claim_id) == []
    assert town.run().accepted == 1


def test_without_the_key_of_claim_ids_deliveries_wait(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.deliver(claim)
    assert town.intake(claim_id_key=b"").run_once().troubles == ("claim_id_key_missing",)
    assert [row.state for row in town.deliveries()] == [DeliveryState.RECEIVED]


def test_a_proof_under_another_key_has_everything_wait(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.deliver(claim)
    real = town.stage.municipality()

    def forged(elements: Any) -> EvaluatedBatch:
        return dataclasses.replace(real.claim_ids(elements), proof=bytes(64))

    channel: Any = Altered(real, claim_ids=forged)
    assert town.intake(channel=channel).run_once().troubles == ("proof_invalid",)
    assert [row.state for row in town.deliveries()] == [DeliveryState.RECEIVED]
    assert town.run().accepted == 1


def test_a_receipt_that_the_evaluator_refuses_waits_and_is_named(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.deliver(claim)
    real = town.stage.municipality()

    def refuse(kind: MessageKind, *_arguments: object) -> Any:
        assert kind is MessageKind.RECEIPT
        raise errors.NotAllowed("recipient_unknown", "nobody with this account was admitted")

    channel: Any = Altered(real, deliver=refuse)
    report = town.intake(channel=channel).run_once()
    assert (report.accepted, report.sent, report.unsent, report.troubles) == (1, 0, 1, ())
    assert [row.trouble for row in town.receipts(claim.claim_id)] == ["recipient_unknown"]
    sealed = town.receipts(claim.claim_id)[0].sealed
    town.wait()
    assert town.run().sent == 1
    # What arrives is what was sealed the first time.
    assert town.receipts(claim.claim_id)[0].sealed == sealed
    assert town.outcomes() == ["accepted"]


def test_messages_that_are_no_claims_are_kept(town: Town) -> None:
    real = town.stage.municipality()
    claim = version(town.id_of(contents()), contents())
    message = town.deliver(claim)

    def renamed(after: int, limit: int = 100) -> Any:
        return [dataclasses.replace(one, kind="statement") for one in real.collect(after, limit)]

    channel: Any = Altered(real, collect=renamed)
    assert town.intake(channel=channel).run_once().collected == 1
    with town.store.read() as work:
        mail = work.mail.get(message)
    assert mail is not None
    assert (mail.kind, mail.acknowledged) == ("statement", True)
    assert town.deliveries() == []


def test_a_chain_that_stands_still_decides_nothing(town: Town) -> None:
    claim = version(town.id_of(contents()), contents())
    town.deliver(claim)
    town.run()
    town.wait()
    assert town.intake(head_max_age=60).run_once().troubles == ("chain_stale",)
    assert town.receipts(claim.claim_id) == []


def test_a_fault_with_one_delivery_keeps_no_other_back(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    bad = version(town.id_of(contents(reference="bad")), contents(reference="bad"))
    good = version(town.id_of(contents()), contents())
    for claim in (bad, good):
        town.file(claim)
        town.deliver(claim)

    def faulty(key: OpeningKey, claim_id: Any, sealed: bytes) -> Any:
        if claim_id == bad.claim_id:
            raise RuntimeError("Jansen")
        return open_claim(key, claim_id, sealed)

    with monkeypatch.context() as patch:
        patch.setattr(checking, "open_claim", faulty)
        report = town.intake().run_once()
    assert (report.accepted, report.troubles) == (1, ("delivery_fault",))
    assert "RuntimeError" in caplog.text
    assert "Jansen" not in caplog.text
    assert town.run().accepted == 1


def test_contents_of_a_closed_claim_are_erased_after_their_time(town: Town) -> None:
    kept, closed = (version(town.id_of(contents(reference=name)), contents(reference=name)) for name in ("a", "b"))
    messages = []
    for claim in (kept, closed):
        town.file(claim)
        messages.append(town.deliver(claim))
    town.run()
    town.transact("withdrawClaim", closed.claim_id)
    assert town.run().erased == 0
    town.clock.ahead = timedelta(days=91)
    assert town.run().erased == 1
    with town.store.read() as work:
        left = [work.mail.get(message) for message in messages]
    assert [bool(mail and mail.content) for mail in left] == [True, False]
    assert town.run().erased == 0
    # The very same, filed anew, has to be delivered anew.
    town.clock.ahead = timedelta(0)
    town.file(closed)
    town.run()
    assert town.claim(closed.claim_id).contents is ContentsState.WAITING
    town.deliver(closed)
    town.run()
    assert town.claim(closed.claim_id).contents is ContentsState.COMPLETE
