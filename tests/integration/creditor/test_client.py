from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from schuldhulp import errors
from schuldhulp.creditor.heads import HeadFile
from schuldhulp.creditor.registry import MAX_AGE
from schuldhulp.domain.identifiers import Identifier, IdentifierKind, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.signal import Signal, SignalWarning
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.ports import EvaluatedBatch
from tests.support.asking import Asking, deployment_of
from tests.support.evaluation import CURRENT, MUNICIPALITY, OLDEST, published_keys
from tests.support.rpc_server import Reverted

JANSEN = parse_person("Jansen;1980-02-01;9711AB;12")
DE_VRIES = parse_person("de Vries;1975-00-00;9712CD;3")
BSN = bsn_identifier(parse_bsn("999990019"))

Ask = Callable[[Identifier], str]


def refused(ask: Ask, kind: type[errors.SchuldhulpError], key: str, identifier: Identifier = DE_VRIES) -> None:
    with pytest.raises(kind) as caught:
        ask(identifier)
    assert caught.value.key == key


def test_signal_green_names_municipality_and_contact(asking: Asking) -> None:
    asking.enrol(JANSEN)
    answer = asking.client().signal(municipality=MUNICIPALITY, identifier=JANSEN)
    assert answer.signal is Signal.GREEN
    assert (answer.municipality, answer.contact) == (MUNICIPALITY, "schuldhulp@example.nl")
    assert answer.warnings == (SignalWarning.NAME_MATCH_GREEN,)
    assert (answer.block_number, answer.block_hash) == (100, asking.node.block_hash(100))
    assert answer.checked_at == asking.evaluator.clock.now()


def test_signal_red_warns_about_name_matching_and_names_no_contact(asking: Asking) -> None:
    asking.enrol(JANSEN)
    answer = asking.client().signal(municipality=MUNICIPALITY, identifier=DE_VRIES)
    assert answer.signal is Signal.RED
    assert answer.contact == ""
    assert answer.warnings == (SignalWarning.NAME_MATCH_RED,)


def test_signal_by_bsn_uses_the_other_key_and_needs_no_warning(asking: Asking) -> None:
    client = asking.client()
    assert client.signal(municipality=MUNICIPALITY, identifier=BSN).signal is Signal.RED
    asking.enrol(BSN)
    answer = client.signal(municipality=MUNICIPALITY, identifier=BSN)
    assert (answer.signal, answer.warnings) == (Signal.GREEN, ())


def test_signals_answers_in_order_also_for_mixed_kinds_and_repeated_persons(asking: Asking) -> None:
    asking.enrol(JANSEN)
    persons = [DE_VRIES, BSN, JANSEN, DE_VRIES, JANSEN]
    answers = asking.client().signals(municipality=MUNICIPALITY, identifiers=persons)
    assert [answer.signal.value for answer in answers] == ["red", "red", "green", "red", "green"]


def test_signals_of_nobody_is_empty(asking: Asking) -> None:
    assert asking.client().signals(municipality=MUNICIPALITY, identifiers=[]) == []


def test_signal_asks_the_chain_by_plain_calls_only(asking: Asking, ask: Ask) -> None:
    ask(JANSEN)
    assert set(asking.node.asked) == {"eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_call"}


def test_signal_takes_no_proxy_from_the_environment(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert ask(JANSEN) == "red"


# --- every cause of error of the design -------------------------------------------------------------------------------


def test_signal_refuses_another_chain_id(asking: Asking, ask: Ask) -> None:
    asking.node.chain_id = 1
    refused(ask, errors.ChainMismatch, "chain_id_other")


def test_signal_refuses_a_wiped_chain_with_the_same_addresses_and_chain_id(asking: Asking, ask: Ask) -> None:
    asking.node.genesis_hash = bytes(31) + b"\x01"
    refused(ask, errors.ChainMismatch, "genesis_other")


def test_signal_refuses_an_address_without_code(asking: Asking, ask: Ask) -> None:
    asking.node.code = b""
    refused(ask, errors.ChainMismatch, "contract_missing")


def test_signal_refuses_other_code(asking: Asking, ask: Ask) -> None:
    asking.node.code += b"\x00"
    refused(ask, errors.ChainMismatch, "contract_code_other")


def test_signal_refuses_another_instance(asking: Asking, ask: Ask) -> None:
    asking.node.instance_id = bytes(31) + b"\x01"
    refused(ask, errors.ChainMismatch, "contract_instance_other")


def test_signal_refuses_a_stale_head(asking: Asking, ask: Ask) -> None:
    now = int(asking.evaluator.clock.now().timestamp())
    asking.node.timestamp = now - int(MAX_AGE.total_seconds())
    assert ask(DE_VRIES) == "red"
    asking.node.timestamp -= 1
    refused(ask, errors.ChainMismatch, "head_stale")


def test_signal_refuses_a_head_of_the_future(asking: Asking, ask: Ask) -> None:
    asking.node.timestamp += 3600
    refused(ask, errors.ChainMismatch, "head_future")


def test_signal_refuses_a_head_lower_than_the_last_one_seen(asking: Asking) -> None:
    asking.client().signal(municipality=MUNICIPALITY, identifier=DE_VRIES)
    asking.node.number = 99
    # Another process, later: the memory is in the file.
    refused(
        lambda who: asking.client().signal(municipality=MUNICIPALITY, identifier=who).signal,
        errors.ChainMismatch,
        "head_lower",
    )
    asking.node.number = 100
    assert asking.client().signal(municipality=MUNICIPALITY, identifier=DE_VRIES).signal is Signal.RED


def test_signal_does_not_remember_a_head_of_a_contract_that_is_not_ours(asking: Asking, ask: Ask) -> None:
    asking.node.number, code, asking.node.code = 1_000_000, asking.node.code, b"\x00"
    refused(ask, errors.ChainMismatch, "contract_code_other")
    asking.node.number, asking.node.code = 100, code
    assert ask(DE_VRIES) == "red"


def test_signal_refuses_a_tag_of_an_epoch_that_closed_while_asking(
    asking: Asking, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_evaluating(asking, monkeypatch, lambda: setattr(asking.node, "epochs", (20272, 20271, 20272)))
    refused(ask, errors.Conflict, "epoch_not_open")


def test_signal_refuses_red_for_a_tag_of_an_epoch_that_is_no_longer_current(
    asking: Asking, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_evaluating(asking, monkeypatch, lambda: setattr(asking.node, "epochs", (20271, OLDEST, 20271)))
    refused(ask, errors.ChainMismatch, "signal_old_epoch")


def test_signal_green_of_the_previous_epoch_counts(asking: Asking, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asking.enrol(JANSEN)
    while_evaluating(asking, monkeypatch, lambda: setattr(asking.node, "epochs", (20271, OLDEST, 20271)))
    assert ask(JANSEN) == "green"


def test_signal_refuses_a_chain_that_is_wiped_while_asking(
    asking: Asking, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_evaluating(asking, monkeypatch, lambda: setattr(asking.node, "genesis_hash", bytes(31) + b"\x01"))
    refused(ask, errors.ChainMismatch, "genesis_other")


def test_signal_refuses_answers_of_two_chains(asking: Asking, ask: Ask) -> None:
    count = 0
    plain = asking.node.block_hash

    def hash_of(number: int) -> bytes:
        nonlocal count
        count += number > 0
        return plain(number) if number == 0 or count % 2 else bytes(31) + b"\x02"

    asking.node.block_hash = hash_of  # type: ignore[method-assign]
    refused(ask, errors.ChainMismatch, "chain_replaced")


def test_signal_refuses_an_answer_that_was_cut(asking: Asking, ask: Ask) -> None:
    asking.node.cut = True
    refused(ask, errors.Unreachable, "chain_unreachable")


def test_signal_refuses_a_word_that_was_cut(asking: Asking, ask: Ask) -> None:
    asking.node.instead["isKnown(bytes32)"] = "0x" + "00" * 31
    refused(ask, errors.ChainMismatch, "signal_cut")


def test_signal_refuses_an_empty_word(asking: Asking, ask: Ask) -> None:
    asking.node.instead["isKnown(bytes32)"] = "0x"
    refused(ask, errors.ChainMismatch, "signal_no_code")


METHODS = ("eth_chainId", "eth_getBlockByNumber", "eth_getCode", "eth_call")
FUNCTIONS = ("instanceId()", "municipality(uint16)", "evaluatorKey(uint16,uint32,uint8)", "isKnown(bytes32)")
RUBBISH: tuple[Any, ...] = (
    None,
    False,
    0,
    {},
    [],
    "",
    "0x",
    "0x0",
    "0x" + "00" * 31,
    "0x" + "00" * 33,
    "0x" + "00" * 31 + "02",
    "0x" + "ff" * 32,
    "0x" + "ff" * 320,
    "zz",
    "0xzz",
    Reverted(b""),
    Reverted(b"\x08\xc3\x79\xa0"),
)


@pytest.mark.parametrize("value", RUBBISH, ids=repr)
@pytest.mark.parametrize("what", METHODS + FUNCTIONS)
def test_signal_of_rubbish_is_an_error_and_never_red(asking: Asking, ask: Ask, what: str, value: Any) -> None:
    asking.node.instead[what] = value
    with pytest.raises(errors.SchuldhulpError):
        ask(DE_VRIES)


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (b"", "chain_unreachable"),
        (b"[null", "chain_unreachable"),
        (b"\xff", "chain_unreachable"),
        (b"[" * 100_000, "chain_unreachable"),
        (b" " * 5_000_000, "chain_unreachable"),
        (b"null", "chain_answer_incomplete"),
        (b"{}", "chain_answer_incomplete"),
        (b"[1, 2]", "chain_answer_incomplete"),
        (b'[{"id": []}]', "chain_answer_incomplete"),
        (b'[{"id": 0}]', "chain_answer_incomplete"),
    ],
    ids=lambda value: repr(value[:12]),
)
def test_signal_of_a_rubbish_body_is_an_error(asking: Asking, ask: Ask, body: bytes, key: str) -> None:
    asking.node.body = lambda _: body
    refused(ask, errors.Unreachable, key)


def test_signal_follows_no_redirect(asking: Asking, ask: Ask) -> None:
    asking.node.status, asking.node.body = 307, lambda _: b""
    refused(ask, errors.Unreachable, "chain_unreachable")


def test_signal_without_a_node_is_an_error(asking: Asking) -> None:
    asking.node.url = "http://127.0.0.1:1"
    refused(
        lambda who: asking.client().signal(municipality=MUNICIPALITY, identifier=who).signal,
        errors.Unreachable,
        "chain_unreachable",
    )


# --- municipality and evaluator ---------------------------------------------------------------------------------------


def test_signal_of_an_unknown_municipality_is_an_error(asking: Asking) -> None:
    with pytest.raises(errors.NotFound) as caught:
        asking.client().signal(municipality=MunicipalityCode(15), identifier=JANSEN)
    assert caught.value.key == "municipality_unknown"


def test_signal_without_a_published_key_is_an_error(asking: Asking, ask: Ask) -> None:
    asking.node.keys.clear()
    refused(ask, errors.NotFound, "evaluator_key_missing")


@pytest.mark.parametrize("url", ["http://evaluator.example.nl", "ftp://127.0.0.1", "", "https://"])
def test_signal_refuses_an_evaluator_without_https(asking: Asking, ask: Ask, url: str) -> None:
    asking.node.evaluator_url = url
    refused(ask, errors.Misconfigured, "evaluator_url_invalid")


def test_signal_without_an_evaluator_is_an_error(asking: Asking, ask: Ask) -> None:
    asking.node.evaluator_url = "http://127.0.0.1:1"
    refused(ask, errors.Unreachable, "evaluator_unreachable")


def test_signal_refuses_another_key_than_the_published_one(asking: Asking, ask: Ask) -> None:
    asking.node.keys[CURRENT, IdentifierKind.NADB] = published_keys(asking.evaluator.keys)[OLDEST, IdentifierKind.NADB]
    refused(ask, errors.ProofInvalid, "key_not_published")


def test_signal_refuses_another_key_that_calls_itself_the_published_one(
    asking: Asking, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = published_keys(asking.evaluator.keys)[OLDEST, IdentifierKind.NADB]
    asking.node.keys[CURRENT, IdentifierKind.NADB] = published
    answering(asking, monkeypatch, key=published)
    refused(ask, errors.ProofInvalid, "proof_invalid")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"proof": bytes(64)}, "proof_invalid"),
        ({"proof": b"\xff" * 64}, "proof_invalid"),
        ({"proof": b""}, "proof_invalid"),
        ({"evaluated": ()}, "proof_invalid"),
        ({"evaluated": (bytes(32),)}, "proof_invalid"),
        ({"evaluated": (b"\xff" * 32,)}, "proof_invalid"),
        ({"key": bytes(32)}, "key_not_published"),
    ],
)
def test_signal_refuses_an_answer_without_a_right_proof(
    asking: Asking, ask: Ask, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], key: str
) -> None:
    answering(asking, monkeypatch, **changes)
    refused(ask, errors.ProofInvalid, key)


def test_signal_of_a_suspended_organisation_is_an_error(asking: Asking, ask: Ask) -> None:
    asking.evaluator.store.suspend("12345678", reason="misuse", by="x", at=asking.evaluator.clock.now())
    refused(ask, errors.NotAllowed, "organisation_suspended")


def test_signal_beyond_the_quota_is_an_error_that_says_how_long_to_wait(asking: Asking, ask: Ask) -> None:
    asking.evaluator.admit(daily=1)
    assert ask(DE_VRIES) == "red"
    with pytest.raises(errors.NotAllowed) as caught:
        ask(DE_VRIES)
    assert caught.value.key == "daily_quota_spent"
    assert caught.value.parameters == {"retry_after": 43_200}


def test_signal_of_a_creditor_whose_clock_is_wrong_is_an_error(asking: Asking) -> None:
    client = asking.client()
    asking.evaluator.restart()
    slow = type(asking.evaluator.clock)(asking.evaluator.clock.now() - timedelta(minutes=10))
    client._clock = slow
    with pytest.raises(errors.InvalidInput) as caught:
        client.signal(municipality=MUNICIPALITY, identifier=JANSEN)
    assert caught.value.key == "request_expired"


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        (("chainId",), "1337", "chainId"),
        (("chainId",), True, "chainId"),
        (("genesisHash",), "0x12", "genesisHash"),
        (("genesisHash",), "0x" + "00" * 32, "genesisHash"),
        (("contracts",), [], "contracts"),
        (("contracts", "EnrolmentRegistry"), None, "contracts.EnrolmentRegistry"),
        (("contracts", "EnrolmentRegistry", "address"), "0x12", "contracts.EnrolmentRegistry.address"),
        (("contracts", "EnrolmentRegistry", "codeHash"), 5, "contracts.EnrolmentRegistry.codeHash"),
        (("contracts", "EnrolmentRegistry", "instanceId"), None, "contracts.EnrolmentRegistry.instanceId"),
    ],
)
def test_client_names_the_wrong_field_of_the_deployment_file(
    asking: Asking, path: tuple[str, ...], value: Any, field: str
) -> None:
    plain: Any = deployment_of(asking.node)
    inner = plain
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    asking.deployment_file.write_text(json.dumps(plain))
    with pytest.raises(errors.Misconfigured) as caught:
        asking.client()
    assert caught.value.field == field


def test_client_names_a_missing_deployment_file(asking: Asking) -> None:
    asking.deployment_file.unlink()
    with pytest.raises(errors.Misconfigured) as caught:
        asking.client()
    assert caught.value.key == "deployment_missing"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"00": "5"}', b'{"00": true}', b"\xff"])
def test_signal_with_a_damaged_state_file_is_an_error(asking: Asking, ask: Ask, content: bytes) -> None:
    asking.state_file.write_bytes(content)
    refused(ask, errors.Misconfigured, "state_file_invalid")
    assert asking.state_file.read_bytes() == content


def test_head_file_keeps_the_highest_of_each_instance(tmp_path: Path) -> None:
    one, other = bytes(31) + b"\x01", bytes(31) + b"\x02"
    heads = HeadFile(tmp_path / "new" / "folder" / "heads.json")
    assert heads.last(one) is None
    heads.remember(one, 5)
    heads.remember(one, 3)
    heads.remember(other, 0)
    assert (heads.last(one), heads.last(other)) == (5, 0)
    assert [path.name for path in (tmp_path / "new" / "folder").iterdir()] == ["heads.json"]


def test_head_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.Misconfigured):
        HeadFile(tmp_path / "file" / "heads.json").remember(bytes(32), 1)


def while_evaluating(asking: Asking, monkeypatch: pytest.MonkeyPatch, change: Callable[[], None]) -> None:
    """Let something happen to the chain between the two looks at it."""
    evaluate = asking.evaluator.service.evaluate

    def changing(request: Any) -> Any:
        answer = evaluate(request)
        change()
        return answer

    monkeypatch.setattr(asking.evaluator.service, "evaluate", changing)


def answering(asking: Asking, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Let the evaluator lie in part of its answer."""
    evaluate = asking.evaluator.service.evaluate

    def lying(request: Any) -> EvaluatedBatch:
        right = evaluate(request)
        fields = {"evaluated": right.evaluated, "proof": right.proof, "key": right.key}
        return EvaluatedBatch(**(fields | changes))

    monkeypatch.setattr(asking.evaluator.service, "evaluate", lying)
