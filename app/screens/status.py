"""State of the system for an administrator: chain, contracts, epoch, waiting work, last check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, notices
from app.components.errors import error_text
from app.components.html import show, tag
from app.components.table import facts
from app.texts import known, t
from schuldhulp.domain.access import Role
from schuldhulp.errors import SchuldhulpError

if TYPE_CHECKING:
    from schuldhulp.services.status import SystemStatus

ANOTHER_CHAIN = (
    "chain_id_other",
    "genesis_other",
    "contract_missing",
    "contract_code_other",
    "contract_instance_other",
)
"""Problems that say that this chain is not the one of the installation; the others say that it misbehaves."""


def page() -> None:
    """Show the state."""
    actor = session.guard(Role.ADMINISTRATOR)
    layout.title(t("status.title"), t("status.lead"))
    st.button(t("status.again"), key="status_again")
    found = session.cockpit().status.status(actor=actor)
    _whole(found)
    _chain(found)
    _work(found)


def _whole(found: SystemStatus) -> None:
    if not found.chain.answers:
        notices.notice("warning", t("status.silent_title"), t("status.silent"))
    elif not found.chain.recognised:
        problem = SchuldhulpError(found.chain.problem, found.chain.problem)
        which = "other" if found.chain.problem in ANOTHER_CHAIN else "strange"
        notices.notice("error", t(f"status.{which}_title"), t(f"status.{which}"), error_text(problem))
    elif found.last_check.finding:
        notices.notice("error", t("status.finding_title"), *_finding(found))
    elif found.outbox.refused:
        notices.notice("error", t("status.refused_title"), t("status.refused"))
    elif not found.checked_recently:
        notices.notice("warning", t("status.unchecked_title"), t("status.unchecked"))
    else:
        notices.notice("good", t("status.healthy_title"), t("status.healthy"))


def _finding(found: SystemStatus) -> list[str]:
    key = f"finding.{found.last_check.finding}"
    said = t(key) if known(key) else found.last_check.finding
    count = found.last_check.dossiers
    about = t("status.dossiers_one") if count == 1 else t("status.dossiers", count=count)
    return [said[:1].upper() + said[1:] + ".", about if count else t("status.all_dossiers")]


def _chain(found: SystemStatus) -> None:
    head = "–" if found.chain.head_number is None else f"{found.chain.head_number}"
    answers = t("status.answers") if found.chain.answers else t("status.does_not_answer")
    recognised = t("form.yes") if found.chain.recognised else t("form.no")
    epoch = found.epoch
    show(
        layout.section(t("status.chain")),
        facts(
            (
                (t("status.node"), answers),
                (t("status.contracts"), recognised),
                (t("status.head"), head),
                (t("status.head_time"), formats.moment(found.chain.head_time)),
                (t("status.epoch_current"), _number(epoch.current) if epoch else "–"),
                (t("status.epoch_oldest"), _number(epoch.oldest) if epoch else "–"),
                (t("status.epoch_announced"), _number(epoch.announced) if epoch else "–"),
            )
        ),
    )


def _number(epoch: int) -> str:
    return str(epoch) if epoch else t("status.none")


def _work(found: SystemStatus) -> None:
    show(
        layout.section(t("status.work")),
        facts(
            (
                (t("status.queued"), str(found.outbox.queued)),
                (t("status.signed"), str(found.outbox.signed)),
                (t("status.publications"), str(found.outbox.publications)),
                (t("status.refused_count"), str(found.outbox.refused)),
                (t("status.checked"), formats.moment(found.last_check.at)),
            )
        ),
        tag("p", t("status.work_hint"), class_="hint"),
    )
