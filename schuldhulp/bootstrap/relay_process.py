"""The login relay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schuldhulp.config import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from schuldhulp.identity.simulator import People


def relay(settings: Settings, *, environment: dict[str, str], people: People | None) -> ASGIApp:
    """Put the login relay together.

    Args:
        settings: settings of this installation.
        environment: variables with the brokers.
        people: whom the simulator offers; None in production.

    Raises:
        Misconfigured: a setting or keyring is missing or wrong.
    """
    from schuldhulp.crypto.keyring import RelayKeys
    from schuldhulp.identity.app import RelaySettings, create_app
    from schuldhulp.identity.settings import upstreams_from
    from schuldhulp.services.keys import read_public_keys
    from schuldhulp.storage import SqlStore, SqlSubjectStore, connect, migrate

    engine = connect(settings.database_url)
    migrate(engine)
    return create_app(
        RelaySettings(
            relay_url=settings.relay_url,
            cockpit_url=settings.cockpit_url,
            production=settings.production,
            upstreams=upstreams_from(environment, production=settings.production),
        ),
        keys=RelayKeys.open(settings.keys, private=settings.production),
        identity_key=read_public_keys(settings.keys).identity_key,
        store=SqlSubjectStore(SqlStore(engine)),
        people=people,
    )
