"""Small Node programs, for answers of npm packages that our own code is compared with."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]

_START = """\
import { readFileSync } from "node:fs";
const input = JSON.parse(readFileSync(0, "utf8"));
const output = (value) => process.stdout.write(JSON.stringify(value));
"""


def run_node(program: str, value: Any) -> Any:
    """Run an ES module that may import the project's npm packages.

    Args:
        program: source text; it finds its argument in `input` and hands its answer to `output(...)`, once.
        value: the argument; anything that JSON can carry.

    Returns:
        The answer.

    Raises:
        AssertionError: the program failed; the text is what it wrote to standard error.
    """
    finished = subprocess.run(
        ["node", "--input-type=module", "--eval", _START + program],
        input=json.dumps(value),
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout)
