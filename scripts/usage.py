"""What somebody types after ``brownie run``: the wrong number of words is answered with how it is used."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


def typed(usage: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command answer a forgotten or a surplus argument with its usage and exit code 2.

    Args:
        usage: what is typed after ``brownie run``, without the network.

    Returns:
        A decorator. Brownie compiles a command anew and evaluates its annotations: they must be plain types.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command)

        @functools.wraps(command)
        def checked(*arguments: Any) -> None:
            try:
                signature.bind(*arguments)
            except TypeError:
                print("Refused: an argument is missing, or there is one too many")
                print(f"Usage: brownie run {usage} --network <name>")
                raise SystemExit(2) from None
            command(*arguments)

        return checked

    return decorate
