"""Messages to the reader: a sign, a heading and what to do, each with a colour that only supports them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from app.components.errors import error_text
from app.components.html import Html, join, show, tag
from app.texts import t
from schuldhulp.errors import Conflict, Deviation, SchuldhulpError, Unreachable

Tone = Literal["good", "busy", "warning", "error", "info", "stop", "absent"]

_SIGNS = {"good": "✓", "busy": "…", "warning": "!", "error": "!", "info": "i", "stop": "–", "absent": "–"}


def sign(tone: Tone) -> Html:
    """Return the sign of a tone; the words next to it say the same, so that it is hidden from screen readers."""
    return tag("span", _SIGNS[tone], class_=f"sign {tone}", aria_hidden="true")


def notice_html(tone: Tone, title: str, *paragraphs: object, role: str | None = None) -> Html:
    """Return a message.

    Args:
        tone: what kind of message.
        title: the message in one sentence.
        paragraphs: what it means and what to do; text is escaped.
        role: ``alert`` or ``status`` where a screen reader should say it at once.
    """
    inner = join(tag("p", paragraph) for paragraph in paragraphs if paragraph)
    return tag(
        "div",
        sign(tone),
        tag("div", tag("p", title, class_="title"), inner, class_="words"),
        class_=f"notice {tone}",
        role=role,
    )


def notice(tone: Tone, title: str, *paragraphs: object, role: str | None = None) -> None:
    """Put a message on the page; arguments as `notice_html`."""
    show(notice_html(tone, title, *paragraphs, role=role))


def status(tone: Tone, text: str) -> Html:
    """Return a status of a few words with its sign, for a table or a card."""
    return tag("span", sign(tone), " ", text, class_=f"status {tone}")


def failure(error: SchuldhulpError, label: str = "") -> None:
    """Say calmly what could not be done and what to do now.

    Args:
        error: what went wrong.
        label: name of the field that it is about, as the form calls it.
    """
    if isinstance(error, Unreachable):
        notice("warning", t("failure.unreachable_title"), error_text(error), t("failure.nothing_lost"), role="alert")
    elif isinstance(error, Deviation):
        notice("error", t("failure.deviation_title"), error_text(error), t("failure.deviation_next"), role="alert")
    elif isinstance(error, Conflict) and error.key != "client_known":
        # Of a client who is known already, nobody was ahead: the dossier may be years old.
        notice("warning", t("failure.conflict_title"), error_text(error), role="alert")
    else:
        notice("warning", t("failure.title"), error_text(error, label), role="alert")


def error_summary(problems: Sequence[tuple[str, str]]) -> None:
    """Put the list of what is wrong in a form above it.

    Args:
        problems: key of the field's widget, or empty, and the sentence.
    """
    items = (
        tag("li", tag("a", sentence, href=f"#veld-{key}", target="_self") if key else sentence)
        for key, sentence in problems
    )
    title = t("form.one_error") if len(problems) == 1 else t("form.errors", count=len(problems))
    show(
        tag(
            "div",
            tag("h2", title, class_="title"),
            tag("ul", *items),
            class_="errors",
            role="alert",
        )
    )
