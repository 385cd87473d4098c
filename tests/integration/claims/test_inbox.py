from __future__ import annotations

import pytest

from schuldhulp import errors
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.claims import ClaimStatus, RefusalReason
from schuldhulp.domain.types import ClaimId
from schuldhulp.services.claims.inbox import ClaimInbox
from schuldhulp.services.claims.links import LinkKey
from schuldhulp.services.processing_log import ProcessingLog
from tests.support.chain import MUNICIPALITY
from tests.support.claims_stage import KVK, contents
from tests.support.factories import RecordKeeping
from tests.support.intake import Town, version

CASEWORKER = Actor(kind="staff", id="1", roles=frozenset({Role.CASEWORKER}), session="desk")
ADMINISTRATOR = Actor(kind="staff", id="2", roles=frozenset({Role.ADMINISTRATOR}), session="system")


@pytest.fixture
def inbox(town: Town) -> ClaimInbox:
    keys = RecordKeeping(town.store).keys
    log = ProcessingLog(store=town.store, keys=keys, clock=town.clock, municipality=MUNICIPALITY)
    return ClaimInbox(
        store=town.store,
        log=log,
        clock=town.clock,
        opening_key=town.stage.claim_key,
        link_key=LinkKey.of(keys.log),
        municipality=MUNICIPALITY,
    )


def lines(town: Town) -> list[tuple[str, str, str]]:
    with town.store.read() as work:
        return [(row.name, row.purpose, row.status) for row in work.log.all(MUNICIPALITY)]


def test_list_shows_what_came_by_age_with_what_is_missing(town: Town, inbox: ClaimInbox) -> None:
    whole = version(town.id_of(contents()), contents())
    silent = version(town.id_of(contents(reference="r2")), contents(reference="r2"))
    made_up = version(ClaimId(b"\x00\x0e" + b"\x55" * 30), contents(reference="r4"))
    gone = version(town.id_of(contents(reference="r5")), contents(reference="r5"))
    for claim in (whole, silent, made_up, gone):
        town.file(claim)
    for claim in (whole, made_up):
        town.deliver(claim)
    unfiled = version(town.id_of(contents(reference="r3")), contents(reference="r3"))
    town.deliver(unfiled)
    town.transact("withdrawClaim", gone.claim_id)
    town.run()

    found = inbox.list(actor=CASEWORKER)

    told = {(entry.claim_id, entry.state, entry.reason, entry.organisation) for entry in found.entries}
    assert told == {
        (whole.claim_id, "complete", None, KVK),
        (silent.claim_id, "waiting_for_contents", None, ""),
        (made_up.claim_id, "contents_refused", RefusalReason.CLAIM_ID_MISMATCH, ""),
        (made_up.claim_id, "refused", RefusalReason.CLAIM_ID_MISMATCH, KVK),
        (unfiled.claim_id, "waiting_for_filing", None, KVK),
    }
    assert [entry.since for entry in found.entries] == sorted(entry.since for entry in found.entries)
    assert found.troubles == ()
    assert found.checked_at is not None
    complete = next(entry for entry in found.entries if entry.state == "complete")
    assert [answer.reason for answer in complete.answers] == [None]
    assert complete.answers[0].arrived_at is not None
    assert (complete.version, complete.status) == (1, ClaimStatus.FILED)
    closed = inbox.list(actor=CASEWORKER, closed=True).entries
    assert [entry.claim_id for entry in closed if entry.state == "closed"] == [gone.claim_id]
    assert lines(town) == [("list", "claim_review", "Ok")] * 2


def test_open_gives_the_contents_of_what_was_filed_and_leaves_a_line(town: Town, inbox: ClaimInbox) -> None:
    claim = version(town.id_of(contents()), contents())
    town.file(claim)
    town.run()
    with pytest.raises(errors.NotFound):
        inbox.open(actor=CASEWORKER, claim_id=claim.claim_id)
    town.deliver(claim)
    town.run()

    assert inbox.open(actor=CASEWORKER, claim_id=claim.claim_id) == claim

    assert lines(town) == [("open", "claim_review", "Ok")] * 2


def test_only_who_decides_on_claims_sees_them(town: Town, inbox: ClaimInbox) -> None:
    for act in (
        lambda: inbox.list(actor=ADMINISTRATOR),
        lambda: inbox.open(actor=ADMINISTRATOR, claim_id=ClaimId(bytes(32))),
    ):
        with pytest.raises(errors.NotAllowed):
            act()
    assert lines(town) == [("refused", "claim_review", "Error")] * 2
