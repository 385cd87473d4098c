"""Writes small files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter, and so those above it that are missing; what is there stays.

    Raises:
        OSError: it cannot be made.
    """
    for missing in reversed([folder, *folder.parents]):
        missing.mkdir(mode=0o700, exist_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it, also after a power cut, finds all of it or what was there before.

    Others on the machine cannot read it.

    Args:
        path: the file; its folder is there.
        content: what it holds from now on.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    write_whole_of(path, [content])


def write_whole_of(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file as `write_whole` does, from parts that need not be in memory together.

    Args:
        path: the file; its folder is there.
        parts: what it holds from now on, in order.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    draft = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
            draft = Path(file.name)
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise
