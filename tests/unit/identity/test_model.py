from __future__ import annotations

from typing import Any

import pytest

from schuldhulp.errors import Misconfigured
from schuldhulp.identity.model import LEVELS, Provider, UpstreamSettings, client_id, is_enough, level_of


def make_upstream(**changes: Any) -> UpstreamSettings:
    values: dict[str, Any] = {
        "provider": Provider.DIGID,
        "issuer": "https://broker.example",
        "client_id": "relay",
        "client_secret": "very-secret",
        "identity_claim": "bsn",
        "level_claim": "acr",
        "minimum_level": "midden",
    }
    return UpstreamSettings(**values | changes)


@pytest.mark.parametrize(
    ("provider", "value", "level"),
    [
        (Provider.DIGID, "Substantieel", "substantieel"),
        (Provider.DIGID, "25", "substantieel"),
        (Provider.DIGID, "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI", "hoog"),
        (Provider.EHERKENNING, "urn:etoegang:core:assurance-class:loa3", "eh3"),
        (Provider.EHERKENNING, "EH4", "eh4"),
        (Provider.DIGID, "eh4", None),
        (Provider.DIGID, "", None),
        (Provider.STAFF, "hoog", None),
    ],
)
def test_level_of_knows_the_words_of_brokers(provider: Provider, value: str, level: str | None) -> None:
    assert level_of(provider, value) == level


@pytest.mark.parametrize("provider", [Provider.DIGID, Provider.EHERKENNING])
def test_is_enough_follows_the_order(provider: Provider) -> None:
    order = LEVELS[provider]
    for position, minimum in enumerate(order):
        assert [level for level in order if is_enough(provider, level=level, minimum=minimum)] == list(order[position:])


def test_client_id_differs_for_each_provider() -> None:
    assert {client_id(provider) for provider in Provider} == {"cockpit-digid", "cockpit-eherkenning", "cockpit-staff"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"issuer": ""}, "issuer"),
        ({"issuer": "broker.example"}, "issuer"),
        ({"issuer": "https://user@broker.example"}, "issuer"),
        ({"client_id": ""}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"identity_claim": ""}, "identity_claim"),
        ({"level_claim": ""}, "level_claim"),
        ({"minimum_level": ""}, "minimum_level"),
        ({"minimum_level": "eh3"}, "minimum_level"),
        ({"scope": "profile"}, "scope"),
        ({"client_authentication": "none"}, "client_authentication"),
        ({"provider": Provider.STAFF}, "no levels"),
    ],
)
def test_upstream_settings_name_what_is_wrong(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(Misconfigured, match=named) as error:
        make_upstream(**changes)
    assert "very-secret" not in str(error.value)


def test_upstream_settings_hide_the_secret() -> None:
    assert "very-secret" not in repr(make_upstream())
