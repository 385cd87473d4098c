import contextlib
import dataclasses

import brownie
import pytest

from schuldhulp.config import load_settings
from scripts.deploy import deploy
from scripts.planning import SIGNING, throw_away_plan


@pytest.fixture(scope="session")
def _session_plan(tmp_path_factory):
    folder = tmp_path_factory.mktemp("deployment")
    return throw_away_plan(load_settings({"SCHULDHULP_DATA": str(folder)}), brownie.accounts)


@pytest.fixture(scope="session")
def _session_deployment(_session_plan):
    # Made once, and before the snapshot of the test that asks first: pytest sets up wider scopes earlier.
    return deploy(_session_plan, {name: brownie.accounts.at(_session_plan.addresses[name]) for name in SIGNING})


@pytest.fixture
def plan(_session_plan, tmp_path):
    """A plan for the throw-away chain, its file in a folder of the test's own."""
    return dataclasses.replace(_session_plan, file=tmp_path / "deployments" / "development.json")


@pytest.fixture
def signers(plan):
    return {name: brownie.accounts.at(plan.addresses[name]) for name in SIGNING}


@pytest.fixture
def deployment(_session_deployment):
    """What a deployment by that plan gives."""
    return _session_deployment


class Kept:
    """The deployment file of a test, and who signs; `file` is what was written last."""

    def __init__(self, deployment, signers):
        self.file, self.saved = deployment, 0
        self.network, self.administrator = signers["network_administrator"], signers["administrator"]

    def save(self, deployment):
        self.file, self.saved = deployment, self.saved + 1

    def patch(self, monkeypatch, *scripts):
        """Let commands work on this deployment, wherever they import these functions from."""
        replacements = {
            "open_deployment": lambda: self.file,
            "save_deployment": self.save,
            "network_signer": lambda: self.network,
            "administrator_signer": lambda: self.administrator,
        }
        for script in scripts:
            for name, function in replacements.items():
                if hasattr(script, name):
                    monkeypatch.setattr(script, name, function)


@pytest.fixture
def kept(deployment, signers):
    return Kept(deployment, signers)


@contextlib.contextmanager
def cut_short(count, *scripts):
    """Let commands stop before their transaction `count`, as when somebody pulls the plug."""
    sent, real = [], scripts[0].send

    def send(*arguments):
        if len(sent) == count:
            raise KeyboardInterrupt
        sent.append(arguments)
        real(*arguments)

    with pytest.MonkeyPatch.context() as patch, contextlib.suppress(KeyboardInterrupt):
        for script in scripts:
            patch.setattr(script, "send", send)
        yield


def used_account(number):
    """An account that has sent a transaction already."""
    account = brownie.accounts[number]
    if account.nonce == 0:
        account.transfer(account, 0)
    return account
