import brownie
import pytest

from schuldhulp import errors
from scripts import manage_roles as script


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
    lost, new = used.accounts["registrar"], brownie.accounts[15].address

    script.grant("REGISTRAR", "14", new)
    script.revoke("REGISTRAR", "14", lost)

    assert script.holders(used, "REGISTRAR", 14) == {"EnrolmentRegistry": [new], "ObligationLedger": [new]}


def test_grant_hands_the_network_over_and_revoke_completes_it(used):
    new = brownie.accounts[15].address

    script.grant("NETWORK", "0", new)

    assert all(new in accounts for accounts in script.holders(used, "NETWORK", 0).values())


def test_grant_of_what_is_so_already_sends_nothing(used, capsys):
    before = brownie.web3.eth.block_number

    script.grant("REGISTRAR", "14", used.accounts["registrar"])

    assert brownie.web3.eth.block_number == before
    assert "nothing was sent" in capsys.readouterr().out


def test_grant_by_an_account_that_may_not_sends_nothing(monkeypatch, used, capsys):
    monkeypatch.setattr(script, "_signer", lambda verb: brownie.accounts[16])
    before = brownie.web3.eth.block_number

    with pytest.raises(SystemExit) as caught:
        script.grant("REGISTRAR", "14", brownie.accounts[15].address)

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
