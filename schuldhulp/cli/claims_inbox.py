"""`schuldhulp claims`: what creditors handed in, for the staff who treat it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Annotated

import typer

from schuldhulp.cli import claims_desk, claims_resident, claims_steps
from schuldhulp.cli.context import As, Json, work_as
from schuldhulp.cli.output import say, say_json, say_table
from schuldhulp.services.claims.inbox import Answer, Inbox, InboxEntry, InboxFilter

app = typer.Typer(help="Claims that creditors handed in: what came, what is missing, what was answered.")


@app.callback()
def claims() -> None:
    """Claims that creditors handed in: what came, what is missing, what was answered."""


@app.command("list")
def list_claims(
    closed: Annotated[bool, typer.Option("--closed", help="Show claims that were closed too.")] = False,
    state: Annotated[str, typer.Option(help="Only those in this state.", metavar="STATE")] = "",
    late: Annotated[bool, typer.Option("--late", help="Only those whose ten working days have passed.")] = False,
    disputed: Annotated[bool, typer.Option("--disputed", help="Only those whose dispute waits for an answer.")] = False,
    returned: Annotated[bool, typer.Option("--returned", help="Only those whose decision came back.")] = False,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Only those withdrawn of which the dossier does not say so yet.")
    ] = False,
    page: Annotated[int, typer.Option(help="Which page, from 1.", metavar="N", min=1)] = 1,
    size: Annotated[int, typer.Option(help="Claims on a page.", metavar="N", min=1)] = 100,
    as_: As = "",
    json: Json = False,
) -> None:
    """List claims by age, with what is missing and what was answered; nothing of their contents.

    Example: schuldhulp claims list --as s.visser
    """
    with work_as(as_) as work:
        wanted = InboxFilter(
            states=frozenset({state}) if state else frozenset(),
            late=late,
            disputed=disputed,
            returned=returned,
            to_note=withdrawn,
        )
        found = work.cockpit.claims.list(actor=work.actor, closed=closed, wanted=wanted, page=page, size=size)
    if json:
        say_json(_plain(found))
        return
    now = datetime.datetime.now(datetime.UTC)
    say_table(
        ("days", "claim", "organisation", "status", "state", "receipt"),
        [
            (
                str(max(0, (now - entry.since).days)),
                entry.claim_id.hex(),
                entry.organisation or "-",
                entry.status.name.lower(),
                f"{entry.state} ({entry.reason.value})" if entry.reason else entry.state,
                _receipt(entry.answers),
            )
            for entry in found.entries
        ],
    )
    if found.pages > 1:
        say(f"page {found.page} of {found.pages}, {found.total} claims")
    if found.checked_at is None:
        say("the worker has not looked for claims yet; is it running?")
    for trouble in found.troubles:
        say(f"kept back: {trouble} (docs/runbook.md)")


app.command("show")(claims_desk.show)
app.command("link")(claims_desk.link)
app.command("decide")(claims_desk.decide)
app.command("unlink")(claims_steps.unlink)
app.command("take-back")(claims_steps.take_back)
app.command("note-withdrawal")(claims_steps.note_withdrawal)
app.command("dispute")(claims_resident.dispute)
app.command("answer")(claims_resident.answer)


def _receipt(answers: Sequence[Answer]) -> str:
    if not answers:
        return "-"
    newest = answers[-1]
    said = newest.reason.value if newest.reason else newest.outcome.value
    if newest.arrived_at is not None:
        return said
    return f"{said}, not sent: {newest.trouble or 'waits'}"


def _plain(found: Inbox) -> dict[str, object]:
    return {
        "checkedAt": found.checked_at.isoformat() if found.checked_at else None,
        "troubles": list(found.troubles),
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "counts": dict(found.counts),
        "claims": [_entry(entry) for entry in found.entries],
    }


def _entry(entry: InboxEntry) -> dict[str, object]:
    return {
        "claim": entry.claim_id.hex(),
        "message": entry.message.hex() if entry.message else None,
        "status": entry.status.name.lower(),
        "state": entry.state,
        "reason": entry.reason.value if entry.reason else None,
        "holder": entry.holder,
        "organisation": entry.organisation,
        "since": entry.since.isoformat(),
        "version": entry.version,
        "answerBy": entry.answer_by.isoformat() if entry.answer_by else None,
        "decision": entry.decision.value if entry.decision else None,
        "linked": entry.linked,
        "late": entry.late,
        "disputed": entry.disputed,
        "returned": entry.returned,
        "toNote": entry.to_note,
        "judged": entry.commitment.hex() if entry.commitment else None,
        "receipts": [
            {
                "outcome": answer.outcome.value,
                "reason": answer.reason.value if answer.reason else None,
                "signedAt": answer.signed_at.isoformat(),
                "arrivedAt": answer.arrived_at.isoformat() if answer.arrived_at else None,
                "trouble": answer.trouble,
            }
            for answer in entry.answers
        ],
    }
