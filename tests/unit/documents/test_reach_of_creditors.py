"""The table in docs/privacy.md of how far a rogue creditor gets is the one that the constants give."""

from pathlib import Path

from schuldhulp.config import load_settings
from schuldhulp.services.admission import STANDARD_QUOTA
from tests.support.reach import DAYS_OF_AN_EPOCH, TABLE

PRIVACY = Path(__file__).parents[3] / "docs" / "privacy.md"


def test_privacy_states_the_bounds_that_follow_from_the_quotas():
    rows = [line for line in PRIVACY.read_text().splitlines() if line.endswith(" |") and line.count("|") == 8]
    assert rows[1:] == [reach.row() for reach in TABLE]


def test_settings_give_a_new_organisation_the_quotas_that_the_bounds_are_reckoned_with():
    settings = load_settings({})
    assert (settings.daily_quota, settings.epoch_quota) == (STANDARD_QUOTA.daily, STANDARD_QUOTA.per_epoch)
    # The quota of an epoch is what binds: that of a day would let more through in a quarter.
    assert STANDARD_QUOTA.daily * DAYS_OF_AN_EPOCH > STANDARD_QUOTA.per_epoch
