"""What works on a creditor's machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from schuldhulp.config import Settings
from schuldhulp.crypto.keyring import CreditorKeys
from schuldhulp.errors import Misconfigured, SchuldhulpError

if TYPE_CHECKING:
    from schuldhulp.creditor import ClaimClient, Client
    from schuldhulp.creditor.kept_tags import KeptTagFile
    from schuldhulp.creditor.notice_proofs import ProofVerifier
    from schuldhulp.creditor.receipt_standing import ReceiptVerifier
    from schuldhulp.creditor.statements import StatementClient
    from schuldhulp.crypto.kept import KeptKey
    from schuldhulp.services.ports import KeptTags


def creditor_client(
    settings: Settings,
    *,
    organisation: str | None = None,
    kept: KeptTags | None = None,
    local: bool = False,
    told: Callable[[int, int], None] | None = None,
) -> Client:
    """Put a creditor's client together.

    Args:
        settings: settings of the creditor's machine.
        organisation: KvK number to ask as; the one of the settings when None.
        kept: memory of tags, from `creditor_memory`; without it every question costs quota.
        local: fetch all tags and look them up on this machine.
        told: is told how far the fetching is: block and last block.

    Raises:
        Misconfigured: no organisation is named, or its keyring or the deployment file is missing.
    """
    from schuldhulp.creditor import Client
    from schuldhulp.creditor.signing import digest_signer

    name = _organisation(settings, organisation)
    keys = CreditorKeys.open(settings.keys, kvk=name, private=settings.production)
    return Client(
        deployment_file=settings.deployment_file,
        chain_url=settings.chain_url,
        organisation=name,
        sign_digest=digest_signer(keys.account),
        state_file=settings.data / "heads" / f"{name}.json",
        max_age=timedelta(seconds=settings.head_max_age),
        ca_file=settings.ca_file,
        kept=kept,
        local=settings.data / "tags" if local else None,
        told=told,
    )


def creditor_memory(settings: Settings, *, organisation: str | None = None) -> tuple[KeptTagFile, KeptKey]:
    """Open a creditor's memory of tags, and give the key that it is encrypted under.

    Args:
        settings: settings of the creditor's machine.
        organisation: KvK number; the one of the settings when None.

    Raises:
        Misconfigured: as `creditor_client`, or the memory cannot be used.
    """
    from schuldhulp.creditor.kept_tags import KeptTagFile
    from schuldhulp.crypto.kept import KeptKey
    from schuldhulp.node.deployment import NetworkDeployment

    name = _organisation(settings, organisation)
    key = KeptKey.of(CreditorKeys.open(settings.keys, kvk=name, private=settings.production).messages)
    deployment = NetworkDeployment.load(settings.deployment_file)
    instance = deployment.contract("EnrolmentRegistry").instance_id
    return KeptTagFile(settings.data / "kept" / f"{name}.sqlite", key, registry=instance), key


def claim_client(
    settings: Settings,
    *,
    organisation: str | None = None,
    tell: Callable[[SchuldhulpError, float], None] | None = None,
) -> ClaimClient:
    """Put together what hands a creditor's claims in; to be closed, so that others can work with its journal.

    Args:
        settings: settings of the creditor's machine.
        organisation: KvK number to act as; the one of the settings when None.
        tell: is told why and for how many seconds the node asks to wait.

    Raises:
        Misconfigured: no organisation is named, or its keyring or the deployment file is missing.
        Conflict: another command works with its claims.
    """
    from schuldhulp.creditor import ClaimClient

    name = _organisation(settings, organisation)
    keys = CreditorKeys.open(settings.keys, kvk=name, private=settings.production)
    return ClaimClient(
        deployment_file=settings.deployment_file,
        chain_url=settings.chain_url,
        organisation=name,
        account=keys.account,
        messages=keys.messages,
        folder=settings.data / "claims" / name,
        max_age=timedelta(seconds=settings.head_max_age),
        ca_file=settings.ca_file,
        tell=tell,
    )


def statement_client(
    settings: Settings,
    *,
    organisation: str | None = None,
    tell: Callable[[SchuldhulpError, float], None] | None = None,
) -> StatementClient:
    """Put together what sends a party's statements; arguments and errors are those of `claim_client`.

    The two work in one folder, one at a time: claims and statements have one mailbox.
    """
    from schuldhulp.creditor.statements import StatementClient

    name = _organisation(settings, organisation)
    keys = CreditorKeys.open(settings.keys, kvk=name, private=settings.production)
    return StatementClient(
        deployment_file=settings.deployment_file,
        chain_url=settings.chain_url,
        organisation=name,
        account=keys.account,
        messages=keys.messages,
        folder=settings.data / "claims" / name,
        max_age=timedelta(seconds=settings.head_max_age),
        ca_file=settings.ca_file,
        tell=tell,
    )


def receipt_verifier(settings: Settings, *, organisation: str | None = None, online: bool = False) -> ReceiptVerifier:
    """Put together what checks receipts; it needs no keys.

    Args:
        settings: settings of a creditor's machine, or of whoever got a receipt to check.
        organisation: KvK number of the creditor whose journal counts; the one of the settings when None.
        online: ask the chain.

    Raises:
        Misconfigured: the deployment file is missing, or the journal cannot be read.
        Conflict: another command works with the journal.
    """
    from schuldhulp.creditor.heads import HeadFile
    from schuldhulp.creditor.receipt_standing import ReceiptVerifier
    from schuldhulp.creditor.registry import ChainRegistry
    from schuldhulp.node.deployment import NetworkDeployment
    from schuldhulp.node.rpc import JsonRpc
    from schuldhulp.services.clock import SystemClock

    deployment = NetworkDeployment.load(settings.deployment_file)
    name = organisation or settings.organisation
    chain = None
    if online:
        node = JsonRpc(settings.chain_url, ca_file=settings.ca_file)
        registry = ChainRegistry(
            deployment=deployment,
            node=node,
            seen=HeadFile(settings.data / "heads" / "receipts.json"),
            clock=SystemClock(),
            max_age=timedelta(seconds=settings.head_max_age),
        )
        chain = node, lambda: registry.at_head().head
    journal = settings.data / "claims" / name / "claims.sqlite" if name else None
    return ReceiptVerifier(deployment, journal=journal, chain=chain)


def proof_verifier(settings: Settings, *, online: bool = False) -> ProofVerifier:
    """Put together what checks lists of proofs of notices; it needs no keys.

    Args:
        settings: settings of whoever got a list to check.
        online: ask the chain.

    Raises:
        Misconfigured: the deployment file is missing or wrong.
    """
    from schuldhulp.creditor.heads import HeadFile
    from schuldhulp.creditor.notice_proofs import ProofVerifier
    from schuldhulp.creditor.registry import ChainRegistry
    from schuldhulp.node.deployment import NetworkDeployment
    from schuldhulp.node.rpc import JsonRpc
    from schuldhulp.services.clock import SystemClock

    deployment = NetworkDeployment.load(settings.deployment_file)
    if not online:
        return ProofVerifier(deployment)
    node = JsonRpc(settings.chain_url, ca_file=settings.ca_file)
    registry = ChainRegistry(
        deployment=deployment,
        node=node,
        seen=HeadFile(settings.data / "heads" / "notices.json"),
        clock=SystemClock(),
        max_age=timedelta(seconds=settings.head_max_age),
    )
    return ProofVerifier(deployment, chain=(node, lambda: registry.at_head().head))


def _organisation(settings: Settings, organisation: str | None) -> str:
    name = organisation or settings.organisation
    if not name:
        raise Misconfigured(
            "organisation_missing",
            "name the organisation: --organisation KVK, or set SCHULDHULP_ORGANISATION",
            field="organisation",
        )
    return name
