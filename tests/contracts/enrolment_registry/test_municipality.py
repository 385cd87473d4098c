from brownie import ZERO_ADDRESS

from tests.contracts.values import EPOCH, MUNICIPALITY, NEXT_EPOCH, NO_WORD, OLD_EPOCH, UNREGISTERED, plain, word


def test_municipality_gives_every_setting_in_the_order_of_the_interface(registry, administrator, stranger):
    registry.setContact(MUNICIPALITY, "desk", {"from": administrator})
    registry.setEvaluatorUrl(MUNICIPALITY, "https://evaluator.example", {"from": administrator})
    registry.setClaimKey(MUNICIPALITY, word(1), {"from": administrator})
    registry.setReceiptSigner(MUNICIPALITY, stranger, {"from": administrator})

    settings = registry.municipality(MUNICIPALITY)

    assert settings.dict() == {
        "currentEpoch": EPOCH,
        "oldestEpoch": OLD_EPOCH,
        "announcedEpoch": NEXT_EPOCH,
        "claimKey": "0x" + word(1).hex(),
        "receiptSigner": stranger,
        "contact": "desk",
        "evaluatorUrl": "https://evaluator.example",
    }
    assert list(settings.dict()) == [
        "currentEpoch",
        "oldestEpoch",
        "announcedEpoch",
        "claimKey",
        "receiptSigner",
        "contact",
        "evaluatorUrl",
    ]


def test_municipality_is_all_zero_for_an_unknown_one(registry):
    settings = plain(registry.municipality(UNREGISTERED))

    assert settings[:3] == (0, 0, 0)
    assert settings[3] == NO_WORD
    assert settings[4:] == (ZERO_ADDRESS, "", "")
