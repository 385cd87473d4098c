"""`schuldhulp demo`: made-up people to try the system with."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated

import typer

from schuldhulp.bootstrap import Cockpit, claim_client, open_cockpit, statement_client
from schuldhulp.cli.context import Json
from schuldhulp.cli.output import Bar, say, say_json, warn
from schuldhulp.config import Settings, load_settings
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import NotAllowed

app = typer.Typer(help="Made-up people to try the system with; refused in production.", no_args_is_help=True)

SHOWN = 11
"""Residents that are listed: the plain one and the awkward cases."""


def _refuse_production() -> None:
    if load_settings().production:
        raise NotAllowed("development_only", "the demonstration is refused in production")


@app.command()
def load(
    with_claims: Annotated[
        bool,
        typer.Option("--claims/--no-claims", help="File the creditors' claims too; evaluator and worker must run."),
    ] = True,
) -> None:
    """Load the made-up people, then their creditors' claims; what is there is left alone, so it can be repeated.

    Example: schuldhulp demo load
    """
    _refuse_production()
    settings = load_settings()
    with open_cockpit(settings) as cockpit:
        _load_people(settings, cockpit)
        say("demonstration data loaded")
        if with_claims:
            _load_claims(settings, cockpit)


@app.command()
def claims() -> None:
    """Have the demonstration's creditors file their claims, and have some of them decided on; can be repeated.

    Example: schuldhulp demo claims
    """
    _refuse_production()
    settings = load_settings()
    with open_cockpit(settings) as cockpit:
        _load_claims(settings, cockpit)


@app.command()
def identities(json: Json = False) -> None:
    """Show as whom one can log in at the simulator.

    Example: schuldhulp demo identities
    """
    from schuldhulp.demonstration.identities import people
    from schuldhulp.demonstration.words import ADMITTED
    from schuldhulp.identity.model import Provider

    _refuse_production()
    if json:
        say_json({provider.value: [entry.label for entry in people(provider)] for provider in Provider})
        return
    residents = people(Provider.DIGID)
    say("Log in through the simulator as")
    say(f"  resident (DigiD):         {'; '.join(entry.label for entry in residents[:SHOWN])}; and others")
    say(f"  employee:                 {'; '.join(entry.label for entry in people(Provider.STAFF))}")
    say(f"  creditor (eHerkenning):   {'; '.join(organisation.name for organisation in ADMITTED)}")


def _load_people(settings: Settings, cockpit: Cockpit) -> None:
    from schuldhulp.demonstration.loading import DemonstrationLoader
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.keys import custodial_account, read_public_keys

    loader = DemonstrationLoader(
        access=cockpit.access,
        clients=cockpit.clients,
        dossiers=cockpit.dossiers,
        records=cockpit.records,
        enrolment=cockpit.enrolment,
        staff=cockpit.staff,
        admission=cockpit.admission,
        accounts=read_public_keys(settings.keys).creditors,
        custodial=lambda kvk: custodial_account(settings.keys, kvk),
        pages_quota=settings.pages_quota,
        clock=SystemClock(),
    )
    with closing(Bar("demonstration data")) as bar:
        loader.load(bar)


def _load_claims(settings: Settings, cockpit: Cockpit) -> None:
    from schuldhulp.demonstration.claim_loading import ClaimLoader
    from schuldhulp.demonstration.message_loading import MessageLoader
    from schuldhulp.services.clock import SystemClock

    loader = ClaimLoader(
        cockpit=cockpit,
        client=lambda kvk: claim_client(settings, organisation=kvk),
        municipality=MunicipalityCode(settings.municipality),
        clock=SystemClock(),
        sleep=time.sleep,
    )
    with closing(Bar("demonstration claims")) as bar:
        left = loader.load(bar)
    messages = MessageLoader(
        cockpit=cockpit,
        client=lambda kvk: statement_client(settings, organisation=kvk),
        municipality=MunicipalityCode(settings.municipality),
        clock=SystemClock(),
    )
    for line in (*left, *messages.load()):
        warn(f"left as it is: {line}")
    say("claims, notices and statements of the demonstration sent")
