"""The demonstration's creditors can pay for what they file, and a folder of an older version gets what it lacks."""

from __future__ import annotations

import json

import pytest

from schuldhulp.bootstrap import open_chain
from schuldhulp.crypto.keyring import CreditorKeys
from schuldhulp.demonstration.words import ADMITTED
from schuldhulp.services.keys import read_public_keys
from tests.support.installation import copied

GWEI = 10**9


@pytest.fixture(scope="module")
def installation(loaded, tmp_path_factory):
    with copied(loaded.folder, loaded.ports, tmp_path_factory.mktemp("funded") / "var") as found:
        found.prepare_chain()
        yield found


def test_accounts_of_the_demonstration_hold_what_the_setting_says(installation):
    gateway, settings = open_chain(installation.settings)[1], installation.settings
    for organisation in ADMITTED:
        account = CreditorKeys.open(settings.keys, kvk=organisation.kvk).account.address
        assert gateway.balance_of(account) == settings.creditor_funding * GWEI, organisation.kvk


def test_administrator_of_a_development_chain_can_admit_a_thousand_more(installation):
    gateway, settings = open_chain(installation.settings)[1], installation.settings
    administrator = read_public_keys(settings.keys).addresses["administrator"]
    assert gateway.balance_of(administrator) > 1_000 * settings.creditor_funding * GWEI


def test_a_folder_from_before_there_were_claims_is_completed(deployed, tmp_path):
    with copied(deployed.folder, deployed.ports, tmp_path / "var") as found:
        files = {"claimIdKey": found.settings.deployment_file, "claim_id_key": found.settings.keys / "public.json"}
        before = {}
        for name, file in files.items():
            document = json.loads(file.read_text())
            before[name] = document.pop(name)
            file.write_text(json.dumps(document))
        found.prepare_chain()
        assert {name: json.loads(file.read_text())[name] for name, file in files.items()} == before
        assert before["claimIdKey"] == before["claim_id_key"]
