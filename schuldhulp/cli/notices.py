"""`schuldhulp notices`: telling the creditors of a client, seeing who was told, and proving it."""

from __future__ import annotations

import json as encoder
from pathlib import Path
from typing import Annotated

import typer

from schuldhulp.bootstrap import proof_verifier
from schuldhulp.cli.context import As, DossierArgument, Json, Reason, open_dossier, record_of, work_as
from schuldhulp.cli.output import say, say_json, say_table, warn
from schuldhulp.config import load_settings
from schuldhulp.creditor.notice_proofs import CheckedList, read_proofs
from schuldhulp.creditor.whole_file import write_whole
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.dates import parse_date
from schuldhulp.domain.records import NoticeMeans
from schuldhulp.errors import Misconfigured
from schuldhulp.services.notices.desk import Candidate, Choice
from schuldhulp.services.notices.overview import NoticeView
from schuldhulp.services.notices.proofs import proofs_to_plain
from schuldhulp.services.notices.table import notice_table

app = typer.Typer(help="Notices to creditors: who was told that a client gets help, and the proofs.")


@app.callback()
def notices() -> None:
    """Notices to creditors: who was told that a client gets help, and the proofs."""


@app.command()
def send(
    dossier: DossierArgument,
    obligation: Annotated[str, typer.Option(help="Only about this obligation: first digits of its record.")] = "",
    means: Annotated[
        NoticeMeans, typer.Option(help="channel sends it; letter, email and phone write down what you did yourself.")
    ] = NoticeMeans.CHANNEL,
    sent_on: Annotated[str, typer.Option(help="Day on which you did that; today when left out.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also those who were told before.")] = False,
    reason: Reason = "",
    as_: As = "",
    json: Json = False,
) -> None:
    """Tell the creditors of a client who is enrolled: on the channel those who are there, by other means the others.

    Example: schuldhulp notices send 2026-00012 --as s.visser
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.ENROLMENT, reason)
        desk = work.cockpit.notices
        found = desk.candidates(actor=work.actor, dossier=view.summary.id)
        if obligation:
            record = record_of([one.party.obligation for one in found], obligation)
            found = [one for one in found if one.party.obligation == record]
        chosen = [one for one in found if _fits(one, means) and (again or one.told_on is None)]
        day = parse_date(sent_on, "sent_on") if sent_on else None
        choices = [
            Choice(obligation=one.party.obligation, role=one.party.role, means=means, sent_on=day) for one in chosen
        ]
        sent = desk.send(actor=work.actor, dossier=view.summary.id, choices=choices) if choices else []
        left = [one for one in found if one not in chosen and one.told_on is None]
    if json:
        plain = [
            {"number": one.number, "means": one.means.value, "answerBy": one.answer_by.isoformat()} for one in sent
        ]
        say_json({"sent": plain, "left": len(left)})
        return
    for one in sent:
        say(f"{one.number}: {one.recipient}, {one.means.value}, to answer by {one.answer_by.isoformat()}")
    if not sent:
        say("nobody is left to be told in this way")
    for candidate in left:
        advice = "can be told on the channel" if candidate.on_channel else "is not on the channel: write a letter"
        say(f"not told: {candidate.party.name} ({candidate.party.role.value}) {advice}")


@app.command("list")
def list_(dossier: DossierArgument, reason: Reason = "", as_: As = "", json: Json = False) -> None:
    """List who was told about a client, when, by which means, and who signed for it.

    Example: schuldhulp notices list 2026-00012 --as s.visser
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.ENROLMENT, reason)
        found = work.cockpit.notices_sent.told(actor=work.actor, dossier=view.summary.id)
    if json:
        say_json([_plain(one) for one in found])
        return
    say_table(
        ("notice", "recipient", "means", "sent", "answer by", "days left", "state"),
        [
            (
                one.number,
                one.recipient,
                one.means.value,
                one.sent_on.isoformat(),
                one.answer_by.isoformat(),
                str(one.days_left),
                _state(one),
            )
            for one in found
        ],
    )


@app.command()
def late(as_: As = "", json: Json = False) -> None:
    """List notices in your own caseload that nobody signed for in time, the longest overdue first.

    Example: schuldhulp notices late --as s.visser
    """
    with work_as(as_) as work:
        found = work.cockpit.notices_late.of(actor=work.actor)
    if json:
        say_json([{"dossier": one.dossier.file_number, **_plain(one.notice)} for one in found])
        return
    say_table(
        ("dossier", "notice", "recipient", "answer by", "days late", "state"),
        [
            (
                one.dossier.file_number,
                one.notice.number,
                one.notice.recipient,
                one.notice.answer_by.isoformat(),
                str(-one.notice.days_left),
                _state(one.notice),
            )
            for one in found
        ],
    )


@app.command()
def proofs(
    dossier: DossierArgument,
    out: Annotated[Path, typer.Option(help="File that gets the list; it holds personal data.")],
    csv: Annotated[bool, typer.Option("--csv", help="A table for people, without what proves it.")] = False,
    reason: Reason = "",
    as_: As = "",
) -> None:
    """Write the list of who was told what and when, with the proofs; `notices verify` checks it without a connection.

    Example: schuldhulp notices proofs 2026-00012 --out list.json --as s.visser
    """
    with work_as(as_) as work:
        view = open_dossier(work, dossier, Purpose.EXPORT, reason)
        service, who, place = work.cockpit.notices_sent, work.actor, view.summary.id
        found = service.proofs(actor=who, dossier=place)
        views = service.told(actor=who, dossier=place)
    if csv:
        content = notice_table(views).encode("utf-8-sig")
    else:
        content = f"{encoder.dumps(proofs_to_plain(found), ensure_ascii=False, indent=2)}\n".encode()
    try:
        write_whole(out, content)
    except OSError as error:
        raise Misconfigured("out_invalid", f"out: cannot be written ({error.strerror})", field="out") from error
    say(f"{len(found.notices)} notices written")
    if not found.anchored:
        warn("the newest change is not on the ledger yet; make the list again later for a proof that it is")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="List of proofs.")],
    online: Annotated[
        bool, typer.Option("--online", help="Ask the chain in which block the ledger got the root.")
    ] = False,
    json: Json = False,
) -> None:
    """Check a list of proofs without any connection: texts, messages, signatures, and the root over the records.

    Exit code 1 when something in it does not hold, or with --online when the ledger never had its root or another
    account than the municipality's receipt signer sent a notice; 4 when that cannot be known without --online.

    Example: schuldhulp notices verify list.json
    """
    checked = proof_verifier(load_settings(), online=online).verify(read_proofs(file))
    if json:
        say_json(_checked(checked))
    else:
        for one in checked.notices:
            sent = f"sent by {one.sent_by} at {one.sent_at}; " if one.sent_by else ""
            signed = f"signed for by {one.signed_by} at {one.signed_at}" if one.signed_by else "not signed for"
            say(f"{one.number}: {one.recipient}, {one.means.value}, {one.sent_on}; {sent}{signed}")
        say(f"{len(checked.notices)} notices hold, under root {checked.proofs.root.hex()}")
        if checked.block is not None:
            moment = checked.block.timestamp.isoformat()
            say(f"the ledger got this root in block {checked.block.number}, {moment}")
        elif not checked.asked:
            say("the chain was not asked; --online tells since when the ledger has this root")
    lost = checked.asked and checked.block is None
    if lost:
        warn("error: the ledger never had this root")
    for account in checked.strangers:
        if checked.asked:
            warn(f"error: {account} was not the municipality's receipt signer when it sent a notice")
        else:
            warn(f"warning: the deployment file does not name {account} as receipt signer; --online asks the chain")
    if lost or checked.strangers:
        raise typer.Exit(1 if checked.asked else 4)


def _fits(one: Candidate, means: NoticeMeans) -> bool:
    return one.on_channel == (means is NoticeMeans.CHANNEL)


def _state(one: NoticeView) -> str:
    return f"{one.state.value} ({one.trouble})" if one.trouble else one.state.value


def _plain(one: NoticeView) -> dict[str, object]:
    return {
        "number": one.number,
        "record": one.record.hex(),
        "obligation": one.obligation.hex() if one.obligation else None,
        "recipient": one.recipient,
        "kvk": one.kvk,
        "reference": one.reference,
        "means": one.means.value,
        "sentOn": one.sent_on.isoformat(),
        "answerBy": one.answer_by.isoformat(),
        "daysLeft": one.days_left,
        "state": one.state.value,
        "deliveredAt": one.delivered_at.isoformat() if one.delivered_at else None,
        "acknowledgedAt": one.acknowledged_at.isoformat() if one.acknowledged_at else None,
        "acknowledgedBy": one.acknowledged_by,
        "trouble": one.trouble,
    }


def _checked(checked: CheckedList) -> dict[str, object]:
    return {
        "root": checked.proofs.root.hex(),
        "block": checked.block.number if checked.block else None,
        "strangers": list(checked.strangers),
        "notices": [
            {
                "number": one.number,
                "recipient": one.recipient,
                "kvk": one.kvk,
                "means": one.means.value,
                "sentOn": one.sent_on,
                "sentBy": one.sent_by,
                "sentAt": one.sent_at,
                "signedBy": one.signed_by,
                "signedAt": one.signed_at,
            }
            for one in checked.notices
        ],
    }
