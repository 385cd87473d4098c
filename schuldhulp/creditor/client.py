"""The client that a creditor builds into its own system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from schuldhulp.creditor.evaluator_client import HttpEvaluator
from schuldhulp.creditor.heads import HeadFile
from schuldhulp.creditor.local_registry import LocalRegistry, Told
from schuldhulp.creditor.registry import MAX_AGE, ChainRegistry
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.signal import SignalAnswer
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.ports import AskedEvaluator, Clock, KeptTags, MunicipalityState, Registry
from schuldhulp.services.signal import SignalService


class Client:
    """Asks for signals in the name of one organisation.

    An identifier is blinded here and never leaves this machine. An answer is green or red; anything that is not
    certain is an error (schuldhulp.errors), never red.

    Example:
        >>> client = Client(
        ...     deployment_file=Path("deployments/local.json"),
        ...     chain_url="http://127.0.0.1:8545",
        ...     organisation="12345678",
        ...     sign_digest=digest_signer(AccountKey(key)),
        ...     state_file=Path("heads.json"),
        ... )  # doctest: +SKIP
        >>> client.signal(municipality=14, identifier=parse_person("Jansen;1980-02-01;9711AB;12"))  # doctest: +SKIP
    """

    def __init__(
        self,
        *,
        deployment_file: Path,
        chain_url: str,
        organisation: str,
        sign_digest: Callable[[bytes], bytes],
        state_file: Path,
        max_age: timedelta = MAX_AGE,
        kept: KeptTags | None = None,
        local: Path | None = None,
        told: Told | None = None,
        clock: Clock | None = None,
        ca_file: Path | None = None,
    ) -> None:
        """Take what identifies the chain and the organisation; nothing is sent yet.

        Args:
            deployment_file: ``deployments/<network>.json``, from the municipality.
            chain_url: JSON-RPC address of a node; a node of one's own tells nobody who is asked about.
            organisation: KvK number under which the organisation was admitted.
            sign_digest: signs a 32-byte digest with its account, 65 bytes r, s, v; see `signing.digest_signer`.
            state_file: keeps the highest block seen; made when missing, and to be kept between runs.
            max_age: how old the newest block may be.
            kept: memory of tags, such as `kept_tags.KeptTagFile`, with which a person costs quota once an epoch.
            local: folder to fetch all tags into, to look them up on this machine: then not even the node sees whom is
                asked about. None to ask the node.
            told: is told how far the fetching is.
            clock: tells the time; by default this machine's clock.
            ca_file: PEM file with the only certificate authorities that are believed; the usual ones by default.

        Raises:
            Misconfigured: the deployment file is missing or wrong.
        """
        self._deployment = NetworkDeployment.load(deployment_file)
        self._organisation = organisation
        self._sign_digest = sign_digest
        self._clock = clock or SystemClock()
        self._ca_file = ca_file
        node = JsonRpc(chain_url, ca_file=ca_file)
        registry: Registry = ChainRegistry(
            deployment=self._deployment,
            node=node,
            seen=HeadFile(state_file),
            clock=self._clock,
            max_age=max_age,
        )
        if local is not None:
            registry = LocalRegistry(registry=registry, deployment=self._deployment, node=node, folder=local, told=told)
        self._signals = SignalService(
            registry=registry, connect=self._connect, clock=self._clock, organisation=organisation, kept=kept
        )

    def signal(self, *, municipality: MunicipalityCode, identifier: Identifier) -> SignalAnswer:
        """Ask about one person.

        Args:
            municipality: CBS code of the municipality that is asked.
            identifier: from `domain.identifiers`: `bsn_identifier`, or `parse_person` for name, birth date, address.

        Returns:
            Green with municipality and contact, or red, each with the warnings that must be shown beside it.

        Raises:
            schuldhulp.errors.SchuldhulpError: as listed at `SignalService.ask_many`; never red instead.
        """
        return self._signals.ask(municipality=municipality, identifier=identifier)

    def signals(self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]) -> list[SignalAnswer]:
        """Ask about persons; an answer for each in the same order, or an error and no answer at all."""
        return self._signals.ask_many(municipality=municipality, identifiers=identifiers)

    def kept_signals(
        self, *, municipality: MunicipalityCode, identifiers: Sequence[Identifier]
    ) -> list[SignalAnswer | None]:
        """Answer about those persons whose tags are kept, without asking the evaluator; None for each other."""
        return self._signals.ask_kept(municipality=municipality, identifiers=identifiers)

    def _connect(self, municipality: MunicipalityState) -> AskedEvaluator:
        return HttpEvaluator(
            url=municipality.evaluator_url,
            organisation=self._organisation,
            chain_id=self._deployment.chain_id,
            registry_address=self._deployment.contract("EnrolmentRegistry").address,
            sign_digest=self._sign_digest,
            clock=self._clock,
            ca_file=self._ca_file,
        )
