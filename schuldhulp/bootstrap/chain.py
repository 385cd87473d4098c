"""What reads the chain of this installation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schuldhulp.config import Settings
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import Misconfigured

if TYPE_CHECKING:
    from schuldhulp.chain.gateway import Gateway
    from schuldhulp.node.deployment import Deployment
    from schuldhulp.services.ports import MunicipalityState


def open_chain(settings: Settings) -> tuple[Deployment, Gateway, Any]:
    """Give the deployment, what reads its contracts, and the connection to a node; nothing is sent yet.

    Raises:
        Misconfigured: a setting or the deployment file is missing or wrong.
    """
    from schuldhulp.chain.gateway import Gateway
    from schuldhulp.node.deployment import Deployment
    from schuldhulp.node.rpc import JsonRpc

    deployment = Deployment.load(settings.deployment_file)
    if deployment.municipality != settings.municipality:
        raise Misconfigured(
            "municipality_differs",
            "SCHULDHULP_MUNICIPALITY is not the municipality of the deployment file",
            field="municipality",
        )
    _refuse_known_accounts(settings, deployment)
    rpc = JsonRpc(settings.chain_url, ca_file=settings.ca_file)
    return deployment, Gateway(deployment, rpc), rpc


def epochs_on_chain(settings: Settings) -> MunicipalityState:
    """Ask the chain which epochs of the municipality are open.

    Raises:
        Misconfigured: a setting or the deployment file is missing or wrong.
        Unreachable: no chain answers, it is another one, or it stands still.
    """
    from schuldhulp.services.clock import SystemClock

    _, gateway, _ = open_chain(settings)
    gateway.require_fresh_head(SystemClock().now(), settings.head_max_age)
    return gateway.municipality(MunicipalityCode(settings.municipality))


def _refuse_known_accounts(settings: Settings, deployment: Deployment) -> None:
    """Refuse accounts of public test mnemonics in a role: everybody has their keys."""
    if not settings.production:
        return
    from schuldhulp.chain.known_accounts import PUBLIC_TEST_ACCOUNTS

    if {address.lower() for address in deployment.accounts.values()} & PUBLIC_TEST_ACCOUNTS:
        raise Misconfigured("test_account", "a role of the deployment belongs to a publicly known test account")
