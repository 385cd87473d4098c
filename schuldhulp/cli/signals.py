"""`schuldhulp signal`: asking for a signal."""

from __future__ import annotations

from typing import Annotated

import typer

from schuldhulp.bootstrap import creditor_client, creditor_memory
from schuldhulp.cli.context import Json, read_line
from schuldhulp.cli.output import say, say_json, warn
from schuldhulp.cli.signal_lists import WARNINGS, ListOptions, check_list
from schuldhulp.config import load_settings
from schuldhulp.domain.identifiers import Identifier, bsn_identifier, parse_bsn, parse_person
from schuldhulp.domain.signal import Signal, SignalAnswer
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

MEANING = {
    Signal.GREEN: "known to the credit bank: contact it instead of collecting",
    Signal.RED: "not known",
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
    municipality: Annotated[
        int, typer.Option(min=0, max=65535, help="CBS code of the municipality; SCHULDHULP_MUNICIPALITY by default.")
    ] = 0,
    person: Annotated[str, typer.Option(help="-: read surname;birth date;postcode;house number.")] = "",
    bsn: Annotated[str, typer.Option(help="-: read a citizen service number; for bodies entitled to it.")] = "",
    file: Annotated[str, typer.Option(help="List of persons, CSV or JSON lines; -: read it from standard input.")] = "",
    out: Annotated[str, typer.Option(help="File of the answers to the list; -: standard output.")] = "",
    json_lines: Annotated[bool, typer.Option("--json-lines", help="Write those answers as JSON lines.")] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin the list anew, whatever an earlier run left.")
    ] = False,
    batch: Annotated[
        int, typer.Option(min=1, max=10_000, help="Rows of the list that are asked about at once.")
    ] = 4000,
    patience: Annotated[
        int, typer.Option(min=0, max=86400, help="Seconds to wait for an evaluator or chain that does not answer.")
    ] = 300,
    local: Annotated[
        bool, typer.Option("--local", help="Fetch all tags and look them up here, so that no node sees whom is asked.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Destroy all kept tags first; then nobody need be asked.")
    ] = False,
    organisation: Annotated[str, typer.Option(help="KvK number to ask as; SCHULDHULP_ORGANISATION by default.")] = "",
    json: Json = False,
) -> None:
    """Ask whether persons are known to the credit bank of a municipality: GREEN, RED, or an error that says why.

    A person is read from standard input or a prompt, never from the arguments. A list is answered row by row, and an
    interrupted list goes on where it stopped. Tags are kept, encrypted, until the epoch ends: nobody costs quota twice.

    Example: echo "Jansen;01-02-1980;9711AB;12" | schuldhulp signal --municipality 14 --person -
    Example: schuldhulp signal --file people.csv --out answers.csv
    """
    settings = load_settings()
    code = MunicipalityCode(municipality or settings.municipality)
    if forget:
        memory, _key = creditor_memory(settings, organisation=organisation or None)
        warn(f"{memory.forget_all()} kept tags destroyed")
        memory.close()
        if not (person or bsn or file):
            return
    if file:
        if person or bsn or json:
            raise InvalidInput("list_or_person", "--file goes without --person, --bsn and --json", field="file")
        options = ListOptions(
            file=file,
            out=out,
            organisation=organisation,
            municipality=code,
            json_lines=json_lines,
            local=local,
            restart=restart,
            patience=patience,
            batch=batch,
        )
        raise typer.Exit(check_list(settings, options))
    if out or json_lines or restart:
        raise InvalidInput("file_missing", "--out, --json-lines and --restart go with --file", field="file")
    identifier = _identifier(person, bsn)
    memory, _key = creditor_memory(settings, organisation=organisation or None)
    client = creditor_client(settings, organisation=organisation or None, kept=memory, local=local)
    answer = client.signal(municipality=code, identifier=identifier)
    memory.close()
    if json:
        say_json(_plain(answer))
        return
    say(f"{answer.signal.name}: {MEANING[answer.signal]}")
    if answer.signal is Signal.GREEN:
        say(f"municipality {answer.municipality}: {answer.contact}")
    for warning in answer.warnings:
        say(WARNINGS[warning])
    say(f"checked at {answer.checked_at.isoformat()}, block {answer.block_number}")
    say(f"check number {answer.check_number}")


def _plain(answer: SignalAnswer) -> dict[str, object]:
    return {
        "signal": answer.signal.value,
        "municipality": answer.municipality,
        "contact": answer.contact,
        "checkedAt": answer.checked_at.isoformat(),
        "block": answer.block_number,
        "blockHash": answer.block_hash.hex(),
        "checkNumber": answer.check_number,
        "warnings": [warning.value for warning in answer.warnings],
    }
