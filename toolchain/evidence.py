"""`make evidence`: what is shown of the contracts beyond their tests; `.ci/run` runs it whole.

Every step is run before the result is given: full fuzzing, coverage, symbolic proofs, static analysis.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from toolchain.environment import PROJECT, TOOLCHAIN, VENV, prepare
from toolchain.forge import MISSING, find_forge, forge_environment

PYTHON = str(VENV / "bin" / "python")


def steps() -> dict[str, list[str]]:
    """Return the command of each step by its name."""
    return {
        "fuzz": ["forge", "test"],
        "coverage": [PYTHON, "-m", "toolchain.coverage"],
        "proofs": [PYTHON, "-m", "toolchain.proofs"],
        "analysis": [PYTHON, "-m", "toolchain.static_analysis"],
    }


def main(arguments: list[str]) -> int:
    """Run the step named in `arguments`, or all; return the exit code."""
    prepare(os.environ)
    if find_forge() is None:
        print(MISSING, file=sys.stderr)
        return 1
    chosen = steps()
    extra: list[str] = []
    if arguments:
        name, *extra = arguments
        if name not in chosen:
            print(f"no such step: {name}; there are {', '.join(chosen)}", file=sys.stderr)
            return 2
        chosen = {name: chosen[name]}
    failed = []
    # A folder of its own for what is compiled: `make test` may run at the same time.
    environment = forge_environment("full", out=TOOLCHAIN / "evidence")
    for name, command in chosen.items():
        started = time.monotonic()
        print(f"--- {name}", flush=True)
        done = subprocess.run([*command, *extra], cwd=PROJECT, env=environment, check=False)
        print(f"--- {name}: {time.monotonic() - started:.0f} s", flush=True)
        if done.returncode:
            failed.append(name)
    print(f"evidence failed: {', '.join(failed)}" if failed else "evidence: all holds", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
