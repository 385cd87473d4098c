"""The table of settings in docs/specification.md is the one in the code."""

import re
from pathlib import Path

import certifi
import pytest

from schuldhulp.config import PREFIX, Settings, load_settings, project_folder
from schuldhulp.errors import Misconfigured

SPECIFICATION = Path(__file__).parents[3] / "docs" / "specification.md"

DERIVED = {
    "chain_url": "`http://127.0.0.1:<chain port>`",
    "deployments": "`deployments`",
    "database_url": "`sqlite:///<data>/schuldhulp.sqlite`",
    "evaluator_database_url": "`sqlite:///<data>/evaluator.sqlite`",
    "keys": "`<data>/keys`",
    "evaluator_url": "`http://127.0.0.1:<evaluator port>`",
    "relay_url": "`http://127.0.0.1:<relay port>`",
    "cockpit_url": "`http://127.0.0.1:<cockpit port>`",
}


def rows():
    found = []
    for name, field in Settings.model_fields.items():
        default = DERIVED.get(name) or (f"`{field.default}`" if field.default not in ("", None) else "(none)")
        found.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |")
    return found


def test_specification_lists_every_setting_as_it_is():
    text = SPECIFICATION.read_text()
    listed = [line for line in text.splitlines() if re.match(rf"\| `{PREFIX}[A-Z_]+` \|", line)]
    own = [line for line in listed if line.split("`")[1].removeprefix(PREFIX).lower() in Settings.model_fields]
    assert own == rows()


def test_load_settings_takes_the_environment_before_the_file(tmp_path):
    (tmp_path / "settings.env").write_text("# comment\n\nSCHULDHULP_MUNICIPALITY=200\nSCHULDHULP_CONTACT=a = b\n")
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_MUNICIPALITY": "300"})
    assert (settings.municipality, settings.contact) == (300, "a = b")


def test_load_settings_derives_addresses_and_folders(tmp_path):
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_CHAIN_PORT": "9999"})
    assert settings.chain_url == "http://127.0.0.1:9999"
    assert settings.deployment_file == tmp_path / "deployments" / "local.json"
    assert settings.database_url == f"sqlite:///{tmp_path / 'schuldhulp.sqlite'}"


def test_load_settings_keeps_deployments_in_the_project_for_the_usual_data_folder():
    settings = load_settings({"SCHULDHULP_DATA": "var"})
    assert settings.deployments == project_folder() / "deployments"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COCKPIT_PORT", "0"),
        ("COCKPIT_PORT", "eighty"),
        ("CHAIN_PORT", "8501"),
        ("MUNICIPALITY", "70000"),
        ("ENV", "test"),
        ("NETWORK", "../x"),
        ("LEDGER_FILL", "-1"),
        ("CONFIRMATIONS", "many"),
        ("CONFIRMATIONS", "65"),
        ("CA_FILE", "/nowhere/authorities.pem"),
        ("LEDGER_SCHEDULE", "whenever"),
        ("ENROLMENT_SCHEDULE", "daily 25:00"),
    ],
)
def test_load_settings_names_the_wrong_setting_and_never_its_value(tmp_path, name, value):
    with pytest.raises(Misconfigured) as caught:
        load_settings({"SCHULDHULP_DATA": str(tmp_path), PREFIX + name: value})
    assert PREFIX + name in str(caught.value)
    assert value not in str(caught.value) or value in {"0", "-1"}
    assert caught.value.exit_code == 2


def test_load_settings_says_why_more_confirmations_are_refused(tmp_path):
    assert load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_CONFIRMATIONS": "64"}).confirmations == 64
    with pytest.raises(Misconfigured, match="at most 64: the state that far back is read"):
        load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_CONFIRMATIONS": "65"})


@pytest.mark.parametrize("content", ["", "no certificate"])
def test_load_settings_refuses_a_file_without_authorities(tmp_path, content):
    (tmp_path / "authorities.pem").write_text(content)
    with pytest.raises(Misconfigured, match=r"SCHULDHULP_CA_FILE: .* certificates of authorities in PEM"):
        load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_CA_FILE": str(tmp_path / "authorities.pem")})


def test_load_settings_takes_a_file_with_authorities(tmp_path):
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_CA_FILE": certifi.where()})
    assert settings.ca_file == Path(certifi.where())


def test_load_settings_refuses_plain_http_in_production(tmp_path):
    with pytest.raises(Misconfigured, match="https"):
        load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_ENV": "production"})


def test_load_settings_names_the_line_that_is_no_setting(tmp_path):
    (tmp_path / "settings.env").write_text("SCHULDHULP_MUNICIPALITY 200\n")
    with pytest.raises(Misconfigured, match="line 1"):
        load_settings({"SCHULDHULP_DATA": str(tmp_path)})


def test_load_settings_refuses_a_name_that_it_does_not_know(tmp_path):
    with pytest.raises(Misconfigured, match="SCHULDHULP_COCKPIT_PROT"):
        load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_COCKPIT_PROT": "8502"})


def test_load_settings_leaves_the_settings_of_others_alone(tmp_path):
    load_settings(
        {"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_DIGID_ISSUER": "https://x", "SCHULDHULP_TEST_POSTGRES": "y"}
    )


def production(folder, chain_url):
    own = {"DATA": str(folder), "ENV": "production", "CHAIN_URL": chain_url}
    own |= dict.fromkeys(("COCKPIT_URL", "RELAY_URL", "EVALUATOR_URL"), "https://a.example")
    return load_settings({PREFIX + name: value for name, value in own.items()})


@pytest.mark.parametrize(
    "address",
    [
        "http://node.example:8545",
        "http://192.168.1.10:8545",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://user@10.0.0.1",
        "http://127.0.0.1@node.example",
        "http://[::2]",
        "http://[broken",
        "ftp://127.0.0.1",
        "https://",
        "127.0.0.1:8545",
    ],
)
def test_load_settings_refuses_a_chain_in_the_clear_in_production(tmp_path, address):
    with pytest.raises(Misconfigured, match="SCHULDHULP_CHAIN_URL must start with https") as caught:
        production(tmp_path, address)
    assert address not in str(caught.value) or address == "https://"


@pytest.mark.parametrize(
    "address",
    ["https://node.example", "http://127.0.0.1:8545", "http://127.1.2.3", "http://localhost:8545", "http://[::1]:8545"],
)
def test_load_settings_takes_a_chain_over_tls_or_on_loopback_in_production(tmp_path, address):
    assert production(tmp_path, address).chain_url == address


def test_load_settings_leaves_the_chain_of_development_alone(tmp_path):
    own = {"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_CHAIN_URL": "http://node.example"}
    assert load_settings(own).chain_url == "http://node.example"


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", ""),
        ("127.0.0.1", "127.0.0.1/32"),
        (" 10.0.0.0/8, ::1 ,", "10.0.0.0/8,::1/128"),
    ],
)
def test_load_settings_reads_addresses_of_proxies(tmp_path, given, read):
    settings = load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_TRUSTED_PROXIES": given})
    assert settings.trusted_proxies == read


@pytest.mark.parametrize("given", ["*", "proxy.example.nl", "10.0.0.1/8", "127.0.0.1 10.0.0.1"])
def test_load_settings_refuses_proxies_that_are_no_addresses(tmp_path, given):
    with pytest.raises(Misconfigured, match="TRUSTED_PROXIES"):
        load_settings({"SCHULDHULP_DATA": str(tmp_path), "SCHULDHULP_TRUSTED_PROXIES": given})
