"""Write the interfaces of the compiled contracts where the Python package reads them.

Run it after a change of the contracts: ``brownie run export_abi --network development``. A test compares the files with
what the compiler says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONTRACTS = ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister")
FOLDER = Path(__file__).resolve().parents[1] / "schuldhulp" / "chain" / "abi"


def abi_text(abi: list[dict[str, Any]]) -> str:
    """Write an ABI as text that does not change from one compilation to the next.

    Args:
        abi: the ABI as the compiler gives it.

    Returns:
        JSON, its parts sorted by type and name, its keys by name.
    """
    ordered = sorted(abi, key=lambda part: (part["type"], part.get("name", ""), json.dumps(part, sort_keys=True)))
    return json.dumps(ordered, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Write the ABI of every contract."""
    import brownie

    FOLDER.mkdir(exist_ok=True)
    for name in CONTRACTS:
        file = FOLDER / f"{name}.json"
        file.write_text(abi_text(getattr(brownie, name).abi), encoding="utf-8")
        print(f"Written: {file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file}")
