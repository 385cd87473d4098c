"""One record: all its fields, how it is recorded, its history, and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, notices, summaries, trust
from app.components.errors import function_name
from app.components.fields import People
from app.components.forms import Submission
from app.components.html import Html, escape, join, show, tag
from app.components.recordforms import SECTIONS, describe
from app.components.table import facts
from app.screens import claims_dossier
from app.screens.clients import STAFF
from app.screens.dossier import people_of
from app.screens.opened import address, form_address, open_dossier, record_of
from app.texts import known, t, word
from schuldhulp.domain.access import Actor
from schuldhulp.domain.records import Enrolment, ReceivedClaim, Record, SentNotice
from schuldhulp.domain.trust import TrustState

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierView, RecordView

REASON_LENGTH = 1000


def page() -> None:
    """Show the record."""
    actor = session.guard(*STAFF)
    view = open_dossier(actor)
    each = record_of(view)
    back = tag("p", layout.link(address("dossier", view.summary.id), t("record.back"), class_="back"))
    if each is None:
        show(back)
        layout.title(t("record.title"))
        show(layout.empty(t("record.none")))
        return
    show(back)
    people = people_of(view)
    layout.title(escape(summaries.record_title(each.record), 160), t(f"record.kind_{each.record.kind}"))
    show(
        tag(
            "p",
            trust.record_status(view.trust, each),
            " ",
            tag("span", t("record.version", version=each.version), class_="hint"),
        )
    )
    if each.withdrawn:
        show(
            notices.notice_html("stop", t("record.is_withdrawn"), t("record.reason_given", reason=_reason(each.reason)))
        )
    show(facts(_facts_of(each.record, people)))
    if view.trust.state is TrustState.DEVIATES:
        show(trust.banner(view.trust, resident=False))
    elif each.record.kind in SECTIONS and not each.withdrawn:
        change = layout.link(
            form_address("invoeren", view.summary.id, soort=each.record.kind, gegeven=each.record_id),
            t("record.change"),
            class_="button",
        )
        show(tag("p", change, class_="actions"))
        _withdrawal(actor, view, each)
    _history(actor, view, each, people)
    show(_proof(each))


def _facts_of(record: Record, people: People) -> Sequence[tuple[str, object]]:
    if isinstance(record, Enrolment):
        return _enrolment(record, people)
    if isinstance(record, ReceivedClaim):
        return claims_dossier.described(record)
    if isinstance(record, SentNotice):
        return [
            (t("field.notice.recipient"), record.recipient),
            (t("field.notice.kvk"), record.kvk),
            (t("field.notice.reference"), record.reference),
            (t("field.notice.means"), word("notice_means", record.means)),
            (t("field.notice.sent_on"), formats.day(record.sent_on)),
        ]
    return describe(record, people)


def _enrolment(record: Enrolment, people: People) -> list[tuple[str, object]]:
    return [
        (t("enrolment.who"), people.listed(record.applicants)),
        (t("field.enrolment.ground"), record.ground),
        (t("field.enrolment.basis"), t(f"enrolment_basis.{record.basis}")),
        (t("field.enrolment.basis_date"), formats.day(record.basis_date)),
        (t("field.agreement.start"), formats.day(record.start)),
        (t("field.agreement.end"), formats.day(record.end) if record.end else None),
        (t("field.enrolment.end_reason"), record.end_reason),
    ]


def _withdrawal(actor: Actor, view: DossierView, each: RecordView) -> None:
    # What she saw when she pressed the button, not what a colleague made of it meanwhile.
    seen: tuple[bytes, int] = st.session_state.get("withdraw_seen", (b"", 0))
    version = seen[1] if seen[0] == each.record_id else each.version
    if seen[0] != each.record_id or "withdraw_submission" not in st.session_state:
        st.session_state["withdraw_submission"] = Submission()
    st.session_state["withdraw_seen"] = (each.record_id, each.version)
    submission: Submission = st.session_state["withdraw_submission"]
    with st.expander(t("withdraw.title")):
        show(tag("p", t("withdraw.explain"), class_="hint"))
        with st.form("withdraw", border=False):
            reason = st.text_area(t("withdraw.reason"), key="withdraw_reason", max_chars=REASON_LENGTH, height=100)
            sent = st.form_submit_button(t("withdraw.send"), key="withdraw_send")
        if sent and not reason.strip():
            notices.error_summary([("withdraw_reason", t("withdraw.missing"))])
        elif sent:
            submission.send(
                lambda: session.cockpit().records.withdraw(
                    actor=actor,
                    dossier=view.summary.id,
                    record_id=each.record_id,
                    expected_version=version,
                    reason=reason.strip(),
                )
            )
    if submission.done:
        del st.session_state["withdraw_submission"], st.session_state["withdraw_seen"]
        st.rerun()
    if submission.error is not None:
        notices.failure(submission.error)
        st.session_state["withdraw_submission"] = Submission()


def _history(actor: Actor, view: DossierView, each: RecordView, people: People) -> None:
    versions = session.cockpit().records.history(actor=actor, dossier=view.summary.id, record_id=each.record_id)
    ordered = sorted(versions, key=lambda one: one.version)
    items: list[Html] = []
    for position, one in enumerate(ordered):
        before = ordered[position - 1] if position else None
        items.append(_version(one, before, people))
    show(
        layout.section(t("history.title")),
        tag("ol", *reversed(items), class_="history", reversed=True),
    )


def _version(one: RecordView, before: RecordView | None, people: People) -> Html:
    what = t("history.added") if before is None else t("history.changed")
    if one.withdrawn:
        what = t("history.withdrawn")
    head = tag(
        "p",
        tag("strong", t("history.version", version=one.version)),
        " – ",
        what,
        ", ",
        formats.moment(one.created_at),
        ", ",
        function_name(one.author),
    )
    reason = tag("p", t("record.reason_given", reason=_reason(one.reason)), class_="note") if one.reason else None
    return tag("li", head, reason, _differences(one, before, people))


def _reason(given: str) -> str:
    """Return why somebody changed a record; where a step on a claim changed it, its code stands for a sentence."""
    key = f"changed_by.{given}"
    return t(key) if known(key) else given


def _differences(one: RecordView, before: RecordView | None, people: People) -> Html | None:
    if before is None or one.record.kind not in SECTIONS:
        return None
    old, new = dict(describe(before.record, people)), dict(describe(one.record, people))
    changed = [
        (label, join((tag("del", old.get(label, "–")), " → ", tag("ins", new.get(label, "–")))))
        for label in {**old, **new}
        if old.get(label) != new.get(label)
    ]
    return facts(changed) if changed else None


def _proof(each: RecordView) -> Html:
    return tag(
        "details",
        tag("summary", t("proof.title")),
        tag("p", t("proof.explain")),
        facts(
            (
                (t("proof.record"), tag("code", f"0x{each.record_id.hex()}")),
                (t("proof.commitment"), tag("code", f"0x{each.commitment.hex()}")),
            )
        ),
    )
