from brownie import ZERO_ADDRESS

from tests.contracts.refusals import refused
from tests.contracts.values import EPOCH, MUNICIPALITY, NEXT_EPOCH, OLD_EPOCH, plain


def test_set_receipt_signer_is_read_back_and_leaves_the_epochs_beside_it(registry, administrator, stranger):
    transaction = registry.setReceiptSigner(MUNICIPALITY, stranger, {"from": administrator})

    settings = registry.municipality(MUNICIPALITY)
    assert plain(settings)[:3] == (EPOCH, OLD_EPOCH, NEXT_EPOCH)
    assert settings[4] == stranger
    assert dict(transaction.events["ReceiptSignerChanged"]) == {"municipality": MUNICIPALITY, "signer": stranger}


def test_set_receipt_signer_refuses_nobody(registry, administrator):
    with refused("ZeroReceiptSigner", MUNICIPALITY):
        registry.setReceiptSigner(MUNICIPALITY, ZERO_ADDRESS, {"from": administrator})


def test_set_receipt_signer_refuses_the_account_that_is_there(registry, administrator, stranger):
    registry.setReceiptSigner(MUNICIPALITY, stranger, {"from": administrator})

    with refused("SettingUnchanged", MUNICIPALITY):
        registry.setReceiptSigner(MUNICIPALITY, stranger, {"from": administrator})
