"""The creditor's client works with the base dependencies only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]

PROGRAM = """
import sys

class Blocked:
    NAMES = {"streamlit", "brownie", "sqlalchemy", "alembic", "fastapi", "starlette", "uvicorn", "authlib",
             "jinja2", "psutil", "psycopg"}

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.NAMES:
            raise ModuleNotFoundError(name)
        return None

sys.meta_path.insert(0, Blocked())
import schuldhulp.creditor
import schuldhulp.creditor.signing
import schuldhulp.creditor.evaluator_client
assert schuldhulp.creditor.Client and schuldhulp.creditor.ClaimClient
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.domain.identifiers import bsn_identifier, parse_person
signer = schuldhulp.creditor.signing.digest_signer(AccountKey.generate())
assert len(signer(bytes(31) + b"x")) == 65
for name in ("schuldhulp.storage", "schuldhulp.chain", "schuldhulp.evaluator", "schuldhulp.config"):
    assert name not in sys.modules, name
"""


def test_creditor_imports_without_anything_of_the_server() -> None:
    result = subprocess.run([sys.executable, "-c", PROGRAM], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
