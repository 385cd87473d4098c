"""A lost key of the worker is replaced; whoever asks for a signal notices nothing."""

import brownie
import pytest

from schuldhulp import errors
from scripts import accounts, manage_roles, municipality, replace_key
from scripts import replace_key as script
from scripts.check_deployment import check, expected_of
from scripts.manage_roles import holders
from tests.contracts.scripts.conftest import cut_short, used_account


@pytest.fixture
def new():
    return used_account(12)


@pytest.fixture(autouse=True)
def _patched(monkeypatch, kept):
    kept.patch(monkeypatch, replace_key, manage_roles)
    monkeypatch.setattr("schuldhulp.crypto.keyring.keyring_exists", lambda folder, purpose: False)


@pytest.fixture
def registry(deployment):
    return brownie.EnrolmentRegistry.at(deployment.contracts["EnrolmentRegistry"].address)


@pytest.fixture
def tags(plan, registry, signers):
    """Two tags that the old registrar has enrolled."""
    made = [plan.municipality.to_bytes(2, "big") + plan.epoch.to_bytes(4, "big") + bytes([n]) * 26 for n in (1, 2)]
    registry.enrol(plan.municipality, plan.epoch, made, {"from": signers["registrar"]})
    return made


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as caught:
        script.registrar(*arguments)
    return caught.value.code, capsys.readouterr().out


def test_registrar_is_replaced_everywhere_and_the_check_agrees(kept, deployment, signers, new, capsys):
    script.registrar(new.address)

    assert holders(deployment, "REGISTRAR", 14) == {
        "EnrolmentRegistry": [new.address],
        "ObligationLedger": [new.address],
    }
    assert kept.file.accounts["registrar"] == new.address
    assert check(kept.file, expected_of(kept.file)) == []
    assert "everything is as planned" in capsys.readouterr().out

    before = brownie.web3.eth.block_number
    script.registrar(new.address)
    assert brownie.web3.eth.block_number == before
    assert "nothing was sent" in capsys.readouterr().out


def test_registrar_is_replaced_while_every_signal_is_answered(monkeypatch, plan, registry, signers, tags, new):
    answers, real = [], manage_roles.send

    def ask():
        answers.append([registry.isKnown(tag) for tag in tags])

    def send(deployment, signer, contract, function, *arguments):
        ask()
        real(deployment, signer, contract, function, *arguments)
        answers.append(function)

    monkeypatch.setattr(manage_roles, "send", send)
    script.registrar(new.address)
    ask()

    known = [True, True]
    expected = [known, "revokeRole", known, "revokeRole", known, "grantRole", known, "grantRole", known]
    assert answers == expected
    with brownie.reverts():
        registry.endEnrolment(plan.municipality, tags, {"from": signers["registrar"]})
    registry.endEnrolment(plan.municipality, tags, {"from": new})
    assert not registry.isKnown(tags[0])


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_registrar_that_was_cut_short_never_gives_two_keys_the_role_and_is_completed(
    kept, deployment, signers, new, count
):
    with cut_short(count, manage_roles):
        script.registrar(new.address)
    for found in holders(deployment, "REGISTRAR", 14).values():
        assert len(found) <= 1
    assert kept.saved == 0

    script.registrar(new.address)

    assert holders(deployment, "REGISTRAR", 14)["ObligationLedger"] == [new.address]
    assert check(kept.file, expected_of(kept.file)) == []


def test_registrar_uses_up_the_nonce_of_a_key_that_is_here_after_the_old_one_lost_its_role(
    monkeypatch, kept, deployment
):
    fresh, seen = brownie.accounts.add(), []
    monkeypatch.setattr(script, "_keyring_account", lambda holder, new: fresh if new == fresh.address else None)

    def use_up(signers):
        seen.append(holders(deployment, "REGISTRAR", 14))
        municipality.use_up_first_nonces(signers)

    monkeypatch.setattr(script, "use_up_first_nonces", use_up)
    script.registrar(fresh.address)

    assert seen == [{"EnrolmentRegistry": [], "ObligationLedger": []}]
    assert fresh.nonce == 1
    assert check(kept.file, expected_of(kept.file)) == []


def test_registrar_names_an_account_that_was_never_used_where_its_key_is_not_here(capsys, deployment):
    status, out = refused(capsys, brownie.accounts.add().address)
    assert (status, "account has never sent" in out) == (2, True)
    assert holders(deployment, "REGISTRAR", 14)["ObligationLedger"] == [deployment.accounts["registrar"]]


def test_registrar_names_an_account_that_lost_the_role_before(capsys, signers, new):
    script.registrar(new.address)
    status, out = refused(capsys, signers["registrar"].address)
    assert (status, "account lost a role" in out) == (2, True)


@pytest.mark.parametrize("holder", ["registrar", "receipt_signer"])
def test_an_account_that_lost_another_role_is_named(capsys, signers, new, holder):
    script.reviewer(new.address)
    with pytest.raises(SystemExit) as caught:
        getattr(script, holder)(signers["reviewer"].address)
    assert (caught.value.code, "account lost a role" in capsys.readouterr().out) == (2, True)


def test_registrar_names_an_account_that_does_something_else(capsys, signers):
    status, out = refused(capsys, signers["reviewer"].address)
    assert (status, "account does something else" in out) == (2, True)


@pytest.mark.parametrize("account", ["somebody", "0x" + "00" * 20, "0x52908400098527886E0F7030069857D2E4169Ee7"])
def test_registrar_names_bad_input(capsys, account):
    status, out = refused(capsys, account)
    assert (status, "account" in out) == (2, True)


def test_registrar_by_an_account_that_may_not_sends_nothing(capsys, kept, new):
    kept.administrator = brownie.accounts[16]
    before = brownie.web3.eth.block_number
    status, out = refused(capsys, new.address)
    assert (status, "does not administer" in out) == (errors.NotAllowed.exit_code, True)
    assert brownie.web3.eth.block_number == before


def test_registrar_writes_the_file_also_when_the_check_finds_something_else(capsys, kept, new):
    other = used_account(15).address
    manage_roles.grant("REVIEWER", "14", other)
    status, out = refused(capsys, new.address)
    assert (status, "nobody planned" in out) == (1, True)
    assert kept.file.accounts["registrar"] == new.address


def test_reviewer_and_receipt_signer_are_replaced_too(kept, deployment, new):
    script.reviewer(new.address)
    signer = brownie.accounts.add().address
    script.receipt_signer(signer)  # which sends nothing, and needs no first transaction

    assert holders(deployment, "REVIEWER", 14) == {"ClaimRegister": [new.address]}
    assert script.receipt_signer_of(deployment) == signer
    assert check(kept.file, expected_of(kept.file)) == []


def test_registrar_names_a_public_test_account_in_production(monkeypatch, capsys):
    class Production:
        production = True

    monkeypatch.setattr(accounts, "settings_here", Production)
    status, out = refused(capsys, "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266")
    assert (status, "account is a test account" in out) == (2, True)
