"""`schuldhulp notice`: notices that municipalities sent you as a creditor, and signing for them."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.bootstrap import claim_client
from schuldhulp.cli.claims import Organisation
from schuldhulp.cli.context import Json
from schuldhulp.cli.output import say, say_json, say_table, warn
from schuldhulp.config import load_settings
from schuldhulp.creditor.claims import ClaimClient
from schuldhulp.creditor.notices import ReceivedNotice
from schuldhulp.domain.notices import notice_to_plain
from schuldhulp.errors import InvalidInput, SchuldhulpError

app = typer.Typer(help="Notices that municipalities sent you: somebody gets help.", no_args_is_help=True)

NoticeArgument = Annotated[str, typer.Argument(metavar="NOTICE", help="Number of the notice, or its first digits.")]


@app.command("list")
def list_(
    collect: Annotated[bool, typer.Option("--collect/--no-collect", help="Fetch what is new first.")] = True,
    organisation: Organisation = "",
    json: Json = False,
) -> None:
    """List notices: about which of your numbers, by when to answer, and whether you signed for them.

    Example: schuldhulp notice list --organisation 12345678
    """
    with claim_client(load_settings(), organisation=organisation or None) as client:
        problems = _fetch(client) if collect else []
        found = client.notices.received()
    if json:
        say_json({"notices": [_plain(one) for one in found], "problems": problems})
        return
    for problem in problems:
        warn(f"warning: {problem}")
    say_table(
        ("notice", "your reference", "answer by", "days left", "signed"),
        [
            (
                one.notice.number,
                one.notice.reference or "-",
                one.answer_by.isoformat(),
                str(one.days_left),
                _signed(one),
            )
            for one in found
        ],
    )
    waiting = sum(one.delivered_at is None for one in found)
    if waiting:
        say(f"{waiting} to sign for: schuldhulp notice show NOTICE, then schuldhulp notice acknowledge NOTICE")


@app.command()
def show(notice: NoticeArgument, organisation: Organisation = "", json: Json = False) -> None:
    """Show one notice: who gets help, since when, what is asked of you, and whom to turn to.

    Example: schuldhulp notice show 4F2A-91C3-77B0
    """
    with claim_client(load_settings(), organisation=organisation or None) as client:
        found = client.notices.find(notice)
    if json:
        say_json(_plain(found))
        return
    said = found.notice
    say(f"notice {said.number} of {said.sender}, signed by its municipality at {found.sent_at.isoformat()}")
    for person in said.clients:
        address = f"{person.street} {person.house_number}{person.suffix}, {person.postcode} {person.city}"
        where = f", {address}" if person.street else ""
        say(f"gets help: {person.full_name}, born {person.birth_date.iso}{where}")
    say(f"your reference: {said.reference or '-'}")
    say(f"since: {said.enrolled_since.isoformat()}")
    say(f"asked: run up no further costs, and hand in your claim by {said.answer_by.isoformat()}")
    say(f"contact: {said.contact}")
    say(f"signed for: {_signed(found)}")


@app.command()
def acknowledge(
    notice: Annotated[
        str, typer.Argument(metavar="NOTICE", help="Number of the notice, or its first digits; with --all none.")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Sign for every notice that you have not signed for.")] = False,
    organisation: Organisation = "",
    json: Json = False,
) -> None:
    """Sign with your account that you have a notice, and send that; it says nothing about your claim.

    Example: schuldhulp notice acknowledge 4F2A-91C3-77B0
    """
    if bool(notice) == every:
        raise InvalidInput("required", "NOTICE: give the number of a notice, or --all", field="NOTICE")
    with claim_client(load_settings(), organisation=organisation or None) as client:
        box = client.notices
        chosen = [one for one in box.received() if one.delivered_at is None] if every else [box.find(notice)]
        done = [box.acknowledge(one.message) for one in chosen]
    if json:
        say_json([_plain(one) for one in done])
        return
    for one in done:
        say(f"{one.notice.number}: signed for, the municipality has it")
    if not done:
        say("nothing to sign for")


def _fetch(client: ClaimClient) -> list[str]:
    try:
        collected = client.collect()
    except SchuldhulpError as error:
        return [f"new notices could not be fetched: {error}"]
    return [f"a message cannot be used and was kept: {problem}" for problem in collected.problems]


def _signed(one: ReceivedNotice) -> str:
    if one.acknowledged_at is None:
        return "no"
    return one.acknowledged_at.date().isoformat() if one.delivered_at is not None else "yes, not sent yet"


def _plain(one: ReceivedNotice) -> dict[str, object]:
    return {
        "number": one.notice.number,
        "notice": notice_to_plain(one.notice),
        "message": one.message.hex(),
        "sentAt": one.sent_at.isoformat(),
        "answerBy": one.answer_by.isoformat(),
        "daysLeft": one.days_left,
        "acknowledgedAt": one.acknowledged_at.isoformat() if one.acknowledged_at else None,
        "deliveredAt": one.delivered_at.isoformat() if one.delivered_at else None,
    }
