"""What a creditor sees: what the signal means, and how to ask for it."""

from __future__ import annotations

from app import session
from app.components import layout
from app.components.html import show, tag
from app.components.notices import notice_html
from app.texts import t
from schuldhulp.domain.access import Role


def page() -> None:
    """Show the explanation."""
    session.guard(Role.CREDITOR)
    settings = session.cockpit().settings
    layout.title(t("explain.title"), t("creditor.lead"))
    show(
        notice_html("good", t("creditor.green_title"), t("creditor.green")),
        notice_html("absent", t("creditor.red_title"), t("creditor.red"), t("creditor.red_limits")),
    )
    show(
        layout.section(t("creditor.how_title")),
        tag("p", t("creditor.how")),
        tag(
            "pre",
            tag("code", f"schuldhulp signal --municipality {settings.municipality} --person -"),
            class_="command",
            tabindex="0",
        ),
        tag("p", t("creditor.line")),
        tag("pre", tag("code", t("creditor.example")), class_="command", tabindex="0"),
        tag("p", t("creditor.private"), class_="hint"),
    )
    show(
        layout.section(t("creditor.later_title")),
        tag("p", t("creditor.later")),
        tag("p", layout.link("/", t("creditor.to_check"))),
    )
