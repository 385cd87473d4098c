"""The project installed by itself: a virtual environment that holds its base dependencies and nothing else.

Nothing is fetched: the wheel is built from the tree, and the distributions that it asks for are linked from the
environment of these tests. What is not asked for is not there, so whatever imports it fails by itself.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = ("schuldhulp", "app", "pyproject.toml", "README.md", "LICENSE")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@dataclass(frozen=True)
class Standalone:
    """An environment with the project and its base dependencies.

    Attributes:
        folder: the virtual environment.
        wheel: what was installed.
        dependencies: names of the distributions beside the project, in canonical form.
    """

    folder: Path
    wheel: Path
    dependencies: frozenset[str]

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.folder / "bin" / "python")

    @property
    def command(self) -> str:
        """Its command `schuldhulp`."""
        return str(self.folder / "bin" / "schuldhulp")


def make_standalone(folder: Path) -> Standalone:
    """Build the wheel and install it, with what it requires when no extra is named.

    Args:
        folder: an empty folder to work in.
    """
    wheel = build_wheel(folder)
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    libraries = next((environment / "lib").glob("python3*")) / "site-packages"
    pip = (*PIP, "--python", str(environment / "bin" / "python"))
    subprocess.run([*pip, "install", "--no-deps", "--no-index", str(wheel)], check=True)
    found = dict(closure(Requirement(f"schuldhulp @ {wheel.as_uri()}"), libraries))
    for name, one in found.items():
        if name != "schuldhulp":
            link(one, libraries)
    return Standalone(environment, wheel, frozenset(found) - {"schuldhulp"})


def build_wheel(folder: Path) -> Path:
    """Build the wheel from a copy of the tree: the builder leaves things behind where it works."""
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(PROJECT / name, source)
    offline = ("--no-deps", "--no-build-isolation", "--no-index")
    subprocess.run([*PIP, "wheel", *offline, "--wheel-dir", str(folder / "wheel"), str(source)], check=True)
    (wheel,) = (folder / "wheel").iterdir()
    return wheel


def closure(wanted: Requirement, libraries: Path) -> Iterator[tuple[str, Distribution]]:
    """Give every distribution that one asks for, itself included, as they are installed for these tests.

    Args:
        wanted: the one to begin with.
        libraries: where that one is installed.
    """
    seen: set[tuple[str, str]] = set()
    waiting = [wanted]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        fresh = {extra for extra in ("", *requirement.extras) if (name, extra) not in seen}
        if not fresh:
            continue
        seen |= {(name, extra) for extra in fresh}
        places = [str(libraries)] if requirement is wanted else sys.path
        one = next(iter(Distribution.discover(name=name, path=places)))
        yield name, one
        for line in one.requires or ():
            further = Requirement(line)
            if further.marker is None or any(further.marker.evaluate({"extra": extra}) for extra in fresh):
                waiting.append(further)


def link(one: Distribution, libraries: Path) -> None:
    """Put a distribution into an environment by links to its files; its commands are left out."""
    for file in one.files or ():
        source = Path(str(one.locate_file(file))).resolve()
        target = libraries / file
        # What was installed in the old way also lists what it was built from.
        if ".." in file.parts or not source.exists() or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source)
    home = Path(str(one.locate_file("")))
    described = libraries / next(path.name for path in home.glob("*-info") if PathDistribution(path).name == one.name)
    if not described.exists():
        described.symlink_to(home / described.name)
