"""What was typed for a check that gave green, for a claim on the same person: in this session, and not for long."""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import streamlit as st

KEPT = timedelta(minutes=15)
"""How long it stays in memory."""

KEY = "claim_prefill"
_HOUSE_NUMBER = re.compile(r"\s*([0-9]+)[\s-]*(.*?)\s*", re.DOTALL)


@dataclass(eq=False)
class Prefill:
    """What the fields of a claim begin with.

    Attributes:
        number: check number of the answer.
        raw: what the widgets hold, by the name of the field.
    """

    number: str
    raw: dict[str, Any] = field(repr=False)

    def forget(self) -> None:
        """Forget what was typed."""
        self.raw = {}


def keep(number: str, typed: Mapping[str, Any]) -> None:
    """Keep what was typed for a check that gave green.

    Args:
        number: its check number.
        typed: what the widgets of the check hold, by the name of the field.
    """
    raw = {
        f"debtor_{name}": str(typed[name]) for name in ("surname", "birth_date", "postcode", "bsn") if typed.get(name)
    }
    house = _HOUSE_NUMBER.fullmatch(str(typed.get("house_number") or ""))
    if house is not None:
        raw |= {"debtor_house_number": house[1], "debtor_suffix": house[2]}
    kept = Prefill(number=number, raw=raw)
    st.session_state[KEY] = kept
    timer = threading.Timer(KEPT.total_seconds(), _forget, args=(weakref.ref(kept),))
    timer.daemon = True
    timer.start()


def drop() -> None:
    """Forget it, as when somebody else is asked about."""
    kept: Prefill | None = st.session_state.pop(KEY, None)
    if kept is not None:
        kept.forget()


def prefill() -> Prefill | None:
    """Return what is kept; without the fields once its time is over, None when nothing was."""
    kept: Prefill | None = st.session_state.get(KEY)
    return kept


def forget_fields() -> None:
    """Forget what was typed, and keep the check number alone."""
    kept = prefill()
    if kept is not None:
        kept.forget()


def _forget(kept: weakref.ref[Prefill]) -> None:
    # A weak reference: one whose session ended is gone before its time.
    found = kept()
    if found is not None:
        found.forget()
