import pytest

from tests.contracts.refusals import refused
from tests.contracts.values import MUNICIPALITY, OTHER_MUNICIPALITY


def test_set_evaluator_url_is_read_back(registry, administrator):
    transaction = registry.setEvaluatorUrl(MUNICIPALITY, "https://example.nl/é", {"from": administrator})

    assert registry.municipality(MUNICIPALITY)[6] == "https://example.nl/é"
    assert registry.municipality(OTHER_MUNICIPALITY)[6] == ""
    assert dict(transaction.events["EvaluatorUrlChanged"]) == {"municipality": MUNICIPALITY}


def test_set_evaluator_url_takes_texts_up_to_the_limit_and_shorter_ones_after(registry, administrator):
    for text in ("x" * registry.MAX_TEXT_BYTES(), "y" * 31, "z"):
        registry.setEvaluatorUrl(MUNICIPALITY, text, {"from": administrator})
        assert registry.municipality(MUNICIPALITY)[6] == text


def test_set_evaluator_url_refuses_an_empty_text(registry, administrator):
    with refused("EmptyText", MUNICIPALITY):
        registry.setEvaluatorUrl(MUNICIPALITY, "", {"from": administrator})


@pytest.mark.parametrize(("text", "length"), [("x" * 257, 257), ("é" * 129, 258)])
def test_set_evaluator_url_refuses_a_text_over_the_limit_in_bytes(registry, administrator, text, length):
    with refused("TextTooLong", length, 256):
        registry.setEvaluatorUrl(MUNICIPALITY, text, {"from": administrator})


def test_set_evaluator_url_refuses_the_text_that_is_there(registry, administrator):
    registry.setEvaluatorUrl(MUNICIPALITY, "same", {"from": administrator})

    with refused("SettingUnchanged", MUNICIPALITY):
        registry.setEvaluatorUrl(MUNICIPALITY, "same", {"from": administrator})
