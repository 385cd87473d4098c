"""Check that the chain refuses something for exactly the reason that was meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from brownie.exceptions import VirtualMachineError

NO_ROLE = "AccessControlUnauthorizedAccount"


def message_of(name: str, *values: Any) -> str:
    """Write a custom error as Brownie shows it."""

    def shown(value: Any) -> str:
        if isinstance(value, bytes):
            return repr(value)
        if isinstance(value, int):
            return str(int(value))
        return str(value).lower()

    return f"{name}: {', '.join(shown(value) for value in values)}" if values else f"{name}: "


@contextmanager
def refused(name: str, *values: Any) -> Iterator[None]:
    """Expect the custom error `name` with exactly these values; addresses as text, enum members as numbers."""
    with pytest.raises(VirtualMachineError) as caught:
        yield
    assert caught.value.revert_msg == message_of(name, *values)
