from tests.contracts.values import MUNICIPALITY, OTHER_MUNICIPALITY, UNREGISTERED, word


def test_version_is_of_the_form_major_minor_patch(contract):
    assert contract.version() == "1.0.0"


def test_instance_id_is_the_one_given_at_deployment(contract):
    assert bytes(contract.instanceId()) == word(contract._name)


def test_is_registered_tells_municipalities_apart(contract):
    assert contract.isRegistered(MUNICIPALITY)
    assert contract.isRegistered(OTHER_MUNICIPALITY)
    assert not contract.isRegistered(UNREGISTERED)
    assert not contract.isRegistered(0)
