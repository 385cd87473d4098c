"""Keeps the tags of a municipality that were fetched from the chain, in a file, until the next time.

Tags are public: whoever has a node has them, so the file is not encrypted. It must be whole, though, because a tag
that is missing would look like "not known". A file that is not exactly what was written is not read at all.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from schuldhulp.creditor.whole_file import make_private, write_whole
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import Misconfigured

SCHEMA: Final = 1
TAG_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True)
class FetchedTags:
    """All tags of a municipality that stood on the chain after a block, of the epochs that were open then or later.

    Attributes:
        municipality: CBS code.
        block: number of the block.
        block_hash: its hash, 32 bytes.
        oldest_epoch: tags of earlier epochs are left out.
        announced: epochs whose announcement was among the events.
        tags: the tags.
    """

    municipality: MunicipalityCode
    block: int
    block_hash: bytes
    oldest_epoch: Epoch
    announced: frozenset[Epoch]
    tags: frozenset[Tag]


class TagFile:
    """A file for the tags of one municipality on one deployment."""

    def __init__(self, folder: Path, *, instance: bytes, municipality: MunicipalityCode) -> None:
        """Remember where the file is; it and its folder are made when there is something to keep.

        Args:
            folder: folder of such files.
            instance: instance id of the EnrolmentRegistry, 32 bytes; tags of another deployment are other tags.
            municipality: CBS code.
        """
        self._path = folder / f"{instance.hex()[:16]}-{municipality}.tags"
        self._instance = instance
        self._municipality = municipality

    def load(self) -> FetchedTags | None:
        """Return what was kept; None when there is nothing, or not exactly what was written.

        Raises:
            Misconfigured: the file is there and cannot be read.
        """
        try:
            head, _, body = self._path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable("read") from error
        try:
            plain = json.loads(head)
            kept = FetchedTags(
                municipality=self._municipality,
                block=int(plain["block"]),
                block_hash=bytes.fromhex(plain["hash"]),
                oldest_epoch=Epoch(int(plain["oldest"])),
                announced=frozenset(Epoch(int(epoch)) for epoch in plain["announced"]),
                tags=frozenset(Tag(body[start : start + TAG_BYTES]) for start in range(0, len(body), TAG_BYTES)),
            )
        except (KeyError, TypeError, ValueError, RecursionError):
            return None
        # Written anew, the same must come out: no other check could leave anything open.
        return kept if self._encode(kept) == (head, body) else None

    def save(self, tags: FetchedTags) -> None:
        """Keep the tags, whole or not at all.

        Raises:
            Misconfigured: the file cannot be written.
        """
        try:
            make_private(self._path.parent)
            write_whole(self._path, b"\n".join(self._encode(tags)))
        except OSError as error:
            raise self._unusable("written") from error

    def _encode(self, tags: FetchedTags) -> tuple[bytes, bytes]:
        body = b"".join(sorted(tags.tags))
        plain: dict[str, Any] = {
            "schema": SCHEMA,
            "instance": self._instance.hex(),
            "municipality": tags.municipality,
            "block": tags.block,
            "hash": tags.block_hash.hex(),
            "oldest": tags.oldest_epoch,
            "announced": sorted(tags.announced),
            "count": len(tags.tags),
        }
        plain["digest"] = hashlib.sha256(json.dumps(plain).encode() + body).hexdigest()
        return json.dumps(plain).encode(), body

    def _unusable(self, verb: str) -> Misconfigured:
        return Misconfigured(
            "state_file_invalid",
            f"{self._path.name}, which keeps the tags that were fetched, cannot be {verb}",
            field="state_file",
        )
