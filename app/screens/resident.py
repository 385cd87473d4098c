"""What a resident sees: the overview, and a page for each part of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, notices, summaries
from app.components.errors import function_name
from app.components.forms import Submission
from app.components.html import Html, escape, join, show, tag
from app.components.notices import notice_html
from app.components.table import Column, table
from app.screens import resident_claims
from app.screens.resident_opened import calm, chosen, deviates, opened, warning
from app.texts import t, word
from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import LogAction, LogLine
from schuldhulp.domain.cockpit import LineKind, Overview
from schuldhulp.domain.records import Agreement, AgreementStatus
from schuldhulp.services.claims.own_claims import ClaimStanding, OwnClaim

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierView, RecordView

SOON = 14
"""Days ahead in which a payment becomes the next step."""

LOOKS = 20
"""How many times that somebody looked are shown; the newest."""


@dataclass(frozen=True)
class NextStep:
    """The one thing to do now.

    Attributes:
        what: the step in one sentence.
        how: what it means or where to go.
        page: path of the page that helps, or empty.
        address: of that page, where it is more than the path.
    """

    what: str
    how: str
    page: str = ""
    address: str = ""


def next_step(overview: Overview, claims: Sequence[OwnClaim] = ()) -> NextStep:
    """Return the one thing that a resident should do first.

    Args:
        overview: the overview of the own dossier.
        claims: the claims of creditors in it.
    """
    waiting = [one for _, one in overview.agreements if one.status is AgreementStatus.PROPOSED]
    if waiting:
        return NextStep(t("next.agreement"), t("next.agreement_how"), "afspraken")
    ours = [one for one in claims if one.standing.waits_for_resident]
    if ours:
        return _about_claim(ours[0])
    soon = [one for one in overview.payments if one.due and (one.due - overview.today).days <= SOON]
    if soon:
        first = soon[0]
        what = t(
            "next.payment",
            amount=formats.amount(first.amount),
            payee=summaries.payee(first),
            day=formats.day(first.due),
        )
        return NextStep(what, t("next.payment_how"))
    return NextStep(t("next.nothing"), t("next.nothing_how"))


def _about_claim(one: OwnClaim) -> NextStep:
    creditor = resident_claims.creditor_of(one)
    key = "next.claim" if one.standing is ClaimStanding.TO_CHECK else "next.claim_answer"
    how = t("next.claim_how")
    last = one.contents.objection_until if one.contents else None
    if last is not None and last >= formats.today():
        how = f"{how} {t('next.claim_until', day=formats.day(last))}"
    return NextStep(t(key, creditor=creditor), how, resident_claims.PAGE, resident_claims.address(one))


def _next_step(overview: Overview, claims: Sequence[OwnClaim]) -> Html:
    step = next_step(overview, claims)
    return tag(
        "section",
        tag("h2", t("next.title"), class_="kicker"),
        tag("p", step.what, class_="what"),
        tag("p", step.how),
        tag("p", layout.link(step.address or f"/{step.page}", t(f"next.to_{step.page}"))) if step.page else None,
        class_="next-step",
    )


def overview() -> None:
    """Show the overview."""
    _, view = opened(t("overview.title"), t("overview.lead", day=formats.day(formats.today())))
    found = view.overview
    warning(view)
    if not deviates(view):
        # Nobody is told to pay or to agree on the ground of what may not be right.
        show(_next_step(found, session.cockpit().own_claims.of(view)))
    show(summaries.main_figures(found), layout.explained(t("overview.left_question"), t("overview.left_answer")))
    calm(view)
    show(layout.section(t("payments.title")), summaries.payments_table(found.payments[:6], found.payments_undated[:3]))
    show(
        layout.section(t("debts.title")),
        tag("p", t("debts.explain"), class_="hint") if found.debts else None,
        _short_debts(found),
    )
    show(layout.section(t("agreements.title")), summaries.agreement_cards(found.agreements[:3]))


def _short_debts(found: Overview) -> Html:
    if not found.debts:
        return layout.empty(t("debts.none"))
    shown = table(
        t("debts.caption"),
        (
            Column(heading=t("debts.creditor")),
            Column(heading=t("debts.status")),
            Column(heading=t("debts.amount"), numeric=True),
        ),
        (
            (
                summaries.plain_name(debt.record_id, debt.creditor),
                summaries.debt_status(debt.status),
                formats.amount_cell(debt.amount),
            )
            for debt in found.debts[:5]
        ),
        total=(t("debts.total"), "", formats.amount_cell(found.debt_total)),
    )
    more = len(found.debts) - 5
    after = t("debts.all_more", count=more) if more > 0 else t("debts.all")
    return join((shown, tag("p", layout.link("/schulden", after))))


def debts() -> None:
    """Show all debts."""
    _, view = opened(t("debts.title"), t("debts.lead"))
    warning(view)
    claims = session.cockpit().own_claims.of(view)
    waiting = any(one.standing.waits_for_resident for one in claims)
    if waiting:
        # What waits for the resident stands on top.
        resident_claims.section(claims)
        show(layout.section(t("debts.caption")))
    show(summaries.debts_table(view.overview, resident_claims.names(claims)))
    if view.overview.disputed_total:
        amount = formats.amount(view.overview.disputed_total)
        show(notice_html("info", t("debts.disputed_title"), t("debts.disputed", amount=amount)))
    show(layout.explained(t("debts.two_amounts"), t("debts.two_amounts_text")))
    if not waiting:
        resident_claims.section(claims)
    calm(view)


def budget() -> None:
    """Show income and expenses."""
    _, view = opened(t("budget.title"), t("budget.lead"))
    warning(view)
    for kind in (LineKind.INCOME, LineKind.FIXED, LineKind.REPAYMENT, LineKind.OTHER):
        if kind in (LineKind.INCOME, LineKind.FIXED) or any(line.kind is kind for line in view.overview.lines):
            show(layout.section(t(f"budget.{kind}")), summaries.budget_table(view.overview, kind))
    show(
        tag(
            "dl",
            tag(
                "div", tag("dt", t("figure.left")), tag("dd", formats.amount_cell(view.overview.left), class_="figure")
            ),
            class_="figures",
        ),
        layout.explained(t("overview.left_question"), t("overview.left_answer")),
    )


def agreements() -> None:
    """Show agreements: those that wait for the resident's yes, those that hold, and those that are over."""
    actor, view = opened(t("agreements.title"), t("agreements.lead"))
    warning(view)
    running = [
        each for each in view.records if any(each.record_id == record_id for record_id, _ in view.overview.agreements)
    ]
    if not running:
        show(layout.empty(t("agreements.none")))
    for each in sorted(running, key=lambda one: one.record.status is not AgreementStatus.PROPOSED):
        show(summaries.agreement_card(each.record_id, each.record))
        _agree(actor, view, each)
    past = [
        (each.record_id, each.record)
        for each in view.records
        if isinstance(each.record, Agreement) and each not in running and not each.withdrawn
    ]
    if past:
        show(layout.section(t("agreements.past")), summaries.agreement_cards(past))
    calm(view)


def _agree(actor: Actor, view: DossierView, each: RecordView) -> None:
    """Let the resident say yes to a proposal: one click to ask, one to be sure."""
    name = each.record_id.hex()[:12]
    submission: Submission | None = st.session_state.get(f"agree_{name}_submission")
    if submission is not None and submission.done:
        notices.notice("good", t("agree.done_title"), t("agree.done"), role="status")
        return
    if each.record.status is not AgreementStatus.PROPOSED or deviates(view):
        return
    if submission is None:
        st.button(t("agree.button"), key=f"agree_{name}_ask", type="primary", on_click=_ask, args=(name,))
        return
    if submission.error is not None:
        notices.failure(submission.error)
        st.session_state[f"agree_{name}_submission"] = Submission()
        return
    notices.notice("info", t("agree.sure_title"), t("agree.sure"))
    with st.container(horizontal=True):
        st.button(
            t("agree.yes"),
            key=f"agree_{name}_yes",
            type="primary",
            on_click=submission.send,
            args=(_confirming(actor, view, each),),
        )
        st.button(t("agree.no"), key=f"agree_{name}_no", on_click=_unask, args=(name,))


def _ask(name: str) -> None:
    st.session_state[f"agree_{name}_submission"] = Submission()


def _unask(name: str) -> None:
    st.session_state.pop(f"agree_{name}_submission", None)


def _confirming(actor: Actor, view: DossierView, each: RecordView) -> Callable[[], RecordView]:
    records = session.cockpit().records
    return lambda: records.confirm(
        actor=actor, dossier=view.summary.id, record_id=each.record_id, expected_version=each.version
    )


def looked() -> None:
    """Show who looked into the dossier, and why: functions, never names."""
    actor, dossier = chosen(t("looked.title"), t("looked.lead"))
    found = others(session.cockpit().dossiers.log(actor=actor, dossier=dossier), actor)
    if not found:
        show(layout.empty(t("looked.nobody")))
        return
    columns = (
        Column(heading=t("looked.who")),
        Column(heading=t("looked.why")),
        Column(heading=t("looked.when")),
    )
    show(
        table(
            t("looked.title"),
            columns,
            ((_function(line), _why(line), formats.moment(line.start_time)) for line in found[:LOOKS]),
        ),
        tag("p", t("looked.newest", count=LOOKS), class_="hint") if len(found) > LOOKS else None,
    )


def others(lines: Sequence[LogLine], actor: Actor) -> list[LogLine]:
    """Return when others than the resident were in the dossier: what somebody did in one session counts once.

    Args:
        lines: all that was written down about the dossier, newest first.
        actor: the resident; a partner is somebody else.

    Returns:
        The newest line of each session, function, purpose and reason, newest first.
    """
    found: dict[tuple[object, ...], LogLine] = {}
    for line in lines:
        if line.role is not Role.RESIDENT or line.actor_id != actor.id:
            refused = line.name is LogAction.REFUSED
            found.setdefault((line.trace_id, line.role, line.purpose, line.reason, refused), line)
    return list(found.values())


def _function(line: LogLine) -> str:
    name = function_name("system" if line.role is None else line.role)
    return name[:1].upper() + name[1:]


def _why(line: LogLine) -> Html:
    given = t("looked.reason", reason=line.reason) if line.reason else None
    refused = t("looked.refused") if line.name is LogAction.REFUSED else None
    return join((tag("span", escape(part)) for part in (word("purpose", line.purpose), given, refused) if part), "<br>")
