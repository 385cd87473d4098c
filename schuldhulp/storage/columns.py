"""Column types that read whatever stands there.

Somebody who can write to the database can put text where bytes belong (SQLite), or a time that no calendar knows. Such
a value must come out as something that fails its check and gets its row named, not stop the reading.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, String
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
UNREADABLE_TIME = datetime.min.replace(tzinfo=UTC)
"""What a time that cannot be is read as."""


class Octets(TypeDecorator[bytes]):
    """Bytes."""

    impl = LargeBinary
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], bytes | None]:
        """Read bytes, and anything else as bytes."""

        def process(value: Any) -> bytes | None:
            if value is None:
                return None
            if isinstance(value, (bytes, bytearray, memoryview)):
                return bytes(value)
            return str(value).encode("utf-8", "surrogatepass")

        return process


class Whole(TypeDecorator[int]):
    """A whole number of 64 bits."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use SQLite's INTEGER, the only type of a key that counts by itself."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], int | None]:
        """Read a number, and anything else as -1."""

        def process(value: Any) -> int | None:
            if value is None:
                return None
            return value if isinstance(value, int) else -1

        return process


class Text(TypeDecorator[str]):
    """Short text."""

    impl = String
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None]:
        """Read text, and anything else as text."""

        def process(value: Any) -> str | None:
            if value is None:
                return None
            if isinstance(value, (bytes, bytearray, memoryview)):
                return "\ufffd" + bytes(value).hex()
            return str(value)

        return process


class Time(TypeDecorator[datetime]):
    """A time, kept as microseconds since 1970 (UTC), so that both databases give back exactly what was written."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use the same type as for whole numbers."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], int | None]:
        """Write microseconds."""

        def process(value: datetime | None) -> int | None:
            return None if value is None else (value - _EPOCH) // _MICROSECOND

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        """Read a time, and what cannot be one as ``UNREADABLE_TIME``."""

        def process(value: Any) -> datetime | None:
            if value is None:
                return None
            try:
                return _EPOCH + timedelta(microseconds=value)
            except (TypeError, OverflowError):
                return UNREADABLE_TIME

        return process
