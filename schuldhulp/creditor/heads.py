"""Memory of the highest block that was seen, in a file beside the creditor's key."""

from __future__ import annotations

import json
from pathlib import Path

from schuldhulp.creditor.whole_file import make_private, write_whole
from schuldhulp.errors import Misconfigured


class HeadFile:
    """Implements ports.SeenHeads over a small JSON file: instance id of the registry -> block number.

    A new deployment has another instance id, so its chain may begin low. Two processes that write at the same time
    may lose the higher number for one step; no more than that is at stake.
    """

    def __init__(self, path: Path) -> None:
        """Remember where the file is; it and its folder are made when there is something to keep.

        Args:
            path: the file.
        """
        self._path = path

    def last(self, instance: bytes) -> int | None:
        """Return the highest block seen with a contract.

        Args:
            instance: instance id, 32 bytes.

        Returns:
            Its number, None when there is none.

        Raises:
            Misconfigured: the file cannot be read. It is not started anew by itself: that would forget.
        """
        return self._read().get(instance.hex())

    def remember(self, instance: bytes, number: int) -> None:
        """Keep a block number when it is higher than what is kept.

        Args:
            instance: instance id, 32 bytes.
            number: height of the block.

        Raises:
            Misconfigured: the file cannot be read or written.
        """
        heads = self._read()
        if number <= heads.get(instance.hex(), -1):
            return
        heads[instance.hex()] = number
        try:
            make_private(self._path.parent)
            write_whole(self._path, json.dumps(heads).encode())
        except OSError as error:
            raise self._wrong("written") from error

    def _read(self) -> dict[str, int]:
        try:
            heads = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._wrong("read") from error
        if not isinstance(heads, dict) or not all(type(number) is int for number in heads.values()):
            raise self._wrong("read")
        return heads

    def _wrong(self, verb: str) -> Misconfigured:
        return Misconfigured(
            "state_file_invalid",
            f"{self._path.name}, which keeps the highest block that was seen, cannot be {verb}",
            field="state_file",
        )
