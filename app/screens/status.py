"""State of the system for an administrator: chain, contracts, epoch, waiting work, last check."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime

from app import session
from app.components import formats, layout
from app.components.html import Html, escape, show, tag
from app.components.table import facts
from app.texts import known, t
from schuldhulp.domain.access import Role


def page() -> None:
    """Show the state."""
    actor = session.guard(Role.ADMINISTRATOR)
    layout.title(t("status.title"), t("status.lead"))
    found = session.cockpit().status.status(actor=actor)
    show(facts((_name(item.name), _value(getattr(found, item.name))) for item in fields(found)))


def _name(name: str) -> str:
    return t(f"status.{name}") if known(f"status.{name}") else name.replace("_", " ")


def _value(value: object) -> Html | None:
    if isinstance(value, bool):
        return escape(t("form.yes") if value else t("form.no"))
    if isinstance(value, datetime):
        return escape(formats.moment(value))
    if is_dataclass(value):
        return facts((_name(item.name), _value(getattr(value, item.name))) for item in fields(value))
    if isinstance(value, bytes):
        return formats.short_hex(value)
    return None if value is None else tag("span", escape(value))
