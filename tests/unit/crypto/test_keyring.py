from __future__ import annotations

import json
import os
import stat
import traceback
from pathlib import Path

import pytest

from schuldhulp.crypto import keyring_file, voprf
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.keyring import (
    AdministratorKeys,
    CockpitKeys,
    CreditorKeys,
    EvaluatorKeys,
    Keyring,
    NetworkKeys,
    ProcessKeys,
    RelayKeys,
    WorkerKeys,
    create_keyring,
    creditor_purpose,
    epoch_keys,
    keyring_exists,
    keyring_paths,
    require_private,
)
from schuldhulp.crypto.voprf import VoprfKey
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import InvalidInput, Misconfigured

KEYS = {"job": b"\x07" * 32, "data": b"\x08" * 32}
EPOCH = Epoch(20264)


def paths(folder: Path, name: str = "cockpit") -> tuple[Path, Path]:
    return folder / f"{name}.keyring", folder / f"{name}.passphrase"


def make_evaluator(folder: Path) -> EvaluatorKeys:
    keys = {"claim-id": VoprfKey.generate().reveal(), **epoch_keys(EPOCH)}
    return EvaluatorKeys(create_keyring(folder, "evaluator", keys))


def test_create_uses_the_second_setting_of_rfc_9106(tmp_path: Path) -> None:
    Keyring.create(*paths(tmp_path), KEYS)
    document = json.loads(paths(tmp_path)[0].read_text())
    assert document["kdf"] == {"name": "argon2id", "memory_kib": 65536, "passes": 3, "lanes": 4}
    assert Keyring.open(*paths(tmp_path)).get("job") == KEYS["job"]


@pytest.mark.usefixtures("quick_kdf")
class TestKeyring:
    def test_open_gives_back_what_create_took(self, tmp_path: Path) -> None:
        made = Keyring.create(*paths(tmp_path), KEYS)
        opened = Keyring.open(*paths(tmp_path))
        assert opened.names == made.names == ("data", "job")
        assert {name: opened.get(name) for name in opened.names} == KEYS
        assert opened.purpose == "cockpit"

    def test_create_makes_files_for_the_owner_only(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            Keyring.create(*paths(tmp_path / "keys"), KEYS)
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
        assert {path.name for path in (tmp_path / "keys").iterdir()} == {"cockpit.keyring", "cockpit.passphrase"}
        for path in paths(tmp_path / "keys"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            require_private(path)

    def test_create_never_overwrites(self, tmp_path: Path) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        before = [path.read_bytes() for path in paths(tmp_path)]
        with pytest.raises(Misconfigured) as caught:
            Keyring.create(*paths(tmp_path), {"job": b"\x09" * 32})
        assert caught.value.key == "keyring_exists"
        assert [path.read_bytes() for path in paths(tmp_path)] == before
        assert len(list(tmp_path.iterdir())) == 2

    def test_create_uses_a_passphrase_that_is_there(self, tmp_path: Path) -> None:
        path, passphrase_file = paths(tmp_path)
        passphrase_file.write_text("correct horse\n")
        Keyring.create(path, passphrase_file, KEYS)
        passphrase_file.write_text("correct horse")
        assert Keyring.open(path, passphrase_file).get("job") == KEYS["job"]

    def test_create_leaves_nothing_when_the_folder_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(Misconfigured) as caught:
            Keyring.create(*paths(tmp_path / "file" / "keys"), KEYS)
        assert caught.value.key == "keyring_unwritable"

    def test_create_encrypts_anew_each_time(self, tmp_path: Path) -> None:
        documents = []
        for name in ("one", "two"):
            path, _ = paths(tmp_path, name)
            Keyring.create(path, tmp_path / "shared", KEYS, purpose="cockpit")
            documents.append(json.loads(path.read_text()))
        for field in ("salt", "nonce", "ciphertext"):
            assert documents[0][field] != documents[1][field]

    def test_file_shows_neither_keys_nor_their_names(self, tmp_path: Path) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        content = paths(tmp_path)[0].read_text()
        assert KEYS["job"].hex() not in content
        assert "job" not in content

    @pytest.mark.parametrize("which", [0, 1])
    def test_open_names_the_purpose_of_a_missing_file(self, tmp_path: Path, which: int) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        paths(tmp_path)[which].unlink()
        with pytest.raises(Misconfigured) as caught:
            Keyring.open(*paths(tmp_path))
        assert caught.value.key == ("keyring_missing", "passphrase_missing")[which]
        assert "cockpit" in str(caught.value)

    def test_open_refuses_another_passphrase_without_repeating_it(self, tmp_path: Path) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        paths(tmp_path)[1].write_text("another-passphrase")
        with pytest.raises(Misconfigured) as caught:
            Keyring.open(*paths(tmp_path))
        assert caught.value.key == "keyring_passphrase"
        assert "another-passphrase" not in "".join(traceback.format_exception(caught.value))

    def test_open_refuses_an_empty_passphrase(self, tmp_path: Path) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        paths(tmp_path)[1].write_text("\n")
        with pytest.raises(Misconfigured) as caught:
            Keyring.open(*paths(tmp_path))
        assert caught.value.key == "passphrase_missing"

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}", b'{"version": 1}', b'{"version": 1, "kdf": 3}'],
    )
    def test_open_refuses_a_damaged_file(self, tmp_path: Path, content: bytes) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        paths(tmp_path)[0].write_bytes(content)
        with pytest.raises(Misconfigured) as caught:
            Keyring.open(*paths(tmp_path))
        assert caught.value.key == "keyring_damaged"
        assert "cockpit" in str(caught.value)

    @pytest.mark.parametrize(
        ("field", "value", "key"),
        [
            ("version", 2, "keyring_version"),
            ("salt", "00" * 16, "keyring_passphrase"),
            ("salt", "00", "keyring_damaged"),
            ("salt", "zz", "keyring_damaged"),
            ("salt", 5, "keyring_damaged"),
            ("nonce", "00" * 12, "keyring_passphrase"),
            ("nonce", "00" * 13, "keyring_damaged"),
            ("ciphertext", "00" * 40, "keyring_passphrase"),
            ("ciphertext", "", "keyring_passphrase"),
        ],
    )
    def test_open_refuses_a_changed_field(self, tmp_path: Path, field: str, value: object, key: str) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        path = paths(tmp_path)[0]
        path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
        with pytest.raises(Misconfigured) as caught:
            Keyring.open(*paths(tmp_path))
        assert caught.value.key == key

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("name", "pbkdf2"),
            ("memory_kib", 2**40),
            ("memory_kib", 0),
            ("memory_kib", "much"),
            ("passes", 0),
            ("passes", 10**6),
            ("lanes", 0),
            ("lanes", 1000),
        ],
    )
    def test_open_refuses_parameters_out_of_bounds(self, tmp_path: Path, name: str, value: object) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        path = paths(tmp_path)[0]
        document = json.loads(path.read_text())
        document["kdf"][name] = value
        path.write_text(json.dumps(document))
        with pytest.raises(Misconfigured) as caught:
            Keyring.open(*paths(tmp_path))
        assert caught.value.key == "keyring_damaged"

    def test_open_refuses_the_file_of_another_purpose(self, tmp_path: Path) -> None:
        Keyring.create(*paths(tmp_path), KEYS)
        path, passphrase_file = paths(tmp_path)
        with pytest.raises(Misconfigured) as caught:
            Keyring.open(path, passphrase_file, purpose="worker")
        assert caught.value.key == "keyring_passphrase"

    def test_get_names_a_missing_key(self, tmp_path: Path) -> None:
        keyring = Keyring.create(*paths(tmp_path), KEYS)
        with pytest.raises(Misconfigured) as caught:
            keyring.get("claim")
        assert caught.value.key == "key_missing"
        assert "claim" in str(caught.value)

    def test_change_adds_and_destroys(self, tmp_path: Path) -> None:
        keyring = Keyring.create(*paths(tmp_path), KEYS)
        salt = json.loads(paths(tmp_path)[0].read_text())["salt"]
        keyring.change(add={"claim": b"\x09" * 32}, destroy=("job",))
        assert keyring.names == Keyring.open(*paths(tmp_path)).names == ("claim", "data")
        assert json.loads(paths(tmp_path)[0].read_text())["salt"] != salt
        assert stat.S_IMODE(paths(tmp_path)[0].stat().st_mode) == 0o600
        assert len(list(tmp_path.iterdir())) == 2

    def test_change_refuses_a_taken_and_a_missing_name(self, tmp_path: Path) -> None:
        keyring = Keyring.create(*paths(tmp_path), KEYS)
        before = paths(tmp_path)[0].read_bytes()
        with pytest.raises(Misconfigured) as caught:
            keyring.change(add={"job": b"\x09" * 32})
        assert caught.value.key == "key_exists"
        with pytest.raises(Misconfigured):
            keyring.change(add={"claim": b"\x09" * 32}, destroy=("nothing",))
        assert paths(tmp_path)[0].read_bytes() == before
        assert keyring.names == ("data", "job")

    def test_repr_does_not_show_keys(self, tmp_path: Path) -> None:
        keyring = Keyring.create(*paths(tmp_path), KEYS)
        assert repr(keyring) == "<Keyring cockpit>"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o610, 0o666])
def test_require_private_refuses_what_others_may_touch(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "worker.keyring"
    path.write_text("")
    path.chmod(mode)
    with pytest.raises(Misconfigured) as caught:
        require_private(path)
    assert caught.value.key == "key_file_readable"
    assert str(tmp_path) not in str(caught.value)


def test_require_private_accepts_the_owner_alone_and_refuses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "worker.keyring"
    with pytest.raises(Misconfigured) as caught:
        require_private(path)
    assert caught.value.key == "key_file_missing"
    path.write_text("")
    for mode in (0o600, 0o400):
        path.chmod(mode)
        require_private(path)


def test_write_whole_leaves_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    keyring_file.write_whole(path, b"old", replace=False)

    def full(descriptor: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        keyring_file.write_whole(path, b"new", replace=True)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("quick_kdf")
class TestProcessKeys:
    @pytest.mark.parametrize(
        "kind", [CockpitKeys, EvaluatorKeys, WorkerKeys, RelayKeys, NetworkKeys, AdministratorKeys]
    )
    def test_open_names_a_missing_keyring(self, tmp_path: Path, kind: type[ProcessKeys]) -> None:
        with pytest.raises(Misconfigured) as caught:
            kind.open(tmp_path)
        assert kind.purpose in str(caught.value)
        assert not keyring_exists(tmp_path, kind.purpose)

    def test_open_refuses_readable_files_where_it_must(self, tmp_path: Path) -> None:
        make_evaluator(tmp_path)
        EvaluatorKeys.open(tmp_path, private=True)
        for path in keyring_paths(tmp_path, "evaluator"):
            path.chmod(0o644)
            EvaluatorKeys.open(tmp_path)
            with pytest.raises(Misconfigured) as caught:
                EvaluatorKeys.open(tmp_path, private=True)
            assert caught.value.key == "key_file_readable"
            path.chmod(0o600)

    def test_open_refuses_one_secret_for_two_purposes(self, tmp_path: Path) -> None:
        same = AccountKey.generate().reveal()
        create_keyring(tmp_path, "network", dict.fromkeys(("deployer", "network-administrator"), same))
        with pytest.raises(Misconfigured) as caught:
            NetworkKeys.open(tmp_path)
        assert caught.value.key == "keyring_damaged"

    def test_open_refuses_a_key_that_is_none(self, tmp_path: Path) -> None:
        create_keyring(tmp_path, "evaluator", {"claim-id": b"\xff" * 32})
        with pytest.raises(Misconfigured) as caught:
            EvaluatorKeys.open(tmp_path)
        assert caught.value.key == "keyring_damaged"

    def test_creditor_opens_its_own_keyring(self, tmp_path: Path) -> None:
        for kvk in ("12345678", "87654321"):
            keys = {"ethereum": AccountKey.generate().reveal(), "messages": os.urandom(32)}
            create_keyring(tmp_path, creditor_purpose(kvk), keys)
        one, other = (CreditorKeys.open(tmp_path, kvk=kvk) for kvk in ("12345678", "87654321"))
        assert one.account.address != other.account.address
        assert "redacted" in repr(one)

    @pytest.mark.parametrize("kvk", ["", "1234567", "123456789", "1234567x", "../../etc", "12345678\n"])
    def test_creditor_refuses_what_is_no_kvk_number(self, tmp_path: Path, kvk: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            CreditorKeys.open(tmp_path, kvk=kvk)
        assert caught.value.field == "kvk"


@pytest.mark.usefixtures("quick_kdf")
class TestEvaluatorKeys:
    def test_voprf_gives_one_key_a_kind_and_epoch(self, tmp_path: Path) -> None:
        keys = make_evaluator(tmp_path)
        bsn, nadb = (keys.voprf(EPOCH, kind) for kind in IdentifierKind)
        assert bsn is not None
        assert nadb is not None
        assert bsn != nadb
        assert keys.epochs == (EPOCH,)
        assert keys.public_keys(EPOCH) == (voprf.public_key(bsn), voprf.public_key(nadb))

    def test_add_epoch_stores_new_keys_beside_the_old(self, tmp_path: Path) -> None:
        keys = make_evaluator(tmp_path)
        before = keys.public_keys(EPOCH)
        added = keys.add_epoch(Epoch(20271))
        reopened = EvaluatorKeys.open(tmp_path)
        assert reopened.epochs == keys.epochs == (EPOCH, 20271)
        assert reopened.public_keys(Epoch(20271)) == added
        assert reopened.public_keys(EPOCH) == before
        assert reopened.claim_id == keys.claim_id

    def test_add_epoch_refuses_an_epoch_that_has_keys(self, tmp_path: Path) -> None:
        keys = make_evaluator(tmp_path)
        before = keys.public_keys(EPOCH)
        with pytest.raises(Misconfigured) as caught:
            keys.add_epoch(EPOCH)
        assert caught.value.key == "key_exists"
        assert EvaluatorKeys.open(tmp_path).public_keys(EPOCH) == before

    @pytest.mark.parametrize("epoch", [0, -1, 2**32])
    def test_add_epoch_refuses_what_is_no_epoch(self, tmp_path: Path, epoch: int) -> None:
        with pytest.raises(InvalidInput) as caught:
            make_evaluator(tmp_path).add_epoch(Epoch(epoch))
        assert caught.value.field == "epoch"

    def test_destroy_epoch_leaves_no_key_of_it(self, tmp_path: Path) -> None:
        keys = make_evaluator(tmp_path)
        keys.add_epoch(Epoch(20271))
        keys.destroy_epoch(EPOCH)
        for one in (keys, EvaluatorKeys.open(tmp_path)):
            assert one.epochs == (20271,)
            assert one.voprf(EPOCH, IdentifierKind.BSN) is None
            with pytest.raises(Misconfigured) as caught:
                one.public_keys(EPOCH)
            assert caught.value.key == "epoch_unknown"
        with pytest.raises(Misconfigured):
            keys.destroy_epoch(EPOCH)

    def test_refresh_takes_over_keys_that_another_process_made_and_destroyed(self, tmp_path: Path) -> None:
        make_evaluator(tmp_path)
        running, other = EvaluatorKeys.open(tmp_path), EvaluatorKeys.open(tmp_path)
        running.refresh()
        assert running.epochs == (EPOCH,)
        added = other.add_epoch(Epoch(20271))
        running.refresh()
        assert running.public_keys(Epoch(20271)) == added
        other.destroy_epoch(EPOCH)
        running.refresh()
        assert running.epochs == (20271,)
        assert running.voprf(EPOCH, IdentifierKind.BSN) is None
        assert running.claim_id == other.claim_id

    def test_refresh_keeps_the_keys_while_the_file_is_gone_damaged_or_open_to_others(self, tmp_path: Path) -> None:
        make_evaluator(tmp_path)
        running = EvaluatorKeys.open(tmp_path, private=True)
        before = running.public_keys(EPOCH)
        path = paths(tmp_path, "evaluator")[0]
        whole = path.read_bytes()
        path.chmod(0o644)
        with pytest.raises(Misconfigured):
            running.refresh()
        path.chmod(0o600)
        running.refresh()
        path.write_bytes(b"{}")
        with pytest.raises(Misconfigured):
            running.refresh()
        running.refresh()  # not tried again, until it is changed again
        assert running.public_keys(EPOCH) == before
        path.unlink()
        running.refresh()
        assert running.public_keys(EPOCH) == before
        path.write_bytes(whole)
        path.chmod(0o600)
        running.refresh()
        assert running.public_keys(EPOCH) == before
