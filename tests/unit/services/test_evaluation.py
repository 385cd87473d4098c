from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.crypto import voprf
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch, MunicipalityCode
from schuldhulp.services.evaluation import MUNICIPALITY_QUOTA, EvaluationRequest, EvaluationService
from schuldhulp.services.ports import Charge, Organisation, Quota
from tests.support.evaluation import ANNOUNCED, CHAIN_ID, CURRENT, KVK, MUNICIPALITY, REGISTRY, SetClock, ToldChain

ACCOUNT = "0x" + "1" * 40
ELEMENT = voprf.blind(b"input").element
KEYS = {(CURRENT, kind): voprf.generate_key() for kind in IdentifierKind}
PUBLISHED = {place: voprf.public_key(key) for place, key in KEYS.items()}


class FewKeys:
    """The part of the keyring that the service uses."""

    epochs = (CURRENT,)

    def __init__(self) -> None:
        self.damaged = False

    def refresh(self) -> None:
        if self.damaged:
            raise errors.Misconfigured("keyring_damaged", "the evaluator keyring is damaged", purpose="evaluator")

    def voprf(self, epoch: Epoch, kind: IdentifierKind) -> voprf.VoprfKey | None:
        return KEYS.get((epoch, kind))

    def public_keys(self, epoch: Epoch) -> tuple[bytes, ...]:
        return tuple(PUBLISHED[epoch, kind] for kind in IdentifierKind)


class OneOrganisation:
    """A store with one organisation that remembers what was charged."""

    def __init__(self) -> None:
        self.entry: Organisation | None = Organisation(
            kvk=KVK,
            name="Voorbeeld",
            accounts=(ACCOUNT,),
            quota=Quota(daily=5, per_epoch=9),
            bsn_ground="Wet",
            suspended=False,
        )
        self.result = Charge.DONE
        self.charged: list[dict[str, Any]] = []
        self.taken: list[list[tuple[str, int, int]]] = []
        self.within_burst = True
        self.refusals: Counter[tuple[date, str, str]] = Counter()
        self.works = True

    def organisation(self, kvk: str) -> Organisation | None:
        return self.entry if kvk == KVK else None

    def charge(self, **arguments: Any) -> Charge:
        self.charged.append(arguments)
        return self.result

    def was_charged(self, request: bytes) -> bool:
        return any(entry["request"] == request for entry in self.charged)

    def take(self, takings: Any, at: datetime) -> bool:
        self.taken.append(list(takings))
        return self.within_burst

    def add_refusals(self, counts: Any) -> None:
        self.refusals.update(counts)

    def check(self) -> None:
        if not self.works:
            raise errors.Unreachable("database_unreachable", "the database does not answer")


class Scene:
    """A service with everything around it told what to answer."""

    def __init__(self) -> None:
        self.chain = ToldChain(
            keys=dict(PUBLISHED),
            roles={("CREDITOR", ACCOUNT), ("BSN_CREDITOR", ACCOUNT), ("REGISTRAR", ACCOUNT)},
        )
        self.store, self.keys = OneOrganisation(), FewKeys()
        self.clock = SetClock()
        self.account: str | errors.SchuldhulpError = ACCOUNT
        self.digests: list[bytes] = []
        self.service = EvaluationService(
            municipality=MUNICIPALITY,
            chain_id=CHAIN_ID,
            registry_address=REGISTRY,
            chain=self.chain,  # type: ignore[arg-type]
            keys=self.keys,  # type: ignore[arg-type]
            store=self.store,  # type: ignore[arg-type]
            recover_account=self.recover,
            clock=self.clock,
            head_max_age=900,
        )

    def recover(self, digest: bytes, signature: bytes) -> str:
        self.digests.append(digest)
        if isinstance(self.account, errors.SchuldhulpError):
            raise self.account
        return self.account

    def request(self, **changes: Any) -> EvaluationRequest:
        right = EvaluationRequest(
            municipality=MUNICIPALITY,
            kind=IdentifierKind.NADB,
            epoch=CURRENT,
            organisation=KVK,
            elements=(ELEMENT,),
            nonce=secrets.token_bytes(32),
            expiry=int(self.clock.now().timestamp()) + 60,
            signature=bytes(65),
        )
        return replace(right, **changes)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_evaluate_charges_exactly_what_it_evaluates(scene: Scene) -> None:
    request = scene.request(elements=(ELEMENT, ELEMENT))
    answer = scene.service.evaluate(request)
    assert len(answer.evaluated) == 2
    assert answer.key == PUBLISHED[CURRENT, IdentifierKind.NADB]
    assert scene.store.charged == [
        {
            "organisation": KVK,
            "account": ACCOUNT,
            "quota": Quota(daily=5, per_epoch=9),
            "epoch": CURRENT,
            "elements": 2,
            "nonce": request.nonce,
            "at": scene.clock.now(),
            "request": scene.digests[0],
        }
    ]


def test_evaluate_charges_the_municipality_up_to_its_own_bound_and_without_a_minute_limit(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.service.evaluate(scene.request(organisation="municipality"))
    charged = scene.store.charged[0]
    assert (charged["quota"].daily, charged["account"]) == (MUNICIPALITY_QUOTA, None)
    assert scene.store.taken == []
    scene.store.result = Charge.DAY_SPENT
    with pytest.raises(errors.LimitReached):
        scene.service.evaluate(scene.request(organisation="municipality"))
    assert "bound of today, 50000" in caplog.text


def test_evaluate_takes_every_request_of_an_organisation_from_its_minute(scene: Scene) -> None:
    scene.service.evaluate(scene.request(elements=(ELEMENT,) * 3))
    assert scene.store.taken == [[(f"requests/{KVK}", 1, 120), (f"elements/{KVK}", 3, 10_000)]]
    scene.store.within_burst = False
    scene.clock.advance(seconds=18)
    with pytest.raises(errors.LimitReached) as caught:
        scene.service.evaluate(scene.request())
    assert (caught.value.key, caught.value.retry_after) == ("burst_spent", 42)
    assert len(scene.store.charged) == 1


def test_evaluate_counts_refusals_under_who_proved_to_ask(scene: Scene) -> None:
    def refuse(**changes: Any) -> None:
        with pytest.raises(errors.SchuldhulpError):
            scene.service.evaluate(scene.request(**changes))

    refuse(epoch=Epoch(1))
    refuse(organisation="87654321")
    scene.chain.roles.clear()
    refuse()
    refuse(organisation="municipality")
    scene.service.close()
    day = scene.clock.now().date()
    assert scene.store.refusals == {
        (day, KVK, "epoch_not_open"): 1,
        (day, "", "signature_unknown"): 1,
        (day, KVK, "role_missing"): 1,
        (day, "", "role_missing"): 1,
    }


def test_evaluate_binds_the_signature_to_every_field(scene: Scene) -> None:
    request = scene.request()
    scene.service.evaluate(request)
    for changes in (
        {"kind": IdentifierKind.BSN},
        {"elements": (ELEMENT, ELEMENT)},
        {"nonce": bytes(32)},
        {"expiry": request.expiry + 1},
        {"organisation": "municipality"},
    ):
        scene.service.evaluate(replace(request, **changes))
    assert len(set(scene.digests)) == 6


def _no_organisation(scene: Scene) -> dict[str, Any]:
    scene.store.entry = None
    return {}


def _suspended(scene: Scene) -> dict[str, Any]:
    assert scene.store.entry is not None
    scene.store.entry = replace(scene.store.entry, suspended=True)
    return {}


def _no_ground(scene: Scene) -> dict[str, Any]:
    assert scene.store.entry is not None
    scene.store.entry = replace(scene.store.entry, bsn_ground=None)
    return {"kind": IdentifierKind.BSN}


def _no_signature(scene: Scene) -> dict[str, Any]:
    scene.account = errors.InvalidInput("signature_invalid", "the signature is malformed")
    return {}


def _no_roles(scene: Scene) -> dict[str, Any]:
    scene.chain.roles.clear()
    return {}


def _other_key(scene: Scene) -> dict[str, Any]:
    scene.chain.keys[CURRENT, IdentifierKind.NADB] = ELEMENT
    return {}


def _no_key(scene: Scene) -> dict[str, Any]:
    scene.chain.keys[ANNOUNCED, IdentifierKind.NADB] = ELEMENT
    return {"organisation": "municipality", "epoch": ANNOUNCED}


def _no_chain(scene: Scene) -> dict[str, Any]:
    scene.chain.reachable = False
    return {}


@pytest.mark.parametrize(
    ("arrange", "kind", "key"),
    [
        (lambda _: {"municipality": MunicipalityCode(15)}, errors.NotFound, "municipality_unknown"),
        (lambda _: {"epoch": Epoch(1)}, errors.Conflict, "epoch_not_open"),
        (lambda _: {"epoch": ANNOUNCED}, errors.Conflict, "epoch_not_open"),
        # A number between the current epoch and the announced one that was never an epoch.
        (lambda _: {"epoch": Epoch(20265), "organisation": "municipality"}, errors.Conflict, "epoch_not_open"),
        (lambda _: {"expiry": 0}, errors.InvalidInput, "request_expired"),
        (lambda _: {"expiry": 2**63}, errors.InvalidInput, "expiry_too_far"),
        (_no_signature, errors.NotAdmitted, "signature_unknown"),
        (_no_organisation, errors.NotAdmitted, "signature_unknown"),
        (_suspended, errors.NotAllowed, "organisation_suspended"),
        (_no_ground, errors.NotAllowed, "bsn_not_allowed"),
        (_no_roles, errors.NotAllowed, "role_missing"),
        (lambda _: {"elements": (ELEMENT, bytes(32))}, errors.InvalidInput, "element_invalid"),
        (_other_key, errors.Unreachable, "evaluator_key_missing"),
        (_no_key, errors.Unreachable, "evaluator_key_missing"),
        (_no_chain, errors.Unreachable, "chain_unreachable"),
    ],
)
def test_evaluate_refuses_before_anything_is_charged(
    scene: Scene, arrange: Callable[[Scene], dict[str, Any]], kind: type[errors.SchuldhulpError], key: str
) -> None:
    with pytest.raises(kind) as caught:
        scene.service.evaluate(scene.request(**arrange(scene)))
    assert caught.value.key == key
    assert scene.store.charged == []


@pytest.mark.parametrize("result", [Charge.REPLAYED, Charge.DAY_SPENT, Charge.ACCOUNT_SPENT, Charge.EPOCH_SPENT])
def test_evaluate_evaluates_nothing_that_was_not_charged(
    scene: Scene, result: Charge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evaluate(*_arguments: object) -> None:
        raise AssertionError("nothing may be evaluated")

    monkeypatch.setattr(voprf, "evaluate", evaluate)
    scene.store.result = result
    with pytest.raises((errors.Conflict, errors.LimitReached)):
        scene.service.evaluate(scene.request())


def test_evaluate_answers_a_repetition_without_a_charge_also_when_it_has_expired(scene: Scene) -> None:
    request = scene.request()
    first = scene.service.evaluate(request)
    scene.store.result = Charge.REPEATED
    assert scene.service.evaluate(request).evaluated == first.evaluated
    scene.store.charged = scene.store.charged[:1]
    scene.clock.advance(hours=20)
    assert scene.service.evaluate(request).evaluated == first.evaluated
    assert len(scene.store.charged) == 1
    with pytest.raises(errors.InvalidInput):
        scene.service.evaluate(replace(request, elements=(ELEMENT, ELEMENT)))


def test_evaluate_repeats_nothing_for_whom_was_suspended_since(scene: Scene) -> None:
    request = scene.request()
    scene.service.evaluate(request)
    _suspended(scene)
    scene.clock.advance(hours=1)
    with pytest.raises(errors.NotAllowed):
        scene.service.evaluate(request)


def test_health_looks_at_each_part(scene: Scene) -> None:
    health = scene.service.health()
    assert (health.chain, health.database, health.keys) == (True, True, True)
    scene.store.works = False
    assert not scene.service.health().database
    scene.chain.keys.clear()
    assert not scene.service.health().keys
    scene.chain.reachable = False
    health = scene.service.health()
    assert (health.chain, health.keys) == (False, False)


def test_a_changed_keyring_that_cannot_be_read_leaves_the_keys_in_use(scene: Scene) -> None:
    scene.keys.damaged = True
    assert scene.service.evaluate(scene.request()).key == PUBLISHED[CURRENT, IdentifierKind.NADB]
    assert len(scene.service.public_keys()) == len(PUBLISHED)


def test_public_keys_are_those_of_every_epoch_and_kind(scene: Scene) -> None:
    assert scene.service.public_keys() == [(CURRENT, kind, PUBLISHED[CURRENT, kind]) for kind in IdentifierKind]


@pytest.mark.parametrize(
    "arrange",
    [lambda _: {"expiry": 0}, lambda _: {"municipality": MunicipalityCode(15)}, _no_signature, _no_organisation],
)
def test_evaluate_asks_no_chain_about_what_nobody_signed(
    scene: Scene, arrange: Callable[[Scene], dict[str, Any]]
) -> None:
    with pytest.raises(errors.SchuldhulpError):
        scene.service.evaluate(scene.request(**arrange(scene)))
    assert scene.chain.asked == 0


def test_evaluate_answers_nothing_while_the_chain_stands_still(scene: Scene) -> None:
    scene.chain.stands_still = True
    with pytest.raises(errors.Unreachable) as caught:
        scene.service.evaluate(scene.request())
    assert caught.value.key == "chain_stale"
    assert scene.store.charged == []
    assert not scene.service.health().chain


def test_evaluate_asks_the_chain_once_about_a_stranger_that_calls_itself_the_municipality(scene: Scene) -> None:
    scene.chain.roles.clear()
    for _ in range(5):
        with pytest.raises(errors.NotAllowed) as caught:
            scene.service.evaluate(scene.request(organisation="municipality", epoch=ANNOUNCED))
        assert caught.value.key == "role_missing"
    assert scene.chain.asked == 1
