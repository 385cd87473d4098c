"""A dossier as its caseworker sees it: the same overview as the resident, and every record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import streamlit as st

from app import session
from app.components import formats, layout, summaries, trust
from app.components.fields import People
from app.components.html import Html, escape, join, show, tag
from app.components.notices import Tone, status
from app.components.table import Column, facts, table
from app.screens import claims_dossier
from app.screens.clients import STAFF, names_of
from app.screens.opened import address, form_address, open_dossier
from app.texts import t, word
from schuldhulp.domain.cockpit import LineKind
from schuldhulp.domain.records import (
    Agreement,
    Applicant,
    Expense,
    Income,
    Obligation,
    ReceivedClaim,
    RecordKind,
)
from schuldhulp.domain.trust import TrustState
from schuldhulp.domain.types import RecordId
from schuldhulp.services.views import EnrolmentStep

if TYPE_CHECKING:
    from schuldhulp.services.views import DossierView, EnrolmentState, RecordView

PARTS = ("overzicht", "verplichtingen", "inkomen", "afspraken", "vorderingen", "personen")


def people_of(view: DossierView) -> People:
    """Return the applicants of a dossier with their names."""
    return People(
        {
            each.record_id: each.record.full_name
            for each in view.records
            if isinstance(each.record, Applicant) and not each.withdrawn
        }
    )


_STEP_TONES: Mapping[EnrolmentStep, Tone] = MappingProxyType(
    {
        EnrolmentStep.NOT_VISIBLE: "stop",
        EnrolmentStep.WAITING: "busy",
        EnrolmentStep.VISIBLE: "good",
        EnrolmentStep.ENDING: "busy",
        EnrolmentStep.ENDED: "stop",
        EnrolmentStep.REFUSED: "error",
    }
)


def enrolment_step(view: DossierView) -> Html:
    """Return whether creditors can see the client, as sign and words."""
    if view.trust.state is TrustState.DEVIATES:
        # The enrolment itself may be what was changed or cannot be read.
        return status("error", t("enrolment_step.unknown"))
    state: EnrolmentState = view.enrolment
    when = formats.day(state.since) if state.since else ""
    return status(_STEP_TONES[state.step], t(f"enrolment_step.{state.step}", day=when))


def heading(view: DossierView) -> None:
    """Put the names, the numbers and the state of a dossier above a page about it."""
    layout.title(escape(names_of(view.summary), 160))
    known = (
        t("dossier.file_number", number=view.summary.file_number),
        t("dossier.born", days=", ".join(map(formats.written_birth_date, view.summary.birth_dates))),
        t("dossier.caseworker", name=view.summary.caseworker or t("clients.nobody")),
    )
    show(tag("p", " · ".join(known), class_="lead"), tag("p", enrolment_step(view)))


def page() -> None:
    """Show the dossier."""
    actor = session.guard(*STAFF)
    view = open_dossier(actor)
    heading(view)
    names = {each.record_id: summaries.record_title(each.record) for each in view.records}
    linked = {
        each: layout.link(address("gegeven", view.summary.id, gegeven=each), escape(name, summaries.CELL))
        for each, name in names.items()
    }
    details = trust.findings(view.trust.findings, linked)
    show(trust.banner(view.trust, resident=False, details=details or None))
    chosen = _parts(view)
    _DRAW[chosen](view)


def _parts(view: DossierView) -> str:
    chosen = st.query_params.get("deel", PARTS[0])
    chosen = chosen if chosen in PARTS else PARTS[0]
    counts = {
        "verplichtingen": _count(view, Obligation),
        "inkomen": _count(view, Income, Expense),
        "afspraken": _count(view, Agreement),
        "vorderingen": _count(view, ReceivedClaim),
        "personen": _count(view, Applicant),
    }
    items = (
        tag(
            "li",
            layout.link(
                address("dossier", view.summary.id, deel=name),
                t(f"dossier.part_{name}"),
                tag("span", str(counts[name]), class_="count") if name in counts else None,
                aria_current="true" if name == chosen else None,
            ),
        )
        for name in PARTS
    )
    show(tag("nav", tag("ul", *items), class_="filters", aria_label=t("dossier.parts")))
    return chosen


def _of(view: DossierView, *types: type) -> list[RecordView]:
    found = [each for each in view.records if isinstance(each.record, types)]
    return sorted(found, key=lambda each: (each.withdrawn, summaries.record_title(each.record).casefold()))


def _count(view: DossierView, *types: type) -> int:
    return sum(not each.withdrawn for each in _of(view, *types))


def _naming(view: DossierView) -> Callable[[RecordId, str], Html]:
    def name(record: RecordId, text: str) -> Html:
        return layout.link(address("gegeven", view.summary.id, gegeven=record), escape(text, summaries.CELL))

    return name


def _add(view: DossierView, *kinds: RecordKind) -> Html:
    if view.trust.state is TrustState.DEVIATES:
        return Html("")
    links = (
        layout.link(form_address("invoeren", view.summary.id, soort=kind), t(f"record.add_{kind}"), class_="button")
        for kind in kinds
    )
    return tag("p", *links, class_="actions")


def _overview(view: DossierView) -> None:
    name = _naming(view)
    show(
        summaries.main_figures(view.overview, staff=True),
        _add(view, RecordKind.OBLIGATION, RecordKind.INCOME, RecordKind.EXPENSE, RecordKind.AGREEMENT),
    )
    show(
        layout.section(t("payments.title_staff")),
        summaries.payments_table(view.overview.payments[:6], view.overview.payments_undated[:3], name),
    )
    show(layout.section(t("debts.title")), summaries.debts_table(view.overview, name, staff=True))
    show(layout.section(t("agreements.title")), summaries.agreement_cards(view.overview.agreements, name, staff=True))


def _record_rows(
    view: DossierView, rows: list[RecordView], cells: Callable[[RecordView], tuple[object, ...]]
) -> list[tuple[object, ...]]:
    name = _naming(view)
    return [
        (
            name(each.record_id, summaries.record_title(each.record)),
            *cells(each),
            status("stop", t("record.withdrawn")) if each.withdrawn else trust.record_status(view.trust, each),
        )
        for each in rows
    ]


def _obligations(view: DossierView) -> None:
    people = people_of(view)
    rows = _of(view, Obligation)
    show(_add(view, RecordKind.OBLIGATION))
    if not rows:
        show(layout.empty(t("dossier.no_obligations")))
        return
    several = len(people.names) > 1

    def cells(each: RecordView) -> tuple[object, ...]:
        record = each.record
        amount = record.amount_creditor if record.amount_creditor is not None else record.amount_resident
        instalment = (
            join(
                (
                    formats.amount_cell(record.instalment),
                    tag("span", word("frequency", record.frequency), class_="note"),
                )
            )
            if record.instalment
            else "–"
        )
        owed_by = tag("span", people.listed(record.owed_by), class_="note") if several else None
        return (
            join((summaries.debt_status(record.status), owed_by)),
            formats.amount_cell(amount if amount is not None else record.arrears or None),
            instalment,
        )

    show(
        table(
            t("dossier.part_verplichtingen"),
            (
                Column(heading=t("debts.creditor")),
                Column(heading=t("debts.status")),
                Column(heading=t("debts.amount"), numeric=True),
                Column(heading=t("field.obligation.instalment"), numeric=True),
                Column(heading=t("record.recorded")),
            ),
            _record_rows(view, rows, cells),
        )
    )


def _budget(view: DossierView) -> None:
    people = people_of(view)
    show(_add(view, RecordKind.INCOME, RecordKind.EXPENSE))

    def cells(each: RecordView) -> tuple[object, ...]:
        record = each.record
        until = t("budget.until", day=formats.day(record.until)) if record.until else ""
        return (
            join((people.name(record.owner), tag("span", until, class_="note") if until else None)),
            join((formats.amount_cell(record.amount), tag("span", word("frequency", record.frequency), class_="note"))),
        )

    for kind, type_ in ((LineKind.INCOME, Income), (LineKind.OTHER, Expense)):
        title = t("dossier.incomes") if kind is LineKind.INCOME else t("dossier.expenses")
        rows = _of(view, type_)
        show(layout.section(title))
        if not rows:
            show(layout.empty(t("dossier.no_incomes") if kind is LineKind.INCOME else t("dossier.no_expenses")))
            continue
        show(
            table(
                title,
                (
                    Column(heading=t("budget.what")),
                    Column(heading=t("budget.whose")),
                    Column(heading=t("budget.amount"), numeric=True),
                    Column(heading=t("record.recorded")),
                ),
                _record_rows(view, rows, cells),
            )
        )


def _agreements(view: DossierView) -> None:
    show(_add(view, RecordKind.AGREEMENT))
    rows = _of(view, Agreement)
    if not rows:
        show(layout.empty(t("agreements.none_staff")))
        return
    rows.sort(key=lambda each: (each.withdrawn, -each.record.start.toordinal()))
    show(
        table(
            t("agreements.title"),
            (
                Column(heading=t("agreements.what")),
                Column(heading=t("debts.status")),
                Column(heading=t("agreements.start")),
                Column(heading=t("budget.amount"), numeric=True),
                Column(heading=t("record.recorded")),
            ),
            _record_rows(
                view,
                rows,
                lambda each: (
                    status(summaries.AGREEMENT_TONES[each.record.status], word("agreement_status", each.record.status)),
                    formats.day(each.record.start),
                    formats.amount_cell(each.record.amount),
                ),
            ),
        )
    )


def _people(view: DossierView) -> None:
    rows = sorted(_of(view, Applicant), key=lambda each: (each.withdrawn, each.record.position))
    for each in rows:
        record: Applicant = each.record
        living = [one for one in record.addresses if one.until is None] or list(record.addresses[-1:])
        show(
            layout.section(_naming(view)(each.record_id, record.full_name)),
            facts(
                (
                    (t("field.applicant.position"), word("position", record.position)),
                    (t("field.applicant.birth_date"), formats.birth_date(record.birth_date)),
                    (
                        t("field.address"),
                        join(
                            (
                                escape(f"{one.street} {one.house_number}{one.suffix}, {one.postcode} {one.city}")
                                for one in living
                            ),
                            "<br>",
                        )
                        or t("people.no_address"),
                    ),
                    (t("field.phone"), record.phone),
                    (t("field.email"), record.email),
                    (t("record.recorded"), trust.record_status(view.trust, each)),
                )
            ),
        )
    kinds = (RecordKind.APPLICANT,) if len(people_of(view).names) < 2 else ()
    show(
        _add(view, *kinds),
        layout.section(t("enrolment.title")),
        tag("p", enrolment_step(view)),
        tag("p", layout.link(form_address("aanmelden", view.summary.id), t("enrolment.to_page"))),
        layout.section(t("notices.title")),
        tag("p", layout.link(address("kennisgevingen", view.summary.id), t("notices.to_page"))),
        layout.section(t("consents.title")),
        tag("p", layout.link(address("toestemmingen", view.summary.id), t("consents.to_page"))),
    )


_DRAW: Mapping[str, Callable[[DossierView], None]] = MappingProxyType(
    {
        "overzicht": _overview,
        "verplichtingen": _obligations,
        "inkomen": _budget,
        "afspraken": _agreements,
        "vorderingen": claims_dossier.part,
        "personen": _people,
    }
)
