"""How far an admitted creditor gets that holds a copy of the whole chain and asks about whomever it likes."""

from __future__ import annotations

import dataclasses
import itertools
import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from schuldhulp import errors
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto import voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.commitments import evaluation_request_digest
from schuldhulp.crypto.keyring import EvaluatorKeys, create_keyring, epoch_keys
from schuldhulp.crypto.pseudonyms import claim_id, tag
from schuldhulp.crypto.ristretto import group
from schuldhulp.crypto.voprf import Blinding, Evaluation
from schuldhulp.domain.identifiers import Identifier, IdentifierKind, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.types import Epoch, Tag
from schuldhulp.errors import LimitReached
from schuldhulp.services.admission import STANDARD_QUOTA
from schuldhulp.services.evaluation import EvaluationRequest, EvaluationService
from schuldhulp.services.ports import Organisation
from tests.support.asking import tag_of
from tests.support.evaluation import (
    ANNOUNCED,
    CHAIN_ID,
    CURRENT,
    KVK,
    MUNICIPALITY,
    OLDEST,
    REGISTRY,
    Evaluator,
    make_elements,
)
from tests.support.reach import ACCOUNTS, BOOK, BSN, CITY, DAYS_OF_AN_EPOCH

KNOWN_EVERY = 100
"""One in so many of the city is known to the credit bank."""

BATCH = 500


def person(number: int) -> Identifier:
    """Give an entry of the address book."""
    surname = "".join(chr(ord("a") + number // 26**place % 26) for place in range(5))
    return parse_person(f"{surname};1980-01-01;9711AB;{number % 90 + 1}")


@dataclasses.dataclass
class Rogue:
    """A creditor that asks an evaluation service directly and keeps every answer."""

    evaluator: Evaluator
    service: EvaluationService
    account: AccountKey
    organisation: str = KVK

    def evaluate(
        self, elements: Sequence[bytes], *, epoch: Epoch = CURRENT, kind: IdentifierKind = IdentifierKind.NADB
    ) -> Evaluation:
        """Have elements evaluated in a request of its own."""
        asked = {
            "municipality": MUNICIPALITY,
            "kind": kind,
            "epoch": epoch,
            "organisation": self.organisation,
            "elements": tuple(elements),
            "nonce": secrets.token_bytes(32),
            "expiry": int(self.evaluator.clock.now().timestamp()) + 120,
        }
        digest = evaluation_request_digest(chain_id=CHAIN_ID, registry=REGISTRY, **asked)
        answer = self.service.evaluate(EvaluationRequest(**asked, signature=digest_signer(self.account)(digest)))
        return Evaluation(evaluated=answer.evaluated, proof=answer.proof, key=answer.key)

    def tags(self, identifiers: Sequence[Identifier], *, epoch: Epoch = CURRENT) -> list[Tag]:
        """Ask for the tags of persons, all of one kind."""
        kind = identifiers[0].kind
        blindings = [voprf.blind(one.encoded) for one in identifiers]
        evaluation = self.evaluate([one.element for one in blindings], epoch=epoch, kind=kind)
        outputs = voprf.finalize(blindings, evaluation, published_key=published(self.evaluator, epoch, kind))
        return [tag(MUNICIPALITY, epoch, kind, output) for output in outputs]


def published(evaluator: Evaluator, epoch: Epoch, kind: IdentifierKind) -> bytes:
    return evaluator.keys.public_keys(epoch)[kind - 1]


@pytest.fixture
def rogue(evaluator: Evaluator) -> Rogue:
    evaluator.admit(daily=STANDARD_QUOTA.daily, per_epoch=STANDARD_QUOTA.per_epoch, bsn_ground="Wet SUWI, artikel 62")
    return Rogue(evaluator, evaluator.service, evaluator.creditor)


@pytest.fixture
def second(evaluator: Evaluator) -> Iterator[Evaluator]:
    """A second evaluator on the same database."""
    other = Evaluator(
        url=evaluator.url,
        keys=evaluator.keys,
        chain=evaluator.chain,
        clock=evaluator.clock,
        creditor=evaluator.creditor,
        registrar=evaluator.registrar,
    )
    yield other
    other.store.close()


def test_bsn_space_is_what_the_eleven_test_leaves() -> None:
    assert BSN.space == 90_909_091
    assert (BSN.in_an_epoch, BSN.epochs) == (10_000, 9_091)


def test_an_address_book_and_the_chain_give_the_quota_of_an_epoch_and_no_more(rogue: Rogue) -> None:
    evaluator, book = rogue.evaluator, iter(range(CITY))
    learnt: dict[int, bool] = {}
    days = 0
    for day in range(DAYS_OF_AN_EPOCH):
        evaluator.clock.advance(days=1)
        before = len(learnt)
        spent = len(learnt) == STANDARD_QUOTA.per_epoch
        # More than a day's quota at first, then what fits, and just one more; one a day once everything is spent.
        for size in (1,) if spent else (BATCH, 1) if day else (1_000, BATCH, 1):
            numbers = list(itertools.islice(book, size))
            try:
                found = rogue.tags([person(number) for number in numbers])
            except LimitReached:
                book = itertools.chain(numbers, book)
                continue
            copy_of_the_chain = {
                tag_of(evaluator.keys, person(number)) for number in numbers if number % KNOWN_EVERY == 0
            }
            learnt |= {number: one in copy_of_the_chain for number, one in zip(numbers, found, strict=True)}
        if len(learnt) > before:
            days = day + 1
    assert len(learnt) == BOOK.in_an_epoch == STANDARD_QUOTA.per_epoch
    assert days == BOOK.days == 20
    assert len(learnt) / CITY == BOOK.share
    # What it learns is right: the bound is no accident of an attack that does not work.
    assert all(known == (number % KNOWN_EVERY == 0) for number, known in learnt.items())


def test_epochs_and_kinds_share_the_quota_of_a_day(rogue: Rogue) -> None:
    rogue.evaluate(make_elements(300))
    rogue.evaluate(make_elements(100), epoch=OLDEST)
    rogue.evaluate(make_elements(100), kind=IdentifierKind.BSN)
    for epoch, kind in itertools.product((OLDEST, CURRENT), IdentifierKind):
        with pytest.raises(LimitReached) as caught:
            rogue.evaluate(make_elements(1), epoch=epoch, kind=kind)
        assert caught.value.key == "daily_quota_spent"


def test_ten_accounts_on_two_evaluators_share_one_quota(rogue: Rogue, second: Evaluator) -> None:
    evaluator = rogue.evaluator
    keys = [AccountKey.generate() for _ in range(10)]
    organisation = evaluator.store.organisation(KVK)
    assert organisation is not None
    ten = dataclasses.replace(organisation, accounts=tuple(key.address for key in keys))
    evaluator.store.admit(ten, by="administrator", at=evaluator.clock.now())
    evaluator.chain.roles |= {("CREDITOR", key.address) for key in keys}
    rogues = [
        Rogue(evaluator, service, key)
        for key, service in zip(keys, itertools.cycle((evaluator.service, second.service)), strict=False)
    ]
    elements = make_elements(BATCH)

    def ask(asker: Rogue, size: int) -> int:
        try:
            return len(asker.evaluate(elements[:size]).evaluated)
        except LimitReached:
            return 0

    with ThreadPoolExecutor(len(rogues)) as pool:
        asked = list(pool.map(ask, rogues * 3, [50] * 3 * len(rogues)))
    assert sum(asked) == STANDARD_QUOTA.daily
    total = sum(asked)
    for day in range(DAYS_OF_AN_EPOCH):
        evaluator.clock.advance(days=1)
        asker = rogues[day % len(rogues)]
        total += ask(asker, BATCH if total < STANDARD_QUOTA.per_epoch else 1)
    total += sum(ask(asker, 1) for asker in rogues)
    assert total == ACCOUNTS.in_an_epoch == STANDARD_QUOTA.per_epoch
    assert total / CITY == ACCOUNTS.share


def test_an_account_of_another_organisation_does_not_open_its_quota(rogue: Rogue) -> None:
    stranger, evaluator = AccountKey.generate(), rogue.evaluator
    other = Organisation(
        kvk="87654321",
        name="Ander",
        accounts=(stranger.address,),
        quota=STANDARD_QUOTA,
        bsn_ground=None,
        suspended=False,
    )
    evaluator.store.admit(other, by="administrator", at=evaluator.clock.now())
    evaluator.chain.roles.add(("CREDITOR", stranger.address))
    with pytest.raises(errors.NotAdmitted):
        dataclasses.replace(rogue, organisation=other.kvk).evaluate(make_elements(1))
    with pytest.raises(errors.NotAdmitted):
        dataclasses.replace(rogue, account=stranger).evaluate(make_elements(1))


def test_a_kept_answer_helps_for_no_other_epoch_or_kind(rogue: Rogue) -> None:
    keys = rogue.evaluator.keys
    jansen, bsn = person(7), bsn_identifier(parse_bsn("999990019"))
    enrolled = {tag_of(keys, one, epoch) for one in (jansen, bsn) for epoch in (OLDEST, CURRENT, ANNOUNCED)}
    blinding = voprf.blind(jansen.encoded)
    kept = rogue.evaluate([blinding.element])
    (output,) = voprf.finalize([blinding], kept, published_key=published(rogue.evaluator, CURRENT, jansen.kind))
    labels = itertools.product((OLDEST, CURRENT, ANNOUNCED), IdentifierKind)
    guesses = {tag(MUNICIPALITY, epoch, kind, output) for epoch, kind in labels}
    assert guesses & enrolled == {tag_of(keys, jansen, CURRENT)}
    # Nor does the blinded question, answered under another key: it is no proof for this one.
    for epoch, kind in ((OLDEST, IdentifierKind.NADB), (CURRENT, IdentifierKind.BSN)):
        with pytest.raises(errors.ProofInvalid):
            voprf.finalize([blinding], kept, published_key=published(rogue.evaluator, epoch, kind))
    # The next epoch cannot be asked ahead.
    with pytest.raises(errors.Conflict):
        rogue.evaluate([blinding.element], epoch=ANNOUNCED)


def test_an_element_gives_no_more_than_one_person(rogue: Rogue) -> None:
    people = [person(number) for number in range(3)]
    blindings = [voprf.blind(one.encoded) for one in people]
    key = published(rogue.evaluator, CURRENT, IdentifierKind.NADB)
    real = {tag_of(rogue.evaluator.keys, one) for one in people}
    # All three folded into one element, and each unblinded from the one answer.
    folded = group().add(group().add(blindings[0].element, blindings[1].element), blindings[2].element)
    answer = rogue.evaluate([folded])
    assert len(answer.evaluated) == 1
    forged = [dataclasses.replace(one, element=folded) for one in blindings]
    outputs = [voprf.finalize([one], answer, published_key=key)[0] for one in forged]
    assert not {tag(MUNICIPALITY, CURRENT, IdentifierKind.NADB, output) for output in outputs} & real
    # The sums of answers are answers to sums: three persons take three answers, in whatever shape they are asked.
    pair = group().add(blindings[0].element, blindings[1].element)
    both, one, three = (rogue.evaluate([element]).evaluated[0] for element in (pair, blindings[1].element, folded))
    assert group().add(both, rogue.evaluate([blindings[2].element]).evaluated[0]) == three
    assert one != both


def test_a_batch_is_charged_for_each_element(rogue: Rogue) -> None:
    twice = [voprf.blind(person(1).encoded).element] * 250
    rogue.evaluate(twice)
    rogue.evaluate(twice)
    with pytest.raises(LimitReached):
        rogue.evaluate(twice[:1])


def test_claim_ids_are_no_oracle_for_tags(rogue: Rogue) -> None:
    keys, jansen = rogue.evaluator.keys, person(7)
    enrolled = {tag_of(keys, jansen, epoch) for epoch in keys.epochs}
    blinding: Blinding = voprf.blind(jansen.encoded)
    answer = voprf.evaluate(keys.claim_id, [blinding.element])
    (output,) = voprf.finalize([blinding], answer, published_key=voprf.public_key(keys.claim_id))
    labels = itertools.product(keys.epochs, IdentifierKind)
    assert not {tag(MUNICIPALITY, epoch, kind, output) for epoch, kind in labels} & enrolled
    # Nor would a tag's output be a claim id with the same hash.
    assert bytes(claim_id(MUNICIPALITY, output))[2:28] not in {bytes(one)[6:] for one in enrolled}


@pytest.mark.parametrize("kind", IdentifierKind)
def test_a_keyring_in_which_claim_ids_share_a_key_with_tags_is_refused(tmp_path: Path, kind: IdentifierKind) -> None:
    drawn = epoch_keys(CURRENT)
    shared = {**drawn, "claim-id": drawn[f"voprf/{CURRENT}/{int(kind)}"]}
    with pytest.raises(errors.Misconfigured):
        EvaluatorKeys(create_keyring(tmp_path, "evaluator", shared))
