from __future__ import annotations

from pathlib import Path

import pytest

from schuldhulp.crypto import keyring_file
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import Conflict, InvalidInput, Misconfigured
from schuldhulp.services import epoch_keys
from schuldhulp.services.epoch_keys import add_epoch, destroy_epochs, epochs_to_destroy
from schuldhulp.services.keys import PUBLIC_FILE, create_keys, read_public_keys
from schuldhulp.services.ports import MunicipalityState

FIRST, SECOND, THIRD = Epoch(20264), Epoch(20271), Epoch(20272)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The evaluator's machine: its keyring and the public file, and no other keyring."""
    monkeypatch.setattr(keyring_file, "MEMORY_KIB", 64)
    monkeypatch.setattr(keyring_file, "PASSES", 1)
    create_keys(tmp_path / "all", epoch=FIRST, creditors=[])
    here = tmp_path / "evaluator"
    here.mkdir(mode=0o700)
    for name in ("evaluator.keyring", "evaluator.passphrase", PUBLIC_FILE):
        (here / name).write_bytes((tmp_path / "all" / name).read_bytes())
        (here / name).chmod(0o600)
    return here


def make_state(*, oldest: Epoch, current: Epoch) -> MunicipalityState:
    return MunicipalityState(
        current_epoch=current,
        oldest_epoch=oldest,
        announced_epoch=current,
        claim_key=bytes(32),
        receipt_signer="",
        contact="",
        evaluator_url="",
    )


def test_add_epoch_makes_keys_and_publishes_them_beside_what_was_public(folder: Path) -> None:
    before = read_public_keys(folder)
    added = add_epoch(folder, SECOND, private=True)
    public = read_public_keys(folder)
    assert public.evaluator_keys == {**before.evaluator_keys, SECOND: added}
    assert (public.addresses, public.claim_key) == (before.addresses, before.claim_key)
    assert EvaluatorKeys.open(folder).public_keys(SECOND) == added


def test_add_epoch_can_be_repeated(folder: Path) -> None:
    added = add_epoch(folder, SECOND)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert add_epoch(folder, SECOND) == added
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def test_add_epoch_that_was_cut_short_is_completed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(epoch_keys, "write_public_keys", interrupted)
        with pytest.raises(KeyboardInterrupt):
            add_epoch(folder, SECOND)
    assert SECOND not in read_public_keys(folder).evaluator_keys
    made = EvaluatorKeys.open(folder).public_keys(SECOND)
    assert add_epoch(folder, SECOND) == made
    assert read_public_keys(folder).evaluator_keys[SECOND] == made


def test_add_epoch_makes_nothing_that_nobody_could_announce(folder: Path) -> None:
    (folder / PUBLIC_FILE).unlink()
    with pytest.raises(Misconfigured):
        add_epoch(folder, SECOND)
    assert EvaluatorKeys.open(folder).epochs == (FIRST,)


@pytest.mark.parametrize("epoch", [0, -1, 2**32])
def test_add_epoch_refuses_what_is_no_epoch(folder: Path, epoch: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        add_epoch(folder, Epoch(epoch))
    assert caught.value.field == "epoch"


def test_epochs_to_destroy_are_those_that_were_retired(folder: Path) -> None:
    add_epoch(folder, SECOND)
    add_epoch(folder, THIRD)
    assert epochs_to_destroy(folder, make_state(oldest=FIRST, current=SECOND), before=Epoch(0)) == ()
    retired = make_state(oldest=THIRD, current=THIRD)
    assert epochs_to_destroy(folder, retired, before=Epoch(0)) == (FIRST, SECOND)
    assert epochs_to_destroy(folder, retired, before=SECOND) == (FIRST,)


def test_epochs_to_destroy_refuses_an_epoch_that_the_chain_has_open(folder: Path) -> None:
    with pytest.raises(Conflict) as caught:
        epochs_to_destroy(folder, make_state(oldest=FIRST, current=SECOND), before=SECOND)
    assert caught.value.key == "epoch_still_open"
    assert str(FIRST) in str(caught.value)


def test_destroy_epochs_leaves_no_key_and_no_public_key(folder: Path) -> None:
    kept = add_epoch(folder, SECOND)
    destroy_epochs(folder, [FIRST], private=True)
    assert EvaluatorKeys.open(folder).epochs == (SECOND,)
    assert read_public_keys(folder).evaluator_keys == {SECOND: kept}
    destroy_epochs(folder, [FIRST])
    assert read_public_keys(folder).evaluator_keys == {SECOND: kept}


def test_destroy_epochs_that_was_cut_short_is_completed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = add_epoch(folder, SECOND)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(epoch_keys, "write_public_keys", interrupted)
        with pytest.raises(KeyboardInterrupt):
            destroy_epochs(folder, [FIRST])
    assert FIRST in read_public_keys(folder).evaluator_keys
    destroy_epochs(folder, ())
    assert read_public_keys(folder).evaluator_keys == {SECOND: kept}
