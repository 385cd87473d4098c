"""Who is not logged in: what this is in three lines, three ways to log in, and whom to call."""

from __future__ import annotations

import streamlit as st

from app import session
from app.components import layout, notices
from app.components.html import show, tag
from app.texts import t


def page() -> None:
    """Show the page."""
    settings = session.cockpit().settings
    layout.title(t("welcome.title"))
    show(
        tag(
            "ul",
            *(tag("li", t(f"welcome.line_{number}", municipality=settings.municipality_name)) for number in (1, 2, 3)),
            class_="plain-lines",
        )
    )
    if session.expired():
        notices.notice("info", t("welcome.expired_title"), t("welcome.expired"), role="status")
    with st.container(key="welcome_digid"):
        show(
            tag("h2", t("welcome.resident_title"), class_="section"),
            tag("p", t("welcome.resident"), class_="hint"),
        )
        st.button(
            t("welcome.login_digid"),
            type="primary",
            key="welcome_login_digid",
            on_click=st.login,
            args=("digid",),
        )
    first, second = st.columns(2, gap="medium")
    for column, provider in ((first, "eherkenning"), (second, "staff")):
        with column, st.container(key=f"welcome_{provider}"):
            show(
                tag("h2", t(f"welcome.{provider}_title"), class_="subsection"),
                tag("p", t(f"welcome.{provider}"), class_="hint"),
            )
            st.button(
                t(f"welcome.login_{provider}"), key=f"welcome_login_{provider}", on_click=st.login, args=(provider,)
            )
    show(
        layout.section(t("welcome.help_title")),
        tag("p", t("welcome.help", contact=settings.contact)),
        tag("p", t("welcome.urgent"), class_="hint"),
    )


def not_admitted() -> None:
    """Tell somebody whose login is valid that nobody here knows her."""
    settings = session.cockpit().settings
    layout.title(t("not_admitted.title"))
    show(tag("p", t("not_admitted.text"), class_="lead"))
    show(
        tag(
            "ul",
            *(
                tag("li", t(f"not_admitted.{who}", contact=settings.contact))
                for who in ("resident", "creditor", "staff")
            ),
        )
    )
