"""`schuldhulp anchor`, `verify`, `status`: the chain, and whether it tells the same story as the database."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.bootstrap import open_status, open_worker
from schuldhulp.cli.context import As, Json, dossier_of, work_as
from schuldhulp.cli.output import Bar, columns_of, say, say_json
from schuldhulp.config import load_settings
from schuldhulp.domain.trust import TrustReport, TrustState, VerificationSummary
from schuldhulp.errors import InvalidInput

EXIT_CODES = {
    TrustState.VERIFIED: 0,
    TrustState.DEVIATES: 1,
    TrustState.UNREACHABLE: 3,
    TrustState.BEING_RECORDED: 4,
}


def anchor(
    once: Annotated[bool, typer.Option("--once", help="Put on the chain what is waiting now, then end.")] = False,
    json: Json = False,
) -> None:
    """Put everything that is waiting on the chain, without waiting for the schedule.

    Example: schuldhulp anchor --once
    """
    if not once:
        raise InvalidInput("once_needed", "write --once; the worker itself is `schuldhulp serve worker`", field="once")
    with open_worker(load_settings()) as worker:
        report = worker.run_once()
    if json:
        say_json(report.plain())
    else:
        say(report.text())


def verify(
    dossier: Annotated[str, typer.Option(help="File number or identifier of one dossier.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="All dossiers.")] = False,
    as_: As = "",
    json: Json = False,
) -> None:
    """Check dossiers against the chain. Exit code 0: all verified; 4: some are still being recorded; 1: deviations, named
    by record; 3: chain or database unreachable.

    Example: schuldhulp verify --all
    """
    if bool(dossier) == all_:
        raise InvalidInput("dossier_or_all", "give either --dossier or --all", field="dossier")
    with work_as(as_) as work:
        if all_:
            bar = Bar("checking")
            try:
                summary = work.cockpit.verification.all(actor=work.actor, progress=bar)
            finally:
                bar.close()
        else:
            report = work.cockpit.verification.dossier(actor=work.actor, dossier=dossier_of(work, dossier))
            summary = VerificationSummary(reports=(report,))
        numbers = work.cockpit.dossiers.file_numbers()
    if json:
        say_json(
            {
                "state": summary.state.value,
                "counts": {state.value: summary.count(state) for state in TrustState},
                "system": [finding.kind.value for finding in summary.system],
                "dossiers": [_plain(report, numbers) for report in summary.reports if report.findings],
            }
        )
    else:
        for report in summary.reports:
            for line in _lines(report, numbers):
                say(line)
        for finding in summary.system:
            say(f"system: {finding.kind.value}")
        counts = {state.value: summary.count(state) for state in TrustState if summary.count(state)}
        say(f"{len(summary.reports)} dossiers: {columns_of(counts) or 'none'}")
    raise typer.Exit(EXIT_CODES[summary.state])


def status(json: Json = False) -> None:
    """Show the state of the chain, the contracts, the epoch, the outbox and the last check.

    Example: schuldhulp status --json
    """
    with open_status(load_settings()) as service:
        found = service.status()
    if json:
        say_json(found.plain())
    else:
        say(found.text())
    raise typer.Exit(0 if found.healthy else 3)


def _plain(report: TrustReport, numbers: dict[bytes, str]) -> dict[str, object]:
    return {
        "fileNumber": numbers.get(report.dossier or b"", ""),
        "state": report.state.value,
        "findings": [
            {"kind": finding.kind.value, "record": finding.record_id.hex() if finding.record_id else None}
            for finding in report.findings
        ],
    }


def _lines(report: TrustReport, numbers: dict[bytes, str]) -> list[str]:
    name = numbers.get(report.dossier or b"", "?")
    return [
        f"{name}: {finding.kind.value}" + (f" record {finding.record_id.hex()[:8]}" if finding.record_id else "")
        for finding in report.findings
    ]
