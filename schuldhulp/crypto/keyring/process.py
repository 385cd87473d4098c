"""What all keyrings have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from schuldhulp.crypto.keyring.folder import open_keyring, stamp_of
from schuldhulp.crypto.keyring_file import Keyring
from schuldhulp.errors import InvalidInput, Misconfigured


class ProcessKeys(ABC):
    """The keys of one process."""

    purpose: ClassVar[str]

    def __init__(self, keyring: Keyring) -> None:
        """Read the keys from an open keyring.

        Args:
            keyring: the keyring of this process.

        Raises:
            Misconfigured: a key is missing or is no key for its purpose, or one serves two purposes.
        """
        self._keyring = keyring
        try:
            self._read()
        except InvalidInput as error:
            raise Misconfigured(
                "keyring_damaged",
                f"a key in the {keyring.purpose} keyring is invalid or serves two purposes",
                purpose=keyring.purpose,
            ) from error

    @classmethod
    def open(cls, folder: Path, *, private: bool = False) -> Self:
        """Open the keyring of this process.

        Args:
            folder: folder of the keyrings and passphrase files.
            private: refuse files that others can read; set in production.

        Returns:
            The keys.

        Raises:
            Misconfigured: a file is missing, damaged or readable by others, or the passphrase is another one.
        """
        return cls(open_keyring(folder, cls.purpose, private=private))

    @abstractmethod
    def _read(self) -> None:
        """Take each key from the keyring."""

    def __repr__(self) -> str:
        """Name the purpose and nothing else."""
        return f"<{type(self).__name__} redacted>"


class RefreshedKeys(ProcessKeys):
    """Keys that a process takes over anew when its file was changed while it runs."""

    _source: tuple[Path, bool] | None = None
    _stamp: tuple[int, int, int] | None = None

    @classmethod
    def open(cls, folder: Path, *, private: bool = False) -> Self:
        """Open the keyring; as `ProcessKeys.open`."""
        # Before reading, so that a change meanwhile is seen as one.
        stamp = stamp_of(folder, cls.purpose)
        keys = super().open(folder, private=private)
        keys._source, keys._stamp = (folder, private), stamp
        return keys

    def refresh(self) -> None:
        """Take over what the file holds when it was changed: keys that were added, or keys that were destroyed.

        Raises:
            Misconfigured: the changed file is damaged, readable by others, or under another passphrase; the keys stay
                as they were until it is changed again.
        """
        if self._source is None:
            return
        folder, private = self._source
        stamp = stamp_of(folder, self.purpose)
        if stamp is None or stamp == self._stamp:
            return
        # Also of a file that does not open: trying costs a second of work, and whoever asks must not make that happen.
        self._stamp = stamp
        self._keyring = type(self).open(folder, private=private)._keyring
        self._read()
