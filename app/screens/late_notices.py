"""Which creditors of the own clients did not sign for a notice in time: whom to call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app import session
from app.components import formats, layout, pager
from app.components.html import Html, escape, show, tag
from app.components.table import Column, table
from app.screens.clients import STAFF
from app.screens.dossier import names_of
from app.screens.opened import address
from app.screens.sent_notices import PATH as NOTICES
from app.screens.sent_notices import recipient, stands
from app.texts import t

if TYPE_CHECKING:
    from schuldhulp.services.notices.late import LateNotice

SCREEN = "late"
PATH = "late-kennisgevingen"


def page() -> None:
    """Show the list, the longest overdue first."""
    actor = session.guard(*STAFF)
    layout.title(t("late.title"), t("late.lead"))
    found = session.cockpit().notices_late.of(actor=actor)
    if not found:
        show(layout.empty(t("late.none")))
        return
    show(_table(pager.part(SCREEN, found, SCREEN)))
    pager.buttons(SCREEN, found)


def _table(found: Sequence[LateNotice]) -> Html:
    return table(
        t("late.title"),
        (
            Column(heading=t("late.client")),
            Column(heading=t("notices.recipient")),
            Column(heading=t("notices.sent_on")),
            Column(heading=t("late.days")),
            Column(heading=t("notices.state")),
        ),
        (
            (
                _client(one),
                recipient(one.notice),
                formats.day(one.notice.sent_on),
                t("late.day" if one.notice.days_left == -1 else "late.many", days=max(0, -one.notice.days_left)),
                stands(one.notice),
            )
            for one in found
        ),
    )


def _client(one: LateNotice) -> Html:
    return tag(
        "span",
        layout.link(address(NOTICES, one.dossier.id), escape(names_of(one.dossier), 120)),
        tag("span", one.dossier.file_number, class_="note"),
    )
