"""Everything that can be wrong with a deployment is named."""

import dataclasses

import brownie
import pytest

from schuldhulp.config import load_settings
from schuldhulp.services.keys import create_keys
from scripts import check_deployment as script
from scripts.check_deployment import check, expected_of, role_id
from scripts.deploy import expected_of as planned
from scripts.planning import CONTRACTS


def contract(deployment, name):
    return getattr(brownie, name).at(deployment.contracts[name].address)


def with_contract(deployment, name, **changes):
    changed = dataclasses.replace(deployment.contracts[name], **changes)
    return dataclasses.replace(deployment, contracts={**deployment.contracts, name: changed})


def assert_finding(findings, *words):
    assert any(all(word in finding for word in words) for finding in findings), findings


def test_check_finds_nothing_on_a_good_deployment(deployment):
    assert check(deployment, expected_of(deployment)) == []


def test_check_names_another_chain(deployment):
    assert_finding(check(dataclasses.replace(deployment, chain_id=1), expected_of(deployment)), "chain", "id")
    wiped = dataclasses.replace(deployment, genesis_hash=b"\1" * 32)
    assert_finding(check(wiped, expected_of(deployment)), "genesis")


@pytest.mark.parametrize("name", CONTRACTS)
def test_check_names_missing_and_other_code(deployment, name):
    nowhere = with_contract(deployment, name, address="0x" + "11" * 20)
    other = with_contract(deployment, name, code_hash=b"\1" * 32)

    assert_finding(check(nowhere, expected_of(deployment)), name, "no code")
    assert_finding(check(other, expected_of(deployment)), name, "other code")


@pytest.mark.parametrize("name", CONTRACTS)
def test_check_names_another_instance(deployment, name):
    other = with_contract(deployment, name, instance_id=b"\1" * 32)

    assert_finding(check(other, expected_of(deployment)), name, "instance id")


def test_check_names_a_municipality_that_is_not_registered(deployment):
    other = dataclasses.replace(deployment, municipality=77)

    assert_finding(check(other, expected_of(other)), "77", "not registered")


@pytest.mark.parametrize(
    ("name", "verb"),
    [("EnrolmentRegistry", "REGISTRAR"), ("ObligationLedger", "REGISTRAR"), ("ClaimRegister", "REVIEWER")],
)
def test_check_names_a_role_that_is_missing_or_too_much(deployment, signers, name, verb):
    role, extra = role_id(verb, deployment.municipality), brownie.accounts[15]
    holder = deployment.accounts["registrar" if verb == "REGISTRAR" else "reviewer"]
    contract(deployment, name).grantRole(role, extra, {"from": signers["administrator"]})
    contract(deployment, name).revokeRole(role, holder, {"from": signers["administrator"]})

    findings = check(deployment, expected_of(deployment))

    assert_finding(findings, name, extra.address, verb, "nobody planned")
    assert_finding(findings, name, holder, "lacks", verb)


def test_check_names_a_second_administrator_of_the_network(deployment, signers):
    registry = contract(deployment, "EnrolmentRegistry")
    registry.grantRole(bytes(32), brownie.accounts[15], {"from": signers["network_administrator"]})

    assert_finding(check(deployment, expected_of(deployment)), brownie.accounts[15].address, "network")


@pytest.mark.parametrize("verb", ["CREDITOR", "REGISTRAR"])
def test_check_names_any_role_of_the_deployer(deployment, signers, verb):
    registry = contract(deployment, "EnrolmentRegistry")
    role = role_id(verb, deployment.municipality)
    registry.grantRole(role, signers["deployer"], {"from": signers["administrator"]})

    assert_finding(check(deployment, expected_of(deployment)), "deployer", verb)


def test_check_allows_creditors_later_but_not_at_deployment(plan, deployment, signers):
    registry = contract(deployment, "EnrolmentRegistry")
    role = role_id("CREDITOR", deployment.municipality)
    registry.grantRole(role, brownie.accounts[15], {"from": signers["administrator"]})

    assert check(deployment, expected_of(deployment)) == []
    assert_finding(check(deployment, planned(plan)), brownie.accounts[15].address, "CREDITOR")


def test_check_leaves_the_roles_of_another_municipality_to_it(deployment, signers):
    registry = contract(deployment, "EnrolmentRegistry")
    registry.registerMunicipality(77, brownie.accounts[15], {"from": signers["network_administrator"]})
    registry.grantRole(role_id("REGISTRAR", 77), brownie.accounts[16], {"from": brownie.accounts[15]})

    assert check(deployment, expected_of(deployment)) == []


def test_check_names_an_account_whose_nonce_zero_is_unused(deployment):
    fresh = brownie.accounts.add().address
    other = dataclasses.replace(deployment, accounts={**deployment.accounts, "deployer": fresh})

    assert_finding(check(other, expected_of(deployment)), "nonce 0", "deployer", fresh)


def test_check_names_a_claim_id_key_that_is_missing_or_another(plan, deployment):
    without = dataclasses.replace(deployment, claim_id_key=None)
    other = dataclasses.replace(expected_of(deployment), claim_id_key=b"\1" * 32)

    assert_finding(check(without, expected_of(without)), "no claimIdKey", "register_municipality complete")
    assert_finding(check(deployment, other), "claimIdKey", "public.json")
    assert check(deployment, dataclasses.replace(other, claim_id_key=plan.claim_id_key)) == []


def test_main_compares_the_claim_id_key_with_the_public_file(monkeypatch, tmp_path, plan, deployment, capsys):
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    assert script.claim_id_key_of(settings) is None
    public = create_keys(settings.keys, epoch=20264, creditors=[])
    assert script.claim_id_key_of(settings) == public.claim_id_key
    deployment.save(settings.deployments / "kept.json")
    monkeypatch.setattr("schuldhulp.config.load_settings", lambda: settings)
    monkeypatch.setattr(brownie.network, "show_active", lambda: "kept")

    with pytest.raises(SystemExit) as caught:
        script.main()

    assert caught.value.code == 1
    assert "the claimIdKey is not the one in public.json" in capsys.readouterr().out


def test_check_names_settings_that_are_not_the_planned_ones(plan, deployment):
    other = dataclasses.replace(
        plan,
        contact="another",
        evaluator_url="https://another.example",
        claim_key=b"\1" * 32,
        epoch=20271,
        evaluator_keys=(b"\1" * 32, b"\2" * 32),
    )

    findings = check(deployment, planned(other))

    for setting in ("contact", "evaluator address", "claim key", "current epoch", "evaluator keys"):
        assert_finding(findings, setting)
