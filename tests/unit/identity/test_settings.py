from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from schuldhulp.errors import Misconfigured
from schuldhulp.identity.model import Provider
from schuldhulp.identity.settings import NAMES, upstreams_from


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("broker-secret\n")
    path.chmod(0o600)
    return path


def make_environment(secret_file: Path, login: str = "DIGID", **changes: str) -> dict[str, str]:
    values = {"ISSUER": "https://broker.example/", "CLIENT_ID": "relay", "CLIENT_SECRET_FILE": str(secret_file)}
    return {f"SCHULDHULP_{login}_{name}": value for name, value in (values | changes).items()}


def test_upstreams_from_nothing_is_nothing() -> None:
    assert upstreams_from({"SCHULDHULP_DATA": "x", "DIGID_ISSUER": "y"}, production=True) == {}


def test_upstreams_from_fills_in_defaults(secret_file: Path) -> None:
    found = upstreams_from(make_environment(secret_file) | make_environment(secret_file, "STAFF"), production=True)
    digid, staff = found[Provider.DIGID], found[Provider.STAFF]
    assert digid.issuer == "https://broker.example/"
    assert digid.client_secret == "broker-secret"
    assert (digid.identity_claim, digid.level_claim, digid.minimum_level) == ("bsn", "acr", "midden")
    assert digid.session_time == timedelta(hours=2)
    assert (staff.identity_claim, staff.level_claim, staff.minimum_level) == ("preferred_username", "", "")


def test_upstreams_from_takes_every_setting(secret_file: Path) -> None:
    changes = {
        "IDENTITY_CLAIM": "urn:bsn",
        "LEVEL_CLAIM": "loa",
        "MINIMUM_LEVEL": "Hoog",
        "SCOPE": "openid bsn",
        "ACR_VALUES": "urn:hoog",
        "CLIENT_AUTHENTICATION": "client_secret_post",
        "SESSION_MINUTES": "15",
    }
    assert set(changes) | {"ISSUER", "CLIENT_ID", "CLIENT_SECRET_FILE"} == set(NAMES)
    digid = upstreams_from(make_environment(secret_file, **changes), production=True)[Provider.DIGID]
    assert (digid.identity_claim, digid.level_claim, digid.minimum_level) == ("urn:bsn", "loa", "hoog")
    assert (digid.scope, digid.acr_values) == ("openid bsn", "urn:hoog")
    assert digid.client_authentication == "client_secret_post"
    assert digid.session_time == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"ISSUER": ""}, "SCHULDHULP_DIGID_ISSUER"),
        ({"CLIENT_ID": ""}, "client_id"),
        ({"CLIENT_SECRET_FILE": ""}, "SCHULDHULP_DIGID_CLIENT_SECRET_FILE"),
        ({"CLIENT_SECRET_FILE": "/nowhere/secret"}, "SCHULDHULP_DIGID_CLIENT_SECRET_FILE"),
        ({"MINIMUM_LEVEL": "strong"}, "minimum_level"),
        ({"SESSION_MINUTES": "0"}, "SCHULDHULP_DIGID_SESSION_MINUTES"),
        ({"SESSION_MINUTES": "an hour"}, "SCHULDHULP_DIGID_SESSION_MINUTES"),
        ({"SESSION_MINUTES": "²"}, "SCHULDHULP_DIGID_SESSION_MINUTES"),
    ],
)
def test_upstreams_from_names_what_is_wrong(secret_file: Path, changes: dict[str, str], named: str) -> None:
    with pytest.raises(Misconfigured, match=named):
        upstreams_from(make_environment(secret_file, **changes), production=False)


def test_upstreams_from_refuses_an_empty_secret(secret_file: Path) -> None:
    secret_file.write_text("\n")
    with pytest.raises(Misconfigured, match="empty"):
        upstreams_from(make_environment(secret_file), production=False)


def test_upstreams_from_refuses_a_readable_secret_in_production(secret_file: Path) -> None:
    secret_file.chmod(0o640)
    assert upstreams_from(make_environment(secret_file), production=False)
    with pytest.raises(Misconfigured, match="chmod 600"):
        upstreams_from(make_environment(secret_file), production=True)
