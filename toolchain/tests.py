"""`make test`: all suites in turn, with one line at the end that says what was run and what was not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

from toolchain.environment import PROJECT, VENV, prepare

CHROMIUM = "SCHULDHULP_CHROMIUM"
REQUIRED = "SCHULDHULP_REQUIRE_CHROMIUM"
PYTEST = [str(VENV / "bin" / "python"), "-m", "pytest", "-q", "-p", "no:pytest-brownie", "-p", "no:cacheprovider"]
BROWNIE = str(VENV / "bin" / "brownie")


def chromium() -> str | None:
    """Return the path of Chromium, or None where there is none."""
    return os.environ.get(CHROMIUM) or shutil.which("chromium") or shutil.which("chromium-browser")


def suites(*, browser: bool) -> dict[str, list[list[str]]]:
    """Return the commands of each suite; the contracts are compiled first, because other suites deploy them.

    Args:
        browser: whether the tests in Chromium are part of it.
    """
    compile_contracts = [BROWNIE, "compile"]
    # One run for both: they share the loaded demonstration.
    whole = ["tests/system", "tests/browser"] if browser else ["tests/system"]
    return {
        "fast": [compile_contracts, [*PYTEST, "tests/unit", "tests/integration", "tests/app"]],
        "contracts": [[BROWNIE, "test"]],
        "whole": [compile_contracts, [*PYTEST, *whole]],
    }


def main(arguments: list[str]) -> int:
    """Run the suite named in `arguments`, or all; return the exit code."""
    prepare(os.environ)
    browser = chromium()
    if browser:
        os.environ[CHROMIUM] = browser
    elif os.environ.get(REQUIRED):
        print("Chromium is missing, and this run needs it: apt-get install chromium", file=sys.stderr)
        return 1
    chosen = suites(browser=browser is not None)
    extra: list[str] = []
    if arguments:
        name, *extra = arguments
        chosen = {name: chosen[name]}
    failed = []
    for name, commands in chosen.items():
        started = time.monotonic()
        print(f"--- {name}", flush=True)
        for command in commands:
            given = [*command, *extra] if command is commands[-1] else command
            if subprocess.run(given, cwd=PROJECT, check=False).returncode:
                failed.append(name)
                break
        print(f"--- {name}: {time.monotonic() - started:.0f} s", flush=True)
    print(f"suites: {len(chosen) - len(failed)} passed, {len(failed)} failed", flush=True)
    for name in failed:
        print(f"failed: {name}")
    if browser is None and "whole" in chosen:
        print("The browser tests were left out: no Chromium here. On Debian: apt-get install chromium")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
