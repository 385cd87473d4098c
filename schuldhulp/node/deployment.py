"""The deployment file: which chain, which contracts and which code this installation belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Self

from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address

from schuldhulp import errors
from schuldhulp.domain.types import DossierId, MunicipalityCode

CONTRACTS: Final = ("EnrolmentRegistry", "ObligationLedger", "ClaimRegister")
"""Every contract that a deployment consists of."""


@dataclass(frozen=True, kw_only=True)
class DeployedContract:
    """One contract as it was deployed.

    Attributes:
        address: checksummed address.
        code_hash: keccak256 of the code at that address, 32 bytes.
        instance_id: random number given at deployment, 32 bytes; another deployment has another.
    """

    address: str
    code_hash: bytes
    instance_id: bytes


@dataclass(frozen=True, kw_only=True)
class NetworkDeployment:
    """What whoever reads the chain has to know of it beforehand: a creditor needs no more than this.

    Attributes:
        chain_id: id that signatures are bound to.
        genesis_hash: hash of block 0, 32 bytes; a wiped chain has another.
        block: number of the block after which everything stood; 0 when the file does not say.
        contracts: the contracts by name, the EnrolmentRegistry at least.
        municipality: CBS code of the municipality that published the file, None when it does not say.
        claim_id_key: public key under which that municipality's claim ids are made, 32 bytes; None when it has none.
        receipt_signer: checksummed address of the account that signs its receipts, None when the file does not say.
    """

    chain_id: int
    genesis_hash: bytes
    block: int
    contracts: Mapping[str, DeployedContract]
    municipality: MunicipalityCode | None
    claim_id_key: bytes | None = None
    # What is put together without a file, and knows its accounts, has it there.
    receipt_signer: str | None = field(default=None, compare=False)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read and check a deployment file.

        Args:
            path: the file, ``deployments/<network>.json``, as the municipality publishes it.

        Returns:
            The deployment.

        Raises:
            errors.Misconfigured: the file is missing, unreadable or wrong; the error names the field.
        """
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise errors.Misconfigured(
                "deployment_missing",
                f"there is no deployment file {path.name}; {cls._MISSING}",
                field="deployment",
            ) from error
        except (OSError, ValueError, RecursionError) as error:
            raise _wrong("deployment", "is not a readable JSON file") from error
        return cls.from_plain(plain)

    @classmethod
    def from_plain(cls, plain: Any) -> Self:
        """Check the contents of a deployment file.

        Args:
            plain: the decoded JSON.

        Returns:
            The deployment.

        Raises:
            errors.Misconfigured: a field is missing or wrong; the error names it.
        """
        if not isinstance(plain, dict):
            raise _wrong("deployment", "is not a JSON object")
        return cls(**cls._fields(plain))

    @classmethod
    def _fields(cls, plain: dict[str, Any]) -> dict[str, Any]:
        contracts = plain.get("contracts")
        if not isinstance(contracts, dict):
            raise _wrong("contracts", "is missing")
        return {
            "chain_id": _number(plain, "chainId", lowest=1),
            "genesis_hash": _word(plain, "genesisHash"),
            "block": _number(plain, "block", lowest=0) if "block" in plain else 0,
            "contracts": {
                name: _contract(contracts, name) for name in CONTRACTS if name in contracts or name in cls._REQUIRED
            },
            "municipality": _municipality(plain) if "municipality" in plain else None,
            "claim_id_key": _key(plain, "claimIdKey") if plain.get("claimIdKey") is not None else None,
            "receipt_signer": _receipt_signer(plain.get("accounts")),
        }

    def contract(self, name: str) -> DeployedContract:
        """Return a contract.

        Args:
            name: its name, such as ``ClaimRegister``.

        Raises:
            errors.Misconfigured: the deployment file does not name it.
        """
        try:
            return self.contracts[name]
        except KeyError:
            raise _wrong(f"contracts.{name}", "is missing") from None

    _REQUIRED: ClassVar[tuple[str, ...]] = ("EnrolmentRegistry",)
    _MISSING: ClassVar[str] = "ask the municipality for it"


@dataclass(frozen=True, kw_only=True)
class Deployment(NetworkDeployment):
    """What ``brownie run deploy`` wrote about one network, as the municipality itself needs it.

    Attributes:
        network: name of the network.
        municipality: CBS code of the municipality that the accounts belong to.
        log_dossier: dossier that commits the municipality's processing log, 32 bytes.
        accounts: checksummed addresses by role name.
    """

    network: str
    municipality: MunicipalityCode
    log_dossier: DossierId
    accounts: Mapping[str, str]

    @classmethod
    def _fields(cls, plain: dict[str, Any]) -> dict[str, Any]:
        municipality = _municipality(plain)
        block = _number(plain, "block", lowest=0)
        log_dossier = _word(plain, "logDossier")
        if int.from_bytes(log_dossier[:2]) != municipality:
            raise _wrong("logDossier", "does not carry the municipality's prefix")
        accounts = plain.get("accounts", {})
        if not isinstance(accounts, dict):
            raise _wrong("accounts", "is not an object")
        network = plain.get("network")
        if not isinstance(network, str) or not network:
            raise _wrong("network", "is missing")
        return super()._fields(plain) | {
            "network": network,
            "block": block,
            "municipality": municipality,
            "log_dossier": DossierId(log_dossier),
            "accounts": {str(role): _address(accounts, role, prefix="accounts.") for role in accounts},
        }

    def to_plain(self) -> dict[str, Any]:
        """Return what `from_plain` reads."""
        plain: dict[str, Any] = {
            "network": self.network,
            "chainId": self.chain_id,
            "genesisHash": "0x" + self.genesis_hash.hex(),
            "block": self.block,
            "municipality": self.municipality,
            "logDossier": "0x" + self.log_dossier.hex(),
        }
        if self.claim_id_key is not None:
            plain["claimIdKey"] = self.claim_id_key.hex()
        return plain | {
            "contracts": {
                name: {
                    "address": contract.address,
                    "codeHash": "0x" + contract.code_hash.hex(),
                    "instanceId": "0x" + contract.instance_id.hex(),
                }
                for name, contract in self.contracts.items()
            },
            "accounts": dict(self.accounts),
        }

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all.

        Args:
            path: where it goes; its folder is made.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(self.to_plain(), indent=2) + "\n", encoding="utf-8")
        draft.replace(path)

    _REQUIRED: ClassVar[tuple[str, ...]] = CONTRACTS
    _MISSING: ClassVar[str] = "deploy the contracts first"


def _wrong(field: str, problem: str) -> errors.Misconfigured:
    return errors.Misconfigured("deployment_invalid", f"deployment file: {field} {problem}", field=field, name=field)


def _number(plain: dict[str, Any], field: str, *, lowest: int, highest: int | None = None) -> int:
    value = plain.get(field)
    if not isinstance(value, int) or isinstance(value, bool) or value < lowest or (highest and value > highest):
        raise _wrong(field, f"must be a whole number from {lowest}" + (f" to {highest}" if highest else ""))
    return value


def _municipality(plain: dict[str, Any]) -> MunicipalityCode:
    return MunicipalityCode(_number(plain, "municipality", lowest=1, highest=0xFFFF))


def _key(plain: dict[str, Any], field: str) -> bytes:
    """Read 64 hexadecimal digits, with or without 0x before them."""
    value = plain[field]
    return _word({field: value if str(value).startswith("0x") else f"0x{value}"}, field)


def _receipt_signer(accounts: Any) -> str | None:
    if not isinstance(accounts, dict) or "receipt_signer" not in accounts:
        return None
    return _address(accounts, "receipt_signer", prefix="accounts.")


def _word(plain: dict[str, Any], field: str, *, prefix: str = "") -> bytes:
    value = plain.get(field)
    if isinstance(value, str) and len(value) == 66 and value.startswith("0x"):
        try:
            word = bytes.fromhex(value[2:])
        except ValueError:
            word = b""
        if len(word) == 32 and any(word):
            return word
    raise _wrong(prefix + field, "must be 0x and 64 hexadecimal digits, not all zero")


def _address(plain: dict[str, Any], field: str, *, prefix: str = "") -> str:
    value = plain.get(field)
    if not isinstance(value, str) or not is_hex_address(value) or int(value, 16) == 0:
        raise _wrong(prefix + str(field), "must be an address")
    if value.lower() != value and not is_checksum_address(value):
        raise _wrong(prefix + str(field), "has a wrong checksum")
    return to_checksum_address(value)


def _contract(contracts: dict[str, Any], name: str) -> DeployedContract:
    entry = contracts.get(name)
    if not isinstance(entry, dict):
        raise _wrong(f"contracts.{name}", "is missing")
    prefix = f"contracts.{name}."
    return DeployedContract(
        address=_address(entry, "address", prefix=prefix),
        code_hash=_word(entry, "codeHash", prefix=prefix),
        instance_id=_word(entry, "instanceId", prefix=prefix),
    )
