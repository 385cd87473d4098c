import brownie
import pytest

from schuldhulp import errors
from schuldhulp.node.deployment import Deployment
from scripts import deploy as script
from scripts.check_deployment import check, held_roles
from scripts.planning import CONTRACTS, SIGNING


def test_deploy_gives_what_was_planned(plan, deployment):
    assert check(deployment, script.expected_of(plan)) == []


def test_deploy_gives_a_file_that_reads_back_the_same(plan, deployment):
    deployment.save(plan.file)

    assert Deployment.load(plan.file) == deployment
    assert deployment.claim_id_key == plan.claim_id_key
    assert deployment.log_dossier[:2] == plan.municipality.to_bytes(2, "big")
    assert len({contract.instance_id for contract in deployment.contracts.values()}) == 3
    assert deployment.block == brownie.web3.eth.block_number


def test_deploy_leaves_no_role_with_the_deployer(plan, deployment):
    for name in CONTRACTS:
        assert plan.addresses["deployer"] not in {account for _, account in held_roles(name, deployment)}


def test_deploy_uses_up_nonce_zero_by_a_transaction_that_does_nothing(plan, signers):
    fresh = brownie.accounts.add()
    signers = {**signers, "reviewer": fresh}

    script.fund(signers, signers["deployer"])
    script.use_up_first_nonces(signers)
    script.use_up_first_nonces(signers)

    assert fresh.balance() > 0
    assert fresh.nonce == 1
    sent = next(
        transaction
        for transaction in brownie.web3.eth.get_block("latest", True)["transactions"]
        if transaction["from"] == fresh.address
    )
    assert (sent["nonce"], sent["to"], sent["value"], bytes(sent["input"])) == (0, fresh.address, 0, b"")


def test_deploy_again_starts_with_new_contracts(plan, signers, deployment):
    again = script.deploy(plan, signers)

    assert check(again, script.expected_of(plan)) == []
    for name in CONTRACTS:
        assert again.contracts[name].address != deployment.contracts[name].address
        assert again.contracts[name].instance_id != deployment.contracts[name].instance_id


@pytest.mark.parametrize("step", ["set_up", "use_up_first_nonces", "check"])
def test_main_writes_nothing_when_it_is_interrupted_and_starts_afresh(monkeypatch, tmp_path, step):
    monkeypatch.setenv("SCHULDHULP_DATA", str(tmp_path))
    with monkeypatch.context() as broken:

        def interrupted(*_):
            raise KeyboardInterrupt

        broken.setattr(script, step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            script.main()
    assert not list(tmp_path.rglob("*.json"))
    assert not list(tmp_path.rglob("*.tmp"))

    script.main()

    assert [file.name for file in tmp_path.rglob("*.json")] == ["development.json"]


def test_main_writes_nothing_and_fails_when_the_check_finds_something(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SCHULDHULP_DATA", str(tmp_path))
    monkeypatch.setattr(script, "use_up_first_nonces", lambda signers: None)
    monkeypatch.setattr(script, "SIGNING", SIGNING)
    monkeypatch.setattr("scripts.check_deployment.check_nonces", lambda deployment: ["nonce 0 is unused"])

    with pytest.raises(SystemExit) as caught:
        script.main()

    assert caught.value.code == 1
    assert "Finding: nonce 0 is unused" in capsys.readouterr().out
    assert not list(tmp_path.rglob("*.json"))


def test_refuse_second_deployment_keeps_what_stands_on_the_chain(plan, deployment):
    script.refuse_second_deployment(plan)
    deployment.save(plan.file)

    with pytest.raises(errors.Conflict):
        script.refuse_second_deployment(plan)


def test_signers_from_keyrings_open_every_signing_account(tmp_path):
    from schuldhulp.services.keys import create_keys

    public = create_keys(tmp_path, epoch=20264, creditors=[])

    signers = script.signers_from_keyrings(tmp_path, private=True)

    assert {name: account.address for name, account in signers.items()} == {
        name: public.addresses[name] for name in SIGNING
    }
