"""Settings of an installation.

Read once at the start of a process, in this order: the variables ``SCHULDHULP_*`` of the environment, the file
``settings.env`` in the data folder (``make run`` writes it, so that commands find the same settings), the defaults.
Only processes' entry points and the composition root read this module.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from schuldhulp.errors import Misconfigured
from schuldhulp.services.schedule import parse_schedule

PREFIX = "SCHULDHULP_"
LOG = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"

ELSEWHERE = ("DIGID_", "EHERKENNING_", "STAFF_", "TEST_", "ASSUME_YES", "CHROMIUM", "REQUIRE_TOOLS")
"""Beginnings of settings that are read elsewhere: the relay's brokers, the deployment scripts and the tests."""


def project_folder() -> Path:
    """Return the checkout that this package is part of, or the working folder when it was installed by itself."""
    above = Path(__file__).resolve().parents[1]
    return above if (above / "brownie-config.yaml").exists() else Path.cwd()


def _is_private(url: str) -> bool:
    """Tell whether nobody on the way can read or change what is sent: by TLS, or because it stays on this machine."""
    try:
        address = urlsplit(url)
        host = address.hostname or ""
    except ValueError:
        return False
    if address.scheme == "https":
        return bool(host)
    if address.scheme != "http":
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _absolute(path: Path) -> Path:
    return path if path.is_absolute() else project_folder() / path


MAX_CONFIRMATIONS = 64
"""Half of the blocks whose state a full node keeps (128 with geth): the chain goes on while it is read."""

Port = Annotated[int, Field(ge=1, le=65535)]
Folder = Annotated[Path, AfterValidator(_absolute)]


class Settings(BaseModel):
    """All settings, checked.

    Attributes stand for the variable ``SCHULDHULP_<NAME>``; ports are TCP ports on loopback, times are in seconds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses the simulator, test accounts, plain http and readable key files.",
    )
    data: Folder = Field(Path("var"), description="Folder for databases, keys and the development chain.")
    cockpit_port: Port = Field(8501, description="Port of the cockpit.")
    evaluator_port: Port = Field(8600, description="Port of the evaluator.")
    relay_port: Port = Field(8700, description="Port of the login relay.")
    chain_port: Port = Field(8545, description="Port of the development chain.")
    chain_url: str = Field("", description="JSON-RPC address of the node; by default the development chain.")
    network: str = Field(
        "local", pattern=r"^[a-z0-9-]+$", description="Name of the network; selects the deployment file."
    )
    deployments: Path = Field(
        Path(),
        description="Folder of the deployment files; by default `deployments`, beside the data when that was moved.",
    )
    database_url: str = Field(
        "", description="SQLAlchemy address of the main database; by default SQLite in the data folder."
    )
    evaluator_database_url: str = Field("", description="The same for the evaluator's own database.")
    keys: Path = Field(Path(), description="Folder of the keyring files; by default `keys` in the data folder.")
    municipality: Annotated[int, Field(ge=1, le=65535)] = Field(14, description="CBS code of the municipality.")
    municipality_name: str = Field("Voorbeeldgemeente", max_length=80, description="Name shown to people.")
    contact: str = Field(
        "schuldhulp@example.nl",
        max_length=200,
        description="Where a creditor turns to after a green signal; stands on the chain.",
    )
    evaluator_url: str = Field("", description="Public address of the evaluator; stands on the chain.")
    relay_url: str = Field("", description="Public address of the login relay, the OpenID issuer.")
    cockpit_url: str = Field("", description="Public address of the cockpit.")
    ledger_schedule: str = Field("every 900s", description="When ledger batches go out: `every <n>s` or `daily HH:MM`.")
    enrolment_schedule: str = Field("daily 03:00", description="When enrolments and endings go out.")
    claims_schedule: str = Field("every 60s", description="When claims are collected and receipts sent.")
    decision_schedule: str = Field("daily 04:00", description="When decisions on claims go out.")
    claim_filing_wait: Annotated[int, Field(ge=1, le=2_592_000)] = Field(
        3600, description="How long contents of a claim wait for their filing on the chain, in seconds."
    )
    claim_contents_wait: Annotated[int, Field(ge=1, le=2_592_000)] = Field(
        3600, description="How long a filed claim waits for its contents before that is named, in seconds."
    )
    claim_retention: Annotated[int, Field(ge=1, le=3650)] = Field(
        90, description="Days that contents of a claim are kept after they were refused or the claim was closed."
    )
    ledger_fill: Annotated[int, Field(ge=0, le=300)] = Field(
        32, description="A ledger batch is filled to at least this many."
    )
    enrolment_fill: Annotated[int, Field(ge=0, le=300)] = Field(
        64, description="Tags are filled to a multiple of this; 0: not."
    )
    confirmations: Annotated[int, Field(ge=0)] = Field(
        2, description="Blocks on top before a commit counts as confirmed, at most 64."
    )
    head_max_age: Annotated[int, Field(ge=1)] = Field(
        900, description="An older head of the chain is an error, in seconds."
    )
    ca_file: Path | None = Field(
        None,
        description="PEM file with the certificate authorities that node and evaluator are believed from, instead of "
        "the usual ones.",
    )
    organisation: str = Field("", description="KvK number that `schuldhulp signal` asks as.")
    staff: str = Field("", description="Login of the member of staff that commands act as; `--as` goes before it.")
    daily_quota: Annotated[int, Field(ge=0)] = Field(500, description="Persons an organisation may ask about in a day.")
    epoch_quota: Annotated[int, Field(ge=0)] = Field(
        10000, description="Persons an organisation may ask about in an epoch."
    )
    pages_quota: Annotated[int, Field(ge=0)] = Field(
        50, description="Persons an organisation may ask about in a day on the cockpit's pages."
    )
    check_days: Annotated[int, Field(ge=1, le=3650)] = Field(
        90, description="Days that an organisation sees what it asked on the cockpit's pages; then it is deleted."
    )
    creditor_funding: Annotated[int, Field(ge=0)] = Field(
        10_000_000,
        description="Gwei that a creditor's account is brought up to at admission when it has less than half; 0: none.",
    )

    burst_elements: Annotated[int, Field(ge=1000)] = Field(
        10000, description="Persons an organisation may ask about within a minute."
    )
    burst_requests: Annotated[int, Field(ge=1)] = Field(120, description="Requests of an organisation within a minute.")
    message_days: Annotated[int, Field(ge=1, le=365)] = Field(
        30, description="Days that the ciphertext of a message is kept after its addressee stored it."
    )
    municipality_quota: Annotated[int, Field(ge=0)] = Field(
        50000, description="Identifiers that the municipality itself may have evaluated in a day, for its enrolments."
    )
    reviewer_claim_ids: Annotated[int, Field(ge=0)] = Field(
        100000, description="Claim ids that the municipality itself may have computed in a day, for what came in."
    )
    reviewer_messages: Annotated[int, Field(ge=0)] = Field(
        100000, description="Messages that the municipality itself may deliver in a day."
    )
    rpc_rate: Annotated[int, Field(ge=0)] = Field(
        600, description="Questions to the node that one network address may ask at `/rpc` within a minute; 0: closed."
    )
    rpc_total: Annotated[int, Field(ge=0)] = Field(6000, description="The same, of all addresses together.")
    trusted_proxies: str = Field(
        "", description="Addresses of the proxies whose `X-Forwarded-For` the evaluator believes, with commas between."
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _addresses(cls, text: str) -> str:
        try:
            found = [str(ipaddress.ip_network(part.strip())) for part in text.split(",") if part.strip()]
        except ValueError:
            raise ValueError(
                "must be addresses or networks such as 127.0.0.1 or 10.0.0.0/8, with commas between"
            ) from None
        return ",".join(found)

    @field_validator("confirmations")
    @classmethod
    def _readable_depth(cls, blocks: int) -> int:
        if blocks > MAX_CONFIRMATIONS:
            raise ValueError(
                f"must be at most {MAX_CONFIRMATIONS}: the state that far back is read, and a full node keeps that of "
                "its last 128 blocks"
            )
        return blocks

    @field_validator("ca_file")
    @classmethod
    def _authorities(cls, file: Path | None) -> Path | None:
        if file is None:
            return None
        file = _absolute(file)
        try:
            found = ssl.create_default_context(cafile=str(file)).get_ca_certs(binary_form=True)
        except (OSError, ValueError):
            found = []
        if not found:
            raise ValueError("must be a readable file with certificates of authorities in PEM")
        return file

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: dict[str, Any]) -> dict[str, Any]:
        data = _absolute(Path(values.get("data", "var")))
        moved = data != _absolute(Path("var"))
        values.setdefault("deployments", data / "deployments" if moved else "deployments")
        values["data"] = data
        values["deployments"] = _absolute(Path(values["deployments"]))
        values["keys"] = _absolute(Path(values.get("keys", data / "keys")))
        values.setdefault("database_url", f"sqlite:///{data / 'schuldhulp.sqlite'}")
        values.setdefault("evaluator_database_url", f"sqlite:///{data / 'evaluator.sqlite'}")
        for name, port in (("chain", 8545), ("evaluator", 8600), ("relay", 8700), ("cockpit", 8501)):
            values.setdefault(f"{name}_url", f"http://{LOOPBACK}:{values.get(f'{name}_port', port)}")
        return values

    @field_validator("ledger_schedule", "enrolment_schedule", "claims_schedule", "decision_schedule")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            parse_schedule(text)
        except Misconfigured:
            raise ValueError("must be `every <n>s` (n from 1 to 86400) or `daily HH:MM`") from None
        return text

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        ports = {name: getattr(self, name) for name in ("cockpit_port", "evaluator_port", "relay_port", "chain_port")}
        if len(set(ports.values())) < len(ports):
            raise ValueError(f"{', '.join(PREFIX + name.upper() for name in ports)} must be four different ports")
        if self.env == "production":
            plain = [
                name
                for name in ("evaluator_url", "relay_url", "cockpit_url")
                if not getattr(self, name).startswith("https://")
            ]
            if plain:
                raise ValueError(
                    f"{', '.join(PREFIX + name.upper() for name in plain)} must start with https:// in production"
                )
            if not _is_private(self.chain_url):
                raise ValueError(
                    f"{PREFIX}CHAIN_URL must start with https:// in production, or with http:// for a node on loopback"
                )
        if self.believes_everybody:
            told = f"{PREFIX}TRUSTED_PROXIES holds a network of all addresses: everybody could choose their own"
            if self.env == "production":
                raise ValueError(told)
            LOG.warning("%s", told)
        return self

    @property
    def believes_everybody(self) -> bool:
        """Whether anybody is believed to be a proxy, and may say which address a request comes from."""
        return any(ipaddress.ip_network(part).prefixlen == 0 for part in self.trusted_proxies.split(",") if part)

    @property
    def deployment_file(self) -> Path:
        """File with the addresses, code hashes and instance ids of the contracts."""
        return self.deployments / f"{self.network}.json"

    @property
    def production(self) -> bool:
        """Whether the strict rules for real data hold."""
        return self.env == "production"


def _read(file: Path) -> dict[str, str]:
    """Return the lines ``NAME=value`` of a settings file; blank lines and lines that start with # are passed over."""
    found = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, value = line.partition("=")
        if not separator:
            raise Misconfigured("settings_wrong", f"{file.name}, line {number}: expected NAME=value")
        found[name.strip()] = value.strip()
    return found


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read and check the settings.

    Args:
        environment: variables to read instead of those of this process.

    Returns:
        The settings of this process.

    Raises:
        Misconfigured: names each variable that is wrong and what it should be; the value itself is not repeated.
    """
    own = os.environ if environment is None else environment
    file = _absolute(Path(own.get(f"{PREFIX}DATA") or "var")) / "settings.env"
    stored = _read(file) if file.exists() else {}
    unknown = sorted(
        name
        for name in {*own, *stored}
        if name.startswith(PREFIX)
        and name.removeprefix(PREFIX).lower() not in Settings.model_fields
        and not name.removeprefix(PREFIX).startswith(ELSEWHERE)
    )
    if unknown:
        raise Misconfigured("settings_wrong", f"Unknown settings: {', '.join(unknown)}; see docs/specification.md")
    values = {}
    for name in Settings.model_fields:
        value = own.get(PREFIX + name.upper()) or stored.get(PREFIX + name.upper())
        if value:
            values[name] = value
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg']}" if problem["loc"] else problem["msg"]
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise Misconfigured("settings_wrong", f"Wrong settings: {problems}") from None


def port_is_free(port: int) -> bool:
    """Return whether nobody listens on a TCP port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) != 0
