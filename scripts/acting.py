"""What the scripts that change a deployment share: open it, take the right key, show the plan, ask, send."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import brownie

from schuldhulp import errors
from schuldhulp.node.deployment import Deployment
from scripts.check_deployment import check_chain, check_code, contract_at
from scripts.planning import THROW_AWAY, confirm

if TYPE_CHECKING:
    from schuldhulp.config import Settings


def settings_here() -> Settings:
    """Return the settings of this installation."""
    from schuldhulp.config import load_settings

    return load_settings()


@contextmanager
def refusals() -> Iterator[None]:
    """Print an error of ours as one line and end with its exit code."""
    try:
        yield
    except errors.SchuldhulpError as error:
        print(f"Refused: {error}")
        raise SystemExit(error.exit_code) from None


def open_deployment() -> Deployment:
    """Read the deployment file of the network that Brownie is connected to, and compare it with the chain.

    Returns:
        The deployment.

    Raises:
        errors.Misconfigured: there is no such file, or it is wrong.
        errors.ChainMismatch: another chain, or other code at its addresses.
    """
    network = brownie.network.show_active()
    if network == THROW_AWAY:
        raise errors.Misconfigured("network_empty", "the development network starts empty: nothing is deployed there")
    deployment = Deployment.load(settings_here().deployments / f"{network}.json")
    require_chain(deployment)
    return deployment


def require_chain(deployment: Deployment) -> None:
    """Refuse a chain that is not the one of a deployment.

    Args:
        deployment: the deployment.

    Raises:
        errors.ChainMismatch: another chain, or other code at its addresses.
    """
    findings = check_chain(deployment) or [
        finding for name in deployment.contracts for finding in check_code(name, deployment)
    ]
    if findings:
        raise errors.ChainMismatch("chain_mismatch", "; ".join(findings))


def save_deployment(deployment: Deployment) -> None:
    """Write the deployment file of the network that Brownie is connected to, whole or not at all.

    Args:
        deployment: the deployment.
    """
    file = settings_here().deployments / f"{brownie.network.show_active()}.json"
    deployment.save(file)
    print(f"Written: {file}")


def network_signer() -> Any:
    """Open the account in the keyring of the network's administrator, able to sign."""
    from schuldhulp.crypto.keyring import NetworkKeys

    settings = settings_here()
    key = NetworkKeys.open(settings.keys, private=settings.production).network_administrator
    return brownie.accounts.add(key.reveal())


def administrator_signer() -> Any:
    """Open the account in the keyring of the municipality's administrator, able to sign."""
    from schuldhulp.crypto.keyring import AdministratorKeys

    settings = settings_here()
    key = AdministratorKeys.open(settings.keys, private=settings.production).administrator
    return brownie.accounts.add(key.reveal())


def agree(lines: Sequence[str], question: str) -> None:
    """Print a plan and ask, where others use the network; leave with exit code 1 when the answer is no.

    Args:
        lines: everything that is going to happen, in order.
        question: what is asked, without the choices.
    """
    print("\n".join(lines), flush=True)
    if not confirm(brownie.network.show_active(), question):
        print("Nothing was done.")
        raise SystemExit(1)


def send(deployment: Deployment, signer: Any, contract: str, function: str, *arguments: Any) -> None:
    """Send one transaction to a contract and wait until it was carried out.

    Args:
        deployment: the deployment.
        signer: Brownie's account that signs.
        contract: name of the contract.
        function: name of the function.
        arguments: its arguments.
    """
    call = getattr(contract_at(contract, deployment), function)(*arguments)
    signer.transfer(deployment.contracts[contract].address, 0, data=call._encode_transaction_data())
