"""Claims that staff of an organisation hand in on the pages: a real client on a real chain, killed and gone on with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData

from schuldhulp import errors
from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.page_claims import PageFiler
from schuldhulp.creditor.transactions import Transactions
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.claims import ClaimStatus, ReceiptOutcome, RefusalReason, contents_to_plain
from schuldhulp.domain.types import ClaimId
from schuldhulp.services.creditor_pages.claim_views import Unfinished
from schuldhulp.services.creditor_pages.claims import ClaimPages
from schuldhulp.services.creditor_pages.turns import Turns
from schuldhulp.storage import SqlStore
from tests.support.chain import MUNICIPALITY, DeployedChain
from tests.support.claims_stage import CLOCK, ClaimStage, Party, claims_chain, claims_stage, contents
from tests.support.database import Databases
from tests.support.evaluation import KVK
from tests.support.factories import MUNICIPALITY as LOGGED
from tests.support.factories import RecordKeeping

PLACES = [
    (ClaimJournal, "_write"),
    (Transactions, "send"),
    (HttpChannel, "deliver"),
    (HttpChannel, "send_claim_ids"),
]
"""What leaves something behind that outlives the process."""

NAME = "Woningstichting Voorbeeld"
STRANGER = Actor(
    kind="creditor", id="11111111", name="Ander", roles=frozenset({Role.CREDITOR}), organisation="11111111"
)


class Killed(BaseException):
    """Stands for the end of the process; nothing catches it."""


@dataclass
class Pages:
    """The service of the pages as a cockpit has it, and who works on them."""

    stage: ClaimStage
    keeping: RecordKeeping
    waits: list[float] = field(default_factory=list)
    bsn: bool = False
    actor: Actor = field(
        default_factory=lambda: Actor(
            kind="creditor", id=KVK, name=NAME, roles=frozenset({Role.CREDITOR}), organisation=KVK, session="a login"
        )
    )

    def service(self, *, patience: float = 1.0, **changes: Any) -> ClaimPages:
        """Start the service, as in a process of its own."""
        party: Party = self.stage.creditor

        def opened(kvk: str) -> PageFiler | None:
            return PageFiler(self.stage.client(party)) if kvk == party.kvk else None

        arguments: dict[str, Any] = {
            "store": self.keeping.store,
            "log": self.keeping.log,
            "clock": CLOCK,
            "municipality": MUNICIPALITY,
            "turns": Turns(opened, patience=patience, sleep=self.waits.append),
            "account": lambda kvk: party.account.address if kvk == party.kvk else None,
            "may_use_bsn": lambda kvk: self.bsn,
            "organisations": lambda: [party.kvk],
        }
        return ClaimPages(**(arguments | changes))

    def file(self, service: ClaimPages | None = None, **changes: Any) -> ClaimId:
        """File a claim, as somebody on the page does."""
        pages = service or self.service()
        said = pages.read(actor=self.actor, fields=typed(**changes))
        return pages.file(actor=self.actor, contents=said).claim_id

    def lines(self) -> list[tuple[str, str, str]]:
        """Name, status and reason of each line of the log about claims."""
        with self.keeping.store.read() as work:
            rows = [row for row in work.log.all(LOGGED) if row.purpose == "claim_filing"]
        return [(row.name, row.status, self.keeping.log._line(row, None).reason) for row in rows]


def typed(**changes: Any) -> dict[str, Any]:
    """Return what somebody filled in."""
    plain = contents_to_plain(contents(**changes))
    return {name: value for name, value in plain.items() if name not in ("municipality", "holder", "sent_at")}


@pytest.fixture(scope="module")
def claim_key() -> OpeningKey:
    return OpeningKey.generate()


@pytest.fixture(scope="module")
def chain(evaluator_keys: EvaluatorKeys, claim_key: OpeningKey) -> Iterator[DeployedChain]:
    with claims_chain(evaluator_keys, claim_key) as running:
        yield running


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture
def pages(
    chain: DeployedChain, evaluator_keys: EvaluatorKeys, claim_key: OpeningKey, databases: Databases, tmp_path: Path
) -> Iterator[Pages]:
    with (
        claims_stage(chain, evaluator_keys, claim_key, tmp_path) as stage,
        databases.engine("sqlite", tmp_path) as engine,
    ):
        stage.admit(stage.creditor)
        yield Pages(stage=stage, keeping=RecordKeeping(SqlStore(engine)))


def test_file_waits_until_the_account_was_set_up_in_the_background(pages: Pages) -> None:
    with pytest.raises(errors.Misconfigured) as caught:
        pages.file()
    assert caught.value.key == "account_not_set_up"
    service = pages.service()
    service.catch_up()
    claim_id = pages.file(service)
    [claim] = service.list(actor=pages.actor)
    assert (claim.claim_id, claim.status, claim.is_holder) == (claim_id, ClaimStatus.FILED, True)
    assert claim.delivered_at is not None
    ((_, sealed),) = pages.stage.delivered()
    assert (sealed.contents.holder.name, sealed.contents.holder.kvk) == (NAME, KVK)
    assert pages.lines() == [
        ("file_claim", "Ok", f"organisation {KVK}: file"),
        ("file_claim", "Error", f"organisation {KVK}: file"),
        ("file_claim", "Ok", f"organisation {KVK}: file"),
    ]


def test_set_up_is_refused_without_a_role_and_done_once_with_it(pages: Pages) -> None:
    service = pages.service()
    service.set_up(KVK)
    before = pages.stage.chain.gateway().head().number
    pages.service().set_up(KVK)
    assert pages.stage.chain.gateway().head().number == before
    with pytest.raises(errors.NotAdmitted):
        service.set_up("11111111")


def test_nothing_of_a_claim_stands_in_the_database_or_readable_in_the_journal(pages: Pages, tmp_path: Path) -> None:
    service = pages.service()
    service.set_up(KVK)
    pages.file(service, reference="GEHEIM-77")
    metadata, engine = MetaData(), pages.keeping.store._engine  # type: ignore[attr-defined]
    metadata.reflect(engine)
    with engine.connect() as connection:
        everything = repr([connection.execute(table.select()).all() for table in metadata.sorted_tables])
    kept = b"".join(path.read_bytes() for path in pages.stage.creditor.folder.rglob("*") if path.is_file())
    for secret in ("Jansen", "GEHEIM-77", "NL91ABNA0417164300", "9711AB"):
        assert secret not in everything
        assert secret.encode() not in kept


def test_decision_receipt_and_contents_come_back_to_the_page(pages: Pages) -> None:
    service = pages.service()
    service.set_up(KVK)
    claim_id = pages.file(service)
    ((message, _),) = pages.stage.delivered()
    with pages.stage.client() as client:
        stands = client.state(claim_id).commitment
    pages.stage.send_receipt(message, stands)
    assert service.refresh(actor=pages.actor) == []
    found = service.open(actor=pages.actor, claim_id=claim_id)
    assert found.claim.receipt is not None
    assert found.claim.receipt.outcome is ReceiptOutcome.ACCEPTED
    assert found.contents is not None
    assert found.contents.debtor.surname == "Jansen"
    [receipt] = found.receipts
    [file] = (pages.stage.creditor.folder / "receipts").iterdir()
    assert receipt.content == file.read_bytes()
    assert service.last_contents(actor=pages.actor) == found.contents


def test_amend_keeps_creditor_and_reference_and_shows_a_refusal(pages: Pages) -> None:
    service = pages.service()
    service.set_up(KVK)
    claim_id = pages.file(service)
    ((message, _),) = pages.stage.delivered()
    before = service.open(actor=pages.actor, claim_id=claim_id)
    with pages.stage.client() as client:
        stands = client.state(claim_id).commitment
    pages.stage.send_receipt(message, stands, reason=RefusalReason.UNDECRYPTABLE)
    service.catch_up()
    shown = service.open(actor=pages.actor, claim_id=claim_id).claim
    assert shown.receipt is not None
    assert shown.receipt.reason is RefusalReason.UNDECRYPTABLE
    other = typed(reference="another", costs=9900)
    said = service.read(actor=pages.actor, fields=other, base=before.contents)
    assert said.reference == "fac-2026/001"
    assert service.amend(actor=pages.actor, contents=said).claim_id == claim_id
    assert [claim.contents.costs for _, claim in pages.stage.delivered()] == [4000, 9900]


def test_hand_over_and_withdraw(pages: Pages) -> None:
    service = pages.service()
    service.set_up(KVK)
    pages.stage.admit(pages.stage.collector)
    first, second = pages.file(service), pages.file(service, reference="two")
    assert service.withdraw(actor=pages.actor, claim_id=first).status is ClaimStatus.WITHDRAWN
    own = pages.stage.creditor.account.address
    for holder, key in ((own, "holder_same"), ("0x12", "account_invalid")):
        with pytest.raises(errors.InvalidInput) as caught:
            service.hand_over(actor=pages.actor, claim_id=second, holder=holder)
        assert (caught.value.key, caught.value.field) == (key, "holder")
    with pytest.raises(errors.NotAllowed) as refused:
        service.hand_over(actor=pages.actor, claim_id=second, holder="0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF")
    assert (refused.value.key, refused.value.field) == ("receiver_no_creditor", "holder")
    passed = service.hand_over(actor=pages.actor, claim_id=second, holder=pages.stage.collector.account.address)
    assert (passed.is_holder, passed.may_withdraw, passed.may_amend) == (False, False, False)
    assert [claim.claim_id for claim in service.list(actor=pages.actor)] == [second, first]


def test_another_organisation_reaches_no_claim(pages: Pages) -> None:
    service = pages.service()
    service.set_up(KVK)
    claim_id = pages.file(service)
    for act in (
        lambda actor: service.open(actor=actor, claim_id=claim_id),
        lambda actor: service.withdraw(actor=actor, claim_id=claim_id),
        lambda actor: service.list(actor=actor),
    ):
        with pytest.raises(errors.NotAdmitted):
            act(STRANGER)
    caseworker = Actor(kind="staff", id="1", roles=frozenset({Role.CASEWORKER}))
    with pytest.raises(errors.NotAllowed):
        service.list(actor=caseworker)
    with pytest.raises(errors.NotFound):
        service.withdraw(actor=pages.actor, claim_id=ClaimId(b"\x00\x0e" + b"\x01" * 30))
    assert service.desktop(actor=STRANGER).open is False
    assert service.desktop(actor=pages.actor).account == pages.stage.creditor.account.address


def test_only_the_chain_lets_a_citizen_service_number_through(pages: Pages) -> None:
    service = pages.service()
    service.set_up(KVK)
    debtor = {**typed()["debtor"], "bsn": "999990019"}
    said = service.read(actor=pages.actor, fields={**typed(), "debtor": debtor})
    with pytest.raises(errors.NotAllowed) as caught:
        service.file(actor=pages.actor, contents=said)
    assert (caught.value.key, caught.value.field) == ("bsn_not_allowed", "debtor.bsn")
    assert service.list(actor=pages.actor) == []


def test_work_waits_for_another_process_and_the_background_passes_it_over(pages: Pages) -> None:
    service = pages.service()
    service.set_up(KVK)
    with pages.stage.client():
        with pytest.raises(errors.Conflict) as caught:
            service.list(actor=pages.actor)
        assert caught.value.key == "journal_in_use"
        assert sum(pages.waits) >= 1.0
        service.catch_up()
    assert service.list(actor=pages.actor) == []


def test_two_colleagues_at_once_file_each_their_own_claim_once(pages: Pages) -> None:
    service = pages.service(patience=60.0)
    service.set_up(KVK)
    troubles: list[BaseException] = []

    def work(number: int) -> None:
        try:
            pages.file(service, reference=f"number {number % 3}")
        except BaseException as error:  # noqa: BLE001 - told by the test
            troubles.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert len(pages.stage.events("ClaimFiled")) == 3
    assert len(pages.stage.delivered()) == 3


def killed(monkeypatch: pytest.MonkeyPatch, place: int, act: Callable[[], object]) -> bool:
    """Do something, killed at one place, before or after it; say whether it got so far."""
    passed = 0

    def around(method: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: Any, **named: Any) -> Any:
            step()
            answer = method(*arguments, **named)
            step()
            return answer

        return wrapped

    def step() -> None:
        nonlocal passed
        passed += 1
        if passed == place:
            raise Killed

    with monkeypatch.context() as changed:
        for owner, name in PLACES:
            changed.setattr(owner, name, around(getattr(owner, name)))
        try:
            act()
        except Killed:
            return True
    return False


def test_a_claim_killed_at_each_place_is_gone_on_with_and_filed_once(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.service().set_up(KVK)
    place, left_to_its_owner = 1, 0
    while killed(monkeypatch, place, lambda: pages.file(reference=f"number {place}")):  # noqa: B023 - called at once
        after = pages.service()
        after.catch_up()
        mine = {claim.reference: claim for claim in after.list(actor=pages.actor)}
        found = mine.get(f"number {place}")
        if found is None:
            # Nothing of it was begun: whoever typed it does so again.
            pages.file(after, reference=f"number {place}")
        elif found.unfinished is not None:
            assert found.unfinished is Unfinished.FILE
            left_to_its_owner += 1
            assert after.go_on(actor=pages.actor, claim_id=found.claim_id).unfinished is None
        now = after.list(actor=pages.actor)
        assert len(now) == place
        assert all(claim.status is ClaimStatus.FILED and claim.delivered_at for claim in now)
        assert len(pages.stage.events("ClaimFiled")) == place
        assert len(pages.stage.delivered()) == place
        place += 1
    # Id, beginning, signature, transaction, seal, delivery: each before and after.
    assert place >= 14
    assert left_to_its_owner >= 1
