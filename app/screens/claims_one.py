"""One claim: what to do now, what the creditor wrote, its dossier, its duplicates, and what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import session
from app.components import claims, layout, notices
from app.components.errors import error_text
from app.components.html import Html, escape, join, show, tag
from app.screens import claims_contents, claims_history
from app.screens.claims import PATH, sender_of
from app.screens.claims_case import Case, open_case
from app.screens.claims_steps import Step, advice, step_address, steps_of
from app.screens.clients import STAFF, names_of
from app.screens.opened import address
from app.texts import t
from schuldhulp.domain.claims import RefusalReason
from schuldhulp.domain.records import ReceivedClaim, ResidentView
from schuldhulp.domain.types import ClaimId

if TYPE_CHECKING:
    from schuldhulp.domain.access import Actor
    from schuldhulp.services.claims.inbox import InboxEntry

MOST = 5
"""Claims that are opened beside this one; more alike than that is an odd case, named by number."""


def page() -> None:
    """Show the claim."""
    actor = session.guard(*STAFF)
    case = open_case(actor)
    show(tag("p", layout.link(PATH, t("claim.back"), class_="back")))
    if case.opened is None:
        _without_contents(case)
    else:
        _with_contents(actor, case)
    claims_history.decisions(case.made)
    claims_history.times(case)
    claims_history.proof(case)


def _without_contents(case: Case) -> None:
    entry = case.entry
    layout.title(t("claim.title", number=claims.number_of(case.claim_id)), _sender(case))
    if entry.state in claims.INCOMPLETE:
        notices.notice(
            "info", t(f"claims_state.{entry.state}"), t(f"claims_state_means.{entry.state}"), _why_refused(entry)
        )
    else:
        show(tag("p", claims.entry_status(entry)))
        if case.problem is not None and entry.status.is_open:
            notices.notice("warning", error_text(case.problem))
    show(_next(case))


def _why_refused(entry: InboxEntry) -> str | None:
    # That the contents are missing was said already.
    if entry.reason is None or entry.reason is RefusalReason.CONTENTS_MISSING:
        return None
    said = t(f"claims_refusal.{entry.reason}")
    return said[:1].upper() + said[1:] + "."


def _sender(case: Case) -> str | None:
    known = next((one.organisation for one in case.entries if one.organisation), "")
    return sender_of(known) if known else None


def _with_contents(actor: Actor, case: Case) -> None:
    assert case.opened is not None  # noqa: S101 - `page` looks
    contents = case.opened.claim.contents
    layout.title(
        escape(claims.name_of(contents), 160),
        t(
            "claim.lead",
            number=claims.number_of(case.claim_id),
            reference=contents.reference,
            version=case.opened.claim.version,
        ),
    )
    last = case.entry.answer_by if claims.is_to_judge(case.entry) else None
    show(tag("p", join((claims.entry_status(case.entry), claims.term_line(last)), " &nbsp; ")))
    _failed(case)
    show(_next(case))
    alike = _alike(actor, case)
    show(_watch(case, len(alike)))
    show(claims_contents.amounts(contents))
    show(layout.section(t("claim.debtor")), claims_contents.debtor(contents))
    _dossier(case)
    _resident(case)
    claims_history.known(actor, case)
    show(layout.section(t("claim.what")), claims_contents.claim(contents))
    show(layout.section(t("claim.why")), claims_contents.why(contents))
    show(layout.section(t("claim.objection")), claims_contents.objection(contents))
    claims_history.duplicates(actor, case, alike[:MOST])


def _failed(case: Case) -> None:
    if case.made and case.entry.returned:
        why = claims.trouble_text(case.made[-1].trouble)
        notices.notice("warning", t("claim.failed_title"), why, t("claim.failed_next"))


def _next(case: Case) -> Html:
    what, how = advice(case)
    return tag(
        "section",
        tag("h2", t("claim.next"), class_="kicker"),
        tag("p", what, class_="what"),
        tag("p", how) if how else None,
        _steps(case),
        class_="next-step",
    )


def _steps(case: Case) -> Html | None:
    links = [
        layout.link(step_address(step, case.claim_id), t(f"claim.do_{step}"), class_=_look(step))
        for step in steps_of(case)
        if step is not Step.UNLINK
    ]
    return tag("p", *links, class_="actions") if links else None


def _look(step: Step) -> str:
    """Return the class of a step: what has to come first stands out; of decisions none does."""
    return "button primary" if step in (Step.LINK, Step.ANSWER, Step.NOTE) else "button"


def _alike(actor: Actor, case: Case) -> list[tuple[ClaimId, frozenset[str]]]:
    if not case.entry.status.is_open:
        return []
    pairs = session.cockpit().claims.duplicates(actor=actor, claim_id=case.claim_id)
    return [(pair.other if pair.one == case.claim_id else pair.one, pair.likeness.signs) for pair in pairs]


def _watch(case: Case, alike: int) -> Html | None:
    found = [*claims_contents.doubts_of(case)]
    if alike:
        found.append(t("claim.watch_duplicate_one") if alike == 1 else t("claim.watch_duplicate", count=alike))
    if not found:
        return None
    return notices.notice_html("warning", t("claim.watch"), tag("ul", *(tag("li", one) for one in found)))


def _dossier(case: Case) -> None:
    show(layout.section(t("claim.dossier")))
    if case.link is None:
        show(layout.empty(t("claim.dossier_none")))
        return
    if case.view is None:
        show(tag("p", t("claim.dossier_outside")))
        where = t("claim.dossier_open")
    else:
        summary = case.view.summary
        where = t("claim.dossier_is", number=summary.file_number, names=names_of(summary))
    # The way there names the dossier alone: no address holds both it and the claim.
    show(tag("p", layout.link(address("dossier", case.link.dossier, deel="vorderingen"), escape(where, 220))))
    if Step.UNLINK in steps_of(case):
        show(tag("p", layout.link(step_address(Step.UNLINK, case.claim_id), t("claim.do_unlink"))))


def _resident(case: Case) -> None:
    if case.record is None:
        return
    record: ReceivedClaim = case.record.record
    show(layout.section(t("claim.resident")))
    if record.resident_view is ResidentView.NONE:
        show(layout.empty(t("claim.resident_none")))
        return
    show(claims_contents.resident(record))
