"""`schuldhulp statement`: what an admitted party states about clients who consented, on its own machine."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import typer

from schuldhulp.bootstrap import statement_client
from schuldhulp.cli.context import Json, read_text
from schuldhulp.cli.output import say, say_json, say_table, warn
from schuldhulp.config import load_settings
from schuldhulp.connectors.claim_lines import Language
from schuldhulp.connectors.statement_lines import statement_from_lines, statement_template
from schuldhulp.creditor.statements import StatementClient, StatementStanding
from schuldhulp.domain.acknowledgements import acknowledgement_to_plain
from schuldhulp.domain.money import format_amount
from schuldhulp.domain.statement_refusals import refusal_to_plain
from schuldhulp.errors import SchuldhulpError
from schuldhulp.services.clock import SystemClock

app = typer.Typer(
    help="Statements that you send as landlord, energy company or office: rent, advance, benefit.",
    no_args_is_help=True,
)

Organisation = Annotated[str, typer.Option(help="KvK number to act as; SCHULDHULP_ORGANISATION by default.")]

INVITATION = "the lines of the statement (`schuldhulp statement template` shows them)"

REFUSALS = {
    "undecryptable": "it does not open for the municipality; send it again",
    "contents_invalid": "what was sent is no statement; use a newer version of this software",
    "municipality_mismatch": "it is for another municipality",
    "sender_mismatch": "it is in the name of another organisation than yours",
    "signer_other": "another account signed it than the one that sent it",
    "sender_not_admitted": "your account has no role at the municipality; ask it for admission",
    "bsn_not_allowed": "your account may not process citizen service numbers; leave client.bsn out",
}
"""What is wrong with a message, by the code in the municipality's refusal."""


@app.command()
def template(
    language: Annotated[Language, typer.Option(help="Names of the fields: en or nl.")] = Language.ENGLISH,
) -> None:
    """Show the lines that `statement send` reads, each with a hint; Dutch and English names are both understood.

    Example: schuldhulp statement template --language nl > rent.txt
    """
    say(statement_template(language))


@app.command()
def send(
    again: Annotated[
        bool, typer.Option("--again", help="Send it also when you sent the same before and it came in.")
    ] = False,
    organisation: Organisation = "",
    json: Json = False,
) -> None:
    """Send a statement, read from standard input as lines `field: value`; only with the client's consent.

    Example: schuldhulp statement send --organisation 12345678 < rent.txt
    """
    now = SystemClock().now()
    statement = statement_from_lines(read_text(INVITATION), now=now, new_id=secrets.token_bytes(30))
    with _client(organisation) as client:
        standing = client.send(statement, again=again)
    if json:
        say_json(_plain(standing))
        return
    if standing.statement.statement_id != statement.statement_id:
        say("you sent the same before; nothing was sent again (use --again when the municipality asked for that)")
    say(f"statement {standing.statement.statement_id.hex()}: {_state(standing)}")


@app.command("list")
def list_(
    collect: Annotated[
        bool, typer.Option("--collect/--no-collect", help="Finish what is under way and fetch receipts first.")
    ] = True,
    organisation: Organisation = "",
    json: Json = False,
) -> None:
    """List your statements: when each was delivered, and the municipality's signed answer with its reason.

    What becomes of a statement is the client's; you do not learn it.

    Example: schuldhulp statement list --json
    """
    with _client(organisation) as client:
        problems = _catch_up(client) if collect else []
        found = client.list()
    if json:
        say_json({"statements": [_plain(one) for one in found], "problems": problems})
        return
    for problem in problems:
        warn(f"warning: {problem}")
    say_table(
        ("reference", "subject", "amount", "from", "state"),
        [
            (
                one.statement.reference,
                one.statement.subject.value,
                f"{format_amount(one.statement.amount)} {one.statement.frequency.value}",
                one.statement.from_date.isoformat(),
                _state(one),
            )
            for one in found
        ],
    )


def _client(organisation: str) -> StatementClient:
    def waiting(error: SchuldhulpError, seconds: float) -> None:
        warn(f"{error}; trying again in {seconds:.0f} seconds")

    return statement_client(load_settings(), organisation=organisation or None, tell=waiting)


def _catch_up(client: StatementClient) -> list[str]:
    problems = list(client.resume())
    try:
        collected = client.collect()
    except SchuldhulpError as error:
        return [*problems, f"receipts could not be fetched: {error}"]
    return [*problems, *(f"a message cannot be used and was kept: {problem}" for problem in collected)]


def _state(one: StatementStanding) -> str:
    if one.receipt is not None:
        return f"received, signed {one.receipt.acknowledgement.acknowledged_at.isoformat(timespec='minutes')}"
    if one.refusal is not None:
        reason = one.refusal.refusal.reason
        return f"refused: {REFUSALS.get(reason, reason)}"
    if one.delivered_at is None:
        return "not delivered yet; `schuldhulp statement list` tries again"
    text = f"delivered {one.delivered_at.isoformat(timespec='minutes')}, no receipt yet"
    return f"{text}; ask the municipality" if one.is_late else text


def _plain(one: StatementStanding) -> dict[str, Any]:
    return {
        "statement": one.statement.statement_id.hex(),
        "municipality": one.statement.municipality,
        "reference": one.statement.reference,
        "subject": one.statement.subject.value,
        "amount": one.statement.amount,
        "frequency": one.statement.frequency.value,
        "fromDate": one.statement.from_date.isoformat(),
        "until": one.statement.until.isoformat() if one.statement.until else None,
        "sentAt": one.statement.sent_at.isoformat(),
        "message": one.message.hex() if one.message else None,
        "deliveredAt": one.delivered_at.isoformat() if one.delivered_at else None,
        "late": one.is_late,
        "receipt": acknowledgement_to_plain(one.receipt) if one.receipt else None,
        "refusal": refusal_to_plain(one.refusal) if one.refusal else None,
    }
