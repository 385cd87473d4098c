"""Who is looking: login, logout, and the guard in front of every screen.

Streamlit logs in at the relay and keeps what the relay said in a signed cookie. From that only the random subject, the
kind of login, its level and its end count here. What somebody may do comes from our own database, through
``access.from_login``, again at every run: a claim such as ``role`` in a token is never read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from app.components.html import show, tag
from app.texts import t
from schuldhulp.domain.access import Actor, Role
from schuldhulp.errors import NotAdmitted

if TYPE_CHECKING:
    from schuldhulp.bootstrap import Cockpit

PROVIDERS = ("digid", "eherkenning", "staff")
"""The three ways in, each a client of its own at the relay."""

FRESH = 10.0
"""Seconds for which roles and caseload are not asked again; after that a role that was taken away is gone."""


@st.cache_resource(show_spinner=False)
def cockpit() -> Cockpit:
    """Return the services of this process. They hold no decrypted data, so that visitors may share them."""
    from schuldhulp import bootstrap

    return bootstrap.cockpit()


@st.cache_resource(show_spinner=False)
def ended() -> dict[str, float]:
    """Return the logins that somebody ended, with the time at which they would have ended by themselves.

    Streamlit forgets a login only in the tab where the button was pressed: the others would go on showing what they
    showed. One register for each process: all tabs of a browser reach the same one.
    """
    return {}


@dataclass(frozen=True, kw_only=True)
class Login:
    """What counts of a login.

    Attributes:
        subject: random name that the relay gave this person.
        provider: one of `PROVIDERS`.
        level: level of assurance that the login reached.
        session: name of this login for the processing log.
        expires: when it ends, in seconds since 1970.
    """

    subject: str = field(repr=False)
    provider: str
    level: str
    session: str = field(repr=False)
    expires: float


def read_login(claims: Mapping[str, object], now: datetime) -> Login | None:
    """Return the login that a set of claims stands for, or None when it stands for none any more.

    Args:
        claims: ``st.user`` as a mapping.
        now: the time, UTC. Streamlit itself never looks at ``exp``.
    """
    if claims.get("is_logged_in") is not True:
        return None
    subject, provider, expires = claims.get("sub"), claims.get("provider"), claims.get("exp")
    if not isinstance(subject, str) or not subject or provider not in PROVIDERS:
        return None
    if not isinstance(expires, int | float) or isinstance(expires, bool) or expires <= now.timestamp():
        return None
    # The token names no session: the login itself does, by who and when.
    started = f"{subject}|{provider}|{claims.get('iat')}|{claims.get('sid') or claims.get('nonce')}"
    return Login(
        subject=subject,
        provider=str(provider),
        level=str(claims.get("level") or claims.get("acr") or ""),
        session=hashlib.sha256(started.encode()).hexdigest()[:32],
        expires=float(expires),
    )


def actor() -> Actor | None:
    """Return who is looking, or None when nobody is logged in.

    A screen asks once more than the page around it, and every click asks again: the answer is kept for a few seconds,
    in this visitor's own session.

    Raises:
        NotAdmitted: the login is valid, but nobody here knows who it belongs to.
        SchuldhulpError: the database does not answer, or the login cannot be read.
    """
    login = read_login(st.user.to_dict(), datetime.now(tz=UTC))
    if login is None or login.session in ended():
        st.session_state.pop("session_actor", None)
        return None
    kept = st.session_state.get("session_actor")
    if kept is not None and kept[0] == login and monotonic() - kept[1] < FRESH:
        return kept[2]
    found = cockpit().access.from_login(
        subject=login.subject, provider=login.provider, level=login.level, session=login.session
    )
    st.session_state["session_actor"] = (login, monotonic(), found)
    return found


def expired() -> bool:
    """Say whether somebody was logged in here and the login has ended, by itself or in another tab."""
    return st.user.to_dict().get("is_logged_in") is True


def guard(*roles: Role) -> Actor:
    """Let a screen be seen by these roles only; the services check again.

    Args:
        roles: the roles of which one is enough.

    Returns:
        Who is looking. For anybody else the page says so and ends.
    """
    try:
        somebody = actor()
    except NotAdmitted:
        somebody = None
    if somebody is None or not somebody.roles.intersection(roles):
        refuse()
    return somebody


def refuse() -> NoReturn:
    """Say that this page is not for this visitor, and end it."""
    show(tag("h1", t("session.refused_title"), class_="page-title"), tag("p", t("session.refused_text"), class_="lead"))
    st.stop()


def log_out() -> None:
    """End the login in every tab and at the relay, and forget everything that was typed."""
    now = datetime.now(tz=UTC)
    login = read_login(st.user.to_dict(), now)
    register = ended()
    for name in [name for name, expires in register.items() if expires <= now.timestamp()]:
        register.pop(name, None)
    if login is not None:
        register[login.session] = login.expires
    st.session_state.clear()
    st.logout()
