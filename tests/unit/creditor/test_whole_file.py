from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from schuldhulp.creditor.whole_file import make_private, write_whole


def test_write_whole_replaces_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(b"before, and longer")
    write_whole(file, b"after")
    assert file.read_bytes() == b"after"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_write_whole_leaves_what_was_there_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(b"before")

    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, b"after")
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_make_private_makes_what_is_missing_for_the_owner_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private(tmp_path / "claims" / "12345678")
    make_private(tmp_path / "claims" / "12345678")
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path, tmp_path / "claims", tmp_path / "claims" / "12345678")]
    assert modes == [0o755, 0o700, 0o700]
