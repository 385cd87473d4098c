"""The evaluator's keys of epochs: made before an epoch is announced, destroyed once it was retired.

Both happen on the evaluator's machine, with its keyring and ``public.json`` and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.voprf import public_key
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import Conflict, InvalidInput
from schuldhulp.services.keys import read_public_keys, write_public_keys
from schuldhulp.services.ports import MunicipalityState


def add_epoch(folder: Path, epoch: Epoch, *, private: bool = False) -> tuple[bytes, bytes]:
    """Make the keys of an epoch; can be repeated, also after it was cut short.

    Args:
        folder: folder of the evaluator's keyring and ``public.json``.
        epoch: its number.
        private: refuse files that others can read.

    Returns:
        The public keys, BSN first, for ``announceEpoch``.

    Raises:
        InvalidInput: not the number of an epoch.
        Misconfigured: a file is missing, damaged, or cannot be written.
    """
    if not 1 <= epoch < 2**32:
        raise InvalidInput("epoch_invalid", "an epoch is 1 to 4294967295", field="epoch")
    read_public_keys(folder)  # Without it nobody could announce what is made here.
    keys = EvaluatorKeys.open(folder, private=private)
    if epoch not in keys.epochs:
        keys.add_epoch(epoch)
    _publish(folder, keys)
    return keys.public_keys(epoch)


def epochs_to_destroy(
    folder: Path, state: MunicipalityState, *, before: Epoch, private: bool = False
) -> tuple[Epoch, ...]:
    """Tell which epochs' keys may be destroyed.

    Args:
        folder: folder of the evaluator's keyring.
        state: the epochs on the chain.
        before: only those before this one; 0 for all that were retired.
        private: refuse files that others can read.

    Returns:
        The epochs with keys here, ascending.

    Raises:
        Conflict: an epoch before ``before`` is not retired.
        Misconfigured: the keyring is missing or damaged.
    """
    if before > state.oldest_epoch:
        raise Conflict(
            "epoch_still_open",
            f"epoch {state.oldest_epoch} is still open on the chain: retire it first (brownie run epochs retire)",
            field="before",
            epoch=state.oldest_epoch,
        )
    keys = EvaluatorKeys.open(folder, private=private)
    return tuple(epoch for epoch in keys.epochs if epoch < (before or state.oldest_epoch))


def destroy_epochs(folder: Path, epochs: Sequence[Epoch], *, private: bool = False) -> None:
    """Destroy the keys of epochs, for good; can be repeated, also after it was cut short.

    Args:
        folder: folder of the evaluator's keyring and ``public.json``.
        epochs: as `epochs_to_destroy` gave them.
        private: refuse files that others can read.

    Raises:
        Misconfigured: a file is missing, damaged, or cannot be written.
    """
    keys = EvaluatorKeys.open(folder, private=private)
    for epoch in epochs:
        if epoch in keys.epochs:
            keys.destroy_epoch(epoch)
    _publish(folder, keys)


def _publish(folder: Path, keys: EvaluatorKeys) -> None:
    public = read_public_keys(folder)
    epochs = {epoch: keys.public_keys(epoch) for epoch in keys.epochs}
    # A file from before the claim-id key was published is completed on the way.
    write_public_keys(folder, replace(public, evaluator_keys=epochs, claim_id_key=public_key(keys.claim_id)))
