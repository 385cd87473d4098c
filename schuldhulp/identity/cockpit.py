"""What the cockpit has to know to log people in at the relay."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from schuldhulp.identity.model import Provider, client_id


def streamlit_secrets(
    *,
    relay_url: str,
    cockpit_url: str,
    client_secret: str,
    cookie_secret: str,
    providers: Iterable[Provider] = tuple(Provider),
) -> dict[str, Any]:
    """Return the ``secrets`` of ``st.App``, so that ``st.login("digid")`` and the like work.

    Streamlit writes the name of the section as ``provider`` into ``st.user``, over the claim of the token. The section,
    the client id, the code and the ``aud`` of the token all hang together, so that value is as sound as the claim.

    Args:
        relay_url: public address of the relay.
        cockpit_url: public address of the cockpit, as people type it: the state of a login is in a cookie of that host.
        client_secret: password of the cockpit at the relay.
        cookie_secret: key of Streamlit's own cookies, at least 32 characters.
        providers: which ways to log in are offered.

    Returns:
        A dictionary with one section ``auth``. Tokens are not exposed to the script.
    """
    sections: dict[str, Any] = {
        provider.value: {
            "client_id": client_id(provider),
            "client_secret": client_secret,
            "server_metadata_url": f"{relay_url.rstrip('/')}/.well-known/openid-configuration",
            "client_kwargs": {
                "scope": "openid",
                "prompt": "login",
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic",
            },
        }
        for provider in providers
    }
    shared = {"redirect_uri": f"{cockpit_url.rstrip('/')}/oauth2callback", "cookie_secret": cookie_secret}
    return {"auth": {**shared, **sections}}
