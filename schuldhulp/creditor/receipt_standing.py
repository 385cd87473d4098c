"""Whose signature a receipt bears: what this creditor knows of the signer by itself, and not from the receipt's file.

Whoever writes a file can write any signer into it. So the signer is compared with what this creditor read from the
registry and kept in its journal when the receipt came in; with the account that the deployment file names; or, online,
with the registry at the block that the receipt names.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from eth_account import Account

from schuldhulp.creditor.claims_receipts import FORMAT, CheckedReceipt, signer_at, verify_receipt
from schuldhulp.errors import Conflict, Misconfigured, ProofInvalid, Unreachable
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.ports import Head


class Standing(StrEnum):
    """From where it is known that an account was the municipality's receipt signer."""

    CHAIN = "chain"
    """From the registry, just now, at the block that the receipt names."""
    JOURNAL = "journal"
    """From the registry, when the receipt came in; this creditor's own journal kept it."""
    DEPLOYMENT = "deployment"
    """From the deployment file; it says which account, and not from when until when."""
    FILE = "file"
    """From nowhere: the receipt's file says so itself."""


@dataclass(frozen=True, kw_only=True)
class StandingReceipt:
    """A receipt whose signature holds.

    Attributes:
        checked: the receipt; its block is the one at which the signer was read, and only what the file says where the
            standing is `Standing.FILE` or `Standing.DEPLOYMENT`.
        standing: from where the signer is known.
        is_own: whether one of this creditor's accounts is the holder that the receipt names; None when there is no
            journal to tell.
        is_replaced: whether the registry names another signer by now; None when it was not asked.
    """

    checked: CheckedReceipt
    standing: Standing
    is_own: bool | None
    is_replaced: bool | None = None

    @property
    def is_proved(self) -> bool:
        """Whether the signer is known and the receipt is not somebody else's."""
        return self.standing is not Standing.FILE and self.is_own is not False


class ReceiptVerifier:
    """Checks receipts that were kept."""

    def __init__(
        self,
        deployment: NetworkDeployment,
        *,
        journal: Path | None,
        chain: tuple[JsonRpc, Callable[[], Head]] | None = None,
    ) -> None:
        """Read what the journal knows.

        Args:
            deployment: what was deployed.
            journal: the journal of this creditor's claims; None, or a file that is not there, where it has none.
            chain: a node, and what checks its chain and gives its newest block; None to ask nobody.

        Raises:
            Conflict: another command works with the journal.
            Misconfigured: it cannot be read.
        """
        self._deployment = deployment
        self._chain = chain
        self._documents: list[dict[str, Any]] = []
        self._accounts: frozenset[str] = frozenset()
        if journal is not None and journal.exists():
            self._documents, self._accounts = _journal(journal)

    def verify(self, plain: object) -> StandingReceipt:
        """Check one.

        Args:
            plain: the decoded file.

        Raises:
            InvalidInput: it is no receipt.
            ProofInvalid: the signature does not hold, or the registry names another signer at that block.
            Unreachable: online, the node does not answer or has forgotten that block.
        """
        checked = verify_receipt(plain, self._deployment)
        receipt = checked.signed.receipt
        is_own = receipt.holder in self._accounts if self._accounts else None
        if self._chain is not None:
            return self._online(checked, is_own)
        signed = {name: value for name, value in checked.to_plain().items() if name in ("receipt", "signature")}
        for kept in self._documents:
            if kept["signer"] == checked.signer and signed == {name: kept[name] for name in signed}:
                block = kept["signerBlock"]
                known = replace(checked, block_number=block["number"], block_hash=bytes.fromhex(block["hash"]))
                return StandingReceipt(checked=known, standing=Standing.JOURNAL, is_own=is_own)
        named = self._deployment.municipality == receipt.municipality and self._deployment.receipt_signer
        standing = Standing.DEPLOYMENT if named == checked.signer else Standing.FILE
        return StandingReceipt(checked=checked, standing=standing, is_own=is_own)

    def _online(self, checked: CheckedReceipt, is_own: bool | None) -> StandingReceipt:
        assert self._chain is not None  # noqa: S101 - asked for by the caller
        node, heads = self._chain
        head, receipt = heads(), checked.signed.receipt
        number, block_hash = receipt.block_number, receipt.block_hash
        found = signer_at(self._deployment, node, receipt.municipality, number, block_hash)
        if found is None:
            raise Unreachable(
                "chain_refused", "the node does not know the block that the receipt names; ask one that keeps all state"
            )
        if found != checked.signer:
            raise ProofInvalid(
                "signer_other", "the registry names another receipt signer at the block of the receipt", field="signer"
            )
        return StandingReceipt(
            checked=replace(checked, block_number=number, block_hash=block_hash),
            standing=Standing.CHAIN,
            is_own=is_own,
            is_replaced=signer_at(self._deployment, node, receipt.municipality, head.number, head.hash) != found,
        )


def _journal(path: Path) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """Read receipts as they were checked, and the accounts that signed this creditor's transactions."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=0)) as database:
            documents = database.execute("SELECT document FROM receipts WHERE document IS NOT NULL").fetchall()
            sent = database.execute("SELECT raw FROM steps WHERE raw IS NOT NULL").fetchall()
        accounts = frozenset(str(Account.recover_transaction(raw)) for (raw,) in sent)
        # The journal keeps signatures under other messages too.
        read = (json.loads(document) for (document,) in documents)
        return [document for document in read if document.get("format") == FORMAT], accounts
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise Conflict(
                "journal_in_use", "another command works on this creditor's claims; wait until it is done"
            ) from error
        raise _wrong(path) from error
    except (sqlite3.DatabaseError, ValueError) as error:
        raise _wrong(path) from error


def _wrong(path: Path) -> Misconfigured:
    return Misconfigured("journal_invalid", f"the journal of claims, {path.name}, cannot be read", field="journal")
