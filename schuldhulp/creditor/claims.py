"""The client with which a creditor hands in claims and follows them."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from schuldhulp.creditor.claims_access import ClaimAccess, Connect
from schuldhulp.creditor.claims_chain import ClaimOnChain, RegisterView
from schuldhulp.creditor.claims_mailbox import Collected, Mailbox
from schuldhulp.creditor.claims_reading import ClaimReading
from schuldhulp.creditor.claims_setup import SetUp, set_up_account
from schuldhulp.creditor.claims_state import ClaimState, newest_receipt
from schuldhulp.creditor.claims_steps import Step, StepKind, StepState
from schuldhulp.creditor.claims_under_way import UnderWay
from schuldhulp.creditor.claims_work import ClaimWork, municipality_of
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.lists.patience import Patience
from schuldhulp.creditor.notices import NoticeBox
from schuldhulp.creditor.patient_node import SECONDS, PatientNode
from schuldhulp.creditor.registry import MAX_AGE
from schuldhulp.creditor.transactions import Transactions
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.claim_journal import JournalKey
from schuldhulp.crypto.claims import claim_commitment
from schuldhulp.crypto.sealed import OpeningKey
from schuldhulp.domain.claims import Claim, ClaimContents, RefusalReason, is_other_person
from schuldhulp.domain.records import NO_COMMITMENT
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode, Salt
from schuldhulp.errors import Conflict, InvalidInput, Misconfigured, NotAllowed, NotFound, SchuldhulpError
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.services.clock import SystemClock
from schuldhulp.services.ports import Clock

SEND_AGAIN: Final = frozenset({RefusalReason.CONTENTS_MISSING, RefusalReason.UNDECRYPTABLE})
"""Refusals after which the same contents may be delivered once more."""


class ClaimClient:
    """Hands in claims in the name of one organisation. Use it as a context manager, or close it.

    Every method can be repeated after any failure, also after the process was killed: what was begun is finished, and
    nothing is done twice. Contents are sealed here; neither the chain nor the evaluator can read them.
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
        """Open the journal; nothing is sent yet.

        Args:
            deployment_file: ``deployments/<network>.json``, from the municipality.
            chain_url: JSON-RPC address of a node.
            organisation: KvK number under which the organisation was admitted.
            account: its account, which files the claims and pays for it.
            messages: opens what the municipality seals to the organisation; also encrypts the journal.
            folder: keeps journal, receipts and the highest block seen; to be kept between runs, and in the backup.
            max_age: how old the newest block may be.
            clock: tells the time; by default this machine's clock.
            connect: opens the channel to a municipality's evaluator; over HTTP by default.
            ca_file: PEM file with the only certificate authorities that are believed; the usual ones by default.
            tell: is told why and for how many seconds the node asks to wait.

        Raises:
            Misconfigured: the deployment file or the journal is missing or wrong.
            Conflict: another command works with this journal.
        """
        deployment = NetworkDeployment.load(deployment_file)
        patience = Patience(
            seconds=SECONDS, sleep=time.sleep, tell=tell or (lambda error, seconds: None), only_when_asked=True
        )
        node = PatientNode(chain_url, patience=patience, ca_file=ca_file)
        self._organisation = organisation
        self._messages = messages
        self._clock = clock or SystemClock()
        self._access = ClaimAccess(
            deployment=deployment,
            node=node,
            organisation=organisation,
            account=account,
            state_file=folder / "heads.json",
            max_age=max_age,
            clock=self._clock,
            connect=connect,
            ca_file=ca_file,
        )
        self._transactions = Transactions(node=node, chain_id=deployment.chain_id, key=account)
        self._journal = ClaimJournal(folder / "claims.sqlite", JournalKey.of(messages))
        self._mailbox = Mailbox(
            access=self._access, journal=self._journal, messages=messages, folder=folder / "receipts"
        )
        self._work = ClaimWork(
            journal=self._journal,
            transactions=self._transactions,
            deployment=deployment,
            municipalities=self._access.municipality,
            registers=self._access.register,
        )
        self._under_way = UnderWay(journal=self._journal, work=self._work, transactions=self._transactions)
        self._notices = NoticeBox(
            access=self._access,
            journal=self._journal,
            messages=messages,
            account=account,
            folder=folder / "notices",
            clock=self._clock,
        )
        self._reading = ClaimReading(
            journal=self._journal, messages=messages, account=account.address, clock=self._clock
        )

    def close(self) -> None:
        """Close the journal and let others in."""
        self._journal.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *exception: object) -> None:
        """Close."""
        self.close()

    @property
    def notices(self) -> NoticeBox:
        """The notices that municipalities sent, to read and to sign for."""
        return self._notices

    def set_up(self) -> SetUp:
        """Use up the account's first nonce and put its encryption key on chain; what is there already is left.

        Raises:
            NotAllowed: the account has no role yet, or cannot pay.
            Unreachable, ChainMismatch: the chain does not answer, or is another one.
        """
        return set_up_account(self._transactions, self._access, self._messages.public_key)

    def file(self, contents: ClaimContents) -> ClaimState:
        """File a claim and deliver its contents.

        Args:
            contents: what is claimed; the holder is this organisation.

        Returns:
            Its state; also when it was filed with the same contents before.

        Raises:
            Conflict: a claim with this original creditor and reference is open already.
            NotAllowed: no role, no encryption key, or the account cannot pay.
            SchuldhulpError: chain or evaluator do not answer, or are not the ones they should be.
        """
        claim_id = self._prepare(contents)
        register, last = self._access.register(), self._last(claim_id)
        on_chain = register.claim(claim_id)
        if last is not None and not last.state.is_over:
            if _is_same(last, StepKind.FILE, contents, on_chain):
                self._work.finish(last)
                return self.state(claim_id)
            self._drop(last)
        if self._is_current(claim_id, contents, on_chain):
            self._deliver_again(claim_id, on_chain)
            return self.state(claim_id)
        if on_chain.status.is_open:
            mine = on_chain.holder == self._transactions.address
            advice = "amend it" if mine else "another creditor holds it"
            raise Conflict(
                "claim_still_open", f"a claim with this original creditor and reference is open already; {advice}"
            )
        self._require_may_hand_in(register, contents)
        return self._hand_in(StepKind.FILE, claim_id, 1, NO_COMMITMENT, contents)

    def amend(self, contents: ClaimContents) -> ClaimState:
        """Replace the contents of an open claim that has not been decided on; also renews its statement.

        Args:
            contents: all of them, as they are to be from now on; original creditor and reference name the claim.

        Returns:
            Its state; also when it says this already.

        Raises:
            Conflict: no such claim, or it was decided on or closed.
            NotAllowed: another account holds it, and as `file`.
            SchuldhulpError: as `file`.
        """
        claim_id = self._prepare(contents)
        register, last = self._access.register(), self._last(claim_id)
        on_chain = register.claim(claim_id)
        if last is not None and not last.state.is_over:
            if _is_same(last, StepKind.AMEND, contents, on_chain):
                self._work.finish(last)
                return self.state(claim_id)
            self._drop(last)
        if self._is_current(claim_id, contents, on_chain):
            self._deliver_again(claim_id, on_chain)
            return self.state(claim_id)
        self._require_may_hand_in(register, contents)
        current = self._version(claim_id, on_chain.commitment)
        version = current.version if current is not None else register.version(claim_id)
        if version == 0:
            raise Conflict("claim_unknown", "no claim stands on chain under this id; file it")
        if current is not None and is_other_person(current.contents.debtor, contents.debtor):
            raise InvalidInput(
                "debtor_other",
                "debtor: this would become a claim on another person; withdraw it and file another",
                field="debtor",
            )
        return self._hand_in(StepKind.AMEND, claim_id, version + 1, on_chain.commitment, contents)

    def withdraw(self, claim_id: ClaimId) -> ClaimState:
        """Take an open claim back.

        Raises:
            Conflict: it is not open.
            NotAllowed: another account holds it, or this one cannot pay.
            SchuldhulpError: the chain does not answer, or is another one.
        """
        return self._step(StepKind.WITHDRAW, claim_id, None)

    def hand_over(self, claim_id: ClaimId, holder: str) -> ClaimState:
        """Pass an open claim on to another creditor of the same municipality.

        Args:
            claim_id: the claim.
            holder: checksummed address of the receiving account.

        Raises:
            Conflict: it is not open.
            NotAllowed: another account holds it, the receiver is no creditor there, or this account cannot pay.
            SchuldhulpError: the chain does not answer, or is another one.
        """
        return self._step(StepKind.HAND_OVER, claim_id, holder)

    def go_on(self, claim_id: ClaimId) -> ClaimState:
        """Take the step with a claim that was begun and is not over, as if it were asked for once more.

        Returns:
            Its state; also when nothing was left to do.

        Raises:
            SchuldhulpError: as the method of that step.
        """
        step = next((one for one in reversed(self._journal.steps(claim_id)) if not one.state.is_over), None)
        if step is None:
            return self.state(claim_id)
        if step.kind is StepKind.WITHDRAW:
            return self.withdraw(claim_id)
        if step.kind is StepKind.HAND_OVER and step.holder is not None:
            return self.hand_over(claim_id, step.holder)
        if step.claim is None:
            raise Misconfigured("journal_invalid", "a step of the journal lacks its contents", field="journal")
        return (self.file if step.kind is StepKind.FILE else self.amend)(step.claim.contents)

    def resume(self) -> tuple[str, ...]:
        """Finish what has left this machine: signed transactions, and contents of what stands on chain.

        What was begun and never signed waits for its own command. A step that the chain has lost again, because it
        was thrown back by some blocks, is sent anew.

        Returns:
            Texts of the errors that stood in the way; none when nothing is left.
        """
        return self._under_way.resume(self._access.register().head.number)

    def list(self) -> Sequence[ClaimState]:
        """Return all claims that this journal knows, in the order in which they were first handed in."""
        # Where there is nothing, the chain need not be asked.
        return self._reading.list(self._access.register()) if self.known() else []

    def known(self) -> Sequence[ClaimId]:
        """Return the ids of all claims that this journal knows; the chain is not asked."""
        return self._reading.known()

    def state(self, claim_id: ClaimId) -> ClaimState:
        """Return the state of one claim."""
        return self._reading.state(self._access.register(), claim_id)

    def contents(self, claim_id: ClaimId) -> ClaimContents:
        """Return the contents that this creditor handed in last.

        Raises:
            NotFound: it never handed in any.
        """
        return self._reading.contents(claim_id)

    def receipts(self, claim_id: ClaimId) -> Sequence[str]:
        """Return the receipts of a claim as their files hold them, JSON, oldest first; the chain is not asked."""
        return self._reading.receipts(claim_id)

    def collect(self) -> Collected:
        """Fetch what the municipalities sent, check it, keep receipts as files, and acknowledge it.

        Raises:
            SchuldhulpError: chain or evaluator do not answer, or are not the ones they should be.
        """
        return self._mailbox.collect(self._municipalities())

    # --- steps ---

    def _prepare(self, contents: ClaimContents) -> ClaimId:
        """Check whose claim it is, compute its id, and finish what is under way."""
        if contents.holder.kvk != self._organisation:
            raise NotAllowed(
                "holder_other", "holder.kvk: a claim is handed in by its holder, and that is you", field="holder.kvk"
            )
        # A chain that is not the deployed one gets no transaction, not even one that was signed before.
        self._access.register()
        self._work.require_ready()
        claim_id = self._access.claim_id(contents, self._journal)
        self._under_way.finish_others(claim_id)
        return claim_id

    def _hand_in(
        self, kind: StepKind, claim_id: ClaimId, version: int, replaces: Commitment, contents: ClaimContents
    ) -> ClaimState:
        claim = Claim(
            claim_id=claim_id,
            version=version,
            replaces=replaces,
            salt=Salt(secrets.token_bytes(32)),
            contents=contents,
        )
        step = self._journal.begin(
            kind, claim_id, began_at=self._clock.now(), claim=claim, commitment=claim_commitment(claim)
        )
        try:
            self._work.finish(step)
        finally:
            self._under_way.drop_replaced(claim_id)
        return self.state(claim_id)

    def _drop(self, step: Step) -> None:
        """Give up a step of which nothing has left this machine; what stands on chain still has to be delivered."""
        if step.state is StepState.BEGUN:
            self._journal.advance(step, StepState.FAILED, failure="superseded")

    def _step(self, kind: StepKind, claim_id: ClaimId, holder: str | None) -> ClaimState:
        # A chain that is not the deployed one gets no transaction, not even one that was signed before.
        self._access.register()
        self._work.require_ready()
        self._under_way.finish_others(claim_id)
        last = self._last(claim_id)
        on_chain = self._access.register().claim(claim_id)
        if last is not None and last.state is StepState.BEGUN:
            self._journal.advance(last, StepState.FAILED, failure="superseded")
            # Begun and never sent, for want of money say: to take it back is to drop it.
            if kind is StepKind.WITHDRAW and last.kind is StepKind.FILE and not on_chain.status.is_open:
                return self.state(claim_id)
        # Repeating what was done is no mistake, unless it was filed or handed back since.
        if last is not None and last.state is StepState.DONE and last.kind is kind:
            gone = not on_chain.status.is_open if kind is StepKind.WITHDRAW else on_chain.holder == holder
            if gone:
                return self.state(claim_id)
        self._work.finish(self._journal.begin(kind, claim_id, began_at=self._clock.now(), holder=holder))
        return self.state(claim_id)

    def _deliver_again(self, claim_id: ClaimId, on_chain: ClaimOnChain) -> None:
        """Deliver the same contents when they never were, or a receipt says that they did not come or did not open."""
        step = next(one for one in reversed(self._journal.steps(claim_id)) if one.commitment == on_chain.commitment)
        if step.delivered_at is None:
            self._work.finish(self._journal.advance(step, StepState.MINED, failure=None))
            return
        receipt = newest_receipt(self._journal.messages(claim_id), on_chain.commitment, step.message)
        if receipt is None or receipt.reason not in SEND_AGAIN or step.state is not StepState.DONE:
            return
        since = step.delivered_at is not None and step.delivered_at > receipt.received_at
        if receipt.message == step.message or (not any(receipt.message) and not since):
            self._work.finish(self._journal.advance(step, StepState.MINED, sealed=None, sealed_to=None))

    def _require_may_hand_in(self, register: RegisterView, contents: ClaimContents) -> None:
        account, municipality = self._transactions.address, contents.municipality
        if not register.is_creditor(account, municipality):
            raise NotAllowed("no_role", "this account is no creditor of the municipality; ask it for admission")
        if register.encryption_key(account) != self._messages.public_key:
            raise Misconfigured(
                "account_not_set_up", "your encryption key does not stand on chain: run `schuldhulp claim set-up` first"
            )
        if contents.debtor.bsn is not None and not register.may_use_bsn(account, municipality):
            raise NotAllowed(
                "bsn_not_allowed",
                "debtor.bsn: this account may not process citizen service numbers",
                field="debtor.bsn",
            )
        state, _ = self._access.municipality(municipality)
        if not any(state.claim_key):
            raise NotFound("claim_key_missing", "this municipality takes no claims yet: it has no claim key on chain")

    # --- reading ---

    def _municipalities(self) -> Sequence[MunicipalityCode]:
        own = self._access.deployment.municipality
        found = {municipality_of(claim_id) for claim_id in self.known()}
        return sorted(found | ({own} if own is not None else set()))

    def _last(self, claim_id: ClaimId) -> Step | None:
        steps = [step for step in self._journal.steps(claim_id) if step.state is not StepState.FAILED]
        return steps[-1] if steps else None

    def _version(self, claim_id: ClaimId, commitment: Commitment) -> Claim | None:
        steps = (step for step in self._journal.steps(claim_id) if step.commitment == commitment)
        return next((step.claim for step in steps), None)

    def _is_current(self, claim_id: ClaimId, contents: ClaimContents, on_chain: ClaimOnChain) -> bool:
        """Say whether this creditor holds the claim and it says just this already."""
        claim = self._version(claim_id, on_chain.commitment)
        is_own = on_chain.status.is_open and on_chain.holder == self._transactions.address
        return is_own and claim is not None and is_same_contents(claim.contents, contents)


def is_same_contents(one: ClaimContents, other: ClaimContents) -> bool:
    """Say whether two contents differ in nothing but when they were sent."""
    return dataclasses.replace(one, sent_at=other.sent_at) == other


def _is_same(step: Step, kind: StepKind, contents: ClaimContents, on_chain: ClaimOnChain) -> bool:
    """Say whether a step that was begun is the one that is asked for, and can still be taken."""
    if step.kind is not kind or step.claim is None or not is_same_contents(step.claim.contents, contents):
        return False
    return kind is StepKind.FILE or step.claim.replaces == on_chain.commitment
