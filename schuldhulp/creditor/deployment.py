"""What a creditor knows of the chain beforehand: the registry's part of the deployment file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from eth_utils.address import is_address, to_checksum_address

from schuldhulp.errors import Misconfigured

CONTRACT = "EnrolmentRegistry"


@dataclass(frozen=True, kw_only=True)
class RegistryDeployment:
    """The registry as it was deployed.

    Attributes:
        chain_id: id of the chain; signatures are bound to it.
        genesis_hash: hash of block 0, 32 bytes; a wiped chain may have the same id and addresses.
        address: checksummed address.
        code_hash: keccak256 of the code at the address, 32 bytes.
        instance_id: random number given at deployment, 32 bytes.
    """

    chain_id: int
    genesis_hash: bytes
    address: str
    code_hash: bytes
    instance_id: bytes

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the deployment file.

        Args:
            path: ``deployments/<network>.json``, as the municipality publishes it.

        Returns:
            The registry's part.

        Raises:
            Misconfigured: the file is missing or wrong; the error names the field.
        """
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Misconfigured(
                "deployment_missing",
                f"the deployment file {path.name} is missing or is not JSON; ask the municipality for it",
                field="deployment",
            ) from error
        contract = _part(_part(plain, "contracts"), CONTRACT)
        return cls(
            chain_id=_chain_id(plain),
            genesis_hash=_word(plain, "genesisHash"),
            address=_address(contract),
            code_hash=_word(contract, "codeHash"),
            instance_id=_word(contract, "instanceId"),
        )


def _part(plain: Any, name: str) -> dict[str, Any]:
    part = plain.get(name) if isinstance(plain, dict) else None
    if not isinstance(part, dict):
        raise _wrong(name)
    return part


def _chain_id(plain: dict[str, Any]) -> int:
    value = plain.get("chainId")
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise _wrong("chainId")
    return value


def _word(plain: dict[str, Any], name: str) -> bytes:
    value = plain.get(name)
    try:
        word = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else b""
    except ValueError:
        word = b""
    if len(word) != 32 or not any(word):
        raise _wrong(name)
    return word


def _address(plain: dict[str, Any]) -> str:
    value = plain.get("address")
    if not isinstance(value, str) or not is_address(value):
        raise _wrong("address")
    return to_checksum_address(value)


def _wrong(name: str) -> Misconfigured:
    return Misconfigured("deployment_invalid", f"the deployment file has no valid {name}", field=name)
