from __future__ import annotations

from schuldhulp.identity.cockpit import streamlit_secrets
from schuldhulp.identity.model import Provider


def test_streamlit_secrets_has_a_section_for_each_login() -> None:
    secrets = streamlit_secrets(
        relay_url="https://login.example/",
        cockpit_url="https://hulp.example/",
        client_secret="client-secret",
        cookie_secret="cookie-secret",
        providers=[Provider.DIGID, Provider.STAFF],
    )
    auth = secrets["auth"]
    assert set(auth) == {"redirect_uri", "cookie_secret", "digid", "staff"}
    assert auth["redirect_uri"] == "https://hulp.example/oauth2callback"
    assert auth["digid"]["server_metadata_url"] == "https://login.example/.well-known/openid-configuration"
    assert auth["digid"]["client_id"] != auth["staff"]["client_id"]
    assert "expose_tokens" not in auth
