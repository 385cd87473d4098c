"""`schuldhulp demo`: made-up people to try the system with."""

from __future__ import annotations

import typer

from schuldhulp.bootstrap import open_cockpit
from schuldhulp.cli.context import Json
from schuldhulp.cli.output import Bar, say, say_json
from schuldhulp.config import load_settings
from schuldhulp.errors import NotAllowed

app = typer.Typer(help="Made-up people to try the system with; refused in production.", no_args_is_help=True)

SHOWN = 11
"""Residents that are listed: the plain one and the awkward cases."""


def _refuse_production() -> None:
    if load_settings().production:
        raise NotAllowed("development_only", "the demonstration is refused in production")


@app.command()
def load() -> None:
    """Load the made-up people; what is there already is left alone, so it can be repeated.

    Example: schuldhulp demo load
    """
    from schuldhulp.demonstration.loading import DemonstrationLoader
    from schuldhulp.services.clock import SystemClock
    from schuldhulp.services.keys import custodial_account, read_public_keys

    _refuse_production()
    settings = load_settings()
    accounts = read_public_keys(settings.keys).creditors
    bar = Bar("demonstration data")
    with open_cockpit(settings) as cockpit:
        loader = DemonstrationLoader(
            access=cockpit.access,
            clients=cockpit.clients,
            dossiers=cockpit.dossiers,
            records=cockpit.records,
            enrolment=cockpit.enrolment,
            staff=cockpit.staff,
            admission=cockpit.admission,
            accounts=accounts,
            custodial=lambda kvk: custodial_account(settings.keys, kvk),
            pages_quota=settings.pages_quota,
            clock=SystemClock(),
        )
        try:
            loader.load(bar)
        finally:
            bar.close()
    say("demonstration data loaded")


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
