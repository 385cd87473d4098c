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
