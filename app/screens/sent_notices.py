"""Telling the creditors of a client, and the list of who was told what and when."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import streamlit as st

from app import session
from app.components import formats, forms, layout, notices, trust
from app.components.errors import error_text
from app.components.fields import Day, People
from app.components.forms import Draft
from app.components.html import Html, escape, join, show, tag
from app.components.notices import Tone, status
from app.components.table import Column, facts, table
from app.screens.clients import STAFF
from app.screens.dossier import heading
from app.screens.opened import address, form_address, form_number, open_dossier
from app.texts import known, t, word
from schuldhulp.domain.access import Actor
from schuldhulp.domain.notices import NoticeState
from schuldhulp.domain.records import NoticeMeans
from schuldhulp.domain.trust import TrustState
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import InvalidInput, SchuldhulpError
from schuldhulp.services.notices.desk import Choice
from schuldhulp.services.notices.proofs import proofs_to_plain
from schuldhulp.services.notices.table import notice_table
from schuldhulp.services.views import EnrolmentStep

if TYPE_CHECKING:
    from schuldhulp.domain.notices import Notice
    from schuldhulp.services.notices.desk import Candidate
    from schuldhulp.services.notices.overview import NoticeOverview, NoticeView
    from schuldhulp.services.views import DossierView

SCREEN = "notices"
PATH = "kennisgevingen"
NOBODY = "none"
"""The choice not to tell somebody now."""

SENT_ON = Day(name="sent_on")
_VISIBLE = frozenset({EnrolmentStep.WAITING, EnrolmentStep.VISIBLE})
_TONES: Mapping[NoticeState, Tone] = MappingProxyType(
    {
        NoticeState.WAITING: "busy",
        NoticeState.DELIVERED: "busy",
        NoticeState.ACKNOWLEDGED: "good",
        NoticeState.OVERDUE: "warning",
        NoticeState.BY_HAND: "stop",
        NoticeState.LOST: "error",
    }
)


def page() -> None:
    """Show who was told, and the form to tell others."""
    actor = session.guard(*STAFF)
    view = open_dossier(actor)
    dossier = view.summary.id
    show(tag("p", layout.link(address("dossier", dossier, deel="personen"), t("record.back"), class_="back")))
    heading(view)
    show(layout.section(t("notices.title")), tag("p", t("notices.explain")))
    if view.trust.state is TrustState.DEVIATES:
        show(trust.banner(view.trust, resident=False))
        return
    told = session.cockpit().notices_sent.told(actor=actor, dossier=dossier)
    if st.query_params.get("actie") == "versturen":
        _form(actor, view)
        return
    if view.enrolment.step in _VISIBLE:
        show(tag("p", layout.link(send_address(dossier), t("notices.to_form"), class_="button"), class_="actions"))
    else:
        show(layout.empty(t("notices.not_enrolled")))
    if not told:
        show(layout.empty(t("notices.none")))
        return
    show(_table(told))
    _downloads(session.cockpit().notices_sent, actor, dossier)
    show(layout.section(t("notices.texts")), join(_text(one) for one in told if one.notice is not None))


def send_address(dossier: DossierId) -> str:
    """Return the address of the form that tells the creditors of a dossier."""
    return form_address(PATH, dossier, actie="versturen")


def to_page(dossier: DossierId) -> Html:
    """Return the link to this page, for a page about the same dossier."""
    return tag("p", layout.link(address(PATH, dossier), t("notices.to_page")))


# --- who was told -----------------------------------------------------------------------------------------------------


def _table(told: Sequence[NoticeView]) -> Html:
    columns = tuple(
        Column(heading=t(f"notices.{name}")) for name in ("recipient", "means", "sent_on", "signed", "state")
    )
    return table(
        t("notices.title"),
        columns,
        (
            (
                recipient(one),
                word("notice_means", one.means),
                _sent(one),
                _signed(one),
                stands(one),
            )
            for one in told
        ),
    )


def recipient(one: NoticeView) -> Html:
    """Return who was told about which debt, and the number of the notice."""
    about = [word("obligation_type", one.type) if one.type is not None else t("notices.gone")]
    about += [t("notices.reference", reference=one.reference)] if one.reference else []
    notes = (tag("span", escape(note, 120), class_="note") for note in (*about, one.number))
    return tag("span", escape(one.recipient, 120), *notes)


def _sent(one: NoticeView) -> Html:
    when = formats.moment(one.delivered_at) if one.delivered_at else ""
    note = tag("span", t("notices.delivered", when=when), class_="note") if when else None
    return tag("span", formats.day(one.sent_on), note)


def _signed(one: NoticeView) -> Html | str:
    if one.acknowledged_at is None:
        return ""
    return tag(
        "span",
        formats.moment(one.acknowledged_at),
        tag("span", t("notices.by_account"), " ", tag("span", one.acknowledged_by, class_="address"), class_="note"),
    )


def stands(one: NoticeView) -> Html:
    """Return where a notice stands, by when an answer is due, and what is in the way."""
    notes = []
    if one.state in (NoticeState.DELIVERED, NoticeState.OVERDUE, NoticeState.BY_HAND):
        notes.append(t("notices.answer_by", day=formats.day(one.answer_by)))
    if one.trouble:
        key = f"notices.trouble_{one.trouble}"
        notes.append(t(key) if known(key) else t("notices.trouble_other"))
    return tag(
        "span",
        status(_TONES[one.state], t(f"notices.state_{one.state}")),
        *(tag("span", note, class_="note") for note in notes),
    )


def _downloads(service: NoticeOverview, actor: Actor, dossier: DossierId) -> None:
    """Offer the list with its proofs; it is made, and that is written down, when somebody takes it."""
    show(tag("p", t("notices.download_hint"), class_="hint"))
    with st.container(horizontal=True):
        st.download_button(
            t("notices.download_proofs"),
            data=lambda: proof_file(service, actor, dossier),
            file_name=t("notices.file_proofs"),
            mime="application/json",
            key=f"{SCREEN}_proofs",
            on_click="ignore",
        )
        st.download_button(
            t("notices.download_table"),
            data=lambda: table_file(service, actor, dossier),
            file_name=t("notices.file_table"),
            mime="text/csv",
            key=f"{SCREEN}_csv",
            on_click="ignore",
        )


def proof_file(service: NoticeOverview, actor: Actor, dossier: DossierId) -> bytes:
    """Return the list of proofs as JSON, as `schuldhulp notices verify` reads it."""
    plain = proofs_to_plain(service.proofs(actor=actor, dossier=dossier))
    return f"{json.dumps(plain, ensure_ascii=False, indent=2)}\n".encode()


def table_file(service: NoticeOverview, actor: Actor, dossier: DossierId) -> bytes:
    """Return who was told as a table for a spreadsheet; taking it out is written down as for the proofs."""
    service.proofs(actor=actor, dossier=dossier)
    return notice_table(service.told(actor=actor, dossier=dossier)).encode("utf-8-sig")


def _text(one: NoticeView) -> Html:
    notice = one.notice
    if notice is None:
        return Html("")
    title = t("notices.text_title", number=one.number, recipient=one.recipient)
    return tag("details", tag("summary", title), *(tag("p", line) for line in letter(notice)))


def letter(notice: Notice) -> list[str]:
    """Return the text of a notice, a sentence a paragraph, to print or to read out."""
    lines = [t("letter.opening", sender=notice.sender)]
    for person in notice.clients:
        born = formats.birth_date(person.birth_date)
        lines.append(t("letter.person", name=person.full_name, born=born))
        if person.street:
            where = f"{person.street} {person.house_number}{person.suffix}, {person.postcode} {person.city}"
            lines.append(t("letter.address", address=where))
    if notice.reference:
        lines.append(t("letter.reference", reference=notice.reference))
    lines.append(t("letter.since", day=formats.day(notice.enrolled_since)))
    lines += [t(f"letter.{request}", day=formats.day(notice.answer_by)) for request in notice.requests]
    lines.append(t("letter.contact", contact=notice.contact))
    lines.append(t("letter.number", number=notice.number))
    return lines


# --- telling others ---------------------------------------------------------------------------------------------------


def _form(actor: Actor, view: DossierView) -> None:
    dossier = view.summary.id
    show(layout.subsection(t("notices.form_title")))
    draft = forms.draft(SCREEN, (dossier, form_number()), lambda: {SENT_ON.name: ""})
    if draft.submission.done:
        _done(draft, dossier)
        return
    if view.enrolment.step not in _VISIBLE:
        show(layout.empty(t("notices.not_enrolled")))
        return
    found = session.cockpit().notices.candidates(actor=actor, dossier=dossier)
    if not found:
        show(layout.empty(t("notices.nobody")), to_page(dossier))
        return
    if draft.checking:
        _check(actor, dossier, draft)
        return
    problems = st.container()
    with st.form(f"{SCREEN}_form", border=False):
        for number, one in enumerate(found):
            _draw(number, one, draft)
        forms.draw_field(SCREEN, "notices", SENT_ON, draft, People({}))
        sent = st.form_submit_button(t("form.to_check"), type="primary", key=f"{SCREEN}_check")
    if sent:
        _read(found, draft)
        st.rerun()
    with problems:
        forms.show_problems(SCREEN, [SENT_ON], draft)


def _draw(number: int, one: Candidate, draft: Draft) -> None:
    name, key = f"way_{number}", f"{SCREEN}_way_{number}"
    ways = [NOBODY, *([NoticeMeans.CHANNEL.value] if one.on_channel else []), "letter", "email", "phone"]
    if key not in st.session_state:
        start = NoticeMeans.CHANNEL.value if one.on_channel and one.told_on is None else NOBODY
        st.session_state[key] = draft.raw.get(name, start)
    notes = [t(f"notices.role_{one.party.role}")]
    notes += [word("obligation_type", one.party.type)]
    notes += [t("notices.reference", reference=one.party.reference)] if one.party.reference else []
    notes += [t("notices.told_before", day=formats.day(one.told_on))] if one.told_on else []
    notes += [t("notices.not_on_channel")] if not one.on_channel else []
    notes += [t("notices.suspended")] if one.suspended else []
    # The name stands above and not in the label: a label is Markdown, and somebody else wrote the name.
    show(
        layout.subsection(join((f"{number + 1}. ", escape(one.party.name, 120)))),
        tag("p", escape(" · ".join(notes), 400), class_="hint"),
    )
    st.selectbox(
        t("notices.way", number=number + 1),
        ways,
        format_func=lambda way: t("notices.way_none") if way == NOBODY else t(f"notices.way_{way}"),
        key=key,
    )


def _read(found: Sequence[Candidate], draft: Draft) -> None:
    values = forms.read_fields(SCREEN, "notices", [SENT_ON], draft)
    chosen: list[tuple[Candidate, NoticeMeans]] = []
    for number, one in enumerate(found):
        way = st.session_state.get(f"{SCREEN}_way_{number}", NOBODY)
        draft.raw[f"way_{number}"] = way
        if way != NOBODY:
            chosen.append((one, NoticeMeans(way)))
    if not chosen:
        draft.problems[""] = t("notices.choose")
        return
    day = values[SENT_ON.name] if values else None
    by_hand = any(means is not NoticeMeans.CHANNEL for _, means in chosen)
    if day is not None and by_hand and day > formats.today():
        error = InvalidInput("date_future", "sent_on: lies in the future", field="sent_on")
        draft.problems[SENT_ON.name] = error_text(error, t("field.notices.sent_on"))
    if values is not None and not draft.problems:
        draft.outcome, draft.checking = (chosen, day if by_hand else None), True


def _check(actor: Actor, dossier: DossierId, draft: Draft) -> None:
    chosen, day = draft.outcome
    if draft.submission.error is not None:
        notices.failure(draft.submission.error, _label(draft.submission.error))
    show(
        tag("p", t("notices.check")),
        facts(
            (
                *((escape(one.party.name, 120), t(f"notices.way_{means}")) for one, means in chosen),
                (t("field.notices.sent_on"), formats.day(day) if day else None),
            )
        ),
    )
    choices = [_choice(one, means, day) for one, means in chosen]
    with st.container(horizontal=True):
        st.button(
            t("notices.send"),
            type="primary",
            key=f"{SCREEN}_send",
            on_click=draft.submission.send,
            args=(lambda: session.cockpit().notices.send(actor=actor, dossier=dossier, choices=choices),),
            disabled=draft.submission.error is not None,
        )
        st.button(t("check.back"), key=f"{SCREEN}_back", on_click=draft.back)


def _choice(one: Candidate, means: NoticeMeans, day: Any) -> Choice:
    return Choice(
        obligation=one.party.obligation,
        role=one.party.role,
        means=means,
        sent_on=None if means is NoticeMeans.CHANNEL else day,
    )


def _label(error: SchuldhulpError) -> str:
    return t("field.notices.sent_on") if error.field == SENT_ON.name else ""


def _done(draft: Draft, dossier: DossierId) -> None:
    notices.notice("good", t("notices.done"), t("notices.done_next"), role="status")
    show(
        facts(
            (one.number, t("notices.done_each", recipient=one.recipient, day=formats.day(one.answer_by)))
            for one in draft.submission.result
        ),
        to_page(dossier),
    )
