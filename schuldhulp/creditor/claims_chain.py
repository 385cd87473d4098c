"""Reads and addresses the ClaimRegister: what stands there of a claim, and why it would refuse a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from schuldhulp.domain.claims import ClaimStatus
from schuldhulp.domain.types import ClaimId, Commitment, MunicipalityCode
from schuldhulp.errors import ChainMismatch, Conflict, NotAllowed, SchuldhulpError
from schuldhulp.node.answers import block_of, data_of
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.logs import Log, logs_between
from schuldhulp.node.rpc import JsonRpc, Question, Refusal
from schuldhulp.services.ports import Head

CONTRACT: Final = "ClaimRegister"
CREDITOR: Final = keccak(text="CREDITOR")

NO_HOLDER: Final = "0x" + "0" * 40

_FILED: Final = keccak(text="ClaimFiled(bytes32,uint16,address,bytes32)")
_AMENDED: Final = keccak(text="ClaimAmended(bytes32,bytes32,bytes32)")


@dataclass(frozen=True, kw_only=True)
class ClaimOnChain:
    """What the register says of a claim.

    Attributes:
        holder: checksummed address of whoever holds it; the zero address when it was never filed.
        status: where it stands.
        filed_at: when it was filed, UTC; None when it never was.
        changed_at: when it changed last, UTC; None likewise.
        commitment: commitment of its present version, 32 bytes.
    """

    holder: str
    status: ClaimStatus
    filed_at: datetime | None
    changed_at: datetime | None
    commitment: Commitment


class RegisterView:
    """The ClaimRegister at one block, of which chain, age and height were checked before."""

    def __init__(self, deployment: NetworkDeployment, node: JsonRpc, head: Head) -> None:
        """Check the contract.

        Args:
            deployment: what was deployed.
            node: the node that is asked.
            head: the block.

        Raises:
            Misconfigured: the deployment file names no ClaimRegister.
            ChainMismatch: no code, other code or another instance than was deployed.
            Unreachable: the node does not answer.
        """
        self._contract = deployment.contract(CONTRACT)
        self._registry = deployment.contract("EnrolmentRegistry").address
        self._first_block = deployment.block
        self._node = node
        self.head = head
        code, instance = self._ask_here(
            ("eth_getCode", (self._contract.address, hex(head.number))), self._question("instanceId()", [], [])
        )
        if keccak(data_of(code)) != self._contract.code_hash:
            raise ChainMismatch("contract_code_other", "the code of the claim register is not what was deployed")
        if isinstance(instance, Refusal) or data_of(instance) != self._contract.instance_id:
            raise ChainMismatch("contract_instance_other", "the claim register is another one than was deployed")

    @property
    def address(self) -> str:
        """Checksummed address of the contract."""
        return self._contract.address

    def claims(self, claim_ids: Sequence[ClaimId]) -> list[ClaimOnChain]:
        """Read claims, in the order of their ids."""
        answers = self._ask_here(*(self._question("claim(bytes32)", ["bytes32"], [one]) for one in claim_ids))
        return [_claim(answer) for answer in answers]

    def claim(self, claim_id: ClaimId) -> ClaimOnChain:
        """Read one claim."""
        return self.claims([claim_id])[0]

    def encryption_key(self, account: str) -> bytes:
        """Return the key to which the municipality seals what it sends to an account; 32 zero bytes when none."""
        return _word(self._ask_here(self._question("encryptionKeyOf(address)", ["address"], [account]))[0])

    def is_creditor(self, account: str, municipality: MunicipalityCode) -> bool:
        """Say whether an account may file claims with a municipality."""
        role = keccak(encode(["bytes32", "uint16"], [CREDITOR, municipality]))
        question = self._question("hasRole(bytes32,address)", ["bytes32", "address"], [role, account])
        return any(_word(self._ask_here(question)[0]))

    def may_use_bsn(self, account: str, municipality: MunicipalityCode) -> bool:
        """Say whether an account may process citizen service numbers; that role stands in the EnrolmentRegistry."""
        role = keccak(encode(["bytes32", "uint16"], [keccak(text="BSN_CREDITOR"), municipality]))
        data = call_data("hasRole(bytes32,address)", ["bytes32", "address"], [role, account])
        call = {"to": self._registry, "data": "0x" + data.hex()}
        return any(_word(self._ask_here(("eth_call", (call, hex(self.head.number))))[0]))

    def version(self, claim_id: ClaimId) -> int:
        """Count the versions of a claim since it was filed last: 1 when it was never amended.

        For whoever was handed a claim and knows nothing of its history but what stands on chain.
        """
        count = 0
        for log in self.events([["0x" + _FILED.hex(), "0x" + _AMENDED.hex()], "0x" + claim_id.hex()]):
            if log.topics[0] not in (_FILED, _AMENDED) or log.topics[1:2] != (claim_id,):
                raise ChainMismatch("chain_answer_wrong", "the node gave an event that was not asked for")
            count = 1 if log.topics[0] == _FILED else count + 1
        return count

    def events(self, topics: list[Any]) -> list[Log]:
        """Return events of the contract up to this block, in their order.

        Args:
            topics: as ``eth_getLogs`` has them.
        """
        found = list(
            logs_between(
                self._node.batch,
                address=self.address,
                topics=topics,
                first=self._first_block,
                last=self.head.number,
            )
        )
        # Nothing more than whether the block is still there.
        self._ask_here()
        return found

    def _question(self, signature: str, inputs: list[str], values: Sequence[Any]) -> Question:
        call = {"to": self._contract.address, "data": "0x" + call_data(signature, inputs, values).hex()}
        return ("eth_call", (call, hex(self.head.number)))

    def _ask_here(self, *questions: Question) -> list[Any]:
        *answers, block = self._node.batch([*questions, ("eth_getBlockByNumber", (hex(self.head.number), False))])
        if block_of(block).hash != self.head.hash:
            raise ChainMismatch("chain_replaced", "the chain was replaced while it was asked; ask again")
        return answers


def call_data(signature: str, inputs: list[str], values: Sequence[Any]) -> bytes:
    """Encode a call.

    Args:
        signature: such as ``withdrawClaim(bytes32)``.
        inputs: ABI types of the values.
        values: the values.
    """
    return keccak(text=signature)[:4] + encode(inputs, values)


def explain(refusal: Refusal) -> SchuldhulpError:
    """Return what a refusal of the contract means, in words of our own.

    Args:
        refusal: from `Transactions.estimate`.
    """
    known = _REFUSALS.get(refusal.data[:4])
    if known is not None:
        kind, key, text = known
        return kind(key, text)
    return Conflict("chain_refuses", "the claim register would refuse this step")


def _claim(answer: Any) -> ClaimOnChain:
    try:
        holder, _, status, filed, changed, commitment = decode(
            ["address", "uint16", "uint8", "uint64", "uint64", "bytes32"], data_of(answer)
        )
        return ClaimOnChain(
            holder=to_checksum_address(holder),
            status=ClaimStatus(status),
            filed_at=datetime.fromtimestamp(filed, UTC) if filed else None,
            changed_at=datetime.fromtimestamp(changed, UTC) if changed else None,
            commitment=Commitment(commitment),
        )
    except (DecodingError, OverflowError, ValueError) as error:
        raise ChainMismatch("chain_answer_wrong", "the claim register's answer has another shape") from error


def _word(answer: Any) -> bytes:
    word = data_of(answer)
    if len(word) != 32:
        raise ChainMismatch("chain_answer_wrong", "the claim register's answer has another shape")
    return word


_SENTENCES: Final[dict[str, tuple[type[SchuldhulpError], str, str]]] = {
    "ClaimStillOpen(bytes32,uint8)": (
        Conflict,
        "claim_still_open",
        "a claim with this original creditor and reference is open already; amend it if it is yours",
    ),
    "UnknownClaim(bytes32)": (Conflict, "claim_unknown", "no claim stands on chain under this id"),
    "NotClaimHolder(bytes32,address)": (
        NotAllowed,
        "not_holder",
        "another account holds this claim; only its holder can change it",
    ),
    "StatusStepNotAllowed(bytes32,uint8,uint8)": (
        Conflict,
        "claim_step",
        "the claim has been decided on or closed; this step is not possible any more",
    ),
    "ClaimNotOpen(bytes32,uint8)": (Conflict, "claim_closed", "the claim is closed"),
    "StaleCommitment(bytes32,bytes32,bytes32)": (
        Conflict,
        "claim_changed",
        "the claim was changed in the meantime; run the command again",
    ),
    "CommitmentUnchanged(bytes32,bytes32)": (Conflict, "claim_unchanged", "the claim says this already"),
    "AlreadyClaimHolder(bytes32,address)": (Conflict, "already_holder", "this account holds the claim already"),
    "NotACreditorOf(address,uint16)": (
        NotAllowed,
        "receiver_no_creditor",
        "the receiving account is no creditor of this municipality; a claim passes between creditors only",
    ),
    "NotACreditor(address)": (NotAllowed, "no_role", "this account is no creditor of any municipality yet"),
    "AccessControlUnauthorizedAccount(address,bytes32)": (
        NotAllowed,
        "no_role",
        "this account is no creditor of the municipality; ask it for admission",
    ),
    "UnknownMunicipality(uint16)": (NotAllowed, "municipality_unknown", "this municipality takes no claims here"),
}
_REFUSALS: Final = MappingProxyType({keccak(text=text)[:4]: meaning for text, meaning in _SENTENCES.items()})
