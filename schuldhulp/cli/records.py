"""`schuldhulp record` and `schuldhulp dossier`: what stands in a dossier."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from schuldhulp.cli.context import (
    As,
    DossierArgument,
    Json,
    Reason,
    RecordArgument,
    open_dossier,
    read_line,
    read_text,
    record_of,
    work_as,
)
from schuldhulp.cli.output import say, say_json, say_table
from schuldhulp.connectors.lines import lines_from_record, record_from_lines, template
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.records import Applicant, Position, RecordKind, to_plain
from schuldhulp.domain.trust import FindingKind, TrustReport, TrustState
from schuldhulp.domain.types import RecordId
from schuldhulp.services.views import DossierView, RecordView

records = typer.Typer(help="Records of a dossier: obligations, incomes, expenses, agreements.", no_args_is_help=True)
dossiers = typer.Typer(help="Dossiers.", no_args_is_help=True)

Kind = Annotated[RecordKind, typer.Argument(metavar="KIND", help=", ".join(RecordKind))]
Version = Annotated[int, typer.Option(min=1, help="Version that you saw; when there is a newer one, you are told.")]


def _people(view: DossierView) -> dict[str, RecordId]:
    found = {}
    for entry in view.records:
        if isinstance(entry.record, Applicant) and not entry.withdrawn:
            found["first" if entry.record.position is Position.FIRST else "partner"] = entry.record_id
    return found


def _find(view: DossierView, name: str) -> RecordView:
    wanted = record_of([entry.record_id for entry in view.records], name)
    return next(entry for entry in view.records if entry.record_id == wanted)


def proof_of(trust: TrustReport, entry: RecordView) -> str:
    """Say in words whether a record is proven: ``good``, ``being recorded``, ``unchecked`` or ``DEVIATES``.

    Args:
        trust: what the check of its dossier gave.
        entry: the record.
    """
    if entry.record_id in trust.deviating_records:
        return "DEVIATES"
    if entry.verified:
        return "good"
    if any(finding.kind in (FindingKind.CHAIN_SILENT, FindingKind.CHAIN_OTHER) for finding in trust.findings):
        return "unchecked"
    return "being recorded" if trust.state is TrustState.BEING_RECORDED else "DEVIATES"


def _plain(entry: RecordView) -> dict[str, Any]:
    return {
        "record": entry.record_id.hex(),
        "kind": entry.record.kind.value,
        "version": entry.version,
        "withdrawn": entry.withdrawn,
        "reason": entry.reason,
        "author": entry.author,
        "createdAt": entry.created_at.isoformat(),
        "commitment": entry.commitment.hex(),
        "verified": entry.verified,
        "content": to_plain(entry.record),
    }


def _summary_line(entry: RecordView) -> str:
    record: Any = entry.record
    match record.kind:
        case RecordKind.APPLICANT:
            return str(record.full_name)
        case RecordKind.OBLIGATION:
            return f"{record.type.value}, {record.creditor.name}"
        case RecordKind.AGREEMENT:
            return f"{record.type.value}, {record.status.value}"
        case RecordKind.ENROLMENT:
            return f"{record.basis.value}, from {record.start.isoformat()}"
        case RecordKind.CLAIM:
            return f"{record.decision.value}, resident: {record.resident_view.value}"
        case RecordKind.NOTICE:
            return f"{record.means.value}, {record.recipient}, sent {record.sent_on.isoformat()}"
        case RecordKind.CONSENT:
            return f"{record.subject.value}, {record.party}, from {record.given_on.isoformat()}"
        case _:
            return ", ".join(part for part in (record.category.value, record.description) if part)


@records.command("template")
def show_template(kind: Kind) -> None:
    """Show the lines that `record add` reads for a kind of record, each with a hint.

    Example: schuldhulp record template obligation > debt.txt
    """
    say(template(kind))


@records.command()
def add(dossier: DossierArgument, kind: Kind, reason: Reason = "", as_: As = "", json: Json = False) -> None:
    """Add a record, read from standard input as lines `field: value`.

    Example: schuldhulp record add 2026-00012 obligation < debt.txt
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.DEBT_HELP, reason)
        text = read_text(f"the {kind.value} as lines field: value", example=template(kind))
        record = record_from_lines(kind, text, people=_people(view))
        entry = work.cockpit.records.add(actor=work.actor, dossier=view.summary.id, record=record)
        _answer(entry, json)


@records.command()
def change(
    dossier: DossierArgument,
    record: RecordArgument,
    version: Version,
    reason: Reason = "",
    as_: As = "",
    json: Json = False,
) -> None:
    """Change fields of a record, read from standard input; a field without a value is cleared, others stay.

    Example: echo "amount_creditor: 1.300,00" | schuldhulp record change 2026-00012 3fa1 --version 2
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.DEBT_HELP, reason)
        found = _find(view, record)
        text = read_text("the changed fields as lines field: value", example=lines_from_record(found.record))
        changed = record_from_lines(found.record.kind, text, people=_people(view), base=found.record)
        entry = work.cockpit.records.change(
            actor=work.actor,
            dossier=view.summary.id,
            record_id=found.record_id,
            expected_version=version,
            record=changed,
        )
        _answer(entry, json)


@records.command()
def withdraw(
    dossier: DossierArgument,
    record: RecordArgument,
    version: Version,
    reason: Reason = "",
    as_: As = "",
    json: Json = False,
) -> None:
    """Take a record back; why is read from standard input. It stays in the history.

    Example: echo "dubbel ingevoerd" | schuldhulp record withdraw 2026-00012 3fa1 --version 1
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.DEBT_HELP, reason)
        found = _find(view, record)
        why = read_line("reason of the withdrawal")
        entry = work.cockpit.records.withdraw(
            actor=work.actor,
            dossier=view.summary.id,
            record_id=found.record_id,
            expected_version=version,
            reason=why,
        )
        _answer(entry, json)


@records.command("list")
def list_records(
    dossier: DossierArgument,
    kind: Annotated[RecordKind | None, typer.Option(help="Only this kind of record.")] = None,
    reason: Reason = "",
    as_: As = "",
    json: Json = False,
) -> None:
    """List the records of a dossier, each with its state of proof.

    Example: schuldhulp record list 2026-00012 --kind obligation
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.DEBT_HELP, reason)
        chosen = [entry for entry in view.records if kind is None or entry.record.kind is kind]
        if json:
            say_json([{**_plain(entry), "proof": proof_of(view.trust, entry)} for entry in chosen])
            return
        say_table(
            ("record", "kind", "version", "proof", "what"),
            [
                (
                    entry.record_id.hex()[:8],
                    entry.record.kind.value,
                    f"{entry.version}{' withdrawn' if entry.withdrawn else ''}",
                    proof_of(view.trust, entry),
                    _summary_line(entry),
                )
                for entry in chosen
            ],
        )


@records.command("history")
def history(
    dossier: DossierArgument, record: RecordArgument, reason: Reason = "", as_: As = "", json: Json = False
) -> None:
    """Show every version of a record: who wrote it, when, and what it was.

    Example: schuldhulp record history 2026-00012 3fa1
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.DEBT_HELP, reason)
        found = _find(view, record)
        versions = work.cockpit.records.history(actor=work.actor, dossier=view.summary.id, record_id=found.record_id)
        if json:
            say_json([_plain(entry) for entry in versions])
            return
        for entry in versions:
            say(f"version {entry.version}, {entry.created_at.isoformat()}, {entry.author}{_withdrawn(entry)}")
            say("  " + lines_from_record(entry.record).replace("\n", "\n  "))


@dossiers.command("list")
def list_dossiers(
    search: Annotated[
        bool,
        typer.Option(
            "--search",
            help="Read what to look for from standard input: part of a surname, a birth date, "
            "a file number or a creditor.",
        ),
    ] = False,
    as_: As = "",
    json: Json = False,
) -> None:
    """List dossiers, or those that answer a search.

    Example: echo jansen | schuldhulp dossier list --search
    """
    with work_as(as_) as work:
        text = read_line("search for") if search else ""
        found = work.cockpit.dossiers.list(actor=work.actor, search=text)
        if json:
            say_json(
                [
                    {
                        "dossier": entry.id.hex(),
                        "fileNumber": entry.file_number,
                        "names": list(entry.names),
                        "caseworker": entry.caseworker,
                        "records": {kind.value: count for kind, count in entry.counts.items()},
                        "enrolled": entry.enrolled,
                        "ended": entry.ended_at is not None,
                        "readable": entry.readable,
                    }
                    for entry in found
                ]
            )
            return
        say_table(
            ("file number", "names", "records", "enrolled", "caseworker"),
            [
                (
                    entry.file_number,
                    " and ".join(entry.names),
                    str(sum(entry.counts.values())) if entry.readable else "unreadable",
                    "yes" if entry.enrolled else "no",
                    entry.caseworker or "-",
                )
                for entry in found
            ],
        )


@dossiers.command("show")
def show(dossier: DossierArgument, reason: Reason = "", as_: As = "", json: Json = False) -> None:
    """Show a dossier: who, the state of proof, and what stands in it.

    Example: schuldhulp dossier show 2026-00012
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.DEBT_HELP, reason)
        if json:
            say_json(
                {
                    "dossier": view.summary.id.hex(),
                    "fileNumber": view.summary.file_number,
                    "names": list(view.summary.names),
                    "trust": view.trust.state.value,
                    "findings": [
                        {"kind": finding.kind.value, "record": finding.record_id.hex() if finding.record_id else None}
                        for finding in view.trust.findings
                    ],
                    "records": [{**_plain(entry), "proof": proof_of(view.trust, entry)} for entry in view.records],
                }
            )
            return
        say(f"{view.summary.file_number}: {' and '.join(view.summary.names)}")
        say(f"proof: {view.trust.state.value}, checked at {view.trust.checked_at.isoformat()}")
        for finding in view.trust.findings:
            about = f" record {finding.record_id.hex()[:8]}" if finding.record_id else ""
            say(f"  {finding.kind.value}{about}")
        for entry in view.records:
            if entry.withdrawn:
                continue
            say(f"\n{entry.record.kind.value} {entry.record_id.hex()[:8]} (version {entry.version})")
            say("  " + lines_from_record(entry.record).replace("\n", "\n  "))


def _withdrawn(entry: RecordView) -> str:
    return f", withdrawn: {entry.reason}" if entry.withdrawn else ""


def _answer(entry: RecordView, json: bool) -> None:
    if json:
        say_json(_plain(entry))
    else:
        say(f"record {entry.record_id.hex()[:8]}, version {entry.version}{_withdrawn(entry)}")
