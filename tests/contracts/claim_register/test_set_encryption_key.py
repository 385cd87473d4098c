from tests.contracts.refusals import refused
from tests.contracts.values import MUNICIPALITY, NO_WORD, OTHER_MUNICIPALITY, word


def creditor_role(register, municipality=MUNICIPALITY):
    return register.roleOf(register.CREDITOR(), municipality)


def test_set_encryption_key_is_read_back(register, creditor, second_creditor):
    transaction = register.setEncryptionKey(word(1), {"from": creditor})

    assert bytes(register.encryptionKeyOf(creditor)) == word(1)
    assert bytes(register.encryptionKeyOf(second_creditor)) == NO_WORD
    event = transaction.events["EncryptionKeyChanged"]
    assert (event["creditor"], bytes(event["key"])) == (creditor, word(1))


def test_set_encryption_key_replaces_the_key(register, creditor):
    for key in (word(1), word(2), word(1)):
        register.setEncryptionKey(key, {"from": creditor})
        assert bytes(register.encryptionKeyOf(creditor)) == key


def test_set_encryption_key_refuses_zero(register, creditor):
    with refused("ZeroEncryptionKey", creditor):
        register.setEncryptionKey(NO_WORD, {"from": creditor})


def test_set_encryption_key_refuses_the_key_that_is_there(register, creditor):
    register.setEncryptionKey(word(1), {"from": creditor})

    with refused("EncryptionKeyUnchanged", creditor):
        register.setEncryptionKey(word(1), {"from": creditor})


def test_set_encryption_key_is_for_a_creditor_of_any_municipality(
    register, administrator, other_administrator, creditor
):
    register.grantRole(creditor_role(register, OTHER_MUNICIPALITY), creditor, {"from": other_administrator})
    register.revokeRole(creditor_role(register), creditor, {"from": administrator})
    register.setEncryptionKey(word(1), {"from": creditor})

    register.revokeRole(creditor_role(register, OTHER_MUNICIPALITY), creditor, {"from": other_administrator})
    with refused("NotACreditor", creditor):
        register.setEncryptionKey(word(2), {"from": creditor})
    assert bytes(register.encryptionKeyOf(creditor)) == word(1)


def test_set_encryption_key_counts_a_repeated_grant_once(register, administrator, creditor):
    register.grantRole(creditor_role(register), creditor, {"from": administrator})
    register.revokeRole(creditor_role(register), creditor, {"from": administrator})
    register.revokeRole(creditor_role(register), creditor, {"from": administrator})

    with refused("NotACreditor", creditor):
        register.setEncryptionKey(word(1), {"from": creditor})


def test_set_encryption_key_stops_for_who_renounced(register, creditor):
    register.renounceRole(creditor_role(register), creditor, {"from": creditor})

    with refused("NotACreditor", creditor):
        register.setEncryptionKey(word(1), {"from": creditor})


def test_set_encryption_key_refuses_other_roles(register, reviewer, administrator, stranger):
    for account in (reviewer, administrator, stranger):
        with refused("NotACreditor", account):
            register.setEncryptionKey(word(1), {"from": account})
