"""`schuldhulp signal` and `schuldhulp creditor`: asking for a signal, and letting organisations ask."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.bootstrap import creditor_client
from schuldhulp.cli.context import As, Json, read_line, work_as
from schuldhulp.cli.output import say, say_json, say_table
from schuldhulp.config import load_settings
from schuldhulp.domain.identifiers import Identifier, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.signal import Signal, SignalAnswer, SignalWarning
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

creditors = typer.Typer(help="Organisations that may ask for signals.", no_args_is_help=True)

MEANING = {
    Signal.GREEN: "known to the credit bank: contact it instead of collecting",
    Signal.RED: "not known",
}

WARNINGS = {
    SignalWarning.NAME_MATCH_RED: (
        "A typing error, another surname or a recent move also gives red: red does not prove that somebody is unknown."
    ),
    SignalWarning.NAME_MATCH_GREEN: "Twins at one address share a signal: check whom it is about with the credit bank.",
}


def _identifier(person: str, bsn: str) -> Identifier:
    if bool(person) == bool(bsn):
        raise InvalidInput("person_or_bsn", "give either --person - or --bsn -", field="person")
    given, name = (person, "person") if person else (bsn, "bsn")
    if given != "-":
        raise InvalidInput(
            "stdin_only", f"--{name}: write --{name} - and give the {name} on standard input", field=name
        )
    if person:
        return parse_person(read_line("surname;birth date;postcode;house number"))
    return bsn_identifier(parse_bsn(read_line("citizen service number", hidden=True)))


def signal(
    municipality: Annotated[int, typer.Option(min=1, max=65535, help="CBS code of the municipality to ask.")],
    person: Annotated[str, typer.Option(help="-: read surname;birth date;postcode;house number.")] = "",
    bsn: Annotated[str, typer.Option(help="-: read a citizen service number; for bodies entitled to it.")] = "",
    organisation: Annotated[str, typer.Option(help="KvK number to ask as; SCHULDHULP_ORGANISATION by default.")] = "",
    json: Json = False,
) -> None:
    """Ask whether a person is known to the credit bank of a municipality: GREEN, RED, or an error that says why.

    The person is read from standard input or a prompt, never from the arguments.

    Example: echo "Jansen;01-02-1980;9711AB;12" | schuldhulp signal --municipality 14 --person -
    """
    identifier = _identifier(person, bsn)
    client = creditor_client(load_settings(), organisation=organisation or None)
    answer = client.signal(municipality=MunicipalityCode(municipality), identifier=identifier)
    if json:
        say_json(_plain(answer))
        return
    say(f"{answer.signal.name}: {MEANING[answer.signal]}")
    if answer.signal is Signal.GREEN:
        say(f"municipality {answer.municipality}: {answer.contact}")
    for warning in answer.warnings:
        say(WARNINGS[warning])
    say(f"checked at {answer.checked_at.isoformat()}, block {answer.block_number}")


def _plain(answer: SignalAnswer) -> dict[str, object]:
    return {
        "signal": answer.signal.value,
        "municipality": answer.municipality,
        "contact": answer.contact,
        "checkedAt": answer.checked_at.isoformat(),
        "block": answer.block_number,
        "blockHash": answer.block_hash.hex(),
        "warnings": [warning.value for warning in answer.warnings],
    }


@creditors.command()
def admit(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")],
    name: Annotated[str, typer.Option(help="Name of the organisation.")],
    account: Annotated[str, typer.Option(help="Address of its Ethereum account.")],
    bsn_ground: Annotated[
        str,
        typer.Option(help="Legal ground on which it may process citizen service numbers; left out, it stays as it is."),
    ] = "",
    no_bsn: Annotated[
        bool, typer.Option("--no-bsn", help="It may process citizen service numbers no longer, with any account.")
    ] = False,
    daily_quota: Annotated[
        int | None, typer.Option(help="Questions a day; left out, what it has, or the standard for a new one.")
    ] = None,
    epoch_quota: Annotated[int | None, typer.Option(help="Questions an epoch, in the same way.")] = None,
    as_: As = "",
) -> None:
    """Admit an organisation, add an account to it, or renew its quotas or legal ground; gives the roles on the chain.

    Example: schuldhulp creditor admit --kvk 12345678 --name "Woonstichting" --account 0x... --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        admitted = admission.admit(
            actor=work.actor,
            kvk=kvk,
            name=name,
            account=account,
            daily_quota=daily_quota,
            epoch_quota=epoch_quota,
            bsn_ground=bsn_ground or None,
            withdraw_bsn=no_bsn,
        )
        work.cockpit.staff.put_creditor(actor=work.actor, kvk=admitted.kvk, name=admitted.name)
        say(f"organisation {admitted.kvk} may ask for signals")


@creditors.command()
def suspend(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")],
    as_: As = "",
) -> None:
    """Shut an organisation out, at once; why is read from standard input.

    Example: echo "vraagt naar onbekenden" | schuldhulp creditor suspend --kvk 12345678 --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        reason = read_line("reason")
        # Each works without the other, so whatever does not answer, what can be shut is shut.
        work.cockpit.staff.close_creditor(actor=work.actor, kvk=kvk)
        admission.suspend(actor=work.actor, kvk=kvk, reason=reason)
        say(f"organisation {kvk} is suspended")


@creditors.command("remove-account")
def remove_account(
    kvk: Annotated[str, typer.Option(help="Number in the trade register, 8 digits.")],
    account: Annotated[str, typer.Option(help="Address of the Ethereum account that signs for it no longer.")],
    as_: As = "",
) -> None:
    """Take one account away from an organisation, at once, as when its key leaked; why is read from standard input.

    Example: echo "sleutel gelekt" | schuldhulp creditor remove-account --kvk 12345678 --account 0x... --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        left = admission.remove_account(actor=work.actor, kvk=kvk, account=account, reason=read_line("reason"))
        say(f"account removed; organisation {left.kvk} has {len(left.accounts)} left")


@creditors.command("list")
def list_creditors(as_: As = "", json: Json = False) -> None:
    """List the organisations that were ever admitted.

    Example: schuldhulp creditor list --as a.smit
    """
    with work_as(as_) as work, work.cockpit.admission() as admission:
        found = admission.organisations(actor=work.actor)
        rows = [(entry.kvk, entry.name, "suspended" if entry.suspended else "admitted") for entry in found]
        if json:
            say_json([{"kvk": kvk, "name": name, "state": state} for kvk, name, state in rows])
        else:
            say_table(("kvk", "name", "state"), rows)
