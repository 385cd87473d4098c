from tests.contracts.refusals import refused
from tests.contracts.values import MUNICIPALITY, NO_WORD, OTHER_MUNICIPALITY, word


def test_set_claim_key_is_read_back(registry, administrator):
    transaction = registry.setClaimKey(MUNICIPALITY, word(1), {"from": administrator})

    assert bytes(registry.municipality(MUNICIPALITY)[3]) == word(1)
    assert bytes(registry.municipality(OTHER_MUNICIPALITY)[3]) == NO_WORD
    event = transaction.events["ClaimKeyChanged"]
    assert (event["municipality"], bytes(event["key"])) == (MUNICIPALITY, word(1))


def test_set_claim_key_refuses_zero(registry, administrator):
    with refused("ZeroKey", MUNICIPALITY):
        registry.setClaimKey(MUNICIPALITY, NO_WORD, {"from": administrator})


def test_set_claim_key_refuses_the_key_that_is_there(registry, administrator):
    registry.setClaimKey(MUNICIPALITY, word(1), {"from": administrator})

    with refused("SettingUnchanged", MUNICIPALITY):
        registry.setClaimKey(MUNICIPALITY, word(1), {"from": administrator})
