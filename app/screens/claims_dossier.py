"""The part of a dossier that shows the claims of creditors in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.components import claims, formats, layout, trust
from app.components.html import Html, escape, join, show, tag
from app.components.notices import status
from app.components.table import Column, table
from app.screens.claims import PATH, claim_address
from app.texts import t, word
from schuldhulp.domain.claims import received_contents
from schuldhulp.domain.records import ReceivedClaim, ResidentView
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput

if TYPE_CHECKING:
    from schuldhulp.domain.claims import ClaimContents
    from schuldhulp.services.views import DossierView, RecordView


def part(view: DossierView) -> None:
    """Show the claims, those that wait for the caseworker in front."""
    found = [each for each in view.records if isinstance(each.record, ReceivedClaim) and not each.withdrawn]
    if not found:
        show(layout.empty(t("claims_dossier.none")), tag("p", layout.link(PATH, t("claims_dossier.to_list"))))
        return
    found.sort(key=lambda each: (not each.record.waits_for_answer, each.record.decision != "open", each.created_at))
    show(
        table(
            t("dossier.part_vorderingen"),
            (
                Column(heading=t("claims_dossier.creditor")),
                Column(heading=t("claim.total"), numeric=True),
                Column(heading=t("claims.stands")),
                Column(heading=t("claims_dossier.resident")),
                Column(heading=t("record.recorded")),
            ),
            (_row(view, each) for each in found),
        ),
        tag("p", layout.link(PATH, t("claims_dossier.to_list"))),
    )


def _row(view: DossierView, each: RecordView) -> tuple[object, ...]:
    record: ReceivedClaim = each.record
    contents = contents_of(record)
    link = layout.link(address_of(record), escape(title_of(record), 120))
    day = t("claims_dossier.received_on", day=formats.day(formats.local_day(record.received_at)))
    reference = tag("span", escape(contents.reference, 60), class_="note") if contents else None
    return (
        join((link, reference, tag("span", day, class_="note"))),
        formats.amount_cell(contents.total if contents else None),
        claims.decided_status(record.decision),
        says(record),
        trust.record_status(view.trust, each),
    )


def says(record: ReceivedClaim) -> Html:
    """Return what the resident says of a claim, as sign and words."""
    if record.resident_view is ResidentView.NONE:
        return escape(t("claims_dossier.resident_none"))
    if record.resident_view is ResidentView.AGREED:
        return status("good", t("claims_dossier.resident_agreed"))
    if record.waits_for_answer:
        return status("warning", t("claims_dossier.resident_disputed"))
    return status("info", t("claims_dossier.resident_answered"))


def contents_of(record: ReceivedClaim) -> ClaimContents | None:
    """Return what the creditor wrote; None where this version of the system cannot read it."""
    try:
        return received_contents(record)
    except InvalidInput:
        return None


def title_of(record: ReceivedClaim) -> str:
    """Return what a claim in a dossier is called."""
    contents = contents_of(record)
    return claims.name_of(contents) if contents else t("record.kind_claim")


def address_of(record: ReceivedClaim) -> str:
    """Return the address of the page about a claim of a dossier."""
    return claim_address(ClaimId(bytes.fromhex(record.claim_id)))


def described(record: ReceivedClaim) -> list[tuple[str, object]]:
    """Return what a claim's record says with its names, and the way to the claim itself."""
    contents = contents_of(record)
    reason = word("decision_reason", record.decision_reason) if record.decision_reason else None
    return [
        (t("claims.number"), claims.number_of(bytes.fromhex(record.claim_id))),
        (t("claim.holder"), claims.organisation(contents.holder) if contents else None),
        (t("claim.reference"), contents.reference if contents else None),
        (t("claim.total"), formats.amount_cell(contents.total) if contents else None),
        (t("claims_dossier.received"), formats.moment(record.received_at)),
        (t("claims.stands"), claims.decided_status(record.decision)),
        (t("field.claim_do.reason"), reason),
        (t("claims_dossier.resident"), says(record)),
        (t("claims_dossier.more"), layout.link(address_of(record), t("claims_dossier.see"))),
    ]
