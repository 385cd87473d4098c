"""Bytes of a list as lines of text: in which encoding, and how it is written back the same.

A list is UTF-8, or what Excel makes of it: UTF-8 or UTF-16 with a byte order mark, or Windows-1252 without one. Text in
Windows-1252 is hardly ever valid UTF-8, so a list is UTF-8 until a byte says that it is not.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, Final

from schuldhulp.errors import InvalidInput

BLOCK: Final = 64 * 1024
MAX_LINE: Final = 1024 * 1024
"""Characters of one line; a list with longer ones is no list."""

_MARKS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_END: Final = re.compile(r"\r\n|\n|\r(?!\Z)")
_LAST_END: Final = re.compile(r"\r\n|\n|\r")


class Decoder:
    """Turns blocks of bytes into text and settles on an encoding on the way.

    Bytes that are no text in that encoding become characters that are written back as the same bytes.

    Attributes:
        encoding: name of the encoding as far as is known; ASCII text looks the same in UTF-8 and Windows-1252.
        settled: whether a byte has shown which of the two it is.
        mark: the byte order mark, empty when there is none.
    """

    def __init__(self, encoding: str | None = None) -> None:
        """Begin with the first byte of a list.

        Args:
            encoding: what an earlier reading found; None to find out.
        """
        self.encoding = encoding or "utf-8"
        self.settled = encoding is not None
        self.mark = b""
        self._rest = b""
        self._begun = False
        self._decoder: codecs.IncrementalDecoder | None = None

    def decode(self, block: bytes, *, final: bool) -> str:
        """Decode the next block.

        Raises:
            InvalidInput: it is no text, but a workbook or something else.
        """
        data = self._rest + block
        self._rest = b""
        if not self._begun:
            if len(data) < len(_WORKBOOKS[0]) and not final:
                self._rest = data
                return ""
            data = self._begin(data)
        if self._decoder is None:
            try:
                text, used = codecs.utf_8_decode(data, "strict", final)
            except UnicodeDecodeError as error:
                if not self.settled and data[: error.start].isascii():
                    self.encoding = "cp1252"
                self._settle()
            else:
                self.settled = self.settled or not text.isascii()
                self._rest = data[used:]
                return text
        if self._decoder is None:
            raise AssertionError("settled on an encoding, so there is a decoder")
        return self._decoder.decode(data, final)

    def _begin(self, data: bytes) -> bytes:
        self._begun = True
        if data.startswith(_WORKBOOKS):
            raise InvalidInput(
                "list_is_workbook", "this is a workbook; save it as CSV UTF-8 and give that", field="file"
            )
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                self.mark, self.encoding = mark, encoding
                self._settle()
                return data[len(mark) :]
        if b"\x00" in data:
            raise InvalidInput("list_not_text", "this is no list of text; save it as CSV UTF-8", field="file")
        if self.settled:
            self._settle()
        return data

    def _settle(self) -> None:
        self.settled = True
        # Half a character in UTF-16 cannot be written back; it becomes U+FFFD, which no field with a person takes.
        errors = "replace" if self.encoding.startswith("utf-16") else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(self.encoding)(errors)


class Lines:
    """The lines of a list, each with its end, one after another; lines can be given back.

    Attributes:
        number: number of the line that was given last, from 1.
        consumed: bytes of the lines that were given.
    """

    def __init__(self, stream: BinaryIO, *, encoding: str | None = None) -> None:
        """Read from the beginning of a list.

        Args:
            stream: the list.
            encoding: what `encoding_of` found; None to find out on the way.
        """
        self._decoder = Decoder(encoding)
        self._blocks = self._read(stream)
        self._back: list[str] = []
        self.number = 0
        self.consumed = 0

    @property
    def mark(self) -> bytes:
        """The byte order mark, once a line was read."""
        return self._decoder.mark

    def encode(self, text: str) -> bytes:
        """Write text as the list is written."""
        return text.encode(self._decoder.encoding, "surrogateescape")

    def writable(self, text: str) -> str:
        """Return text of ours with a question mark for what cannot be written as the list is written."""
        encoding = self._decoder.encoding if self._decoder.settled else "ascii"
        return text.encode(encoding, "replace").decode(encoding)

    def __iter__(self) -> Iterator[str]:
        """Give the lines."""
        return self

    def __next__(self) -> str:
        """Give the next line."""
        line = self._back.pop() if self._back else next(self._blocks)
        self.number += 1
        self.consumed += len(self.encode(line))
        return line

    def give_back(self, lines: list[str]) -> None:
        """Take lines back that were given last, to give them again."""
        self._back.extend(reversed(lines))
        self.number -= len(lines)
        self.consumed -= sum(len(self.encode(line)) for line in lines)

    def _read(self, stream: BinaryIO) -> Iterator[str]:
        begun = ""
        while block := stream.read(BLOCK):
            # A carriage return at the end may be half of a line end, so it is looked at again with what follows.
            again = 1 if begun.endswith("\r") else 0
            text = begun[len(begun) - again :] + self._decoder.decode(block, final=False)
            begun = begun[: len(begun) - again]
            start = 0
            for found in _END.finditer(text):
                yield begun + text[start : found.end()]
                begun, start = "", found.end()
            begun += text[start:]
            if len(begun) > MAX_LINE:
                raise InvalidInput("list_line_too_long", "a line is too long for a list", field="file")
        yield from lines_of(begun + self._decoder.decode(b"", final=True))


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that is whole, each with its end."""
    found, start = [], 0
    for end in _LAST_END.finditer(text):
        found.append(text[start : end.end()])
        start = end.end()
    return [*found, text[start:]] if start < len(text) else found


def encoding_of(stream: BinaryIO) -> str:
    """Read a list through and tell in which encoding it is.

    Args:
        stream: the list, from its first byte; it is read to its end.

    Returns:
        Name of the encoding.

    Raises:
        InvalidInput: it is no text.
    """
    decoder = Decoder()
    while not decoder.settled and (block := stream.read(BLOCK)):
        decoder.decode(block, final=False)
    if not decoder.settled:
        decoder.decode(b"", final=True)
    return decoder.encoding
