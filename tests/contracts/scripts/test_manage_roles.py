import brownie
import pytest

from schuldhulp import errors
from schuldhulp.chain.known_accounts import PUBLIC_TEST_ACCOUNTS
from scripts import accounts
from scripts import manage_roles as script
from tests.contracts.scripts.conftest import used_account


@pytest.fixture
def used(monkeypatch, deployment, signers):
    """The commands work on the deployment of the test, with its accounts."""
    monkeypatch.setattr(script, "open_deployment", lambda: deployment)
    network_verbs = (script.NETWORK, "ADMINISTRATOR")
    monkeypatch.setattr(
        script,
        "_signer",
        lambda verb: signers["network_administrator" if verb in network_verbs else "administrator"],
    )
    return deployment


def test_grant_and_revoke_change_every_contract_that_knows_the_verb(used, capsys):
    account = brownie.accounts[15].address

    script.grant("CREDITOR", "14", account)
    assert script.holders(used, "CREDITOR", 14) == {"EnrolmentRegistry": [account], "ClaimRegister": [account]}

    script.revoke("CREDITOR", "14", account)
    assert script.holders(used, "CREDITOR", 14) == {"EnrolmentRegistry": [], "ClaimRegister": []}
    assert capsys.readouterr().out.count("Check: done") == 2


def test_grant_replaces_a_lost_registrar(used):
    lost, new = used.accounts["registrar"], used_account(15).address

    script.grant("REGISTRAR", "14", new)
    script.revoke("REGISTRAR", "14", lost)

    assert script.holders(used, "REGISTRAR", 14) == {"EnrolmentRegistry": [new], "ObligationLedger": [new]}


def test_grant_hands_the_network_over_and_revoke_completes_it(used):
    new = used_account(15).address

    script.grant("NETWORK", "0", new)

    assert all(new in accounts for accounts in script.holders(used, "NETWORK", 0).values())


def test_grant_of_what_is_so_already_sends_nothing(used, capsys):
    before = brownie.web3.eth.block_number

    script.grant("REGISTRAR", "14", used.accounts["registrar"])

    assert brownie.web3.eth.block_number == before
    assert "nothing was sent" in capsys.readouterr().out


def test_grant_by_an_account_that_may_not_sends_nothing(monkeypatch, used, capsys):
    monkeypatch.setattr(script, "_signer", lambda verb: brownie.accounts[16])
    new = used_account(15).address
    before = brownie.web3.eth.block_number

    with pytest.raises(SystemExit) as caught:
        script.grant("REGISTRAR", "14", new)

    assert caught.value.code == errors.NotAllowed.exit_code
    assert brownie.web3.eth.block_number == before
    assert "does not administer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("verb", "municipality", "account", "field"),
    [
        ("CASEWORKER", "14", "0x" + "11" * 20, "verb"),
        ("REGISTRAR", "0", "0x" + "11" * 20, "municipality"),
        ("REGISTRAR", "70000", "0x" + "11" * 20, "municipality"),
        ("REGISTRAR", "fourteen", "0x" + "11" * 20, "municipality"),
        ("NETWORK", "14", "0x" + "11" * 20, "municipality"),
        ("REGISTRAR", "14", "somebody", "account"),
        ("REGISTRAR", "14", "0x" + "00" * 20, "account"),
        ("REGISTRAR", "14", "0x52908400098527886E0F7030069857D2E4169Ee7", "account has a wrong checksum"),
        ("CREDITOR", "14", "0x52908400098527886E0F7030069857D2E4169Ee7", "account has a wrong checksum"),
    ],
)
@pytest.mark.usefixtures("used")
def test_grant_names_bad_input(capsys, verb, municipality, account, field):
    with pytest.raises(SystemExit) as caught:
        script.grant(verb, municipality, account)

    assert caught.value.code == 2
    assert field in capsys.readouterr().out


def test_check_lists_the_holders(used, capsys):
    script.check("REVIEWER", "14")

    assert capsys.readouterr().out == f"ClaimRegister: {used.accounts['reviewer']}\n"


def refused(capsys, command, *arguments):
    before = brownie.web3.eth.block_number
    with pytest.raises(SystemExit) as caught:
        command(*arguments)
    assert brownie.web3.eth.block_number == before
    return caught.value.code, capsys.readouterr().out


@pytest.mark.parametrize(
    ("lost", "wanted"),
    [("REGISTRAR", "REGISTRAR"), ("REVIEWER", "REGISTRAR"), ("REGISTRAR", "ADMINISTRATOR"), ("REVIEWER", "NETWORK")],
)
def test_grant_names_an_account_that_lost_a_role(used, capsys, lost, wanted):
    account = used_account(15).address
    script.grant(lost, "14", account)
    script.revoke(lost, "14", account)
    status, out = refused(capsys, script.grant, wanted, "0" if wanted == "NETWORK" else "14", account)
    assert (status, "account lost a role" in out) == (2, True)


@pytest.mark.parametrize("verb", ["REGISTRAR", "REVIEWER", "EPOCH_KEEPER", "ADMINISTRATOR", "NETWORK"])
def test_grant_names_an_account_that_was_never_used(used, capsys, verb):
    account = brownie.accounts.add().address
    status, out = refused(capsys, script.grant, verb, "0" if verb == "NETWORK" else "14", account)
    assert (status, "account has never sent" in out) == (2, True)


@pytest.mark.parametrize("verb", ["REGISTRAR", "BSN_CREDITOR"])
def test_grant_names_what_is_nobodys_own_key(monkeypatch, used, capsys, verb):
    status, out = refused(capsys, script.grant, verb, "14", used.contracts["ClaimRegister"].address)
    assert (status, "account is a contract" in out) == (2, True)
    status, out = refused(capsys, script.grant, verb, "14", used.accounts["reviewer"])
    assert (status, "account does something else" in out) == (2, True)

    class Production:
        production = True

    monkeypatch.setattr(accounts, "settings_here", Production)
    status, out = refused(capsys, script.grant, verb, "14", min(PUBLIC_TEST_ACCOUNTS))
    assert (status, "account is a test account" in out) == (2, True)


def test_grant_admits_a_creditor_that_has_sent_nothing(used):
    account = brownie.accounts.add().address
    script.grant("CREDITOR", "14", account)
    assert script.holders(used, "CREDITOR", 14)["ClaimRegister"] == [account]


def test_grant_gives_the_administrator_back_the_epochs_that_were_taken_from_it(used, signers):
    administrator = used.accounts["administrator"]
    if signers["administrator"].nonce == 0:
        signers["administrator"].transfer(signers["administrator"], 0)
    script.revoke("EPOCH_KEEPER", "14", administrator)
    script.grant("EPOCH_KEEPER", "14", administrator)
    assert script.holders(used, "EPOCH_KEEPER", 14)["EnrolmentRegistry"] == [administrator]


@pytest.mark.parametrize("arguments", [("REGISTRAR", "14"), ("REGISTRAR", "14", "0x", "0x"), ()])
def test_a_forgotten_or_surplus_argument_is_answered_with_the_usage(used, capsys, arguments):
    status, out = refused(capsys, script.grant, *arguments)
    assert (status, "Usage: brownie run manage_roles grant <verb> <municipality> <account>" in out) == (2, True)
