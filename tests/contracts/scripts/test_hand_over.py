"""Administration changes hands: nobody is never in charge, and no key is trusted that has not signed."""

import dataclasses

import brownie
import pytest

from schuldhulp import errors
from schuldhulp.chain.known_accounts import PUBLIC_TEST_ACCOUNTS
from scripts import accounts, hand_over, manage_roles, replace_key
from scripts import hand_over as script
from scripts.check_deployment import check, expected_of, role_id
from scripts.manage_roles import NETWORK, holders
from scripts.planning import CONTRACTS
from tests.contracts.scripts.conftest import cut_short, used_account

OFFICES = pytest.mark.parametrize(("of", "verb", "code"), [("network", NETWORK, 0), ("14", "ADMINISTRATOR", 14)])


@pytest.fixture
def new():
    return used_account(12)


@pytest.fixture(autouse=True)
def _patched(monkeypatch, kept):
    kept.patch(monkeypatch, hand_over, manage_roles, replace_key)
    # No keyring of this machine may take part.
    monkeypatch.setattr("schuldhulp.crypto.keyring.keyring_exists", lambda folder, purpose: False)


def sign_as(kept, of, account):
    """Let the next step be signed by an account, as with its keyring on its machine."""
    if of == "network":
        kept.network = account
    else:
        kept.administrator = account


def everywhere(account):
    return {name: [account.address] for name in CONTRACTS}


def refused(capsys, step, *arguments):
    with pytest.raises(SystemExit) as caught:
        step(*arguments)
    return caught.value.code, capsys.readouterr().out


@OFFICES
def test_offer_leaves_the_old_one_in_charge(kept, deployment, new, of, verb, code):
    script.offer(of, new.address)

    for found in holders(deployment, verb, code).values():
        assert len(found) == 2
        assert new.address in found
    assert kept.saved == 0


def test_take_of_the_network_ends_the_old_one_and_the_check_agrees(kept, deployment, new, capsys):
    script.offer("network", new.address)
    sign_as(kept, "network", new)

    script.take("network")

    assert holders(deployment, NETWORK, 0) == everywhere(new)
    assert kept.file.accounts["network_administrator"] == new.address
    assert check(kept.file, expected_of(kept.file)) == []
    script.take("network")
    assert "needs no change" in capsys.readouterr().out


@pytest.mark.parametrize("by", ["itself", "the network"])
def test_a_municipality_changes_hands_with_its_epoch_keeper(monkeypatch, kept, deployment, signers, new, by):
    old = signers["administrator"]
    script.offer("14", new.address)
    sign_as(kept, "14", new)
    script.take("14")
    assert old.address in holders(deployment, "ADMINISTRATOR", 14)["ObligationLedger"]
    assert holders(deployment, "EPOCH_KEEPER", 14) == {"EnrolmentRegistry": [new.address]}
    if by == "itself":
        monkeypatch.setattr("schuldhulp.crypto.keyring.keyring_exists", lambda folder, purpose: True)
        sign_as(kept, "14", old)

    script.release("14", old.address)

    assert holders(deployment, "ADMINISTRATOR", 14) == everywhere(new)
    assert (kept.file.accounts["administrator"], kept.file.accounts["epoch_keeper"]) == (new.address, new.address)
    assert check(kept.file, expected_of(kept.file)) == []
    before = brownie.web3.eth.block_number
    script.release("14", old.address)
    assert brownie.web3.eth.block_number == before


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize(
    ("of", "interrupted"),
    [("network", "offer"), ("network", "take"), ("14", "offer"), ("14", "take"), ("14", "release")],
)
def test_a_step_that_was_cut_short_leaves_somebody_in_charge_and_is_completed(
    kept, deployment, signers, new, of, interrupted, count
):
    office = script.office_of(of, deployment)
    old = signers["network_administrator" if of == "network" else "administrator"]
    steps = {"offer": (of, new.address), "take": (of,), "release": (of, old.address)}
    if of == "network":
        del steps["release"]
    for step, arguments in steps.items():
        if step == "take":
            sign_as(kept, of, new)
        if step == interrupted:
            with cut_short(count, hand_over, manage_roles):
                getattr(script, step)(*arguments)
            for found in holders(deployment, office.verb, office.code).values():
                assert {old.address, new.address} & set(found)
        getattr(script, step)(*arguments)

    assert holders(deployment, office.verb, office.code) == everywhere(new)
    assert check(kept.file, expected_of(kept.file)) == []


@OFFICES
def test_offer_names_an_account_that_was_never_used(capsys, of, verb, code):
    status, out = refused(capsys, script.offer, of, brownie.accounts.add().address)
    assert status == 2
    assert "account has never sent" in out


@OFFICES
def test_offer_names_the_present_one(capsys, signers, of, verb, code):
    old = signers["network_administrator" if of == "network" else "administrator"]
    status, out = refused(capsys, script.offer, of, old.address)
    assert status == 2
    assert "account administers" in out


def test_offer_names_an_account_that_does_something_else(capsys, signers):
    status, out = refused(capsys, script.offer, "network", signers["registrar"].address)
    assert (status, "account does something else" in out) == (2, True)


def test_offer_names_a_contract(capsys, deployment):
    status, out = refused(capsys, script.offer, "network", deployment.contracts["ClaimRegister"].address)
    assert (status, "account is a contract" in out) == (2, True)


def test_offer_names_a_public_test_account_in_production(monkeypatch, capsys):
    class Production:
        production = True

    monkeypatch.setattr(accounts, "settings_here", Production)
    status, out = refused(capsys, script.offer, "network", min(PUBLIC_TEST_ACCOUNTS))
    assert (status, "account is a test account" in out) == (2, True)


@pytest.mark.parametrize(
    ("of", "account", "field"),
    [
        ("15", "0x" + "11" * 20, "municipality"),
        ("everything", "0x" + "11" * 20, "municipality"),
        ("0", "0x" + "11" * 20, "municipality"),
        ("network", "somebody", "account"),
        ("network", "0x" + "00" * 20, "account"),
        ("network", "0x52908400098527886E0F7030069857D2E4169Ee7", "account has a wrong checksum"),
    ],
)
def test_offer_names_bad_input(capsys, of, account, field):
    status, out = refused(capsys, script.offer, of, account)
    assert status == 2
    assert field in out


@OFFICES
def test_take_without_an_offer_sends_nothing(kept, capsys, new, of, verb, code):
    sign_as(kept, of, new)
    before = brownie.web3.eth.block_number
    status, out = refused(capsys, script.take, of)
    assert (status, "was not offered" in out) == (2, True)
    assert brownie.web3.eth.block_number == before


def test_take_by_the_old_one_does_not_undo_the_offer(deployment, new, capsys):
    script.offer("network", new.address)
    status, out = refused(capsys, script.take, "network")
    assert (status, "is the present one" in out) == (2, True)
    assert new.address in holders(deployment, NETWORK, 0)["ClaimRegister"]


def test_release_before_the_new_one_has_taken_is_refused(deployment, signers, new, capsys):
    old = signers["administrator"].address
    script.offer("14", new.address)
    status, out = refused(capsys, script.release, "14", old)
    assert (status, "nobody has taken over" in out) == (2, True)
    assert old in holders(deployment, "ADMINISTRATOR", 14)["ClaimRegister"]


def test_release_does_not_count_what_an_account_signed_in_a_former_term(kept, deployment, signers, new, capsys):
    first = signers["administrator"]
    script.offer("14", new.address)
    sign_as(kept, "14", new)
    script.take("14")
    script.release("14", first.address)
    script.offer("14", first.address)

    status, out = refused(capsys, script.release, "14", new.address)

    assert (status, "nobody has taken over" in out) == (2, True)


def test_take_shows_its_key_also_when_the_epoch_keeper_was_given_before(kept, deployment, signers, new):
    registry = brownie.EnrolmentRegistry.at(deployment.contracts["EnrolmentRegistry"].address)
    role = role_id("EPOCH_KEEPER", 14)
    registry.grantRole(role, new, {"from": signers["administrator"]})
    registry.revokeRole(role, signers["administrator"], {"from": signers["administrator"]})
    script.offer("14", new.address)
    sign_as(kept, "14", new)

    script.take("14")
    script.release("14", signers["administrator"].address)

    assert check(kept.file, expected_of(kept.file)) == []


def test_withdraw_takes_an_offer_back_and_nothing_else(kept, deployment, signers, new, capsys):
    old = signers["network_administrator"]
    script.offer("network", new.address)
    script.withdraw("network", new.address)
    assert holders(deployment, NETWORK, 0) == everywhere(old)

    script.offer("network", new.address)
    sign_as(kept, "network", new)
    script.take("network")
    status, out = refused(capsys, script.withdraw, "network", new.address)
    assert (status, "it is no offer" in out) == (2, True)


def test_follow_brings_another_machines_file_up_to_date(kept, deployment, new, capsys):
    script.offer("network", new.address)
    status, out = refused(capsys, script.follow, "network")
    assert (status, "not finished" in out) == (2, True)
    sign_as(kept, "network", new)
    script.take("network")
    kept.file = deployment

    script.follow("network")

    assert kept.file.accounts["network_administrator"] == new.address
    assert check(kept.file, expected_of(kept.file)) == []


def test_another_municipalitys_administration_changes_without_touching_our_file(kept, deployment, signers, new):
    first = used_account(13)
    for name in CONTRACTS:
        contract = getattr(brownie, name).at(deployment.contracts[name].address)
        contract.registerMunicipality(77, first, {"from": signers["network_administrator"]})
    script.offer("77", new.address)
    sign_as(kept, "77", new)
    script.take("77")
    script.release("77", first.address)

    assert holders(deployment, "ADMINISTRATOR", 77) == everywhere(new)
    assert kept.file == dataclasses.replace(deployment)
    assert check(kept.file, expected_of(kept.file)) == []


@pytest.mark.parametrize("step", ["offer", "withdraw"])
def test_a_step_by_an_account_that_may_not_sends_nothing(kept, capsys, new, step):
    if step == "withdraw":
        script.offer("14", new.address)
    kept.network = brownie.accounts[16]
    before = brownie.web3.eth.block_number
    status, out = refused(capsys, getattr(script, step), "14", new.address)
    assert (status, "does not administer" in out) == (errors.NotAllowed.exit_code, True)
    assert brownie.web3.eth.block_number == before


@pytest.fixture
def spare():
    return used_account(17)


def test_spare_is_expected_by_the_check_and_by_a_replacement(kept, deployment, signers, spare, new, capsys):
    script.spare(spare.address)

    assert holders(deployment, NETWORK, 0)["ClaimRegister"] == sorted(
        [spare.address, signers["network_administrator"].address]
    )
    assert check(kept.file, expected_of(kept.file)) == []
    replace_key.registrar(new.address)
    assert kept.file.accounts["spare_network_administrator"] == spare.address
    before, saved = brownie.web3.eth.block_number, kept.saved
    script.spare(spare.address)
    assert (brownie.web3.eth.block_number, kept.saved) == (before, saved)


def test_spare_stays_when_the_network_changes_hands_and_others_follow(kept, deployment, signers, spare, new, capsys):
    script.spare(spare.address)
    elsewhere = kept.file
    script.offer("network", new.address)
    assert refused(capsys, script.follow, "network")[0] == 2
    sign_as(kept, "network", new)
    script.take("network")

    both = sorted([spare.address, new.address])
    assert holders(deployment, NETWORK, 0) == dict.fromkeys(CONTRACTS, both)
    assert check(kept.file, expected_of(kept.file)) == []
    kept.file = elsewhere
    script.follow("network")
    assert kept.file.accounts["network_administrator"] == new.address
    assert check(kept.file, expected_of(kept.file)) == []


def test_spare_takes_over_by_itself_when_the_other_key_is_lost(kept, deployment, spare, capsys):
    script.spare(spare.address)
    elsewhere = kept.file
    status, out = refused(capsys, script.offer, "network", spare.address)
    assert (status, "needs no offer" in out) == (2, True)
    sign_as(kept, "network", spare)
    script.take("network")

    assert holders(deployment, NETWORK, 0) == everywhere(spare)
    assert "spare_network_administrator" not in kept.file.accounts
    assert check(kept.file, expected_of(kept.file)) == []
    kept.file = elsewhere
    status, out = refused(capsys, script.spare, "none")
    assert (status, "lacks the role" in out) == (2, True)
    script.follow("network")
    assert check(kept.file, expected_of(kept.file)) == []
    assert "spare_network_administrator" not in kept.file.accounts


@pytest.mark.parametrize("count", [1, 4])
def test_spare_is_replaced_and_ended_also_when_that_was_cut_short(kept, deployment, signers, spare, new, count):
    script.spare(spare.address)
    with cut_short(count, hand_over, manage_roles):
        script.spare(new.address)
    script.spare(new.address)
    assert holders(deployment, NETWORK, 0)["ClaimRegister"] == sorted(
        [new.address, signers["network_administrator"].address]
    )
    assert check(kept.file, expected_of(kept.file)) == []

    script.spare("none")

    assert holders(deployment, NETWORK, 0) == everywhere(signers["network_administrator"])
    assert check(kept.file, expected_of(kept.file)) == []


def test_spare_named_elsewhere_is_brought_into_the_file_without_a_transaction(kept, deployment, spare, capsys):
    script.spare(spare.address)
    named, kept.file = kept.file, deployment
    status, out = refused(capsys, script.follow, "network")
    assert (status, "hand_over spare" in out) == (2, True)
    before, kept.network = brownie.web3.eth.block_number, brownie.accounts[16]
    script.spare(spare.address)
    assert (brownie.web3.eth.block_number, kept.file) == (before, named)


def test_spare_is_no_offer_that_can_be_withdrawn(kept, deployment, spare, capsys):
    script.spare(spare.address)
    status, out = refused(capsys, script.withdraw, "network", spare.address)
    assert (status, "is the spare" in out) == (2, True)
    assert spare.address in holders(deployment, NETWORK, 0)["ClaimRegister"]


def test_spare_names_bad_accounts(capsys, signers):
    for account, words in (
        ("somebody", "account must be an address"),
        (brownie.accounts.add().address, "account has never sent"),
        (signers["registrar"].address, "account does something else"),
        (signers["network_administrator"].address, "account administers"),
    ):
        status, out = refused(capsys, script.spare, account)
        assert (status, words in out) == (2, True), out


@pytest.mark.parametrize("of", ["network", "14"])
def test_take_after_an_offer_that_was_cut_short_is_refused(kept, capsys, new, of):
    with cut_short(1, hand_over, manage_roles):
        script.offer(of, new.address)
    sign_as(kept, of, new)
    status, out = refused(capsys, script.take, of)
    assert (status, "was not offered" in out) == (2, True)


def test_release_after_a_take_that_was_cut_short_names_what_to_repeat(kept, deployment, signers, new, capsys):
    old = signers["administrator"]
    script.offer("14", new.address)
    sign_as(kept, "14", new)
    with cut_short(1, hand_over, manage_roles):
        script.take("14")
    assert sorted(holders(deployment, "EPOCH_KEEPER", 14)["EnrolmentRegistry"]) == sorted([old.address, new.address])

    status, out = refused(capsys, script.release, "14", old.address)

    assert (status, "hand_over take 14" in out) == (2, True)
    assert old.address in holders(deployment, "ADMINISTRATOR", 14)["ClaimRegister"]
    script.take("14")
    script.release("14", old.address)
    assert holders(deployment, "EPOCH_KEEPER", 14) == {"EnrolmentRegistry": [new.address]}
    assert check(kept.file, expected_of(kept.file)) == []


@pytest.mark.parametrize("step", ["follow", "withdraw"])
@pytest.mark.parametrize("of", ["network", "14"])
def test_a_step_after_a_take_that_was_cut_short_changes_nothing(kept, capsys, new, spare, step, of):
    script.spare(spare.address)
    script.offer(of, new.address)
    sign_as(kept, of, new)
    with cut_short(1, hand_over, manage_roles):
        script.take(of)
    kept.network = spare
    before, file = brownie.web3.eth.block_number, kept.file
    assert refused(capsys, getattr(script, step), *((of,) if step == "follow" else (of, new.address)))[0] == 2
    assert (brownie.web3.eth.block_number, kept.file) == (before, file)


def test_follow_after_a_release_that_was_cut_short_is_refused(kept, signers, new, capsys):
    script.offer("14", new.address)
    sign_as(kept, "14", new)
    script.take("14")
    with cut_short(1, hand_over, manage_roles):
        script.release("14", signers["administrator"].address)
    status, out = refused(capsys, script.follow, "14")
    assert (status, "not finished" in out) == (2, True)


def test_release_follows_the_successor_that_took_last(kept, deployment, signers, new, spare, capsys):
    first = signers["administrator"]
    for successor in (new, spare):
        script.offer("14", successor.address)
        sign_as(kept, "14", successor)
        script.take("14")

    script.release("14", first.address)
    script.release("14", new.address)

    assert holders(deployment, "ADMINISTRATOR", 14) == everywhere(spare)
    assert check(kept.file, expected_of(kept.file)) == []


@pytest.mark.parametrize("of", ["network", "14", "spare"])
def test_an_account_that_a_workers_role_was_taken_from_administers_nothing(capsys, signers, new, of):
    stolen = signers["reviewer"]
    replace_key.reviewer(new.address)
    status, out = refused(capsys, *((script.spare,) if of == "spare" else (script.offer, of)), stolen.address)
    assert (status, "account lost a role" in out) == (2, True)


@pytest.mark.parametrize("step", ["offer", "take", "release", "withdraw", "follow", "spare"])
def test_a_forgotten_argument_is_answered_with_the_usage(capsys, step):
    status, out = refused(capsys, getattr(script, step))
    assert (status, f"Usage: brownie run hand_over {step} <" in out) == (2, True)


@pytest.mark.parametrize("count", [1, 3])
def test_take_after_a_spare_that_was_cut_short_leaves_nobody_whom_the_file_does_not_name(
    monkeypatch, kept, deployment, spare, new, count
):
    with monkeypatch.context() as unwritten:
        # Sent, some or all of it, and never written.
        unwritten.setattr(hand_over, "save_deployment", lambda changed: None)
        with cut_short(count, hand_over, manage_roles):
            script.spare(spare.address)
    script.offer("network", new.address)
    sign_as(kept, "network", new)

    script.take("network")

    assert holders(deployment, NETWORK, 0) == everywhere(new)
    assert check(kept.file, expected_of(kept.file)) == []
