"""`make lint`: every linter in turn; all are run before the result is given."""

from __future__ import annotations

import os
import subprocess
import sys

from toolchain.environment import PROJECT, prepare

COMMANDS = (
    ["ruff", "check", "."],
    ["ruff", "format", "--check", "."],
    ["mypy"],
    ["lint-imports"],
    ["solhint", "--max-warnings", "0", "contracts/**/*.sol"],
    ["prettier", "--check", "contracts/**/*.sol", "tests/forge/**/*.sol"],
)


def main() -> int:
    """Run all linters; return 1 when one has something to say."""
    prepare(os.environ)
    failed = [command[0] for command in COMMANDS if subprocess.run(command, cwd=PROJECT, check=False).returncode]
    print(f"lint failed: {', '.join(failed)}" if failed else "lint: all clean", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
