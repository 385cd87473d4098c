"""Claims that an organisation's staff hand in and follow on the municipality's own pages.

The cockpit keeps the account that files them and the key that opens the answers. What is filled in goes sealed to the
credit bank, as from a creditor's own machine; here it stays in a journal that is encrypted under that key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import LogAction, LogStatus, Purpose
from schuldhulp.domain.claims import ClaimContents, contents_from_plain, contents_to_plain
from schuldhulp.domain.plain import Json
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.errors import InvalidInput, NotAdmitted, NotAllowed, NotFound, SchuldhulpError
from schuldhulp.services.admission import parse_account
from schuldhulp.services.creditor_pages.claim_views import (
    ClaimDesktop,
    ClaimFile,
    Filer,
    PageClaim,
    PageNotice,
)
from schuldhulp.services.creditor_pages.turns import IN_USE, Turns
from schuldhulp.services.ports import Clock, Store
from schuldhulp.services.processing_log import ProcessingLog

Answer = TypeVar("Answer")


class ClaimPages:
    """Hands in claims for organisations, and writes down that they did. One piece of work at a time for each."""

    def __init__(
        self,
        *,
        store: Store,
        log: ProcessingLog,
        clock: Clock,
        municipality: MunicipalityCode,
        turns: Turns,
        account: Callable[[str], str | None],
        may_use_bsn: Callable[[str], bool],
        organisations: Callable[[], Sequence[str]],
    ) -> None:
        """Take what it works with.

        Args:
            store: the main database.
            log: the processing log.
            clock: the time.
            municipality: which municipality takes the claims in.
            turns: opens the claims of an organisation, for one at a time.
            account: address of the account that hands in for an organisation; None: none does.
            may_use_bsn: whether that account may name a citizen service number, by its role on the chain.
            organisations: KvK numbers of all organisations with an account here.
        """
        self._store = store
        self._log = log
        self._clock = clock
        self._municipality = municipality
        self._turns = turns
        self._account = account
        self._may_use_bsn = may_use_bsn
        self._organisations = organisations
        self._ready: set[str] = set()

    def desktop(self, *, actor: Actor) -> ClaimDesktop:
        """Return what the pages offer an organisation now.

        Raises:
            NotAllowed: the actor does not hand in claims for an organisation.
            Misconfigured: the accounts cannot be read.
        """
        organisation = self._organisation(actor)
        account = self._account(organisation)
        if account is None:
            return ClaimDesktop(open=False, bsn=False, account="")
        try:
            bsn = self._may_use_bsn(organisation)
        except SchuldhulpError:
            # A chain that does not answer gives no right; handing in says what is wrong.
            bsn = False
        return ClaimDesktop(open=True, bsn=bsn, account=account)

    def read(self, *, actor: Actor, fields: Mapping[str, Json], base: ClaimContents | None = None) -> ClaimContents:
        """Build the contents of a claim from what was filled in; nothing is kept or sent.

        Args:
            actor: somebody of an organisation; it is the holder.
            fields: plain values by the names of `ClaimContents`, without municipality, holder and time.
            base: the contents that are amended; original creditor and reference stay as they are.

        Raises:
            NotAllowed: as `desktop`.
            InvalidInput: a field is missing or wrong; ``field`` names it.
        """
        organisation = self._organisation(actor)
        plain: dict[str, Json] = {
            **fields,
            "municipality": self._municipality,
            "holder": {"name": actor.name, "kvk": organisation},
            "sent_at": self._clock.now().replace(microsecond=0).isoformat(),
        }
        if base is not None:
            kept = contents_to_plain(base)
            plain |= {
                name: kept[name] for name in ("municipality", "original_creditor", "reference", "holder", "stage")
            }
        return contents_from_plain(plain)

    def file(self, *, actor: Actor, contents: ClaimContents) -> PageClaim:
        """File a claim and deliver its contents; the same once more changes nothing.

        Raises:
            NotAllowed: no right to hand in, no role on the chain, or the account cannot pay.
            NotAdmitted: the pages hand in nothing for this organisation.
            Conflict: a claim with this original creditor and reference is open already, or somebody else is at work.
            schuldhulp.errors.SchuldhulpError: as `ClaimClient.file`.
        """
        return self._act(actor, "file", lambda filer: filer.file(contents))

    def amend(self, *, actor: Actor, contents: ClaimContents) -> PageClaim:
        """Replace the contents of an open claim, which also renews its statement.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `file`, and as `ClaimClient.amend`.
        """
        return self._act(actor, "amend", lambda filer: filer.amend(contents))

    def withdraw(self, *, actor: Actor, claim_id: ClaimId) -> PageClaim:
        """Take an open claim back.

        Raises:
            NotFound: not a claim of this organisation.
            schuldhulp.errors.SchuldhulpError: as `file`, and as `ClaimClient.withdraw`.
        """
        return self._act(actor, "withdraw", lambda filer: filer.withdraw(_own(filer, claim_id)))

    def hand_over(self, *, actor: Actor, claim_id: ClaimId, holder: str) -> PageClaim:
        """Pass an open claim on to another creditor of the municipality.

        Args:
            actor: somebody of an organisation.
            claim_id: the claim.
            holder: address of the receiving account.

        Raises:
            InvalidInput: not an address; ``field`` is ``holder``.
            NotAllowed: that account is no creditor of the municipality, with the same ``field``; or as `file`.
            NotFound: not a claim of this organisation.
            schuldhulp.errors.SchuldhulpError: as `file`, and as `ClaimClient.hand_over`.
        """
        address = parse_account(holder, "holder")
        if address == self._account(self._organisation(actor)):
            raise InvalidInput("holder_same", "holder: this is your own account here", field="holder")
        try:
            return self._act(actor, "hand over", lambda filer: filer.hand_over(_own(filer, claim_id), address))
        except NotAllowed as error:
            if error.key != "receiver_no_creditor":
                raise
            raise NotAllowed(error.key, str(error), field="holder") from error

    def go_on(self, *, actor: Actor, claim_id: ClaimId) -> PageClaim:
        """Finish a step with a claim that was begun, as after a fault or a machine that stopped.

        Raises:
            schuldhulp.errors.SchuldhulpError: as the step itself.
        """
        return self._act(actor, "go on", lambda filer: filer.go_on(_own(filer, claim_id)))

    def list(self, *, actor: Actor) -> Sequence[PageClaim]:
        """Return the organisation's claims, newest first.

        Raises:
            NotAllowed, NotAdmitted: as `file`.
            Conflict: somebody else is at work.
            schuldhulp.errors.SchuldhulpError: the chain does not answer, or is another one.
        """
        with self._turns.take(self._organisation(actor)) as filer:
            return [*reversed(filer.list())]

    def open(self, *, actor: Actor, claim_id: ClaimId) -> ClaimFile:
        """Return one claim with what was handed in and its receipts.

        Raises:
            NotFound: not a claim of this organisation.
            schuldhulp.errors.SchuldhulpError: as `list`.
        """
        with self._turns.take(self._organisation(actor)) as filer:
            claim = filer.state(_own(filer, claim_id))
            try:
                contents = filer.contents(claim_id)
            except NotFound:
                contents = None
            return ClaimFile(claim=claim, contents=contents, receipts=tuple(filer.receipts(claim_id)))

    def last_contents(self, *, actor: Actor) -> ClaimContents | None:
        """Return what the organisation handed in last, None when nothing yet; for what is the same in each claim.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `list`.
        """
        with self._turns.take(self._organisation(actor)) as filer:
            for claim_id in reversed(filer.known()):
                try:
                    return filer.contents(claim_id)
                except NotFound:
                    continue
        return None

    def notices(self, *, actor: Actor) -> Sequence[PageNotice]:
        """Return the notices that the municipality sent to the account of the pages, newest first.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `list`.
        """
        with self._turns.take(self._organisation(actor)) as filer:
            return [*reversed(filer.notices())]

    def acknowledge(self, *, actor: Actor, message: bytes) -> PageNotice:
        """Sign, with the account of the pages, that the organisation has a notice; the same once more is harmless.

        Raises:
            NotFound: no such notice came.
            schuldhulp.errors.SchuldhulpError: as `NoticeBox.acknowledge`; what was signed is sent the next time.
        """
        return self._act(actor, "acknowledge a notice", lambda filer: filer.acknowledge(message))

    def refresh(self, *, actor: Actor) -> Sequence[str]:
        """Finish what is under way and fetch what the municipality sent; return texts of what stood in the way.

        Raises:
            schuldhulp.errors.SchuldhulpError: as `list`.
        """
        with self._turns.take(self._organisation(actor)) as filer:
            return filer.catch_up()

    def set_up(self, organisation: str) -> None:
        """Make the account of an organisation ready to hand in; what is done already is left.

        Raises:
            NotAdmitted: the pages hand in nothing for this organisation.
            NotAllowed: the account has no role yet, or cannot pay.
            Conflict: somebody else is at work.
            Unreachable, ChainMismatch: the chain does not answer, or is another one.
        """
        with self._turns.take(organisation) as filer:
            filer.set_up()
        self._ready.add(organisation)

    def catch_up(self) -> None:
        """Do for every organisation what needs nobody: set its account up, go on after a fault, fetch answers.

        One that somebody works with is passed over until the next time.

        Raises:
            schuldhulp.errors.SchuldhulpError: the last of what went wrong; the others were tried all the same.
        """
        failed: SchuldhulpError | None = None
        for organisation in self._organisations():
            try:
                with self._turns.take(organisation, patience=0) as filer:
                    if organisation not in self._ready:
                        filer.set_up()
                        self._ready.add(organisation)
                    filer.catch_up()
            except (NotAdmitted, NotAllowed):
                # From before there were claims here, or shut out since: admitting it again gives it what it lacks, and
                # the page says so to whoever comes.
                continue
            except SchuldhulpError as error:
                if error.key != IN_USE:
                    failed = error
        if failed is not None:
            raise failed

    def _act(self, actor: Actor, what: str, act: Callable[[Filer], Answer]) -> Answer:
        organisation = self._organisation(actor)
        with self._turns.take(organisation) as filer:
            self._note(actor, organisation, what, LogStatus.OK)
            try:
                return act(filer)
            except SchuldhulpError:
                self._note(actor, organisation, what, LogStatus.ERROR)
                raise

    def _organisation(self, actor: Actor) -> str:
        self._log.refuse(actor=actor, permission=Permission.FILE_CLAIM, purpose=Purpose.CLAIM_FILING, dossier=None)
        if actor.kind != "creditor" or not actor.organisation:
            raise NotAllowed("not_allowed", "works for no organisation", permission=Permission.FILE_CLAIM.value)
        return actor.organisation

    def _note(self, actor: Actor, organisation: str, what: str, status: LogStatus) -> None:
        with self._store.write() as work:
            self._log.write(
                work,
                actor=actor,
                action=LogAction.FILE_CLAIM,
                purpose=Purpose.CLAIM_FILING,
                reason=f"organisation {organisation}: {what}",
                status=status,
            )
            work.commit()


def _own(filer: Filer, claim_id: ClaimId) -> ClaimId:
    if claim_id not in filer.known():
        raise NotFound("claim_unknown", "not a claim of this organisation", field="claim")
    return claim_id
