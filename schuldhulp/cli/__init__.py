"""The command `schuldhulp`.

Exit codes: 0 done; 1 a deviation was found, or the other side answered with an error; 2 wrong input, or no right to it;
3 chain, database or evaluator unreachable; 4 not finished yet (`verify`). An error is one line on standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from schuldhulp.cli.application import run

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code.

    Args:
        arguments: words after the name of the command; those of the process when None.
    """
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))
