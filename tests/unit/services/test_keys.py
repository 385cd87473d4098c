from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schuldhulp.crypto import keyring_file, voprf
from schuldhulp.crypto.keyring import (
    AdministratorKeys,
    CockpitKeys,
    CreditorKeys,
    EvaluatorKeys,
    Keyring,
    NetworkKeys,
    RelayKeys,
    WorkerKeys,
)
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import Conflict, InvalidInput, Misconfigured
from schuldhulp.services.epoch_keys import add_epoch, destroy_epochs
from schuldhulp.services.keys import (
    PublicKeys,
    create_administration,
    create_creditor,
    create_keys,
    merge_public_keys,
    read_public_keys,
    renew_account,
    write_public_keys,
)

EPOCH = Epoch(20264)
CREDITORS = ("12345678", "87654321")


@pytest.fixture(autouse=True)
def quick_kdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_file, "MEMORY_KIB", 64)
    monkeypatch.setattr(keyring_file, "PASSES", 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def make(folder: Path, **changes: Any) -> PublicKeys:
    return create_keys(folder, **{"epoch": EPOCH, "creditors": CREDITORS, **changes})


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_create_keys_makes_every_keyring(folder: Path) -> None:
    public = make(folder)
    purposes = [
        "administrator",
        "cockpit",
        "creditor-12345678",
        "creditor-87654321",
        "evaluator",
        "network",
        "relay",
        "worker",
    ]
    files = [f"{purpose}.{suffix}" for purpose in purposes for suffix in ("keyring", "passphrase")]
    assert sorted(path.name for path in folder.iterdir()) == sorted([*files, "public.json"])
    cockpit, worker, relay = CockpitKeys.open(folder), WorkerKeys.open(folder), RelayKeys.open(folder)
    administrator, evaluator = AdministratorKeys.open(folder), EvaluatorKeys.open(folder)
    network = NetworkKeys.open(folder)
    assert public.addresses == {
        "deployer": network.deployer.address,
        "network_administrator": network.network_administrator.address,
        "administrator": administrator.administrator.address,
        "registrar": worker.registrar.address,
        "reviewer": worker.reviewer.address,
        "receipt_signer": worker.receipt.address,
    }
    assert len(set(public.addresses.values())) == 6
    assert public.claim_key == cockpit.claim.public_key
    assert public.claim_id_key == voprf.public_key(evaluator.claim_id)
    assert public.identity_key == cockpit.identity.public_key
    assert public.publication_key == worker.publication.public_key
    assert public.evaluator_keys == {EPOCH: evaluator.public_keys(EPOCH)}
    opened = {kvk: CreditorKeys.open(folder, kvk=kvk) for kvk in CREDITORS}
    assert public.creditors == {kvk: keys.account.address for kvk, keys in opened.items()}
    assert public.creditor_keys == {kvk: keys.messages.public_key for kvk, keys in opened.items()}
    assert relay.oidc_signing_pem().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_create_keys_shares_what_two_processes_need(folder: Path) -> None:
    make(folder)
    cockpit, worker, relay = CockpitKeys.open(folder), WorkerKeys.open(folder), RelayKeys.open(folder)
    assert cockpit.job == worker.job
    assert cockpit.claim == worker.claim
    assert cockpit.client_secret == relay.client_secret
    assert cockpit.cookie != relay.cookie


def test_create_keys_gives_an_older_worker_the_claim_key_and_keeps_the_rest(folder: Path) -> None:
    public = make(folder)
    keyring = Keyring.open(folder / "worker.keyring", folder / "worker.passphrase", purpose="worker")
    keyring.change(destroy=("claim",))
    with pytest.raises(Misconfigured) as caught:
        WorkerKeys.open(folder)
    assert caught.value.key == "claim_key_missing"
    assert "keys init" in str(caught.value)

    assert make(folder) == public

    assert WorkerKeys.open(folder).claim == CockpitKeys.open(folder).claim


def test_create_keys_a_second_time_changes_nothing(folder: Path) -> None:
    public = make(folder)
    before = contents(folder)
    assert make(folder) == public
    assert contents(folder) == before


def test_create_keys_adds_a_creditor_and_an_epoch(folder: Path) -> None:
    public = make(folder)
    before = contents(folder)
    added = make(folder, epoch=Epoch(20271), creditors=["11112222"])
    assert {kvk: added.creditors[kvk] for kvk in CREDITORS} == public.creditors
    assert set(added.creditors) == {*CREDITORS, "11112222"}
    assert added.evaluator_keys[EPOCH] == public.evaluator_keys[EPOCH]
    assert set(added.evaluator_keys) == {EPOCH, 20271}
    changed = {name for name, content in contents(folder).items() if before.get(name) != content}
    assert changed == {"evaluator.keyring", "public.json", "creditor-11112222.keyring", "creditor-11112222.passphrase"}


@pytest.mark.parametrize("missing", ["worker", "relay", "evaluator", "administrator", "creditor-12345678"])
def test_create_keys_completes_a_call_that_was_cut_short(folder: Path, missing: str) -> None:
    make(folder)
    (folder / f"{missing}.keyring").unlink()
    (folder / "public.json").unlink()
    make(folder)
    assert CockpitKeys.open(folder).job == WorkerKeys.open(folder).job
    assert CockpitKeys.open(folder).client_secret == RelayKeys.open(folder).client_secret


def test_create_keys_makes_no_new_cockpit_for_an_old_worker(folder: Path) -> None:
    make(folder)
    (folder / "cockpit.keyring").unlink()
    with pytest.raises(Misconfigured) as caught:
        make(folder)
    assert "cockpit" in str(caught.value)
    assert not (folder / "cockpit.keyring").exists()


def test_create_keys_are_random_for_each_folder(tmp_path: Path) -> None:
    one, other = (make(tmp_path / name) for name in ("one", "other"))
    assert not set(one.addresses.values()) & set(other.addresses.values())
    assert one.claim_key != other.claim_key
    assert one.evaluator_keys != other.evaluator_keys


@pytest.mark.parametrize(
    ("changes", "field"), [({"epoch": Epoch(0)}, "epoch"), ({"creditors": ["12345678", "nobody"]}, "kvk")]
)
def test_create_keys_refuses_bad_input_before_it_makes_anything(
    folder: Path, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        make(folder, **changes)
    assert caught.value.field == field
    assert not folder.exists()


def test_public_file_holds_no_secret_and_others_may_read_it(folder: Path) -> None:
    public = make(folder)
    path = folder / "public.json"
    assert stat.S_IMODE(path.stat().st_mode) & 0o400
    document = json.loads(path.read_text())
    assert set(document) == {
        "addresses",
        "claim_key",
        "publication_key",
        "identity_key",
        "evaluator_keys",
        "creditors",
        "creditor_keys",
        "claim_id_key",
    }
    text = path.read_text()
    cockpit = CockpitKeys.open(folder)
    for key in (cockpit.data, cockpit.index, cockpit.job, cockpit.claim, cockpit.identity, cockpit.client_secret):
        assert key.reveal().hex() not in text
    assert read_public_keys(folder) == public


def test_read_public_keys_names_a_missing_or_damaged_file(folder: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_public_keys(folder)
    assert caught.value.key == "public_keys_missing"
    folder.mkdir()
    for content in ("", "{", "[]", "{}", '{"addresses": 3}'):
        (folder / "public.json").write_text(content)
        with pytest.raises(Misconfigured) as caught:
            read_public_keys(folder)
        assert caught.value.key == "public_keys_damaged"


@pytest.mark.parametrize("account", ["registrar", "reviewer", "receipt_signer"])
def test_renew_account_draws_one_key_and_leaves_all_others(folder: Path, account: str) -> None:
    before = make(folder)
    old = WorkerKeys.open(folder)

    address = renew_account(folder, account, instead_of=before.addresses[account])

    new, public = WorkerKeys.open(folder), read_public_keys(folder)
    assert address != before.addresses[account]
    assert public.addresses == {**before.addresses, account: address}
    for name in WorkerKeys.accounts:
        assert (new.address(name) == old.address(name)) is (name != account)
        assert new.address(name) == public.addresses[name]
    assert new.job == old.job
    assert new.publication == old.publication
    assert public.publication_key == before.publication_key


def test_renew_account_again_draws_no_third_key_and_completes_the_public_file(folder: Path) -> None:
    before = make(folder)
    public_file = (folder / "public.json").read_bytes()
    address = renew_account(folder, "registrar", instead_of=before.addresses["registrar"])
    (folder / "public.json").write_bytes(public_file)  # as when it was cut short in between

    with pytest.raises(Conflict) as caught:
        renew_account(folder, "registrar", instead_of=before.addresses["registrar"])

    assert caught.value.field == "instead_of"
    assert WorkerKeys.open(folder).registrar.address == address
    assert read_public_keys(folder).addresses["registrar"] == address


def test_renew_account_works_without_the_public_file(folder: Path) -> None:
    before = make(folder)
    (folder / "public.json").unlink()
    assert renew_account(folder, "registrar", instead_of=before.addresses["registrar"]).startswith("0x")
    assert not (folder / "public.json").exists()


def test_renew_account_names_an_unknown_account(folder: Path) -> None:
    make(folder)
    with pytest.raises(InvalidInput) as caught:
        renew_account(folder, "administrator", instead_of="0x")
    assert caught.value.field == "account"


def test_create_administration_makes_one_keyring_once(folder: Path) -> None:
    address = create_administration(folder, "administrator")
    assert create_administration(folder, "administrator") == address
    assert sorted(path.name for path in folder.iterdir()) == ["administrator.keyring", "administrator.passphrase"]
    assert AdministratorKeys.open(folder).administrator.address == address
    assert create_administration(folder, "network") == NetworkKeys.open(folder).network_administrator.address


def test_create_creditor_makes_one_keyring_once(folder: Path) -> None:
    address = create_creditor(folder, "12345678")
    assert create_creditor(folder, "12345678") == address
    assert sorted(path.name for path in folder.iterdir()) == [
        "creditor-12345678.keyring",
        "creditor-12345678.passphrase",
    ]
    assert CreditorKeys.open(folder, kvk="12345678").account.address == address
    with pytest.raises(InvalidInput) as caught:
        create_creditor(folder, "nobody")
    assert caught.value.field == "kvk"


def test_create_administration_names_another_purpose(folder: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_administration(folder, "worker")
    assert caught.value.field == "only"


@pytest.fixture
def apart(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """Give the folder of a machine that holds one keyring, or none, and the public file of all."""
    make(folder)

    def machine(name: str) -> Path:
        found = tmp_path / f"machine-{name}"
        found.mkdir()
        for path in [*folder.glob(f"{name}.*"), folder / "public.json"]:
            shutil.copy(path, found)
        return found

    return machine


def test_merge_public_keys_keeps_what_both_machines_changed(apart: Callable[..., Path]) -> None:
    evaluator, worker, administrator = apart("evaluator"), apart("worker"), apart("administrator")
    before = read_public_keys(administrator)
    added = add_epoch(evaluator, Epoch(20271))
    registrar = renew_account(worker, "registrar", instead_of=before.addresses["registrar"])
    expected = replace(
        before,
        evaluator_keys={**before.evaluator_keys, Epoch(20271): added},
        addresses={**before.addresses, "registrar": registrar},
    )

    said = merge_public_keys(administrator, evaluator / "public.json", source="evaluator")
    assert said == ["epoch 20271: added"]
    said = merge_public_keys(administrator, worker / "public.json", source="worker")
    assert said == [f"registrar: {registrar}, was {before.addresses['registrar']}"]
    merge_public_keys(evaluator, worker / "public.json", source="worker")
    merge_public_keys(worker, evaluator / "public.json", source="evaluator")

    assert [read_public_keys(machine) for machine in (administrator, evaluator, worker)] == [expected] * 3
    assert merge_public_keys(administrator, worker / "public.json", source="worker") == []


def test_merge_public_keys_forgets_an_epoch_whose_keys_were_destroyed(apart: Callable[..., Path]) -> None:
    evaluator, worker = apart("evaluator"), apart("worker")
    (old,) = read_public_keys(worker).evaluator_keys
    add_epoch(evaluator, Epoch(old + 1))
    destroy_epochs(evaluator, [old])
    said = merge_public_keys(worker, evaluator / "public.json", source="evaluator")
    assert said == [f"epoch {old + 1}: added", f"epoch {old}: destroyed"]
    assert set(read_public_keys(worker).evaluator_keys) == {old + 1}


@pytest.mark.parametrize("source", ["evaluator", "worker"])
def test_merge_public_keys_is_refused_where_that_keyring_is(apart: Callable[..., Path], source: str) -> None:
    here, there = apart(source), apart("administrator")
    with pytest.raises(Conflict) as caught:
        merge_public_keys(here, there / "public.json", source=source)
    assert caught.value.key == "source_here"


@pytest.mark.parametrize("change", ["claim_key", "publication_key", "identity_key", "epoch"])
def test_merge_public_keys_refuses_a_contradiction_and_changes_nothing(apart: Callable[..., Path], change: str) -> None:
    here, there = apart("administrator"), apart("evaluator")
    public = read_public_keys(there)
    (epoch,) = public.evaluator_keys
    wrong = {"evaluator_keys": {epoch: (b"\1" * 32, b"\2" * 32)}} if change == "epoch" else {change: b"\1" * 32}
    write_public_keys(there, replace(public, **wrong))
    before = (here / "public.json").read_bytes()
    with pytest.raises(Conflict) as caught:
        merge_public_keys(here, there / "public.json", source="evaluator")
    assert caught.value.key == "public_keys_differ"
    assert (here / "public.json").read_bytes() == before


def test_merge_public_keys_refuses_what_is_no_address(apart: Callable[..., Path]) -> None:
    here, there = apart("administrator"), apart("worker")
    public = read_public_keys(there)
    write_public_keys(there, replace(public, addresses={**public.addresses, "reviewer": "0x12"}))
    with pytest.raises(Misconfigured):
        merge_public_keys(here, there / "public.json", source="worker")


def test_merge_public_keys_names_an_unknown_source(apart: Callable[..., Path]) -> None:
    here = apart("administrator")
    with pytest.raises(InvalidInput) as caught:
        merge_public_keys(here, here / "public.json", source="cockpit")
    assert caught.value.field == "from"


def without_claim_id_key(folder: Path) -> None:
    """Make the public file one from before the claim-id key was published."""
    document = json.loads((folder / "public.json").read_text())
    del document["claim_id_key"]
    (folder / "public.json").write_text(json.dumps(document))


def test_read_public_keys_reads_a_file_from_before_the_claim_id_key(folder: Path) -> None:
    public = make(folder)
    without_claim_id_key(folder)
    assert read_public_keys(folder) == replace(public, claim_id_key=None)
    write_public_keys(folder, read_public_keys(folder))
    assert "claim_id_key" not in json.loads((folder / "public.json").read_text())


@pytest.mark.parametrize("complete", [lambda folder: make(folder), lambda folder: add_epoch(folder, Epoch(20271))])
def test_claim_id_key_is_completed_where_the_evaluators_keyring_is(folder: Path, complete: Callable[..., Any]) -> None:
    public = make(folder)
    without_claim_id_key(folder)
    complete(folder)
    assert read_public_keys(folder).claim_id_key == public.claim_id_key


def test_merge_public_keys_takes_over_the_claim_id_key_and_never_loses_or_changes_it(
    apart: Callable[..., Path],
) -> None:
    evaluator, administrator = apart("evaluator"), apart("administrator")
    without_claim_id_key(administrator)
    said = merge_public_keys(administrator, evaluator / "public.json", source="evaluator")
    assert said == ["claim-id key: added"]
    assert read_public_keys(administrator).claim_id_key == read_public_keys(evaluator).claim_id_key
    known = read_public_keys(administrator)
    without_claim_id_key(evaluator)
    assert merge_public_keys(administrator, evaluator / "public.json", source="evaluator") == []
    assert read_public_keys(administrator) == known
    write_public_keys(evaluator, replace(known, claim_id_key=b"\x01" * 32))
    with pytest.raises(Conflict):
        merge_public_keys(administrator, evaluator / "public.json", source="evaluator")
    assert read_public_keys(administrator) == known
