"""Checks a list of proofs of notices: offline by itself, and on request against the ledger."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_utils.crypto import keccak

from schuldhulp.creditor.signer_history import signer_terms, was_signer
from schuldhulp.errors import InvalidInput, Unreachable
from schuldhulp.node.answers import block_of
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.logs import logs_between
from schuldhulp.node.rpc import JsonRpc, Refusal
from schuldhulp.services.notices.proofs import ProofList, VerifiedNotice, proofs_from_plain, verify_proofs
from schuldhulp.services.ports import Head

MAX_FILE: Final = 64 * 1024 * 1024

_COMMITTED: Final = keccak(text="DossierCommitted(bytes32,bytes32,bytes32)")


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedList:
    """What a list proves.

    Attributes:
        proofs: the list.
        notices: what it proves of each notice.
        block: the block in which the ledger got the root; None when nobody asked the chain, or it never did.
        asked: whether the chain was asked.
        strangers: accounts that signed notices for the municipality, of which nobody knows that they were its receipt
            signer then: not the chain, or, when it was not asked, not the deployment file.
    """

    proofs: ProofList
    notices: tuple[VerifiedNotice, ...]
    block: Head | None
    asked: bool
    strangers: tuple[str, ...] = ()


class ProofVerifier:
    """Checks lists of proofs; it needs no keys."""

    def __init__(
        self, deployment: NetworkDeployment, *, chain: tuple[JsonRpc, Callable[[], Head]] | None = None
    ) -> None:
        """Take what signatures are bound to.

        Args:
            deployment: the deployment file, from the municipality or from whoever checks.
            chain: a node and what gives its newest block, everything about it checked; None asks nobody.
        """
        self._deployment = deployment
        self._chain = chain

    def verify(self, plain: object) -> CheckedList:
        """Check a list.

        Args:
            plain: the decoded JSON.

        Raises:
            InvalidInput: it is no list of proofs.
            ProofInvalid: something in it does not hold.
            Unreachable: the chain was to be asked and does not answer.
        """
        found = proofs_from_plain(plain)
        notices = verify_proofs(
            found,
            chain_id=self._deployment.chain_id,
            claim_register=self._deployment.contract("ClaimRegister").address,
        )
        return CheckedList(
            proofs=found,
            notices=tuple(notices),
            block=self._committed_at(found),
            asked=self._chain is not None,
            strangers=tuple(sorted(self._strangers(found))),
        )

    def _strangers(self, found: ProofList) -> set[str]:
        sent = [(one.sender, one.sent_at) for one in found.notices if one.sent_signature and one.sent_at]
        if not sent:
            return set()
        if self._chain is None:
            own = self._deployment.municipality == found.municipality and self._deployment.receipt_signer
            return {sender for sender, _ in sent if sender != own}
        node, head = self._chain
        terms = signer_terms(found.municipality, deployment=self._deployment, node=node, head=head())
        return {sender for sender, moment in sent if not was_signer(terms, sender, moment)}

    def _committed_at(self, found: ProofList) -> Head | None:
        """Return the block in which the ledger of the deployment file got the root of the list."""
        if self._chain is None:
            return None
        node, head = self._chain
        newest = head()
        logs = logs_between(
            node.batch,
            address=self._deployment.contract("ObligationLedger").address,
            topics=[["0x" + _COMMITTED.hex()], ["0x" + found.dossier.hex()]],
            first=self._deployment.block,
            last=newest.number,
        )
        committed = next((log for log in logs if log.data[32:64] == found.root), None)
        if committed is None:
            return None
        (answer,) = node.batch([("eth_getBlockByNumber", (hex(committed.block_number), False))])
        if isinstance(answer, Refusal) or answer is None:
            raise Unreachable("chain_refused", "the node does not give the block of the root")
        return block_of(answer)


def read_proofs(path: Path) -> Any:
    """Read the file of a list.

    Raises:
        InvalidInput: it is not there, too large or not JSON.
    """
    try:
        if path.stat().st_size > MAX_FILE:
            raise InvalidInput("proofs_invalid", "the file is too large for a list of proofs", field="file")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InvalidInput("proofs_invalid", "the file is missing or is not JSON", field="file") from error
