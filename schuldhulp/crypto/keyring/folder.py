"""The folder with the keyrings and their passphrases."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schuldhulp.crypto.keyring_file import KEYRING_SUFFIX, PASSPHRASE_SUFFIX, Keyring, require_private


def keyring_paths(folder: Path, purpose: str) -> tuple[Path, Path]:
    """Give the keyring file and the passphrase file of a purpose."""
    return folder / f"{purpose}{KEYRING_SUFFIX}", folder / f"{purpose}{PASSPHRASE_SUFFIX}"


def keyring_exists(folder: Path, purpose: str) -> bool:
    """Tell whether there is a keyring with this purpose."""
    return keyring_paths(folder, purpose)[0].exists()


def create_keyring(folder: Path, purpose: str, keys: Mapping[str, bytes]) -> Keyring:
    """Write a new keyring and, where there is none, its passphrase file.

    Args:
        folder: folder of the keyrings.
        purpose: whose keyring it is.
        keys: names and secret values.

    Returns:
        The keyring.

    Raises:
        Misconfigured: it is there already, or cannot be written.
    """
    path, passphrase_file = keyring_paths(folder, purpose)
    return Keyring.create(path, passphrase_file, keys, purpose=purpose)


def stamp_of(folder: Path, purpose: str) -> tuple[int, int, int] | None:
    """Tell one state of a keyring file from another; None when it is not there."""
    try:
        found = keyring_paths(folder, purpose)[0].stat()
    except OSError:
        return None
    # The time of any change, of its mode too.
    return found.st_ino, found.st_ctime_ns, found.st_size


def open_keyring(folder: Path, purpose: str, *, private: bool) -> Keyring:
    """Open a keyring.

    Raises:
        Misconfigured: a file is missing or damaged, others can read it although `private`, or it is under another
            passphrase.
    """
    path, passphrase_file = keyring_paths(folder, purpose)
    keyring = Keyring.open(path, passphrase_file, purpose=purpose)
    if private:
        require_private(path)
        require_private(passphrase_file)
    return keyring
