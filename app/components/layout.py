"""What stands around every page: banner, name of the service, navigation, titles and foot."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import session
from app.components.html import Html, escape, join, show, tag
from app.texts import language, t
from schuldhulp.domain.access import Actor


def link(address: str, *content: object, **attributes: str | bool | None) -> Html:
    """Return a link to another page of the cockpit, which opens without loading everything anew.

    Args:
        address: path and query; never holds personal data.
        content: what stands in the link.
        attributes: further attributes, as for `tag`.
    """
    return tag("a", *content, href=address, target="_self", data_inside=True, **attributes)


def header(actor: Actor | None, *, logged_in: bool) -> None:
    """Put banner, name, language and who is logged in above the page.

    Args:
        actor: who is logged in, where that is somebody we know.
        logged_in: whether there is a login to end.
    """
    settings = session.cockpit().settings
    if not settings.production:
        show(tag("p", t("app.demonstration"), class_="demonstration"))
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small", key="header"
    ):
        st.html(
            tag("p", tag("strong", t("app.name")), tag("span", settings.municipality_name), class_="brand"),
            width="content",
        )
        with st.container(
            horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small", width="content"
        ):
            other = "en" if language() == "nl" else "nl"
            switch = tag(
                "a", t("app.other_language"), href=f"/taal/{other}", lang=other, hreflang=other, target="_self"
            )
            who = tag("span", actor.name, class_="who") if actor is not None and actor.name else None
            st.html(tag("p", join((who, switch)), class_="switch"), width="content")
            if logged_in:
                st.button(t("session.log_out"), key="session_log_out", on_click=session.log_out)


def navigation_bar(pages: Sequence[tuple[str, str]], current: str) -> None:
    """Put the list of pages on top.

    Args:
        pages: path and name of each page.
        current: path of the page that is shown.
    """
    items = (
        tag("li", link(f"/{path}", name, aria_current="page" if path == current else None)) for path, name in pages
    )
    show(tag("nav", tag("ul", *items), class_="pages", aria_label=t("app.navigation")))


def title(text: object, lead: object = None) -> None:
    """Put the title of the page, with a sentence below it."""
    show(tag("h1", text, class_="page-title"), tag("p", lead, class_="lead") if lead else None)


def section(text: object) -> Html:
    """Return the heading of a part of a page."""
    return tag("h2", text, class_="section")


def subsection(text: object) -> Html:
    """Return the heading of a part of a part."""
    return tag("h3", text, class_="subsection")


def empty(text: object) -> Html:
    """Return what stands where there is nothing yet, with what to do next."""
    return tag("p", text, class_="empty")


def explained(question: str, *paragraphs: object) -> Html:
    """Return an explanation that opens when it is asked for."""
    return tag("details", tag("summary", question), *(tag("p", paragraph) for paragraph in paragraphs))


def foot(*, resident: bool) -> None:
    """Put the version below the page, and for a resident whom to ask.

    Args:
        resident: whether a resident is looking.
    """
    settings = session.cockpit().settings
    show(
        tag(
            "div",
            tag("p", t("app.foot_help"), " ", contact(settings.contact)) if resident else None,
            tag("p", t("app.foot_version", version=_version())),
            class_="foot",
        )
    )


def contact(address: str) -> Html:
    """Return whom to contact: a link where it is an address for mail."""
    return tag("a", address, href=f"mailto:{address}") if "@" in address and " " not in address else escape(address)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("schuldhulp")
    except PackageNotFoundError:
        return "0"
