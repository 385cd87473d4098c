from __future__ import annotations

import pytest

from schuldhulp import errors
from schuldhulp.domain.trust import FindingKind
from schuldhulp.services.chain_watch import silence_of


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.Unreachable("chain_unreachable", "the node does not answer"), FindingKind.CHAIN_SILENT),
        (errors.ChainMismatch("chain_stale", "the newest block is too old"), FindingKind.CHAIN_SILENT),
        (errors.ChainMismatch("chain_went_back", "the chain is shorter than it was"), FindingKind.CHAIN_BEHIND),
        (errors.ChainMismatch("genesis_other", "the chain begins with another block"), FindingKind.CHAIN_OTHER),
        (errors.ChainMismatch("chain_answer_wrong", "something else than bytes"), FindingKind.CHAIN_OTHER),
    ],
)
def test_silence_of_tells_a_silent_chain_from_one_that_must_not_be_believed(
    error: errors.Unreachable, kind: FindingKind
) -> None:
    assert silence_of(error) is kind
