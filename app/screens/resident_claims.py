"""The claims in the resident's own dossier: the list among the debts, and the page of one claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from app import session
from app.components import formats, layout, notices, summaries, trust
from app.components.html import Html, escape, join, lines, show, tag
from app.components.notices import Tone, notice_html, status
from app.components.table import Column, facts, table
from app.screens import resident_claim_contents as parts
from app.screens import resident_claim_say as say
from app.screens import resident_opened
from app.screens.opened import identifier
from app.texts import known, t, word
from schuldhulp.domain.records import ClaimDecisionState, ReceivedClaim, ResidentView
from schuldhulp.domain.types import RecordId
from schuldhulp.services.claims.own_claims import ClaimStanding, OwnClaim

if TYPE_CHECKING:
    from schuldhulp.domain.access import Actor
    from schuldhulp.services.views import DossierView, RecordView

PAGE = "vordering"

TONES: Mapping[ClaimStanding, Tone] = MappingProxyType(
    {
        ClaimStanding.TO_CHECK: "info",
        ClaimStanding.ANSWERED: "info",
        ClaimStanding.DISPUTED: "busy",
        ClaimStanding.AGREED: "busy",
        ClaimStanding.ASKED: "busy",
        ClaimStanding.INCLUDED: "good",
        ClaimStanding.SETTLED: "good",
        ClaimStanding.DECLINED: "stop",
        ClaimStanding.WITHDRAWN: "stop",
    }
)


def address(one: OwnClaim) -> str:
    """Return the address of the page of a claim: the random number of its record and nothing else."""
    return f"/{PAGE}?" + urlencode({"gegeven": one.view.record_id.hex()})


def creditor_of(one: OwnClaim) -> str:
    """Return to whom the money is owed."""
    return t("own.unreadable") if one.contents is None else one.contents.original_creditor.name


def names(claims: Sequence[OwnClaim]) -> summaries.Name:
    """Return how a debt is called: one that was taken in from a claim links to the page of that claim."""
    addresses = {one.record.obligation: address(one) for one in claims if one.record.obligation is not None}

    def name(record_id: RecordId, text: str) -> Html:
        shown = summaries.plain_name(record_id, text)
        return layout.link(addresses[record_id], shown) if record_id in addresses else shown

    return name


def section(claims: Sequence[OwnClaim]) -> None:
    """Show the claims as a part of the page of debts; nothing where there are none."""
    if not claims:
        return
    waiting = sum(one.standing.waits_for_resident for one in claims)
    show(layout.section(t("own.section")), tag("p", t("own.section_hint"), class_="hint"))
    if waiting:
        notices.notice("info", t("own.to_check_one") if waiting == 1 else t("own.to_check", count=waiting))
    show(
        table(
            t("own.caption"),
            (
                Column(heading=t("own.creditor")),
                Column(heading=t("own.amount"), numeric=True),
                Column(heading=t("own.object_until")),
                Column(heading=t("own.state")),
            ),
            map(_row, claims),
        )
    )


def _row(one: OwnClaim) -> tuple[Html, Html, str, Html]:
    contents = one.contents
    about = None if contents is None else t("own.for", type=word("obligation_type", contents.type).lower())
    through = None
    if contents is not None and contents.holder.kvk != contents.original_creditor.kvk:
        through = t("own.through", holder=contents.holder.name)
    note = ", ".join(filter(None, (about, through)))
    return (
        join((layout.link(address(one), escape(creditor_of(one), 120)), tag("span", escape(note, 200), class_="note"))),
        Html("") if contents is None else formats.amount_cell(contents.total),
        "" if contents is None or one.standing.is_over else parts.object_until_short(contents),
        standing_status(one.standing),
    )


def standing_status(standing: ClaimStanding) -> Html:
    """Return where a claim stands as sign and words."""
    return status(TONES[standing], word("own_standing", standing))


def page() -> None:
    """Show one claim, and let the resident say whether it is right."""
    actor, view = resident_opened.opened()
    found = identifier("gegeven")
    claims = session.cockpit().own_claims.of(view)
    one = next((each for each in claims if each.view.record_id == found), None)
    show(tag("p", layout.link("/schulden", t("own.back"), class_="back")))
    if one is None:
        layout.title(t("own.title"))
        show(layout.empty(t("own.absent")))
        return
    if say.is_asking(one):
        say.ask(actor, view, one)
        return
    layout.title(t("own.title_of", creditor=escape(creditor_of(one), 120)))
    show(tag("p", trust.record_status(view.trust, one.view)))
    resident_opened.warning(view)
    say.told(one)
    _standing(one)
    show(layout.empty(t("own.unreadable_text")) if one.contents is None else parts.contents(one.contents))
    if not resident_opened.deviates(view):
        # Below what it is about: nobody says yes to what was not read.
        say.buttons(actor, view, one)
    if one.contents is not None and not one.standing.is_over:
        show(parts.objection(one.contents))
        notices.notice("info", t("own.object_other_title"), t("own.object_other"))
    _course(actor, view, one)
    show(parts.proof(one))
    resident_opened.calm(view)


def _standing(one: OwnClaim) -> None:
    """Say what it means that the claim stands where it does, with what the resident said and what was answered."""
    record, standing = one.record, one.standing
    means = f"own_means.{standing}"
    if standing is ClaimStanding.DISPUTED and record.decision is ClaimDecisionState.INCLUDED:
        means = "own_means.disputed_included"
    reason = f"own_reason.{record.decision_reason}"
    why = t(reason) if standing in (ClaimStanding.DECLINED, ClaimStanding.ASKED) and known(reason) else None
    show(notice_html(TONES[standing], word("own_standing", standing), t(means), why))
    if record.resident_view is ResidentView.DISPUTED:
        said = [(t("say.you_said"), lines(record.resident_reason))]
        if record.answered_at is not None:
            said.append((t("say.answer"), lines(record.answer)))
        show(facts(said))
    if one.is_newer_on_chain and not standing.is_over:
        notices.notice("info", t("own.newer_title"), t("own.newer"))


def _course(actor: Actor, view: DossierView, one: OwnClaim) -> None:
    versions = session.cockpit().records.history(actor=actor, dossier=view.summary.id, record_id=one.view.record_id)
    events = course(versions)
    if one.standing is ClaimStanding.WITHDRAWN:
        events.append((t("own.course_withdrawn"), one.withdrawn_at, ""))
    items = (
        tag(
            "li",
            tag("p", tag("strong", what), ", ", formats.moment(when)),
            tag("p", lines(text), class_="note") if text else None,
        )
        for what, when, text in reversed(events)
    )
    show(layout.section(t("own.course")), tag("ol", *items, class_="history", reversed=True))


def course(versions: Sequence[RecordView]) -> list[tuple[str, datetime | None, str]]:
    """Return what happened with a claim: in words, when, and what was said.

    Args:
        versions: of its record, in any order.

    Returns:
        The oldest first.
    """
    events: list[tuple[str, datetime | None, str]] = []
    before: ReceivedClaim | None = None
    for version in sorted(versions, key=lambda each: each.version):
        record = version.record
        assert isinstance(record, ReceivedClaim)  # noqa: S101 - a record keeps its kind
        if before is None or before.commitment != record.commitment:
            came = "own.course_received" if before is None else "own.course_amended"
            events.append((t(came), record.received_at, ""))
        if record.resident_at is not None and (before is None or before.resident_at != record.resident_at):
            # In a first version stands what was said before, when the claim was taken out and put back.
            is_passed_on = record.resident_view is ResidentView.DISPUTED and version.author != "resident"
            passed = "_passed" if is_passed_on and before is not None else ""
            said = t(f"own.course_{record.resident_view}{passed}")
            events.append((said, record.resident_at, record.resident_reason))
        if record.answered_at is not None and (before is None or before.answered_at != record.answered_at):
            events.append((t("own.course_answered"), record.answered_at, record.answer))
        if record.decided_at is not None and (before is None or before.decided_at != record.decided_at):
            events.append((t(f"own.course_{record.decision}"), record.decided_at, ""))
        before = record
    return events
