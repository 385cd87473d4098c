"""Another municipality joins contracts that stand: registered by the network, set up by itself."""

import dataclasses
import json

import brownie
import pytest

from schuldhulp import errors
from schuldhulp.config import load_settings
from schuldhulp.node.deployment import Deployment
from schuldhulp.services.keys import create_keys, read_public_keys
from scripts import hand_over, manage_roles, municipality, register_municipality
from scripts import register_municipality as script
from scripts.check_deployment import check, expected_of, role_id
from scripts.municipality import municipal_signers
from scripts.planning import CONTRACTS
from tests.contracts.scripts.conftest import cut_short, used_account


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The second municipality's own keyrings."""
    folder = tmp_path_factory.mktemp("second")
    create_keys(folder / "keys", epoch=20264, creditors=[])
    return folder


@pytest.fixture
def second(monkeypatch, kept, keys, tmp_path):
    """The second municipality: its settings; its administrator has funds and has signed once."""
    kept.patch(monkeypatch, register_municipality, hand_over, manage_roles)
    settings = load_settings(
        {
            "SCHULDHULP_DATA": str(keys),
            "SCHULDHULP_MUNICIPALITY": "77",
            "SCHULDHULP_CONTACT": "Loket 77",
            "SCHULDHULP_EVALUATOR_URL": "https://evaluator.example",
            "SCHULDHULP_DEPLOYMENTS": str(tmp_path / "deployments"),
        }
    )
    monkeypatch.setattr(script, "settings_here", lambda: settings)
    administrator = municipal_signers(settings.keys, private=False)["administrator"]
    brownie.accounts[15].transfer(administrator, "10 ether")
    administrator.transfer(administrator, 0)
    return settings


@pytest.fixture
def administrator(second):
    return read_public_keys(second.keys).addresses["administrator"]


@pytest.fixture
def published(deployment, tmp_path):
    file = tmp_path / "published.json"
    deployment.save(file)
    return file


def refused(capsys, step, *arguments):
    with pytest.raises(SystemExit) as caught:
        step(*arguments)
    return caught.value.code, capsys.readouterr().out


def own_file(second):
    return Deployment.load(second.deployments / "development.json")


def test_register_and_join_give_a_deployment_of_its_own(deployment, second, administrator, published):
    script.register("77", administrator)
    script.join(str(published))

    joined = own_file(second)
    assert check(joined, expected_of(joined)) == []
    assert check(deployment, expected_of(deployment)) == []
    assert joined.contracts == deployment.contracts
    assert joined.claim_id_key == read_public_keys(second.keys).claim_id_key != deployment.claim_id_key
    assert (joined.municipality, joined.log_dossier[:2]) == (77, (77).to_bytes(2, "big"))
    own = {name for name in joined.accounts if name not in ("deployer", "network_administrator")}
    assert own == {"administrator", "epoch_keeper", "registrar", "reviewer", "receipt_signer"}
    assert not {joined.accounts[name] for name in own} & set(deployment.accounts.values())
    registry = brownie.EnrolmentRegistry.at(joined.contracts["EnrolmentRegistry"].address)
    assert list(registry.municipality(77))[5:] == ["Loket 77", "https://evaluator.example"]


@pytest.mark.parametrize("count", [1, 2])
def test_register_that_was_cut_short_is_completed(deployment, second, administrator, capsys, count):
    with cut_short(count, register_municipality):
        script.register("77", administrator)
    assert len(script.unregistered(deployment, 77, administrator)) == 3 - count

    script.register("77", administrator)

    assert script.unregistered(deployment, 77, administrator) == []
    before = brownie.web3.eth.block_number
    script.register("77", administrator)
    assert brownie.web3.eth.block_number == before
    assert "nothing was sent" in capsys.readouterr().out


@pytest.mark.parametrize("count", [0, 2, 4, 7, 9])
def test_join_that_was_cut_short_writes_nothing_and_is_completed(second, administrator, published, count):
    script.register("77", administrator)
    with cut_short(count, municipality):
        script.join(str(published))
    assert not second.deployments.exists()

    script.join(str(published))

    assert check(own_file(second), expected_of(own_file(second))) == []


def test_join_again_names_the_file_that_is_there(second, administrator, published, capsys):
    script.register("77", administrator)
    script.join(str(published))
    written = (second.deployments / "development.json").read_bytes()
    status, out = refused(capsys, script.join, str(published))
    assert (status, "is there already" in out) == (2, True)
    assert (second.deployments / "development.json").read_bytes() == written


def test_complete_adds_the_key_of_claim_ids_once_and_never_replaces_it(second, kept, capsys):
    whole = dataclasses.replace(kept.file, municipality=77, claim_id_key=read_public_keys(second.keys).claim_id_key)
    kept.file = dataclasses.replace(whole, claim_id_key=None)
    before = brownie.web3.eth.block_number
    script.complete()
    script.complete()
    assert (kept.file, kept.saved, brownie.web3.eth.block_number) == (whole, 1, before)
    assert "complete already" in capsys.readouterr().out

    for field, wrong in (("claim_id_key", b"\1" * 32), ("municipality", 78)):
        kept.file = dataclasses.replace(whole, **{"claim_id_key": None, field: wrong})
        status, _ = refused(capsys, script.complete)
        assert (status, kept.saved) == (2, 1)


def test_join_before_it_was_registered_sends_nothing(second, published, capsys):
    before = brownie.web3.eth.block_number
    status, out = refused(capsys, script.join, str(published))
    assert (status, "is not registered" in out) == (2, True)
    assert brownie.web3.eth.block_number == before


def test_join_refuses_contracts_that_were_not_compiled_here(monkeypatch, second, administrator, published, capsys):
    script.register("77", administrator)
    build = brownie.ObligationLedger._build
    monkeypatch.setitem(build, "deployedBytecode", build["deployedBytecode"][:-2] + "00")
    status, out = refused(capsys, script.join, str(published))
    assert (status, "other code than was compiled here" in out) == (errors.ChainMismatch.exit_code, True)


def test_join_refuses_another_chain(second, administrator, published, capsys):
    script.register("77", administrator)
    plain = json.loads(published.read_text())
    published.write_text(json.dumps({**plain, "chainId": 1}))
    status, out = refused(capsys, script.join, str(published))
    assert (status, "chain" in out) == (errors.ChainMismatch.exit_code, True)


def test_join_names_the_municipality_that_published_the_file(deployment, second, published, capsys):
    dataclasses.replace(deployment, municipality=77, log_dossier=(77).to_bytes(2, "big") + b"\1" * 30).save(published)
    status, out = refused(capsys, script.join, str(published))
    assert (status, "SCHULDHULP_MUNICIPALITY" in out) == (2, True)


def test_join_names_an_account_that_is_the_other_municipalitys(deployment, second, administrator, published, capsys):
    accounts = {**deployment.accounts, "reviewer": read_public_keys(second.keys).addresses["registrar"]}
    dataclasses.replace(deployment, accounts=accounts).save(published)
    status, out = refused(capsys, script.join, str(published))
    assert (status, "the registrar is an account of" in out) == (2, True)


def test_join_does_not_replace_an_epoch_that_is_there(second, administrator, published, capsys):
    script.register("77", administrator)
    own = brownie.accounts.at(administrator)
    registry = brownie.EnrolmentRegistry.at(Deployment.load(published).contracts["EnrolmentRegistry"].address)
    registry.grantRole(role_id("EPOCH_KEEPER", 77), own, {"from": own})
    registry.announceEpoch(77, 20264, [b"\1" * 32, b"\2" * 32], {"from": own})
    status, out = refused(capsys, script.join, str(published))
    assert (status, "other epochs or keys" in out) == (2, True)
    assert not second.deployments.exists()


def test_register_names_a_municipality_that_has_another_administrator(second, administrator, capsys):
    status, out = refused(capsys, script.register, "14", administrator)
    assert (status, "registered in" in out) == (2, True)


@pytest.mark.parametrize(
    ("code", "account", "field"),
    [
        ("0", None, "municipality"),
        ("65536", None, "municipality"),
        ("seventy", None, "municipality"),
        ("77", "somebody", "administrator"),
        ("77", "0x" + "00" * 20, "administrator"),
    ],
)
def test_register_names_bad_input(second, administrator, capsys, code, account, field):
    status, out = refused(capsys, script.register, code, account or administrator)
    assert status == 2
    assert field in out


def test_register_names_an_administrator_that_is_another_municipalitys(deployment, second, capsys):
    status, out = refused(capsys, script.register, "77", deployment.accounts["administrator"])
    assert (status, "administrator does something else" in out) == (2, True)


def test_register_names_an_administrator_that_was_never_used(second, capsys):
    status, out = refused(capsys, script.register, "77", brownie.accounts.add().address)
    assert (status, "administrator has never sent" in out) == (2, True)


def test_register_by_an_account_that_may_not_sends_nothing(kept, second, administrator, capsys):
    kept.network = brownie.accounts[16]
    before = brownie.web3.eth.block_number
    status, out = refused(capsys, script.register, "77", administrator)
    assert (status, "does not administer" in out) == (2, True)
    assert brownie.web3.eth.block_number == before


def test_check_names_the_others_accounts_here_and_leaves_the_others_own_to_it(
    deployment, signers, second, administrator, published
):
    script.register("77", administrator)
    script.join(str(published))
    joined = own_file(second)
    theirs, stranger = joined.accounts["registrar"], used_account(12).address
    for name in ("EnrolmentRegistry", "ObligationLedger"):
        contract = getattr(brownie, name).at(deployment.contracts[name].address)
        contract.grantRole(role_id("REGISTRAR", 77), stranger, {"from": brownie.accounts.at(administrator)})
    assert check(deployment, expected_of(deployment)) == []
    ledger = brownie.ObligationLedger.at(deployment.contracts["ObligationLedger"].address)
    ledger.grantRole(role_id("REGISTRAR", 14), theirs, {"from": signers["administrator"]})

    assert check(deployment, expected_of(deployment)) == [
        f"ObligationLedger: {theirs} holds REGISTRAR, which nobody planned"
    ]
    assert {finding.split(":")[0] for finding in check(joined, expected_of(joined))} == {
        "EnrolmentRegistry",
        "ObligationLedger",
    }
    assert all(stranger in finding for finding in check(joined, expected_of(joined)))
    assert set(CONTRACTS) == set(joined.contracts)


def test_join_takes_the_networks_spare_along(kept, second, administrator, tmp_path):
    spare = used_account(17)
    hand_over.spare(spare.address)
    kept.file.save(tmp_path / "published.json")
    script.register("77", administrator)

    script.join(str(tmp_path / "published.json"))

    assert own_file(second).accounts["spare_network_administrator"] == spare.address
    assert check(own_file(second), expected_of(own_file(second))) == []


@pytest.mark.parametrize("taken", [False, True])
def test_join_while_the_network_changes_hands_says_so_and_writes_the_file(
    kept, second, administrator, published, capsys, taken
):
    script.register("77", administrator)
    new = used_account(17)
    hand_over.offer("network", new.address)
    kept.network = new
    if taken:
        hand_over.take("network")

    status, out = refused(capsys, script.join, str(published))

    assert (status, f"{new.address} holds the administration of the network" in out) == (1, True)
    joined = own_file(second)
    hand_over.take("network")
    kept.file = joined
    hand_over.follow("network")
    assert check(kept.file, expected_of(kept.file)) == []


def test_join_does_not_write_the_file_when_something_of_its_own_is_wrong(
    deployment, second, administrator, published, capsys
):
    script.register("77", administrator)
    own = brownie.accounts.at(administrator)
    registry = brownie.EnrolmentRegistry.at(deployment.contracts["EnrolmentRegistry"].address)
    registry.grantRole(role_id("REGISTRAR", 77), used_account(12), {"from": own})
    status, out = refused(capsys, script.join, str(published))
    assert (status, "was not written" in out) == (1, True)
    assert not second.deployments.exists()


def test_join_after_a_register_that_was_cut_short_sends_nothing(second, administrator, published, capsys):
    with cut_short(2, register_municipality):
        script.register("77", administrator)
    before = brownie.web3.eth.block_number
    status, out = refused(capsys, script.join, str(published))
    assert (status, "is not registered in ClaimRegister" in out) == (2, True)
    assert brownie.web3.eth.block_number == before
