"""A notice over the real channel: sent by the worker, read and signed for by the creditor's client, and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.chain.claims import RegisterReader
from schuldhulp.creditor.claims import ClaimClient
from schuldhulp.creditor.page_claims import PageFiler
from schuldhulp.crypto.channel import message_hash
from schuldhulp.crypto.notices import HASH_LENGTH, notice_document, notice_hash, open_notice, seal_notice
from schuldhulp.crypto.sendings import sending_digest, with_sending
from schuldhulp.domain.dates import PartialDate
from schuldhulp.domain.notices import Notice, NoticeClient, answer_day, whole_seconds
from schuldhulp.domain.sendings import Sending, SignedSending
from schuldhulp.domain.types import Salt
from schuldhulp.errors import InvalidInput, Misconfigured, NotFound, Unreachable
from schuldhulp.services.claims.collecting import Collector
from schuldhulp.services.claims.ports import MessageKind
from schuldhulp.services.clock import day_of
from schuldhulp.services.notices.post import NoticePost, SendingDesk
from schuldhulp.services.notices.replies import ReplyCheck, ReplyIntake, reply_trouble
from schuldhulp.services.notices.rows import NoticeRow, PostState, ReplyState, notice_mac
from tests.support.chain import MUNICIPALITY
from tests.support.intake import JOB_KEY, Town


def written(town: Town, number: int = 1) -> Notice:
    """Leave a notice for the worker, as the cockpit does."""
    now = town.clock.now()
    notice = Notice(
        notice_id=MUNICIPALITY.to_bytes(2, "big") + bytes([number]) * 30,
        municipality=MUNICIPALITY,
        sender="Gemeente Teststad",
        contact="schuldhulp@example.nl",
        recipient="Nutsbedrijf Voorbeeld",
        kvk=town.stage.creditor.kvk,
        reference="K-1",
        clients=(NoticeClient(surname="Jansen", birth_date=PartialDate(1980, 2, 0)),),
        enrolled_since=day_of(now),
        answer_by=answer_day(day_of(now)),
        written_at=whole_seconds(now),
        salt=Salt(b"\x05" * 32),
    )
    content = seal_notice(town.stage.creditor.messages.public_key, notice_document(notice))
    row = NoticeRow(
        message=message_hash(content),
        municipality=MUNICIPALITY,
        notice_id=notice.notice_id,
        recipient=town.stage.creditor.account.address,
        content=content,
        created_at=now,
    )
    with town.store.write() as work:
        work.notices.add(replace(row, mac=notice_mac(JOB_KEY, row)))
        work.commit()
    return notice


def posted(town: Town) -> tuple[int, int]:
    """Let the worker send what waits."""
    gateway, signer = town.stage.chain.gateway(), town.stage.chain.signer("receipt_signer")
    return NoticePost(
        store=town.store,
        channel=town.stage.municipality(),
        chain=gateway,
        register=RegisterReader(gateway, town.stage.chain.rpc()),
        clock=town.clock,
        job_key=JOB_KEY,
        municipality=MUNICIPALITY,
        desk=SendingDesk(
            sign_digest=signer.sign_digest,
            signer=signer.address,
            chain_id=town.stage.chain.deployment.chain_id,
            claim_register=town.register,
        ),
        head_max_age=10**9,
    ).send()


def taken_in(town: Town) -> tuple[int, int]:
    """Let the worker collect and open what creditors signed."""
    Collector(
        store=town.store,
        channel=town.stage.municipality(),
        clock=town.clock,
        municipality=MUNICIPALITY,
        handlers={MessageKind.ACKNOWLEDGEMENT: ReplyIntake(MUNICIPALITY)},
    ).collect()
    return ReplyCheck(
        store=town.store,
        opening_key=town.stage.claim_key,
        municipality=MUNICIPALITY,
        chain_id=town.stage.chain.deployment.chain_id,
        claim_register=town.register,
    ).check()


def test_notice_is_read_and_signed_for_on_the_pages(town: Town) -> None:
    notice = written(town)
    assert posted(town) == (1, 0)
    with PageFiler(town.stage.client()) as filer:
        assert [*filer.catch_up()] == []
        (one,) = filer.notices()
        assert (one.notice, one.acknowledged_at, one.sent_at, one.days_left) == (notice, None, None, 10)
        signed = filer.acknowledge(one.message)
        assert signed.acknowledged_at is not None
        assert signed.sent_at is not None
        assert filer.notices() == [signed]
        with pytest.raises(NotFound):
            filer.acknowledge(b"\x09" * 32)
    assert taken_in(town) == (1, 0)


def test_notice_is_read_signed_for_and_the_signature_checked(town: Town) -> None:
    notice = written(town)
    assert posted(town) == (1, 0)
    with town.stage.client() as client:
        assert client.collect().problems == ()
        (one,) = client.notices.received()
        assert (one.notice, one.acknowledged_at, one.days_left) == (notice, None, 10)
        assert client.notices.find(notice.number.lower()[:6]) == one
        done = client.notices.acknowledge(one.message)
        assert done.acknowledged_at is not None
        assert done.delivered_at is not None
        # A claim is nothing that a notice makes.
        assert client.list() == []
    with town.store.read() as work:
        row = work.notices.with_id(notice.notice_id)
    assert row is not None
    assert row.state is PostState.DELIVERED
    assert taken_in(town) == (1, 0)
    with town.store.read() as work:
        (reply,) = work.notices.replies_of([notice.notice_id])
    assert (reply.state, reply.organisation) == (ReplyState.VALID, town.stage.creditor.kvk)
    chain_id = town.stage.chain.deployment.chain_id
    assert reply_trouble(reply, row, chain_id=chain_id, claim_register=town.register) == ""
    assert reply_trouble(reply, row, chain_id=chain_id + 1, claim_register=town.register)


def test_acknowledge_again_sends_nothing_new(town: Town) -> None:
    written(town)
    posted(town)
    for _ in range(2):
        with town.stage.client() as client:
            client.collect()
            (one,) = client.notices.received()
            client.notices.acknowledge(one.message)
    assert taken_in(town) == (1, 0)
    assert taken_in(town) == (0, 0)


def test_acknowledge_goes_on_with_the_same_signature_after_a_failure(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(town)
    posted(town)

    def silent(*_: object) -> None:
        raise Unreachable("evaluator_silent", "does not answer")

    with town.stage.client() as client:
        client.collect()
        (one,) = client.notices.received()
        access = client.notices._access
        municipality, channel = access.municipality, access.municipality(MUNICIPALITY)[1]
        monkeypatch.setattr(channel, "deliver", silent)
        monkeypatch.setattr(access, "municipality", lambda code: (municipality(code)[0], channel))
        with pytest.raises(Unreachable):
            client.notices.acknowledge(one.message)
        (half,) = client.notices.received()
        assert half.acknowledged_at is not None
        assert half.delivered_at is None
    monkeypatch.undo()
    with town.stage.client() as client:
        done = client.notices.acknowledge(one.message)
    assert done.acknowledged_at == half.acknowledged_at
    assert taken_in(town) == (1, 0)


def test_received_names_a_notice_that_stands_for_another(town: Town) -> None:
    notice = written(town)
    document = notice_document(notice)
    other = notice_document(replace(notice, reference="K-2"))
    key = town.stage.creditor.messages.public_key
    with pytest.raises(InvalidInput):
        open_notice(town.stage.creditor.messages, bytes(32), seal_notice(key, document))
    # Sealed under the hash of something else: whoever signed for it would have signed for that.
    forge(town, notice, notice_hash(other) + seal_notice(key, document)[32:])
    with town.stage.client() as client:
        assert client.collect().problems == ("undecryptable",)
        assert client.notices.received() == []


def forge(town: Town, about: Notice, content: bytes, signer: str = "receipt_signer", **changes: Any) -> None:
    """Deliver a notice past the worker."""
    values: dict[str, Any] = {
        "notice": content[:HASH_LENGTH],
        "municipality": MUNICIPALITY,
        "recipient": town.stage.creditor.account.address,
        "sent_at": whole_seconds(town.clock.now()),
    }
    sending = Sending(**values | changes)
    digest = sending_digest(sending, chain_id=town.stage.chain.deployment.chain_id, claim_register=town.register)
    signed = SignedSending(sending=sending, signature=town.stage.chain.signer(signer).sign_digest(digest))
    recipient = town.stage.creditor.account.address
    town.stage.municipality().deliver(MessageKind.NOTICE, about.notice_id, recipient, with_sending(content, signed))


@pytest.mark.parametrize(
    "wrong",
    [{"signer": "reviewer"}, {"recipient": "0x" + "11" * 20}, {"notice": b"\x01" * 32}],
    ids=["signer", "recipient", "notice"],
)
def test_received_believes_no_notice_that_the_municipality_did_not_sign_for_this_account(
    town: Town, wrong: dict[str, Any]
) -> None:
    notice = written(town)
    content = seal_notice(town.stage.creditor.messages.public_key, notice_document(notice))
    forge(town, notice, content, **wrong)
    with town.stage.client() as client:
        assert client.collect().problems == ("signer_other",)
        assert client.notices.received() == []
        with pytest.raises(NotFound):
            client.notices.find(notice.number)


def test_received_names_a_notice_without_a_signature(town: Town) -> None:
    notice = written(town)
    content = seal_notice(town.stage.creditor.messages.public_key, notice_document(notice))
    recipient = town.stage.creditor.account.address
    town.stage.municipality().deliver(MessageKind.NOTICE, notice.notice_id, recipient, content)
    with town.stage.client() as client:
        (problem,) = client.collect().problems
        assert client.notices.received() == []
    assert problem in ("undecryptable", "type_wrong")


def test_received_shows_a_notice_that_was_sent_twice_once(town: Town) -> None:
    notice = written(town)
    posted(town)
    with town.store.read() as work:
        row = work.notices.with_id(notice.notice_id)
    assert row is not None
    with town.stage.client() as client:
        client.collect()
        (one,) = client.notices.received()
        client.notices.acknowledge(one.message)
        # As when the evaluator lost it and the signer was replaced meanwhile.
        forge(town, notice, row.content, sent_at=whole_seconds(town.clock.now() + timedelta(hours=1)))
        assert client.collect().problems == ()
        (again,) = client.notices.received()
    assert again.notice == notice
    assert again.delivered_at is not None
    assert again.sent_at > one.sent_at


@pytest.mark.parametrize("damage", [lambda text: "{", lambda text: text.replace('"signature": "', '"signature": "00')])
def test_received_names_a_damaged_signature(town: Town, damage: Callable[[str], str]) -> None:
    written(town)
    posted(town)
    with town.stage.client() as client:
        client.collect()
        (one,) = client.notices.received()
        client.notices.acknowledge(one.message)
        (file,) = _files(client, town)
        file.write_text(damage(file.read_text()))
        with pytest.raises(Misconfigured) as caught:
            client.notices.received()
    assert caught.value.key == "acknowledgement_invalid"


def test_find_refuses_a_number_that_is_none_or_several(town: Town) -> None:
    written(town)
    with town.stage.client() as client:
        with pytest.raises(NotFound):
            client.notices.find("0101")
        with pytest.raises(NotFound):
            client.notices.acknowledge(b"\x01" * 32)
        posted(town)
        client.collect()
        with pytest.raises(NotFound):
            client.notices.find("")
        assert client.notices.find("0101-01").notice.number == "0101-0101-0101"


def test_days_left_runs_out(town: Town) -> None:
    written(town)
    posted(town)
    with town.stage.client(clock=town.clock) as client:
        client.collect()
        town.clock.ahead += timedelta(days=60)
        (one,) = client.notices.received()
    assert one.days_left < -20


def _files(client: ClaimClient, town: Town) -> list[Path]:
    folder = town.stage.creditor.folder / "notices"
    assert folder.stat().st_mode & 0o077 == 0
    return list(folder.iterdir())
