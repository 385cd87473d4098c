"""The client with which an admitted party sends statements about clients who consented to that."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from schuldhulp.creditor.claims_access import ClaimAccess, Connect
from schuldhulp.creditor.claims_chain import CONTRACT
from schuldhulp.creditor.claims_mailbox import Mailbox
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.lists.patience import Patience
from schuldhulp.creditor.patient_node import SECONDS, PatientNode
from schuldhulp.creditor.registry import MAX_AGE
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.creditor.statement_file import SentStatement, StatementFile
from schuldhulp.creditor.statement_receipts import answer_from_plain, message_of
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.claim_journal import JournalKey
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.crypto.statements import seal_statement, statement_digest, statement_document
from schuldhulp.domain.acknowledgements import SignedAcknowledgement
from schuldhulp.domain.statement_refusals import SignedRefusal
from schuldhulp.domain.statements import Statement
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput, Misconfigured, NotAllowed, NotFound, SchuldhulpError
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.services.claims.ports import MUNICIPALITY, MessageKind
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.ports import Clock

LATE: Final = timedelta(hours=4)
"""Time after which a statement without a receipt is worth a question: the worker looks every minute."""


@dataclass(frozen=True, kw_only=True)
class StatementStanding:
    """Where a statement stands, as far as its sender learns: it came in. What becomes of it is the client's.

    Attributes:
        statement: what was sent.
        message: hash of what was delivered, None while it was not.
        delivered_at: when the evaluator took it, UTC.
        receipt: the municipality's signature that it came and opened; None while there is none.
        refusal: the municipality's signature that the message cannot be used, and why; None where there is none.
        is_late: whether a receipt should have come by now.
    """

    statement: Statement
    message: bytes | None
    delivered_at: datetime | None
    receipt: SignedAcknowledgement | None
    refusal: SignedRefusal | None = None
    is_late: bool


class StatementClient:
    """Sends statements in the name of one organisation. Use it as a context manager, or close it.

    Every method can be repeated after any failure, also after the process was killed: what was begun is finished, and
    nothing is sent twice. Statements are sealed here; the evaluator cannot read them.
    """

    def __init__(
        self,
        *,
        deployment_file: Path,
        chain_url: str,
        organisation: str,
        account: AccountKey,
        messages: OpeningKey,
        folder: Path,
        max_age: timedelta = MAX_AGE,
        clock: Clock | None = None,
        connect: Connect | None = None,
        ca_file: Path | None = None,
        tell: Callable[[SchuldhulpError, float], None] | None = None,
    ) -> None:
        """Open the files; nothing is sent yet.

        Args:
            deployment_file: ``deployments/<network>.json``, from the municipality.
            chain_url: JSON-RPC address of a node.
            organisation: KvK number under which the organisation was admitted.
            account: its account.
            messages: opens what the municipality seals to the organisation; also encrypts what is kept here.
            folder: the folder of `ClaimClient`: claims and statements have one mailbox.
            max_age: how old the newest block may be.
            clock: tells the time; by default this machine's clock.
            connect: opens the channel to a municipality's evaluator; over HTTP by default.
            ca_file: PEM file with the only certificate authorities that are believed; the usual ones by default.
            tell: is told why and for how many seconds the node asks to wait.

        Raises:
            Misconfigured: the deployment file or a file of the folder is missing or wrong.
            Conflict: another command works with this folder.
        """
        patience = Patience(
            seconds=SECONDS, sleep=time.sleep, tell=tell or (lambda error, seconds: None), only_when_asked=True
        )
        self._organisation = organisation
        self._messages = messages
        self._sign = digest_signer(account)
        self._clock = clock or SystemClock()
        self._access = ClaimAccess(
            deployment=NetworkDeployment.load(deployment_file),
            node=PatientNode(chain_url, patience=patience, ca_file=ca_file),
            organisation=organisation,
            account=account,
            state_file=folder / "heads.json",
            max_age=max_age,
            clock=self._clock,
            connect=connect,
            ca_file=ca_file,
        )
        key = JournalKey.of(messages)
        # First of all: as long as it is open, no other run works in this folder.
        self._journal = ClaimJournal(folder / "claims.sqlite", key)
        try:
            self._file = StatementFile(folder / "statements.sqlite", key)
        except SchuldhulpError:
            self._journal.close()
            raise
        self._mailbox = Mailbox(
            access=self._access, journal=self._journal, messages=messages, folder=folder / "receipts"
        )

    def close(self) -> None:
        """Close the files and let others in."""
        self._file.close()
        self._journal.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close."""
        self.close()

    def send(self, statement: Statement, *, again: bool = False) -> StatementStanding:
        """Sign a statement, seal and deliver it. What was sent before, word for word, is not sent again unless refused.

        Args:
            statement: what to send.
            again: send it also when the same was sent before, because the municipality asked for that.

        Returns:
            Where it stands.

        Raises:
            InvalidInput: it is in the name of another organisation.
            Misconfigured: the account was not set up (`ClaimClient.set_up`): no receipt could be sealed to it.
            NotAllowed: the account has no role there, or may not use a BSN.
            NotFound: the municipality takes nothing yet.
            Unreachable, ChainMismatch: chain or evaluator do not answer; `resume` goes on.
        """
        if statement.sender.kvk != self._organisation:
            raise InvalidInput("sender_other", "sender.kvk: send in your own name", field="sender.kvk")
        self._require_may_send(statement)
        refused = {message for message, answer in self._answers().items() if isinstance(answer, SignedRefusal)}
        before = [one for one in self._file.all() if _same(one.statement, statement) and one.message not in refused]
        # What never arrived is finished in any case.
        known = next((one for one in before if not again or one.delivered_at is None), None)
        kept = known or self._file.begin(statement)
        self._deliver(kept)
        return next(one for one in self.list() if one.statement.statement_id == kept.statement.statement_id)

    def resume(self) -> tuple[str, ...]:
        """Deliver what was begun and did not arrive.

        Returns:
            Texts of the errors that stood in the way; none when nothing is left.
        """
        problems = []
        for kept in self._file.all():
            try:
                self._deliver(kept)
            except SchuldhulpError as error:
                problems.append(str(error))
        return tuple(problems)

    def collect(self) -> tuple[str, ...]:
        """Fetch receipts and refusals, and whatever else is in the mailbox.

        Returns:
            Keys of what is wrong with messages that cannot be used.

        Raises:
            SchuldhulpError: chain or evaluator do not answer, or are not the ones they should be.
        """
        return self._mailbox.collect(sorted(self._municipalities())).problems

    def list(self) -> Sequence[StatementStanding]:
        """Return the statements, oldest first; nobody is asked."""
        answers, now = self._answers(), self._clock.now()
        found = []
        for kept in self._file.all():
            answer = answers.get(kept.message) if kept.message else None
            late = kept.delivered_at is not None and now - kept.delivered_at > LATE
            found.append(
                StatementStanding(
                    statement=kept.statement,
                    message=kept.message,
                    delivered_at=kept.delivered_at,
                    receipt=answer if isinstance(answer, SignedAcknowledgement) else None,
                    refusal=answer if isinstance(answer, SignedRefusal) else None,
                    is_late=answer is None and late,
                )
            )
        return found

    def _deliver(self, kept: SentStatement) -> None:
        if kept.delivered_at is not None:
            return
        statement = kept.statement
        state, channel = self._access.municipality(statement.municipality)
        if not any(state.claim_key):
            raise NotFound("claim_key_missing", "this municipality takes nothing yet: it has no claim key on chain")
        sealed = kept.sealed
        if sealed is None or kept.sealed_to != state.claim_key:
            sealed = seal_statement(state.claim_key, statement, self._signature(statement))
            self._file.seal(statement.statement_id, sealed=sealed, sealed_to=state.claim_key)
        delivered = channel.deliver(MessageKind.STATEMENT, statement.statement_id, MUNICIPALITY, sealed)
        self._file.delivered(statement.statement_id, message=delivered.message, at=delivered.received_at)

    def _signature(self, statement: Statement) -> bytes:
        deployment = self._access.deployment
        digest = statement_digest(
            statement_document(statement),
            chain_id=deployment.chain_id,
            claim_register=deployment.contract(CONTRACT).address,
        )
        return self._sign(digest)

    def _require_may_send(self, statement: Statement) -> None:
        register, account = self._access.register(), self._access.account
        if not register.is_creditor(account, statement.municipality):
            raise NotAllowed("no_role", "this account was not admitted by the municipality; ask it for admission")
        if register.encryption_key(account) != self._messages.public_key:
            raise Misconfigured(
                "account_not_set_up", "your encryption key does not stand on chain: run `schuldhulp claim set-up` first"
            )
        if statement.client.bsn is not None and not register.may_use_bsn(account, statement.municipality):
            raise NotAllowed(
                "bsn_not_allowed",
                "client.bsn: this account may not process citizen service numbers",
                field="client.bsn",
            )

    def _answers(self) -> dict[bytes, SignedAcknowledgement | SignedRefusal]:
        """Return the right receipts and refusals by the message that they are about."""
        found: dict[bytes, SignedAcknowledgement | SignedRefusal] = {}
        for kept in self._journal.messages():
            if kept.kind == MessageKind.STATEMENT_RECEIPT and kept.problem is None and kept.document:
                answer = answer_from_plain(json.loads(kept.document))
                found[message_of(answer)] = answer
        return found

    def _municipalities(self) -> Iterable[MunicipalityCode]:
        own = self._access.deployment.municipality
        found = {kept.statement.municipality for kept in self._file.all()}
        return found if own is None else {MunicipalityCode(own), *found}


def _same(one: Statement, other: Statement) -> bool:
    return dataclasses.replace(one, statement_id=other.statement_id, sent_at=other.sent_at) == other
