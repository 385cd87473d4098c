"""Every sentence that a person reads, in Dutch and in English.

`nl` and `en` are dictionaries with the same keys (a test compares them). A screen asks for a sentence by its key and
never holds one itself.
"""

from __future__ import annotations

from types import MappingProxyType

import streamlit as st

from app.middleware import LANGUAGE_COOKIE, LANGUAGES
from app.texts import en, nl

CATALOGUES = MappingProxyType({"nl": nl.TEXTS, "en": en.TEXTS})


def language() -> str:
    """Return the language of this visitor: ``nl`` or ``en``."""
    chosen = st.session_state.get("language") or st.context.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


def t(key: str, **parameters: object) -> str:
    """Return a sentence in the language of the visitor.

    Args:
        key: its name.
        parameters: values for the places in braces.

    Raises:
        KeyError: there is no such sentence.
    """
    sentence = CATALOGUES[language()][key]
    return sentence.format(**parameters) if parameters else sentence


def known(key: str) -> bool:
    """Say whether there is a sentence of this name."""
    return key in CATALOGUES[language()]


def word(group: str, value: object) -> str:
    """Return the word for a value of an enumeration, for example ``word("frequency", Frequency.MONTHLY)``."""
    return t(f"{group}.{value}")
