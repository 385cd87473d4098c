"""`schuldhulp signal`: asking for a signal."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.bootstrap import creditor_client
from schuldhulp.cli.context import Json, read_line
from schuldhulp.cli.output import say, say_json
from schuldhulp.config import load_settings
from schuldhulp.domain.identifiers import Identifier, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.signal import Signal, SignalAnswer, SignalWarning
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

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
