import dataclasses
import json

import pytest

from schuldhulp import errors
from schuldhulp.chain.known_accounts import PUBLIC_TEST_ACCOUNTS
from schuldhulp.config import load_settings
from schuldhulp.services.keys import create_keys
from scripts.planning import HOLDERS, confirm, plan_from_keys, refuse_known_accounts


def test_plan_from_keys_takes_accounts_and_newest_epoch_of_the_public_file(tmp_path):
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_MUNICIPALITY": "34"})
    create_keys(settings.keys, epoch=20263, creditors=[])
    public = create_keys(settings.keys, epoch=20264, creditors=[])

    plan = plan_from_keys(settings, "local")

    assert (plan.municipality, plan.epoch) == (34, 20264)
    assert plan.evaluator_keys == public.evaluator_keys[20264]
    assert plan.claim_key == public.claim_key
    assert plan.claim_id_key == public.claim_id_key
    assert plan.addresses["epoch_keeper"] == public.addresses["administrator"]
    assert plan.file == tmp_path / "deployments" / "local.json"


def test_plan_from_keys_names_what_is_missing(tmp_path):
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    with pytest.raises(errors.Misconfigured):
        plan_from_keys(settings, "local")

    create_keys(settings.keys, epoch=20264, creditors=[])
    file = settings.keys / "public.json"
    public = json.loads(file.read_text())
    del public["addresses"]["reviewer"]
    file.write_text(json.dumps(public))
    with pytest.raises(errors.Misconfigured) as caught:
        plan_from_keys(settings, "local")
    assert caught.value.field == "reviewer"


def test_plan_from_keys_names_a_public_file_from_before_claim_ids(tmp_path):
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path)})
    create_keys(settings.keys, epoch=20264, creditors=[])
    file = settings.keys / "public.json"
    public = json.loads(file.read_text())
    del public["claim_id_key"]
    file.write_text(json.dumps(public))
    with pytest.raises(errors.Misconfigured) as caught:
        plan_from_keys(settings, "local")
    assert (caught.value.field, "keys merge" in str(caught.value)) == ("claim_id_key", True)


def test_plan_shows_every_account_key_and_setting(plan):
    text = "\n".join(plan.lines())

    for shown in (*plan.addresses.values(), plan.contact, plan.evaluator_url, str(plan.epoch), str(plan.file)):
        assert shown in text
    for key in (*plan.evaluator_keys, plan.claim_key, plan.claim_id_key):
        assert key.hex() in text
    assert set(plan.addresses) == {"deployer", *HOLDERS}


def test_refuse_known_accounts_names_the_role(plan):
    addresses = {**plan.addresses, "registrar": min(PUBLIC_TEST_ACCOUNTS)}

    with pytest.raises(errors.Misconfigured) as caught:
        refuse_known_accounts(dataclasses.replace(plan, addresses=addresses))
    assert caught.value.field == "registrar"


@pytest.mark.parametrize(
    ("network", "terminal", "assume_yes", "answer", "expected"),
    [
        ("development", True, "", "no", True),
        ("local", True, "", "no", True),
        ("gemeente", True, "", "no", False),
        ("gemeente", True, "", "y", False),
        ("gemeente", True, "", "yes", True),
        ("gemeente", True, "1", "no", True),
        ("gemeente", False, "", "yes", False),
        ("gemeente", False, "1", "no", True),
    ],
)
def test_confirm_asks_only_where_somebody_can_answer(monkeypatch, network, terminal, assume_yes, answer, expected):
    monkeypatch.setenv("SCHULDHULP_ASSUME_YES", assume_yes)
    monkeypatch.setattr("sys.stdin.isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: answer)

    assert confirm(network, "Deploy?") is expected
