"""`schuldhulp signal --file`: a list of persons in, the same list with answers out."""

from __future__ import annotations

import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from schuldhulp.bootstrap import creditor_client, creditor_memory
from schuldhulp.cli.list_progress import ListProgress
from schuldhulp.cli.output import warn
from schuldhulp.config import Settings
from schuldhulp.creditor.lists import (
    AnswerFile,
    AnswerStream,
    Behind,
    JsonLines,
    Lines,
    ListCheck,
    Patience,
    Progress,
    encoding_of,
    open_form,
)
from schuldhulp.domain.signal import SignalAnswer, SignalWarning
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, SchuldhulpError
from schuldhulp.services.tags import QUOTA_SPENT

NOT_FINISHED: Final = 4
"""Exit code when the quota is spent before the list is."""

BAD_ROWS: Final = 2
"""Exit code when every row has an answer but those that could not be read."""

WARNINGS: Final = {
    SignalWarning.NAME_MATCH_RED: (
        "A typing error, another surname or a recent move also gives red: red does not prove that somebody is unknown."
    ),
    SignalWarning.NAME_MATCH_GREEN: "Twins at one address share a signal: check whom it is about with the credit bank.",
}


@dataclass(frozen=True, kw_only=True)
class ListOptions:
    """What the command was given.

    Attributes:
        file: the list; - for standard input.
        out: where the answers come; - for standard output.
        organisation: KvK number to ask as, empty for that of the settings.
        municipality: CBS code for rows that name none.
        json_lines: write the answers as JSON lines, whatever the list is.
        local: look tags up on this machine.
        restart: forget what an earlier run left.
        patience: seconds to wait for who does not answer.
        batch: rows that are asked about at once.
    """

    file: str
    out: str
    organisation: str
    municipality: MunicipalityCode
    json_lines: bool
    local: bool
    restart: bool
    patience: int
    batch: int


def check_list(settings: Settings, options: ListOptions) -> int:
    """Check a list, and tell on standard error how it goes.

    Args:
        settings: settings of the creditor's machine.
        options: what the command was given.

    Returns:
        The exit code: 0, `BAD_ROWS` or `NOT_FINISHED`.

    Raises:
        schuldhulp.errors.SchuldhulpError: the list cannot be read, or somebody refused or did not answer. What was
            answered is kept, and the same command goes on.
    """
    _check_paths(options)
    with ExitStack() as stack:
        stack.enter_context(_ended_in_order())
        lines = stack.enter_context(_lines(options.file))
        form = open_form(lines)
        memory, key = creditor_memory(settings, organisation=options.organisation or None)
        stack.callback(memory.close)
        shown = stack.enter_context(ListProgress(lines, size=_size(options.file)))
        organisation = options.organisation or settings.organisation
        client = creditor_client(
            settings, organisation=organisation, kept=memory, local=options.local, told=shown.fetching
        )
        as_json = options.json_lines or isinstance(form, JsonLines)
        writer = JsonLines(lines) if as_json else form
        check = ListCheck(
            asker=client,
            municipality=options.municipality,
            fingerprint=key.fingerprint,
            patience=Patience(seconds=options.patience, sleep=time.sleep, tell=shown.waiting),
            watcher=shown,
            words=json_words if as_json else _words,
            window=options.batch,
        )
        if options.out == "-":
            answers: AnswerFile | AnswerStream = AnswerStream(sys.stdout.buffer)
        else:
            answers = stack.enter_context(AnswerFile(Path(options.out), restart=options.restart))
        encode = str.encode if as_json else lines.encode
        mark = b"" if as_json else lines.mark
        if answers.progress is not None:
            warn(f"going on after row {answers.progress.rows} of an earlier run")
        try:
            done = check.run(
                form,
                answers,
                write=lambda row, answer: encode(writer.write(row, answer)),
                head=lambda: mark + encode(writer.write_head()),
                of=(organisation, int(as_json)),
            )
        except (SchuldhulpError, KeyboardInterrupt) as error:
            shown.close()
            _tell_unfinished(options, answers.progress)
            if answers.behind is not None:
                _tell_behind(options, answers.behind)
            if isinstance(error, SchuldhulpError) and error.key in QUOTA_SPENT:
                warn(f"error: {_when_to_go_on(error)}")
                return NOT_FINISHED
            raise
    warn(_summary(done))
    return BAD_ROWS if done.bad else 0


def _check_paths(options: ListOptions) -> None:
    if not options.out:
        raise InvalidInput("out_missing", "--out: name the file of the answers, or - for standard output", field="out")
    if options.out != "-":
        _check_target(Path(options.out))
    if "-" not in (options.file, options.out) and Path(options.file).resolve() == Path(options.out).resolve():
        raise InvalidInput("out_is_file", "--out: the answers cannot take the place of the list", field="out")


def _check_target(out: Path) -> None:
    """Refuse what the answers must not take the place of: a rename puts away whatever bears the name."""
    try:
        mode = out.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise InvalidInput("out_invalid", f"--out: cannot be written ({error.strerror})", field="out") from error
    if stat.S_ISDIR(mode):
        raise InvalidInput("out_is_folder", "--out: this is a folder; name a file", field="out")
    if stat.S_ISLNK(mode):
        raise InvalidInput("out_is_link", "--out: this is a link; name the file itself", field="out")
    if not stat.S_ISREG(mode):
        raise InvalidInput(
            "out_is_device", "--out: this is a device or pipe; name a file, or - for standard output", field="out"
        )


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Make SIGTERM end a list as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _lines(file: str) -> Iterator[Lines]:
    if file == "-":
        yield Lines(sys.stdin.buffer)
        return
    with _opened(file) as stream:
        encoding = encoding_of(stream)
    with _opened(file) as stream:
        yield Lines(stream, encoding=encoding)


def _opened(file: str) -> BinaryIO:
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise InvalidInput("file_unreadable", f"--file: cannot be read ({error.strerror})", field="file") from error


def _size(file: str) -> int | None:
    return None if file == "-" else Path(file).stat().st_size or None


def _words(answer: SignalAnswer) -> Mapping[str, Any]:
    return {**json_words(answer), "warning": " ".join(WARNINGS[warning] for warning in answer.warnings)}


def json_words(answer: SignalAnswer) -> dict[str, Any]:
    """Return what a row of the answers gets, with the keys of the warnings for a program to read."""
    return {
        "signal": answer.signal.value,
        "municipality": answer.municipality,
        "contact": answer.contact,
        "checked_at": answer.checked_at.isoformat(timespec="seconds"),
        "check_number": answer.check_number,
        "block": answer.block_number,
        "warning": " ".join(answer.warnings),
    }


def _summary(done: Progress) -> str:
    text = f"{_rows(done.rows)}: {done.green} green, {done.red} red"
    return f"{text}, {done.bad} that cannot be read" if done.bad else text


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"


def _tell_unfinished(options: ListOptions, done: Progress | None) -> None:
    if done is None:
        return
    warn(f"not finished: {_summary(done)}")
    if options.out == "-":
        warn("the same command begins anew; who was answered about costs no quota again")
    else:
        warn(f"answers so far are in {Path(options.out).name}.part; the same command goes on from there")


def _tell_behind(options: ListOptions, behind: Behind) -> None:
    warn(f"{_rows(behind.waiting)} with a new person {'waits' if behind.waiting == 1 else 'wait'} for quota")
    if behind.early and options.out != "-":
        warn(f"{_rows(behind.early)} behind the first of them cost nothing: see {Path(options.out).name}.early")


def _when_to_go_on(error: SchuldhulpError) -> str:
    if error.key == "epoch_quota_spent":
        return "the quota of this epoch is spent; ask the municipality for more, or go on in the next epoch"
    wait = error.parameters.get("retry_after")
    when = "tomorrow"
    if isinstance(wait, int):
        moment = datetime.now(UTC) + timedelta(seconds=wait)
        when = f"after {moment.strftime('%Y-%m-%d %H:%M')} UTC"
    return f"the quota of today is spent; go on {when}"
