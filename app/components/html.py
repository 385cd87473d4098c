"""The one place where text becomes HTML.

Everything that people typed passes `escape`; the other functions here call it for all that is not already `Html`, so
that a screen cannot forget it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import streamlit as st

LONGEST = 2_000
"""Characters of one value that a page shows; a longer text is cut and ends in an ellipsis."""

# Marks that turn the direction of the text that follows, and other characters that cannot be seen: with them
# "kcolb" can be made to read as "block", or a name to hide a second one. Tab and line ends stay.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# Besides the five characters of HTML those that mean something in Markdown, because Streamlit reads labels as Markdown
# and decodes entities after that: the same text is safe in both.
_SPECIAL = {ord(character): f"&#{ord(character)};" for character in "&<>\"'`*_[]()~$\\#|:!{}"}


def plain(text: object) -> str:
    """Return text from people without the characters that cannot be seen or that turn its direction.

    For the choices of a select box, which Streamlit shows as plain text; anything else passes `escape`.
    """
    return _UNSEEN.sub("", "" if text is None else str(text))


class Html(str):
    """HTML that is safe to show: made of our own tags and of escaped text."""

    __slots__ = ()


def escape(text: object, longest: int = LONGEST) -> Html:
    """Make text from people safe for HTML and for the labels of Streamlit's widgets.

    Unseen and direction-turning characters are left out, characters with a meaning become entities, and a very long
    text is cut.

    Args:
        text: what somebody typed; `Html` is returned as it is, None becomes empty.
        longest: number of characters to keep.
    """
    if isinstance(text, Html):
        return text
    kept = plain(text)
    if len(kept) > longest:
        kept = kept[: longest - 1].rstrip() + "…"
    return Html(kept.translate(_SPECIAL))


def join(parts: Iterable[object], separator: str = "") -> Html:
    """Return the parts, escaped where they are not yet HTML, one after the other."""
    return Html(separator.join(escape(part) for part in parts if part is not None))


def tag(name: str, *content: object, **attributes: str | bool | None) -> Html:
    """Return an element.

    Args:
        name: name of the element.
        content: what stands in it; escaped unless it is `Html`.
        attributes: a trailing underscore is dropped (``class_``), other underscores become hyphens; None and False
            leave the attribute out.
    """
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{written}>{join(content)}</{name}>")


def lines(text: str, longest: int = LONGEST) -> Html:
    """Return text from people with its line ends kept."""
    return Html(escape(text, longest).replace("\n", "<br>"))


def show(*content: object) -> None:
    """Put HTML on the page."""
    written = join(content)
    if written:
        st.html(written)
