"""The answers of a list on their way to their file, so that nothing is lost or doubled wherever the process ends.

Answers are added to ``<out>.part``; ``<out>.journal`` says up to where they are whole. Only when every row has its
answer the part takes the place of ``<out>``. The journal holds counts, a length and a fingerprint, and nothing about
anybody. When the quota is spent, ``<out>.early`` gets the rows behind that place that cost nothing. It is for people to
read: the list goes on from its part, and answers those rows anew in their turn.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Protocol, Self

from schuldhulp.creditor.lists.behind import Behind
from schuldhulp.creditor.whole_file import write_whole, write_whole_of
from schuldhulp.errors import Conflict, Misconfigured

VERSION: Final = 1


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a list is.

    Attributes:
        rows: rows that have an answer, bad ones included.
        green: of these, known.
        red: of these, not known.
        bad: of these, rows that could not be read.
        fingerprint: of these rows and of the question, hexadecimal.
        length: bytes of their answers.
    """

    rows: int = 0
    green: int = 0
    red: int = 0
    bad: int = 0
    fingerprint: str = ""
    length: int = 0


class Answers(Protocol):
    """Where answers go."""

    @property
    def progress(self) -> Progress | None:
        """How far an earlier run came; None when there is nothing to go on with."""
        ...

    def add(self, content: bytes, progress: Progress) -> Progress:
        """Add answers, all of them or none, durably; ``length`` is filled in here."""
        ...

    @property
    def behind(self) -> Behind | None:
        """The rows behind the place where the quota was spent, counted; None when it was not."""
        ...

    def set_aside(self, head: bytes, behind: Behind) -> None:
        """Keep, apart, the answers to rows behind one that cannot be answered now."""
        ...

    def finish(self) -> None:
        """Say that every row has its answer."""
        ...


class AnswerFile:
    """Implements Answers over a file; holds it for one process alone."""

    def __init__(self, path: Path, *, restart: bool = False) -> None:
        """Open what is there of the answers.

        Args:
            path: file that the answers come in.
            restart: forget what an earlier run left.

        Raises:
            Conflict: another process is busy with it.
            Misconfigured: the files cannot be written, or the journal is damaged.
        """
        self._path = path
        self._part_path = path.with_name(path.name + ".part")
        self._journal_path = path.with_name(path.name + ".journal")
        self._early_path = path.with_name(path.name + ".early")
        self._part = self._open()
        self.progress: Progress | None = None
        self.behind: Behind | None = None
        try:
            self.progress = None if restart else self._read()
            if self.progress is None:
                self._journal_path.unlink(missing_ok=True)
                self._early_path.unlink(missing_ok=True)
            # What was added after the journal was written may be cut off anywhere.
            self._part.truncate(self.progress.length if self.progress else 0)
            self._part.seek(0, os.SEEK_END)
        except BaseException:
            self._part.close()
            raise

    def __enter__(self) -> Self:
        """Hold the files."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the files; what was added stays."""
        self._part.close()

    @property
    def part(self) -> Path:
        """File that holds the answers until all are there."""
        return self._part_path

    def add(self, content: bytes, progress: Progress) -> Progress:
        """Add answers: to the disk first, then to the journal."""
        try:
            self._part.write(content)
            self._part.flush()
            os.fsync(self._part.fileno())
            done = Progress(**{**asdict(progress), "length": self._part.tell()})
            self._write({"version": VERSION, **asdict(done)})
        except OSError as error:
            raise self._wrong("written") from error
        self.progress = done
        return done

    def set_aside(self, head: bytes, behind: Behind) -> None:
        """Write ``<out>.early`` whole, in the place of that of an earlier run; without such rows there is none."""
        try:
            write_whole_of(self._early_path, chain([head], behind))
            if not behind.early:
                self._early_path.unlink(missing_ok=True)
        except OSError as error:
            raise self._wrong("written") from error
        self.behind = behind

    def finish(self) -> None:
        """Put the answers in the place of the file, and the journal away."""
        try:
            self._part_path.replace(self._path)
            _sync_folder(self._path.parent)
            self._journal_path.unlink(missing_ok=True)
            self._early_path.unlink(missing_ok=True)
        except OSError as error:
            raise self._wrong("written") from error

    def _open(self) -> BinaryIO:
        while True:
            try:
                # Only the owner may read the answers: they hold what the list holds.
                part = os.fdopen(os.open(self._part_path, os.O_CREAT | os.O_RDWR, 0o600), "r+b")
            except OSError as error:
                raise self._wrong("written") from error
            try:
                fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                part.close()
                raise Conflict("list_busy", "another process is busy with these answers", field="out") from error
            if self._is_part(part):
                return part
            part.close()

    def _is_part(self, part: BinaryIO) -> bool:
        """Say whether an open file still is the part; another process may have finished it before it was locked."""
        try:
            return os.path.samestat(os.fstat(part.fileno()), self._part_path.stat())
        except FileNotFoundError:
            return False
        except OSError as error:
            part.close()
            raise self._wrong("read") from error

    def _read(self) -> Progress | None:
        try:
            plain = json.loads(self._journal_path.read_bytes())
            if plain.pop("version") != VERSION:
                raise ValueError("another version")
            progress = Progress(**plain)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._wrong("read") from error
        if os.fstat(self._part.fileno()).st_size < progress.length:
            # The part has become the file already, or somebody took it away: there is nothing to go on with.
            return None
        return progress

    def _write(self, plain: dict[str, object]) -> None:
        write_whole(self._journal_path, json.dumps(plain).encode())
        _sync_folder(self._path.parent)

    def _wrong(self, verb: str) -> Misconfigured:
        return Misconfigured(
            "out_invalid", f"the file of the answers, its .part or its .journal cannot be {verb}", field="out"
        )


class AnswerStream:
    """Implements Answers over a stream, such as standard output: an interrupted list begins anew."""

    def __init__(self, stream: BinaryIO) -> None:
        """Take the stream."""
        self._stream = stream
        self.progress: Progress | None = None
        self.behind: Behind | None = None

    def add(self, content: bytes, progress: Progress) -> Progress:
        """Write answers.

        Raises:
            OSError: they cannot be written.
        """
        self._stream.write(content)
        self._stream.flush()
        self.progress = progress
        return progress

    def set_aside(self, head: bytes, behind: Behind) -> None:
        """Count alone: a row out of its turn would be taken for the next one."""
        for _content in behind:
            pass
        self.behind = behind

    def finish(self) -> None:
        """Do nothing: everything was written."""


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
