"""The file that holds the keys of one process, encrypted under a passphrase.

Versioned JSON: ``{version, purpose, kdf: {name, memory_kib, passes, lanes}, salt, nonce, ciphertext}``, hexadecimal.
The passphrase goes through Argon2id with the second recommended setting of RFC 9106 (64 MiB, 3 passes, 4 lanes); the
keys are encrypted with AES-256-GCM, and everything else in the file is associated data, so that a file cannot pass for
one with another purpose or with weaker parameters.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from schuldhulp.crypto.framing import frame
from schuldhulp.errors import Misconfigured

VERSION = 1
KEYRING_SUFFIX = ".keyring"
PASSPHRASE_SUFFIX = ".passphrase"  # noqa: S105 - the name of a file

MEMORY_KIB = 64 * 1024
PASSES = 3
LANES = 4
MAXIMUM_MEMORY_KIB = 1024 * 1024
"""A file that asks for more memory than 1 GiB, or for more than 20 passes or 16 lanes, is refused as damaged."""
MAXIMUM_PASSES = 20
MAXIMUM_LANES = 16

_SALT_LENGTH = 16
_NONCE_LENGTH = 12


class Keyring:
    """The named keys of one process, read from a file.

    Nothing is kept open: a change writes a whole new file beside the old one and puts it in its place.
    """

    def __init__(self, *, path: Path, passphrase_file: Path, purpose: str, keys: Mapping[str, bytes]) -> None:
        """Hold keys that were read or made; use ``create`` or ``open``."""
        self._path = path
        self._passphrase_file = passphrase_file
        self._purpose = purpose
        self._keys = dict(keys)

    @classmethod
    def create(
        cls, path: Path, passphrase_file: Path, keys: Mapping[str, bytes], *, purpose: str | None = None
    ) -> Self:
        """Write a new keyring; an existing one is never overwritten.

        Args:
            path: where it goes; made with mode 0600, whole or not at all.
            passphrase_file: file with the passphrase; made here with a random one when it is not there.
            keys: names and secret values.
            purpose: which process it belongs to; by default the name of the file.

        Returns:
            The keyring.

        Raises:
            Misconfigured: there is a keyring already, or a file cannot be written or read.
        """
        keyring = cls(path=path, passphrase_file=passphrase_file, purpose=purpose or path.stem, keys=keys)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not passphrase_file.exists():
                write_whole(passphrase_file, secrets.token_urlsafe(32).encode("ascii") + b"\n", replace=False)
            write_whole(path, keyring._encoded(), replace=False)
        except FileExistsError as error:
            raise Misconfigured(
                "keyring_exists", f"the {keyring._purpose} keyring is there already", purpose=keyring._purpose
            ) from error
        except OSError as error:
            raise Misconfigured(
                "keyring_unwritable", f"the {keyring._purpose} keyring cannot be written", purpose=keyring._purpose
            ) from error
        return keyring

    @classmethod
    def open(cls, path: Path, passphrase_file: Path, *, purpose: str | None = None) -> Self:
        """Read a keyring.

        Args:
            path: file of the keyring.
            passphrase_file: file with its passphrase.
            purpose: which process it belongs to; by default the name of the file.

        Returns:
            The keyring.

        Raises:
            Misconfigured: a file is missing or damaged, or the passphrase is another one.
        """
        purpose = purpose or path.stem
        passphrase = _read_passphrase(passphrase_file, purpose)
        try:
            document = json.loads(path.read_bytes())
        except FileNotFoundError as error:
            raise Misconfigured("keyring_missing", f"there is no {purpose} keyring", purpose=purpose) from error
        except OSError as error:
            raise Misconfigured(
                "keyring_unreadable", f"the {purpose} keyring cannot be read", purpose=purpose
            ) from error
        except ValueError:
            _damaged(purpose)
        keys = _decoded(document, passphrase, purpose)
        return cls(path=path, passphrase_file=passphrase_file, purpose=purpose, keys=keys)

    @property
    def purpose(self) -> str:
        """Which process it belongs to."""
        return self._purpose

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the keys, sorted."""
        return tuple(sorted(self._keys))

    def get(self, name: str) -> bytes:
        """Give one key.

        Args:
            name: its name.

        Returns:
            The secret value.

        Raises:
            Misconfigured: this keyring has no such key.
        """
        try:
            return self._keys[name]
        except KeyError:
            raise Misconfigured(
                "key_missing", f"the {self._purpose} keyring has no key {name}", purpose=self._purpose, name=name
            ) from None

    def change(self, *, add: Mapping[str, bytes] | None = None, destroy: tuple[str, ...] = ()) -> None:
        """Add and destroy keys, and write the file anew under a new salt.

        A reader sees the old file or the new one. What storage and backups keep of an old file is outside this
        program; destroying the passphrase of such a copy destroys its keys.

        Args:
            add: names and values of new keys; a name that is destroyed in the same change may be used again.
            destroy: names of keys that go.

        Raises:
            Misconfigured: a name to add is taken or one to destroy is not there, or the file cannot be written.
        """
        added = dict(add or {})
        for name in added:
            if name in self._keys and name not in destroy:
                raise Misconfigured(
                    "key_exists", f"the {self._purpose} keyring has a key {name} already", purpose=self._purpose
                )
        for name in destroy:
            self.get(name)
        kept = {name: value for name, value in self._keys.items() if name not in destroy}
        changed = Keyring(
            path=self._path, passphrase_file=self._passphrase_file, purpose=self._purpose, keys={**kept, **added}
        )
        try:
            write_whole(self._path, changed._encoded(), replace=True)
        except OSError as error:
            raise Misconfigured(
                "keyring_unwritable", f"the {self._purpose} keyring cannot be written", purpose=self._purpose
            ) from error
        self._keys = changed._keys

    def __repr__(self) -> str:
        """Name the purpose and nothing else."""
        return f"<{type(self).__name__} {self._purpose}>"

    def _encoded(self) -> bytes:
        passphrase = _read_passphrase(self._passphrase_file, self._purpose)
        salt, nonce = secrets.token_bytes(_SALT_LENGTH), secrets.token_bytes(_NONCE_LENGTH)
        plaintext = json.dumps({name: value.hex() for name, value in sorted(self._keys.items())}).encode("utf-8")
        associated = _associated(self._purpose, MEMORY_KIB, PASSES, LANES, salt)
        key = _stretch(passphrase, salt, memory_kib=MEMORY_KIB, passes=PASSES, lanes=LANES)
        document = {
            "version": VERSION,
            "purpose": self._purpose,
            "kdf": {"name": "argon2id", "memory_kib": MEMORY_KIB, "passes": PASSES, "lanes": LANES},
            "salt": salt.hex(),
            "nonce": nonce.hex(),
            "ciphertext": AESGCM(key).encrypt(nonce, plaintext, associated).hex(),
        }
        return (json.dumps(document, indent=2) + "\n").encode("ascii")


def require_private(path: Path) -> None:
    """Refuse a file that others than its owner can read or write; for production.

    Args:
        path: a key or passphrase file.

    Raises:
        Misconfigured: group or others have any right to it, or it is not there.
    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise Misconfigured("key_file_missing", f"there is no key file {path.name}", file=path.name) from error
    if stat.S_IMODE(mode) & 0o077:
        raise Misconfigured(
            "key_file_readable", f"others than the owner can read {path.name}: chmod 600 cures it", file=path.name
        )


def write_whole(path: Path, content: bytes, *, replace: bool, mode: int = 0o600) -> None:
    """Write a file whole or not at all, and have the disk hold it before returning.

    Args:
        path: where it goes.
        content: what it holds.
        replace: whether it may take the place of an existing file.
        mode: rights, by default the owner's only.

    Raises:
        FileExistsError: it is there already and may not be replaced.
        OSError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            # A link, unlike a rename, fails when the name is taken: two processes cannot both make the file.
            os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _decoded(document: Any, passphrase: bytes, purpose: str) -> dict[str, bytes]:
    try:
        if document["version"] != VERSION:
            raise Misconfigured(
                "keyring_version", f"the {purpose} keyring has a version this program does not know", purpose=purpose
            )
        parameters = document["kdf"]
        memory_kib, passes, lanes = (int(parameters[name]) for name in ("memory_kib", "passes", "lanes"))
        salt, nonce, ciphertext = (bytes.fromhex(document[name]) for name in ("salt", "nonce", "ciphertext"))
        within = 1 <= passes <= MAXIMUM_PASSES and 1 <= lanes <= MAXIMUM_LANES and memory_kib <= MAXIMUM_MEMORY_KIB
        if parameters["name"] != "argon2id" or not within or len(nonce) != _NONCE_LENGTH:
            _damaged(purpose)
        key = _stretch(passphrase, salt, memory_kib=memory_kib, passes=passes, lanes=lanes)
        associated = _associated(purpose, memory_kib, passes, lanes, salt)
        plaintext = AESGCM(key).decrypt(nonce, ciphertext, associated)
        return {name: bytes.fromhex(value) for name, value in json.loads(plaintext).items()}
    except InvalidTag as error:
        raise Misconfigured(
            "keyring_passphrase",
            f"the {purpose} keyring does not open: another passphrase, another keyring's file, or a damaged one",
            purpose=purpose,
        ) from error
    except (KeyError, TypeError, ValueError, AttributeError):
        _damaged(purpose)


def _read_passphrase(path: Path, purpose: str) -> bytes:
    try:
        passphrase = path.read_bytes().strip()
    except OSError as error:
        raise Misconfigured(
            "passphrase_missing", f"the passphrase file of the {purpose} keyring cannot be read", purpose=purpose
        ) from error
    if not passphrase:
        raise Misconfigured(
            "passphrase_missing", f"the passphrase file of the {purpose} keyring is empty", purpose=purpose
        )
    return passphrase


def _stretch(passphrase: bytes, salt: bytes, *, memory_kib: int, passes: int, lanes: int) -> bytes:
    return Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory_kib).derive(passphrase)


def _associated(purpose: str, memory_kib: int, passes: int, lanes: int, salt: bytes) -> bytes:
    return frame("keyring", VERSION, purpose, "argon2id", memory_kib, passes, lanes, salt)


def _damaged(purpose: str) -> NoReturn:
    raise Misconfigured("keyring_damaged", f"the {purpose} keyring is damaged", purpose=purpose) from None
