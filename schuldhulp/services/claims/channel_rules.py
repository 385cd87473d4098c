"""What may go over the channel of sealed messages, and how much of it the municipality itself may send and ask."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from schuldhulp.crypto.ristretto import group
from schuldhulp.errors import InvalidInput, NotAllowed
from schuldhulp.services.claims.callers import Caller
from schuldhulp.services.claims.ports import (
    MAX_CLAIM_IDS,
    MUNICIPALITY,
    TO_CREDITOR,
    TO_MUNICIPALITY,
    ClaimIdQuota,
    MessageKind,
)

LOG: Final = logging.getLogger(__name__)

REVIEWER_BOUND: Final = 100_000
"""Claim ids, and messages, of the municipality itself in a day: twice what one organisation may leave here in all."""


def quota_of(caller: Caller, municipality: int) -> ClaimIdQuota:
    """Return for how many claim ids a caller may ask in a day.

    Args:
        caller: who asks.
        municipality: how many the municipality itself may have computed.
    """
    if caller.organisation is None:
        # Not so that claims stop, but so that whoever took the reviewer's key cannot try references unnoticed.
        return ClaimIdQuota(organisation=municipality, account=None)
    own = caller.organisation.account_quotas.get(caller.account)
    return ClaimIdQuota(organisation=caller.organisation.quota.daily, account=own)


def warn_of_bound(caller: Caller, what: str, bound: int) -> None:
    """Write into the log of the process that the municipality itself reached a bound; of others the report tells."""
    if caller.organisation is None:
        LOG.warning(
            "the municipality itself has reached its bound of today, %d %s: more than that is refused;"
            " see the report, and whether the reviewer's key is where it should be",
            bound,
            what,
        )


def check_elements(elements: Sequence[bytes]) -> None:
    """Refuse what cannot be evaluated.

    Raises:
        InvalidInput: none or too many, or one is no valid point.
    """
    if not 1 <= len(elements) <= MAX_CLAIM_IDS:
        raise InvalidInput("elements_invalid", f"1 to {MAX_CLAIM_IDS} elements are expected", field="elements")
    for number, element in enumerate(elements):
        if not group().is_element(element):
            raise InvalidInput(
                "element_invalid",
                f"element {number} is not a canonical ristretto255 point other than the identity",
                field="elements",
            )


def check_way(organisation: str, kind: MessageKind, recipient: str) -> None:
    """Refuse what does not go from this organisation to that recipient."""
    sends_municipality = organisation == MUNICIPALITY
    if kind not in (TO_CREDITOR if sends_municipality else TO_MUNICIPALITY):
        raise NotAllowed("kind_not_allowed", "a message of this kind is not yours to send", field="kind")
    if (recipient == MUNICIPALITY) == sends_municipality:
        raise NotAllowed(
            "recipient_not_allowed",
            "a creditor sends to the municipality, and the municipality to accounts",
            field="recipient",
        )
