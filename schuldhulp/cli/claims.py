"""`schuldhulp claim`: handing claims in and following them, on a creditor's machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from schuldhulp.bootstrap import claim_client, receipt_verifier
from schuldhulp.cli.claims_shown import plain_checked, plain_state, show_checked, show_state, show_states
from schuldhulp.cli.context import Json, read_text
from schuldhulp.cli.output import say, say_json, warn
from schuldhulp.config import load_settings
from schuldhulp.connectors.claim_lines import Language, claim_template, contents_from_lines
from schuldhulp.creditor.claims import ClaimClient
from schuldhulp.creditor.claims_receipts import read_receipt
from schuldhulp.creditor.claims_state import ClaimState
from schuldhulp.crypto.accounts import checksummed
from schuldhulp.domain.claims import ClaimContents, doubts
from schuldhulp.domain.types import ClaimId
from schuldhulp.errors import InvalidInput, SchuldhulpError
from schuldhulp.services.clock import SystemClock

app = typer.Typer(help="Claims that you hand in as a creditor.", no_args_is_help=True)

Organisation = Annotated[str, typer.Option(help="KvK number to act as; SCHULDHULP_ORGANISATION by default.")]
ClaimArgument = Annotated[str, typer.Argument(metavar="CLAIM", help="Claim id, or its first digits.")]

NOT_PROVED = 4
"""Exit code of a receipt whose signature holds, while nothing but its file says that the signer was one."""

INVITATION = "the lines of the claim (`schuldhulp claim template` shows them)"


@app.command("set-up")
def set_up(organisation: Organisation = "", json: Json = False) -> None:
    """Make your account ready for claims: use up its first nonce and put your encryption key on chain; can be repeated.

    Example: schuldhulp claim set-up --organisation 12345678
    """
    with _client(organisation) as client:
        done = client.set_up()
    if json:
        say_json({"account": done.account, "changed": done.changed})
        return
    say(f"{done.account} is ready for claims" + ("" if done.changed else "; it was already"))


@app.command()
def template(
    language: Annotated[Language, typer.Option(help="Names of the fields: en or nl.")] = Language.ENGLISH,
) -> None:
    """Show the lines that `claim file` reads, each with a hint; Dutch and English names are both understood.

    Example: schuldhulp claim template --language nl > claim.txt
    """
    say(claim_template(language))


@app.command()
def file(organisation: Organisation = "", json: Json = False) -> None:
    """File a claim, read from standard input as lines `field: value`, and deliver its sealed contents.

    Example: schuldhulp claim file --organisation 12345678 < claim.txt
    """
    contents = contents_from_lines(read_text(INVITATION), now=SystemClock().now())
    _question(contents)
    with _client(organisation) as client:
        _answer(client.file(contents), json=json)


@app.command()
def amend(
    claim: Annotated[
        str, typer.Argument(metavar="CLAIM", help="Claim id; then only the fields that change have to be given.")
    ] = "",
    organisation: Organisation = "",
    json: Json = False,
) -> None:
    """Amend an open claim that has not been decided on, with lines `field: value`; also renews its statement.

    Example: schuldhulp claim amend 000e41f2 < changes.txt
    """
    text = read_text(INVITATION)
    with _client(organisation) as client:
        base = client.contents(_claim_of(client, claim)) if claim else None
        contents = contents_from_lines(text, now=SystemClock().now(), base=base)
        if base is not None and (base.original_creditor.kvk, base.reference) != (
            contents.original_creditor.kvk,
            contents.reference,
        ):
            raise InvalidInput(
                "claim_other",
                "reference: original creditor and reference make the claim's id; withdraw it and file another",
                field="reference",
            )
        _question(contents)
        _answer(client.amend(contents), json=json)


@app.command()
def withdraw(claim: ClaimArgument, organisation: Organisation = "", json: Json = False) -> None:
    """Take an open claim back.

    Example: schuldhulp claim withdraw 000e41f2
    """
    with _client(organisation) as client:
        _answer(client.withdraw(_claim_of(client, claim)), json=json)


@app.command("hand-over")
def hand_over(
    claim: ClaimArgument,
    to: Annotated[str, typer.Option(help="Address of the account that is to hold it: a creditor there too.")],
    organisation: Organisation = "",
    json: Json = False,
) -> None:
    """Pass an open claim on to another creditor of the municipality, such as a collector or bailiff.

    Example: schuldhulp claim hand-over 000e41f2 --to 0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf
    """
    with _client(organisation) as client:
        _answer(client.hand_over(_claim_of(client, claim), _address(to)), json=json)


@app.command("list")
def list_(
    collect: Annotated[
        bool, typer.Option("--collect/--no-collect", help="Finish what is under way and fetch receipts first.")
    ] = True,
    organisation: Organisation = "",
    json: Json = False,
) -> None:
    """List your claims: where each stands, since when, what was delivered and acknowledged, and what to do.

    Example: schuldhulp claim list --json
    """
    with _client(organisation) as client:
        problems = _catch_up(client) if collect else []
        states = client.list()
    if json:
        say_json({"claims": [plain_state(state) for state in states], "problems": problems})
        return
    for problem in problems:
        warn(f"warning: {problem}")
    show_states(states)


@app.command("verify-receipt")
def verify_receipt(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of receipts.")],
    online: Annotated[
        bool, typer.Option("--online", help="Read the signer from the chain, at the block named.")
    ] = False,
    organisation: Organisation = "",
    json: Json = False,
) -> None:
    """Check receipts without any connection: who signed, over what, and at which block the signer was read.

    Exit code 4 when the signature holds and nothing but the file itself says that the signer was one.

    Example: schuldhulp claim verify-receipt receipt.json
    """
    verifier = receipt_verifier(load_settings(), organisation=organisation or None, online=online)
    shown, worst = [], 0
    for file in files:
        try:
            checked = verifier.verify(read_receipt(file))
        except SchuldhulpError as error:
            worst = max(worst, error.exit_code)
            shown.append({"file": file.name, "valid": False, "error": str(error)})
            warn(f"{file.name}: error: {error}")
            continue
        if not checked.is_proved:
            worst = worst or NOT_PROVED
        shown.append({"file": file.name, **plain_checked(checked)})
        if not json:
            show_checked(file.name, checked)
    if json:
        say_json(shown)
    if worst:
        raise typer.Exit(worst)


def _client(organisation: str) -> ClaimClient:
    def waiting(error: SchuldhulpError, seconds: float) -> None:
        warn(f"{error}; trying again in {seconds:.0f} seconds")

    return claim_client(load_settings(), organisation=organisation or None, tell=waiting)


def _question(contents: ClaimContents) -> None:
    for field, doubt in doubts(contents):
        warn(f"warning: {field}: {doubt}")


def _answer(state: ClaimState, *, json: bool) -> None:
    if json:
        say_json(plain_state(state))
    else:
        show_state(state)


def _catch_up(client: ClaimClient) -> list[str]:
    """Finish and fetch what can be; a list of what stands on chain is worth something without it."""
    problems = list(client.resume())
    try:
        collected = client.collect()
    except SchuldhulpError as error:
        return [*problems, f"receipts could not be fetched: {error}"]
    return [*problems, *(f"a message cannot be used and was kept: {problem}" for problem in collected.problems)]


def _claim_of(client: ClaimClient, name: str) -> ClaimId:
    wanted = name.lower().removeprefix("0x")
    if not wanted or set(wanted) - set("0123456789abcdef") or len(wanted) > 64:
        raise InvalidInput("claim_unknown", "CLAIM: hexadecimal digits expected", field="CLAIM")
    # Whoever was handed a claim has its whole id and nothing of it in the journal.
    if len(wanted) == 64:
        return ClaimId(bytes.fromhex(wanted))
    found = [claim_id for claim_id in client.known() if claim_id.hex().startswith(wanted)]
    if len(found) != 1:
        problem = "several of your claims begin so; give more digits" if found else "none of your claims begins so"
        raise InvalidInput("claim_unknown", f"CLAIM: {problem}", field="CLAIM")
    return found[0]


def _address(text: str) -> str:
    digits = text.strip().removeprefix("0x")
    if len(digits) != 40 or set(digits.lower()) - set("0123456789abcdef"):
        raise InvalidInput("address_invalid", "to: an address is 0x and 40 digits", field="to")
    address = checksummed(bytes.fromhex(digits))
    # A wrong letter would pass the claim to nobody; written in one case only, an address carries no check.
    if digits not in (digits.lower(), digits.upper()) and address != f"0x{digits}":
        raise InvalidInput("address_invalid", "to: the checksum of the address is wrong", field="to")
    return address
