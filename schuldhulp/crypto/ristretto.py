"""The group ristretto255 (RFC 9496) as libsodium computes it; the only module that calls libsodium.

pysodium is preferred: it uses the system's libsodium, which the distribution keeps patched. Where the system has none,
rbcl carries its own. Both hand over a loaded library; calls go to that library directly, because their wrappers cost
more than the arithmetic of a scalar.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib
import re
from enum import StrEnum
from pathlib import Path
from typing import Any

from schuldhulp.errors import InvalidInput, Misconfigured

ELEMENT_LENGTH = 32
SCALAR_LENGTH = 32
WIDE_LENGTH = 64
"""Bytes of uniform input from which an element or a scalar is made without bias."""

_MINIMUM_VERSION = (1, 0, 18)
_Word = ctypes.c_char * 32


class Backend(StrEnum):
    """Package that brings libsodium."""

    PYSODIUM = "pysodium"
    RBCL = "rbcl"


class Group:
    """Arithmetic on encoded elements and scalars, 32 bytes each.

    Every function checks lengths before libsodium sees a pointer. Multiplications run in constant time.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        """Bind the functions of a loaded libsodium.

        Args:
            library: libsodium 1.0.18 or later.

        Raises:
            Misconfigured: the library has no ristretto255 or does not start.
        """
        try:
            if library.sodium_init() < 0:
                raise Misconfigured("libsodium_missing", "libsodium does not start")
            self._multiply = _function(library, "crypto_scalarmult_ristretto255", 3)
            self._multiply_base = _function(library, "crypto_scalarmult_ristretto255_base", 2)
            self._add = _function(library, "crypto_core_ristretto255_add", 3)
            self._from_hash = _function(library, "crypto_core_ristretto255_from_hash", 2)
            self._is_valid_point = _function(library, "crypto_core_ristretto255_is_valid_point", 1)
            self._scalar_random = _function(library, "crypto_core_ristretto255_scalar_random", 1)
            self._scalar_reduce = _function(library, "crypto_core_ristretto255_scalar_reduce", 2)
            self._scalar_invert = _function(library, "crypto_core_ristretto255_scalar_invert", 2)
            self._scalar_multiply = _function(library, "crypto_core_ristretto255_scalar_mul", 3)
            self._scalar_subtract = _function(library, "crypto_core_ristretto255_scalar_sub", 3)
        except AttributeError as error:
            raise Misconfigured("libsodium_missing", "this libsodium has no ristretto255") from error

    def multiply(self, scalar: bytes, element: bytes) -> bytes:
        """Multiply an element by a scalar.

        Args:
            scalar: 32 bytes, canonical.
            element: 32 bytes.

        Returns:
            The product, never the identity.

        Raises:
            InvalidInput: the element is the identity or not canonically encoded, or the scalar is zero.
        """
        _check(scalar, element)
        product = _Word()
        if self._multiply(product, scalar, element) != 0:
            raise InvalidInput("element_invalid", "not a canonical element other than the identity", field="element")
        return product.raw

    def multiply_base(self, scalar: bytes) -> bytes:
        """Multiply the generator by a scalar.

        Args:
            scalar: 32 bytes, canonical.

        Returns:
            The product, never the identity.

        Raises:
            InvalidInput: the scalar is zero.
        """
        _check(scalar)
        product = _Word()
        if self._multiply_base(product, scalar) != 0:
            raise InvalidInput("scalar_invalid", "the scalar must not be zero", field="scalar")
        return product.raw

    def add(self, one: bytes, other: bytes) -> bytes:
        """Add two elements.

        Args:
            one: 32 bytes.
            other: 32 bytes.

        Returns:
            The sum, which may be the identity.

        Raises:
            InvalidInput: one of them is not canonically encoded.
        """
        _check(one, other)
        total = _Word()
        if self._add(total, one, other) != 0:
            raise InvalidInput("element_invalid", "not a canonical element", field="element")
        return total.raw

    def from_hash(self, uniform: bytes) -> bytes:
        """Map 64 uniform bytes to an element (RFC 9496, 4.3.4)."""
        _check_wide(uniform)
        element = _Word()
        self._from_hash(element, uniform)
        return element.raw

    def is_element(self, element: bytes) -> bool:
        """Tell whether bytes are a canonical element other than the identity."""
        return len(element) == ELEMENT_LENGTH and any(element) and self._is_valid_point(element) == 1

    def random_scalar(self) -> bytes:
        """Draw a uniform scalar other than zero, 32 bytes."""
        scalar = _Word()
        self._scalar_random(scalar)
        return scalar.raw

    def reduce(self, wide: bytes) -> bytes:
        """Reduce 64 bytes (little endian) modulo the order of the group."""
        _check_wide(wide)
        scalar = _Word()
        self._scalar_reduce(scalar, wide)
        return scalar.raw

    def is_scalar(self, scalar: bytes) -> bool:
        """Tell whether bytes are a canonical scalar other than zero."""
        return len(scalar) == SCALAR_LENGTH and any(scalar) and self.reduce(scalar + bytes(32)) == scalar

    def invert(self, scalar: bytes) -> bytes:
        """Invert a scalar.

        Args:
            scalar: 32 bytes.

        Returns:
            Its multiplicative inverse.

        Raises:
            InvalidInput: the scalar is zero.
        """
        _check(scalar)
        inverse = _Word()
        if self._scalar_invert(inverse, scalar) != 0:
            raise InvalidInput("scalar_invalid", "zero has no inverse", field="scalar")
        return inverse.raw

    def multiply_scalars(self, one: bytes, other: bytes) -> bytes:
        """Multiply two scalars."""
        _check(one, other)
        product = _Word()
        self._scalar_multiply(product, one, other)
        return product.raw

    def subtract_scalars(self, one: bytes, other: bytes) -> bytes:
        """Subtract the second scalar from the first."""
        _check(one, other)
        difference = _Word()
        self._scalar_subtract(difference, one, other)
        return difference.raw


def load(backend: Backend) -> Group:
    """Load libsodium through one package.

    Args:
        backend: the package.

    Returns:
        The group.

    Raises:
        Misconfigured: the package or the library is not there or too old.
    """
    try:
        library = _load_pysodium() if backend is Backend.PYSODIUM else _load_rbcl()
    # pysodium raises whatever the missing library makes of its first line.
    except (ImportError, OSError, ValueError, AttributeError, TypeError) as error:
        raise Misconfigured("libsodium_missing", f"{backend} brings no libsodium") from error
    version_string = library["sodium_version_string"]
    version_string.restype = ctypes.c_char_p
    version = tuple(int(part) for part in re.findall(rb"\d+", version_string())[:3])
    if version < _MINIMUM_VERSION:
        raise Misconfigured("libsodium_missing", "libsodium is older than 1.0.18")
    return Group(library)


@functools.cache
def group() -> Group:
    """Give the group over the first libsodium there is; loaded once.

    Raises:
        Misconfigured: neither the system nor rbcl has one.
    """
    try:
        return load(Backend.PYSODIUM)
    except Misconfigured:
        return load(Backend.RBCL)


def _load_pysodium() -> ctypes.CDLL:
    library: ctypes.CDLL = importlib.import_module("pysodium").sodium
    return library


def _load_rbcl() -> ctypes.CDLL:
    importlib.import_module("rbcl")
    library: ctypes.CDLL = importlib.import_module("rbcl._sodium")._sodium
    # rbcl writes its library to the temporary folder at each import and leaves it there. Once it is mapped the file
    # is not needed; Windows refuses to delete it while it is in use.
    with contextlib.suppress(OSError):
        Path(library._name).unlink(missing_ok=True)
    return library


def _function(library: ctypes.CDLL, name: str, pointers: int) -> Any:
    # Indexing gives a function object of our own, so that the package's own declarations stay as they are.
    function = library[name]
    function.argtypes = [ctypes.c_char_p] * pointers
    function.restype = ctypes.c_int
    return function


def _check(*words: bytes) -> None:
    for word in words:
        if len(word) != 32:
            raise InvalidInput("word_invalid", "an element or scalar is 32 bytes", field="element")


def _check_wide(wide: bytes) -> None:
    if len(wide) != WIDE_LENGTH:
        raise InvalidInput("word_invalid", "64 uniform bytes are needed", field="wide")
