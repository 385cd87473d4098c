"""`schuldhulp anchor`, `verify`, `status`: the chain, and whether it tells the same story as the database."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from schuldhulp.bootstrap import open_cockpit, open_worker
from schuldhulp.cli.context import As, Json, dossier_of, work_as
from schuldhulp.cli.output import Bar, columns_of, say, say_json
from schuldhulp.config import load_settings
from schuldhulp.domain.access import Actor
from schuldhulp.domain.trust import TrustReport, TrustState, VerificationSummary
from schuldhulp.domain.types import DossierId
from schuldhulp.errors import InvalidInput
from schuldhulp.services.asking import AskReport, work_now
from schuldhulp.services.status import SystemStatus
from schuldhulp.services.working import RunReport

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

    A worker that is running is asked to do it, and waited for. Exit code 1: something was kept back, and is named.

    Example: schuldhulp anchor --once
    """
    if not once:
        raise InvalidInput("once_needed", "write --once; the worker itself is `schuldhulp serve worker`", field="once")
    with open_worker(load_settings()) as worker:
        bar = Bar("recording, by the running worker")
        try:
            report = work_now(worker, progress=bar)
        finally:
            bar.close()
    if isinstance(report, AskReport):
        _say_asked(report, json=json)
        raise typer.Exit(0)
    troubles = _troubles(report)
    _say_run(report, troubles, json=json)
    raise typer.Exit(1 if troubles else 0)


def _say_asked(report: AskReport, *, json: bool) -> None:
    if json:
        say_json({"signed": report.changes, "publications": report.publications, "waiting": 0, "findings": []})
        return
    say(f"the running worker has put {report.changes} changes and {report.publications} publications on the chain")


def _troubles(report: RunReport) -> list[str]:
    troubles = [finding.reason.value for finding in report.anchored.findings]
    troubles += [finding.trouble.value for finding in report.published.findings]
    troubles += [reason for _, reason in report.anchored.failed]
    if report.finding is not None:
        troubles.append(report.finding.kind.value)
    return troubles


def _say_run(report: RunReport, troubles: Sequence[str], *, json: bool) -> None:
    anchored, published = report.anchored, report.published
    if json:
        say_json(
            {
                "signed": anchored.signed,
                "confirmed": anchored.confirmed,
                "waiting": anchored.waiting + anchored.queued,
                "enrolled": published.enrolled,
                "ended": published.ended,
                "findings": troubles,
            }
        )
        return
    say(
        f"{anchored.signed} changes signed, {anchored.confirmed} batches confirmed, "
        f"{published.enrolled} tags enrolled, {published.ended} ended, "
        f"{anchored.waiting + anchored.queued} still waiting"
    )
    for trouble in troubles:
        say(f"kept back: {trouble}")


def verify(
    dossier: Annotated[str, typer.Option(help="File number or identifier of one dossier.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="All dossiers.")] = False,
    as_: As = "",
    json: Json = False,
) -> None:
    """Check dossiers against the chain.

    Exit code 0: all verified; 4: some are still being recorded; 1: deviations, named by record; 3: chain or database
    unreachable.

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
            say(f"system: {finding.kind.value} {finding.detail}".rstrip())
        counts = {state.value: summary.count(state) for state in TrustState if summary.count(state)}
        say(f"{len(summary.reports)} dossiers: {columns_of(counts) or 'none'}")
    raise typer.Exit(EXIT_CODES[summary.state])


def status(json: Json = False) -> None:
    """Show the state of the chain, the contracts, the epoch, the outbox and the last check.

    Exit code 0: nothing needs attention; 3: something does, also when the worker has not checked for five minutes.

    Example: schuldhulp status --json
    """
    with open_cockpit(load_settings()) as cockpit:
        found = cockpit.status.status(actor=Actor(kind="system", id="status"))
    if json:
        say_json(_status_plain(found))
    else:
        for line in _status_lines(found):
            say(line)
    raise typer.Exit(0 if found.healthy else 3)


def _status_plain(found: SystemStatus) -> dict[str, object]:
    chain, epoch, outbox, check = found.chain, found.epoch, found.outbox, found.last_check
    return {
        "healthy": found.healthy,
        "chain": {
            "answers": chain.answers,
            "recognised": chain.recognised,
            "problem": chain.problem,
            "head": chain.head_number,
            "headTime": chain.head_time.isoformat() if chain.head_time else None,
        },
        "epoch": dataclasses.asdict(epoch) if epoch else None,
        "outbox": {**dataclasses.asdict(outbox), "waiting": outbox.waiting},
        "checkedRecently": found.checked_recently,
        "lastCheck": {
            "at": check.at.isoformat() if check.at else None,
            "finding": check.finding,
            "detail": check.detail,
            "dossiers": check.dossiers,
        },
    }


def _status_lines(found: SystemStatus) -> list[str]:
    chain, epoch, outbox, check = found.chain, found.epoch, found.outbox, found.last_check
    lines = []
    if chain.recognised:
        when = chain.head_time.isoformat() if chain.head_time else "?"
        lines.append(f"chain      answers, contracts as deployed, block {chain.head_number} of {when}")
    else:
        lines.append(f"chain      {'answers, but' if chain.answers else 'does not answer:'} {chain.problem}")
    if epoch is not None:
        lines.append(f"epoch      {epoch.current} (oldest {epoch.oldest}, announced {epoch.announced})")
    lines.append(
        f"outbox     {outbox.queued} queued, {outbox.signed} signed, {outbox.publications} publications, "
        f"{outbox.refused} refused"
    )
    if check.at is None:
        lines.append("last check none yet; is the worker running?")
    else:
        if not found.checked_recently:
            lines.append("no check for a long time; is the worker running?")
        about = f"{check.finding} {check.detail}" if check.finding else "database and chain agree"
        lines.append(f"last check {check.at.isoformat()}: {about}")
    return lines


def _number(report: TrustReport, numbers: Mapping[DossierId, str]) -> str:
    return numbers.get(report.dossier, "?") if report.dossier is not None else "?"


def _plain(report: TrustReport, numbers: Mapping[DossierId, str]) -> dict[str, object]:
    return {
        "fileNumber": _number(report, numbers),
        "state": report.state.value,
        "findings": [
            {"kind": finding.kind.value, "record": finding.record_id.hex() if finding.record_id else None}
            for finding in report.findings
        ],
    }


def _lines(report: TrustReport, numbers: Mapping[DossierId, str]) -> list[str]:
    name = _number(report, numbers)
    return [
        f"{name}: {finding.kind.value}" + (f" record {finding.record_id.hex()[:8]}" if finding.record_id else "")
        for finding in report.findings
    ]
