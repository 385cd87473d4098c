"""What a creditor's claims need of the world around them: the chain, each municipality's evaluator, and claim ids."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from schuldhulp.creditor.channel import HttpChannel
from schuldhulp.creditor.claims_chain import CONTRACT, RegisterView
from schuldhulp.creditor.heads import HeadFile
from schuldhulp.creditor.journal import ClaimJournal
from schuldhulp.creditor.registry import ChainRegistry
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto.accounts import AccountKey
from schuldhulp.crypto.claims import blinded_claim, claim_ids_from
from schuldhulp.crypto.voprf import Blinding, Evaluation
from schuldhulp.domain.claims import ClaimContents, claim_id_input
from schuldhulp.domain.types import ClaimId, MunicipalityCode
from schuldhulp.errors import Conflict, InvalidInput, Misconfigured, ProofInvalid
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc
from schuldhulp.services.claims.ports import Channel
from schuldhulp.services.ports import Clock, EvaluatedBatch, Head, MunicipalityState

Connect = Callable[[MunicipalityCode, MunicipalityState], Channel]
"""Opens the channel to a municipality's evaluator."""


class ClaimAccess:
    """Opens and checks what a creditor's claims need; every view is of the newest block."""

    def __init__(
        self,
        *,
        deployment: NetworkDeployment,
        node: JsonRpc,
        organisation: str,
        account: AccountKey,
        state_file: Path,
        max_age: timedelta,
        clock: Clock,
        connect: Connect | None,
        ca_file: Path | None = None,
    ) -> None:
        """Take what was deployed and who asks; nothing is sent yet.

        Args:
            deployment: what was deployed, the ClaimRegister among it.
            node: the node that is asked.
            organisation: KvK number of the creditor.
            account: its account.
            state_file: keeps the highest block seen.
            max_age: how old the newest block may be.
            clock: tells the time.
            connect: opens a channel; over HTTP when None.
            ca_file: PEM file with the only certificate authorities that are believed; None: the usual ones.

        Raises:
            Misconfigured: the deployment file names no ClaimRegister.
        """
        deployment.contract(CONTRACT)
        self.deployment = deployment
        self.node = node
        self.max_age = max_age
        self._organisation = organisation
        self._account = account
        self._clock = clock
        self._ca_file = ca_file
        self._connect = connect or self._over_http
        self._channels: dict[tuple[MunicipalityCode, str], Channel] = {}
        self._registry = ChainRegistry(
            deployment=deployment, node=node, seen=HeadFile(state_file), clock=clock, max_age=max_age
        )

    @property
    def account(self) -> str:
        """Checksummed address of the creditor's account."""
        return self._account.address

    def head(self) -> Head:
        """Return the newest block of the chain, everything about it checked."""
        return self._registry.at_head().head

    def register(self) -> RegisterView:
        """Return the ClaimRegister at the newest block."""
        return RegisterView(self.deployment, self.node, self.head())

    def municipality(self, code: MunicipalityCode) -> tuple[MunicipalityState, Channel]:
        """Return what the registry says of a municipality now, and the channel to its evaluator."""
        state = self._registry.at_head().municipality(code)
        place = code, state.evaluator_url
        if place not in self._channels:
            self._channels[place] = self._connect(code, state)
        return state, self._channels[place]

    def claim_id(self, contents: ClaimContents, journal: ClaimJournal) -> ClaimId:
        """Compute the id of a claim with the evaluator's help, or find it in the journal.

        Args:
            contents: of which original creditor and reference count.
            journal: keeps ids, so that asking again costs no quota.

        Returns:
            The id.

        Raises:
            Misconfigured: the deployment file has no claim-id key of that municipality.
            ProofInvalid: the evaluator did not use that key.
            SchuldhulpError: chain or evaluator do not answer, or are not the ones they should be.
        """
        key = self.deployment.claim_id_key
        if key is None or self.deployment.municipality != contents.municipality:
            raise Misconfigured(
                "claim_id_key_missing",
                "the deployment file has no claim-id key of this municipality; ask the municipality for its file",
                field="municipality",
            )
        parts = contents.original_creditor.kvk, contents.reference
        identity = contents.municipality.to_bytes(2, "big") + key + claim_id_input(*parts)
        if (known := journal.known_id(identity)) is not None:
            return known
        _, channel = self.municipality(contents.municipality)
        blinding, batch = self._evaluated(channel, journal, identity, parts)
        answer = Evaluation(evaluated=batch.evaluated, proof=batch.proof, key=batch.key)
        try:
            (claim_id,) = claim_ids_from(contents.municipality, [blinding], answer, published_key=key)
        except ProofInvalid:
            journal.forget_asked(identity)
            raise
        journal.keep_id(identity, claim_id)
        return claim_id

    @staticmethod
    def _evaluated(
        channel: Channel, journal: ClaimJournal, identity: bytes, parts: tuple[str, str]
    ) -> tuple[Blinding, EvaluatedBatch]:
        """Ask for an id; what was asked before and got no answer is sent again as it was, which takes no quota."""
        kept = journal.asked(identity)
        if kept is not None:
            blind, element, request = kept
            blinding = Blinding(input=claim_id_input(*parts), blind=blind, element=element)
            try:
                return blinding, channel.send_claim_ids(request)
            except (Conflict, InvalidInput):
                # It never came in, or the evaluator does not remember it.
                pass
        blinding = blinded_claim(*parts)
        request = channel.prepare_claim_ids([blinding.element])
        journal.keep_asked(identity, blind=blinding.blind, element=blinding.element, request=request)
        return blinding, channel.send_claim_ids(request)

    def _over_http(self, code: MunicipalityCode, state: MunicipalityState) -> Channel:
        return HttpChannel(
            url=state.evaluator_url,
            municipality=code,
            organisation=self._organisation,
            chain_id=self.deployment.chain_id,
            registry_address=self.deployment.contract("EnrolmentRegistry").address,
            sign_digest=digest_signer(self._account),
            clock=self._clock,
            ca_file=self._ca_file,
        )
