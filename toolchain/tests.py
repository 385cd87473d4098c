"""`make test`: all suites in turn, with one line at the end that says what was run and what was not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

from toolchain.environment import PROJECT, VENV, prepare
from toolchain.forge import MISSING, find_forge, forge_environment

CHROMIUM = "SCHULDHULP_CHROMIUM"
REQUIRED = "SCHULDHULP_REQUIRE_TOOLS"
PYTEST = [str(VENV / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:pytest-brownie", "-p", "no:cacheprovider"]
FAST = ("tests/unit", "tests/integration", "tests/engines", "tests/app")
BROWNIE = str(VENV / "bin" / "brownie")


def chromium() -> str | None:
    """Return the path of Chromium, or None where there is none."""
    return os.environ.get(CHROMIUM) or shutil.which("chromium") or shutil.which("chromium-browser")


def suites(*, browser: bool, forge: bool = True) -> dict[str, list[list[str]]]:
    """Return the commands of each suite; the contracts are compiled first, because other suites deploy them.

    Args:
        browser: whether the tests in Chromium are part of it.
        forge: whether the properties of the contracts are part of it.
    """
    compile_contracts = [BROWNIE, "compile"]
    # One run for both: they share the loaded demonstration. Two at a time, since they wait more than they work; a third
    # would need a third whole installation.
    whole = ["-n", "2", "--dist", "loadfile", "tests/system", *(["tests/browser"] if browser else [])]
    found = {
        # On every processor; a file stays with one process, so that what its tests share is made once.
        "fast": [
            compile_contracts,
            [*PYTEST, "-n", "auto", "--dist", "loadfile", *FAST],
        ],
        "contracts": [[BROWNIE, "test"]],
        "properties": [["forge", "test"]],
        "whole": [compile_contracts, [*PYTEST, *whole]],
    }
    if not forge:
        del found["properties"]
    return found


def main(arguments: list[str]) -> int:
    """Run the suite named in `arguments`, or all; return the exit code."""
    prepare(os.environ)
    browser = chromium()
    if browser:
        os.environ[CHROMIUM] = browser
    elif os.environ.get(REQUIRED):
        print("Chromium is missing, and this run needs it: apt-get install chromium", file=sys.stderr)
        return 1
    forge = find_forge() is not None
    chosen = suites(browser=browser is not None, forge=forge)
    extra: list[str] = []
    if arguments:
        name, *extra = arguments
        if name == "properties" and not forge:
            print(MISSING, file=sys.stderr)
            return 1
        chosen = {name: chosen[name]}
    failed = []
    for name, commands in chosen.items():
        started = time.monotonic()
        print(f"--- {name}", flush=True)
        for command in commands:
            given = [*command, *extra] if command is commands[-1] else command
            environment = forge_environment() if command[0] == "forge" else None
            if subprocess.run(given, cwd=PROJECT, env=environment, check=False).returncode:
                failed.append(name)
                break
        print(f"--- {name}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"suites: {len(chosen) - len(failed)} passed, {len(failed)} failed", flush=True)
    for name in failed:
        print(f"failed: {name}")
    if not forge and not arguments:
        print(f"The properties of the contracts were left out. {MISSING}")
    if browser is None and "whole" in chosen:
        print("The browser tests were left out: no Chromium here. On Debian: apt-get install chromium")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
