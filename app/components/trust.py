"""The four states of trust, in words and sign."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.components import formats
from app.components.html import Html, join, tag
from app.components.notices import Tone, notice_html, status
from app.texts import known, t, word
from schuldhulp.domain.trust import Finding, TrustReport, TrustState

if TYPE_CHECKING:
    from schuldhulp.services.views import RecordView

TONES: Mapping[TrustState, Tone] = MappingProxyType(
    {
        TrustState.VERIFIED: "good",
        TrustState.BEING_RECORDED: "busy",
        TrustState.DEVIATES: "error",
        TrustState.UNREACHABLE: "warning",
    }
)


def banner(report: TrustReport, *, resident: bool, details: Html | None = None) -> Html:
    """Return the state of a dossier: what was checked, what came out, and what to do.

    Args:
        report: outcome of the check.
        resident: whether the reader is the person it is about, who is spoken to differently from staff.
        details: what was found, for who can act on it.
    """
    reader = "resident" if resident else "staff"
    return join(
        (
            notice_html(
                TONES[report.state],
                t(f"trust.{report.state}_title"),
                t(f"trust.{report.state}_{reader}"),
                t("trust.checked_at", when=formats.moment(report.checked_at)),
                details,
                tag(
                    "details",
                    tag("summary", t("trust.how")),
                    tag("p", t("trust.how_text")),
                    tag("p", t("trust.how_limit")),
                ),
            ),
        )
    )


def record_state(report: TrustReport, view: RecordView) -> TrustState:
    """Return the state of one record of a dossier."""
    if view.record_id in report.deviating_records:
        return TrustState.DEVIATES
    if view.verified:
        return TrustState.VERIFIED
    # Something else in the dossier deviates, so that nothing proves this record either way.
    return TrustState.UNREACHABLE if report.state is TrustState.DEVIATES else report.state


def record_status(report: TrustReport, view: RecordView) -> Html:
    """Return the state of one record as sign and words."""
    state = record_state(report, view)
    return status(TONES[state], word("trust_record", state))


def findings(found: tuple[Finding, ...], names: Mapping[bytes, str]) -> Html:
    """Return what a check found as a list, naming the records.

    Args:
        found: what was found.
        names: what each record is called on this page.
    """

    def sentence(finding: Finding) -> Html:
        what = t(f"finding.{finding.kind}")
        more = t(f"finding.{finding.detail}") if finding.detail and known(f"finding.{finding.detail}") else None
        where = names.get(finding.record_id) if finding.record_id else None
        if finding.record_id and where is None:
            where = t("finding.record", number=finding.record_id.hex()[:8].upper())
        return tag("li", join((where, join((what, more), " ")), ": "))

    return tag("ul", *(sentence(finding) for finding in found)) if found else Html("")
