"""`schuldhulp statements`: what parties stated about clients, for the staff who treat it."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

import typer

from schuldhulp.cli.context import As, DossierArgument, Json, Reason, Work, open_dossier, record_of, work_as
from schuldhulp.cli.output import say, say_json, say_table
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.money import format_amount
from schuldhulp.domain.records import Applicant, Position, RecordKind
from schuldhulp.domain.statements import StatementDecline, statement_to_plain
from schuldhulp.domain.types import RecordId
from schuldhulp.errors import InvalidInput
from schuldhulp.services.statements.inbox import StatementCandidate, StatementEntry
from schuldhulp.services.views import DossierView

app = typer.Typer(help="Statements of parties about clients: what came, whose it is, and what becomes of it.")

StatementArgument = Annotated[
    str,
    typer.Argument(metavar="STATEMENT", help="Hash of the message as `statements list` shows it, or its first digits."),
]


@app.callback()
def statements() -> None:
    """Statements of parties about clients: what came, whose it is, and what becomes of it."""


@app.command("list")
def list_statements(
    decided: Annotated[
        bool, typer.Option("--decided", help="Show those too that were taken over or declined.")
    ] = False,
    as_: As = "",
    json: Json = False,
) -> None:
    """List statements by age; nothing of their contents.

    Example: schuldhulp statements list --as s.visser
    """
    with work_as(as_) as work:
        found = work.cockpit.statements.list(actor=work.actor, decided=decided)
    if json:
        say_json({"statements": [_entry(entry) for entry in found]})
        return
    now = datetime.datetime.now(datetime.UTC)
    say_table(
        ("days", "statement", "organisation", "state", "answer by", "receipt"),
        [
            (
                str(max(0, (now - entry.received_at).days)),
                entry.message.hex(),
                entry.organisation,
                "ALTERED" if entry.altered else " ".join(filter(None, (entry.state.value, entry.finding.value))),
                entry.answer_by.isoformat() if entry.answer_by else "-",
                "sent" if entry.receipted_at else entry.trouble or "-",
            )
            for entry in found
        ],
    )


@app.command()
def show(statement: StatementArgument, as_: As = "", json: Json = False) -> None:
    """Show what a statement says and to which dossiers it may belong, with or without consent.

    Example: schuldhulp statements show 8f14e45f
    """
    with work_as(as_) as work:
        message = _message(work, statement)
        opened = work.cockpit.statements.opened(actor=work.actor, message=message)
        candidates = work.cockpit.statements.candidates(actor=work.actor, message=message)
    said = opened.statement
    if json:
        plain = {name: value for name, value in statement_to_plain(said).items() if name != "statement_id"}
        say_json({"contents": plain, "candidates": [_candidate(one) for one in candidates]})
        return
    say(f"{said.sender.name} (KvK {said.sender.kvk}), reference {said.reference}")
    until = f" until {said.until.isoformat()}" if said.until else ""
    say(
        f"{said.subject.value}: {format_amount(said.amount)} {said.frequency.value}, "
        f"from {said.from_date.isoformat()}{until}"
    )
    say(f"about {' '.join(filter(None, (said.client.initials, said.client.prefix, said.client.surname)))}")
    say_table(
        ("dossier", "same", "consent"),
        [
            (
                one.candidate.dossier.file_number,
                ", ".join(sorted(one.candidate.signs)),
                "yes" if one.consent else "NO: it cannot be taken over",
            )
            for one in candidates
        ],
    )


@app.command("take-over")
def take_over(
    statement: StatementArgument,
    dossier: DossierArgument,
    whose: Annotated[Position, typer.Option(help="Whom it is about.")] = Position.FIRST,
    renew: Annotated[str, typer.Option(help="Record that it renews, or its first digits; a new one without.")] = "",
    reason: Reason = "",
    as_: As = "",
) -> None:
    """Take a statement over into a dossier; a consent of that person for this party and subject must hold today.

    Example: schuldhulp statements take-over 8f14e45f 2026-00012
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.CLAIM_REVIEW, reason)
        known = record_of([entry.record_id for entry in view.records if not entry.withdrawn], renew) if renew else None
        made = work.cockpit.statement_desk.take_over(
            actor=work.actor,
            message=_message(work, statement),
            dossier=view.summary.id,
            applicant=_applicant(view, whose),
            known=known,
        )
    say(f"taken over into dossier {view.summary.file_number} as record {made.record_id.hex()}")


@app.command()
def decline(
    statement: StatementArgument,
    reason: Annotated[StatementDecline, typer.Option(help=", ".join(StatementDecline))],
    as_: As = "",
) -> None:
    """Decline a statement; its sender is not told.

    Example: schuldhulp statements decline 8f14e45f --reason no_consent
    """
    with work_as(as_) as work:
        work.cockpit.statement_desk.decline(actor=work.actor, message=_message(work, statement), reason=reason)
    say("declined")


def _message(work: Work, name: str) -> bytes:
    wanted = name.strip().lower().removeprefix("0x")
    if not wanted or set(wanted) - set("0123456789abcdef") or len(wanted) > 64:
        raise InvalidInput("statement_unknown", "STATEMENT: hexadecimal digits expected", field="STATEMENT")
    if len(wanted) == 64:
        return bytes.fromhex(wanted)
    listed = work.cockpit.statements.list(actor=work.actor, decided=True)
    found = [entry.message for entry in listed if entry.message.hex().startswith(wanted)]
    if len(found) != 1:
        problem = "several statements begin so; give more digits" if found else "no statement begins so"
        raise InvalidInput("statement_unknown", f"STATEMENT: {problem}", field="STATEMENT")
    return found[0]


def _applicant(view: DossierView, position: Position) -> RecordId:
    for entry in view.of_kind(RecordKind.APPLICANT):
        if isinstance(entry.record, Applicant) and entry.record.position is position:
            return entry.record_id
    raise InvalidInput("choice_unknown", "whose: there is no such applicant in this dossier", field="whose")


def _entry(entry: StatementEntry) -> dict[str, Any]:
    return {
        "statement": entry.message.hex(),
        "organisation": entry.organisation,
        "receivedAt": entry.received_at.isoformat(),
        "state": entry.state.value,
        "finding": entry.finding.value,
        "answerBy": entry.answer_by.isoformat() if entry.answer_by else None,
        "receiptedAt": entry.receipted_at.isoformat() if entry.receipted_at else None,
        "trouble": entry.trouble,
        "decidedAt": entry.decided_at.isoformat() if entry.decided_at else None,
        "reason": entry.reason.value if entry.reason else None,
        "altered": entry.altered,
    }


def _candidate(one: StatementCandidate) -> dict[str, Any]:
    return {
        "dossier": one.candidate.dossier.file_number,
        "names": list(one.candidate.dossier.names),
        "same": sorted(one.candidate.signs),
        "consent": one.consent is not None,
    }
