"""`schuldhulp client`, `enrol`, `end-enrolment`: who is a client, and who is visible to creditors."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from schuldhulp.cli.context import As, DossierArgument, Json, Reason, open_dossier, read_line, read_text, work_as
from schuldhulp.cli.output import say, say_json, warn
from schuldhulp.connectors.lines import record_from_lines, template
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.dates import parse_date
from schuldhulp.domain.records import Applicant, EnrolmentBasis, Position, RecordKind
from schuldhulp.errors import InvalidInput
from schuldhulp.services.clock import SystemClock, today

WARNINGS = {
    "no_address": "without an address nobody can find this client by name; only bodies entitled to the BSN can",
    "no_bsn": "without a citizen service number only a match by name finds this client",
}

app = typer.Typer(help="Clients of the credit bank.", no_args_is_help=True)

_PARTING = re.compile(r"^---+\s*$", re.MULTILINE)


@app.command("template")
def show_template() -> None:
    """Show the lines that `client add` reads, each with a hint.

    Example: schuldhulp client template > new-client.txt
    """
    say(template(RecordKind.APPLICANT))


@app.command()
def add(as_: As = "", json: Json = False) -> None:
    """Make a dossier for one person or two, read from standard input as lines `field: value`.

    A line --- stands between the first applicant and the partner. This makes nobody visible to creditors: see enrol.

    Example: schuldhulp client add < new-client.txt
    """
    text = read_text("the applicant as lines field: value", example=template(RecordKind.APPLICANT))
    parts = [part for part in _PARTING.split(text) if part.strip()]
    if not 1 <= len(parts) <= 2:
        raise InvalidInput("applicants_count", "one applicant, or two with a line --- between them", field="applicants")
    applicants = []
    for place, part in zip((Position.FIRST, Position.PARTNER), parts, strict=False):
        applicant = record_from_lines(RecordKind.APPLICANT, f"{part}\nposition: {place.value}", people={})
        assert isinstance(applicant, Applicant)  # noqa: S101 - for the type checker: the kind decides
        applicants.append(applicant)
    with work_as(as_) as work:
        dossier = work.cockpit.clients.add(actor=work.actor, applicants=applicants)
        file_number = work.cockpit.dossiers.file_numbers()[dossier]
        if json:
            say_json({"dossier": dossier.hex(), "fileNumber": file_number})
        else:
            say(f"dossier {file_number} made")


def enrol(
    dossier: DossierArgument,
    ground: Annotated[str, typer.Option(help="Why: the article of law, or the decision. No names.")],
    basis: Annotated[EnrolmentBasis, typer.Option(help="The resident's consent, or the notice given.")],
    date: Annotated[
        str, typer.Option(help="Day of the consent or notice; today in the Netherlands when left out.")
    ] = "",
    reason: Reason = "",
    as_: As = "",
) -> None:
    """Make the applicants of a dossier visible to creditors, from the next publication on.

    Example: schuldhulp enrol 2026-00012 --basis consent --ground "Wgs art. 4a, plan van aanpak"
    """
    with work_as(as_) as work:
        day = parse_date(date, "date") if date else today(SystemClock())
        view = open_dossier(work, dossier, Purpose.ENROLMENT, reason)
        people = [entry.record_id for entry in view.of_kind(RecordKind.APPLICANT)]
        state = work.cockpit.enrolment.enrol(
            actor=work.actor, dossier=view.summary.id, applicants=people, ground=ground, basis=basis, basis_date=day
        )
        for warning in state.warnings:
            warn(f"warning: {WARNINGS.get(warning, warning)}")
        say(f"dossier {view.summary.file_number}: {state.step.value}")


def end_enrolment(
    dossier: DossierArgument,
    reason: Reason = "",
    as_: As = "",
) -> None:
    """End the visibility to creditors of everybody in a dossier; why is read from standard input. The help may go on.

    Example: echo "plan afgerond" | schuldhulp end-enrolment 2026-00012
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.ENROLMENT, reason)
        state = work.cockpit.enrolment.end(
            actor=work.actor, dossier=view.summary.id, reason=read_line("reason of the end")
        )
        say(f"dossier {view.summary.file_number}: {state.step.value}")
