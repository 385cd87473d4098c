"""As whom one can log in at the simulator."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from schuldhulp.demonstration.people import Case, households
from schuldhulp.demonstration.words import ADMITTED, STAFF
from schuldhulp.identity.model import Provider
from schuldhulp.identity.simulator import TestIdentity

_CASES = {
    Case.PLAIN: "",
    Case.COUPLE: "stel",
    Case.MANY_CREDITORS: "veertig schuldeisers",
    Case.NO_ADDRESS: "geen adres",
    Case.LONG_NAME: "lange naam",
    Case.EMPTY: "nog geen gegevens",
    Case.ENDED: "hulp beëindigd",
    Case.STALE_STATEMENT: "oude opgave",
    Case.DISPUTED: "betwiste schuld",
    Case.CHAIN_OF_COLLECTORS: "incasso en deurwaarder",
    Case.MOVED: "verhuisd",
}


def people(provider: Provider) -> Sequence[TestIdentity]:
    """Return the test persons of a way to log in.

    Args:
        provider: DigiD (residents), eHerkenning (creditors) or the staff login.
    """
    if provider is Provider.STAFF:
        return [TestIdentity(label=f"{who.name}, {who.function}", identity=who.login) for who in STAFF]
    if provider is Provider.EHERKENNING:
        return [TestIdentity(label=organisation.name, identity=organisation.kvk) for organisation in ADMITTED]
    found = []
    for household in households(datetime.now(UTC).date()):
        case = _CASES[household.case]
        for applicant in household.applicants:
            if applicant.bsn is not None:
                label = f"{applicant.full_name} ({case})" if case else applicant.full_name
                found.append(TestIdentity(label=label, identity=applicant.bsn.digits))
    return found
