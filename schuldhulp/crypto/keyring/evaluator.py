"""The keys of the evaluator, which come and go with the epochs."""

from __future__ import annotations

import re

from schuldhulp.crypto.keyring.process import RefreshedKeys
from schuldhulp.crypto.secret import require_distinct
from schuldhulp.crypto.voprf import VoprfKey, public_key
from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.types import Epoch
from schuldhulp.errors import InvalidInput, Misconfigured


class EvaluatorKeys(RefreshedKeys):
    """Keys of the evaluator: two for each epoch, and the standing one for claim ids.

    Attributes:
        claim_id: key under which claim ids are computed.
    """

    purpose = "evaluator"

    claim_id: VoprfKey

    _voprf: dict[tuple[int, int], VoprfKey]

    def _read(self) -> None:
        self.claim_id = VoprfKey(self._keyring.get("claim-id"))
        voprf: dict[tuple[int, int], VoprfKey] = {}
        for name in self._keyring.names:
            match = re.fullmatch(r"voprf/(\d+)/(\d+)", name)
            if match:
                voprf[int(match[1]), int(match[2])] = VoprfKey(self._keyring.get(name))
        require_distinct(self.claim_id, *voprf.values())
        self._voprf = voprf

    @property
    def epochs(self) -> tuple[Epoch, ...]:
        """Epochs with keys, ascending."""
        return tuple(Epoch(epoch) for epoch in sorted({epoch for epoch, _ in self._voprf}))

    def voprf(self, epoch: Epoch, kind: IdentifierKind) -> VoprfKey | None:
        """Give the key of an epoch and kind; None when there is none, or no longer."""
        return self._voprf.get((epoch, kind))

    def public_keys(self, epoch: Epoch) -> tuple[bytes, bytes]:
        """Give the public keys of an epoch, BSN first, as the registry holds them.

        Raises:
            Misconfigured: there are no keys of this epoch.
        """
        keys = [self.voprf(epoch, kind) for kind in IdentifierKind]
        bsn, nadb = (None if key is None else public_key(key) for key in keys)
        if bsn is None or nadb is None:
            raise Misconfigured("epoch_unknown", f"the evaluator keyring has no keys of epoch {epoch}", epoch=epoch)
        return bsn, nadb

    def add_epoch(self, epoch: Epoch) -> tuple[bytes, bytes]:
        """Make the keys of an epoch and store them.

        Args:
            epoch: 1 to 2**32 - 1; without keys so far.

        Returns:
            The public keys, BSN first, for ``announceEpoch``.

        Raises:
            InvalidInput: not the number of an epoch.
            Misconfigured: this epoch has keys already, or the file cannot be written.
        """
        if not 1 <= epoch < 2**32:
            raise InvalidInput("epoch_invalid", "an epoch is 1 to 4294967295", field="epoch")
        self._keyring.change(add=epoch_keys(epoch))
        self._read()
        return self.public_keys(epoch)

    def destroy_epoch(self, epoch: Epoch) -> None:
        """Destroy the keys of an epoch, and with them the link between its tags and persons.

        Args:
            epoch: an epoch with keys.

        Raises:
            Misconfigured: there are no keys of this epoch, or the file cannot be written.
        """
        self._keyring.change(destroy=tuple(_voprf_name(epoch, kind) for kind in IdentifierKind))
        self._read()


def epoch_keys(epoch: Epoch) -> dict[str, bytes]:
    """Draw the evaluator's keys of an epoch, by their names in the keyring."""
    return {_voprf_name(epoch, kind): VoprfKey.generate().reveal() for kind in IdentifierKind}


def _voprf_name(epoch: Epoch, kind: IdentifierKind) -> str:
    return f"voprf/{epoch}/{kind.value}"
