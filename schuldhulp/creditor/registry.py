"""Reads the EnrolmentRegistry so that a wrong chain, contract or block can never look like an answer.

An address without code answers ``0x`` without an error, and a wiped chain gives the same addresses and chain id. So
every view begins with the chain id, the genesis hash, the code, the instance id and the age and height of the newest
block, and every answer is tied to that block by asking for its hash in the same request.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from schuldhulp.domain.identifiers import IdentifierKind
from schuldhulp.domain.signal import check_head, read_bitmap
from schuldhulp.domain.types import Epoch, MunicipalityCode, Tag
from schuldhulp.errors import ChainMismatch, Conflict, NotFound, Unreachable
from schuldhulp.node import bitmap
from schuldhulp.node.answers import block_of, data_of, number_of
from schuldhulp.node.deployment import NetworkDeployment
from schuldhulp.node.rpc import JsonRpc, Question, Refusal
from schuldhulp.services.ports import Clock, Head, MunicipalityState, RegistryView, SeenHeads

MAX_AGE: Final = timedelta(minutes=15)
"""How old the newest block may be by default."""

CONTRACT: Final = "EnrolmentRegistry"
EPOCH_NOT_OPEN: Final = keccak(b"EpochNotOpen(uint16,uint32)")[:4]


class ChainRegistry:
    """Implements ports.Registry on one node."""

    def __init__(
        self,
        *,
        deployment: NetworkDeployment,
        node: JsonRpc,
        seen: SeenHeads,
        clock: Clock,
        max_age: timedelta = MAX_AGE,
    ) -> None:
        """Take what the chain is compared with.

        Args:
            deployment: what was deployed, the registry among it.
            node: the node that is asked.
            seen: memory of the highest block seen.
            clock: tells the time that a block's age is measured by.
            max_age: how old the newest block may be.
        """
        self._deployment = deployment
        self._node = node
        self._seen = seen
        self._clock = clock
        self._max_age = max_age

    def at_head(self) -> RegistryView:
        """Check chain, newest block and contract.

        Returns:
            A view of the registry at that block.

        Raises:
            ChainMismatch: another chain, a stale or lower head, no code, other code or another instance.
            Unreachable: the node does not answer.
        """
        chain_id, genesis, latest = self._node.batch(
            [
                ("eth_chainId", ()),
                ("eth_getBlockByNumber", ("0x0", False)),
                ("eth_getBlockByNumber", ("latest", False)),
            ]
        )
        if number_of(chain_id) != self._deployment.chain_id:
            raise ChainMismatch("chain_id_other", "the chain has another id than the deployment")
        if block_of(genesis).hash != self._deployment.genesis_hash:
            raise ChainMismatch("genesis_other", "the first block of the chain is not that of the deployment")
        head = block_of(latest)
        instance = self._deployment.contract(CONTRACT).instance_id
        check_head(
            timestamp=int(head.timestamp.timestamp()),
            number=head.number,
            now=self._clock.now(),
            max_age=self._max_age,
            last_seen=self._seen.last(instance),
        )
        view = _View(self._deployment, self._node, head)
        view.check_contract()
        self._seen.remember(instance, head.number)
        return view


class _View:
    """Implements ports.RegistryView."""

    def __init__(self, deployment: NetworkDeployment, node: JsonRpc, head: Head) -> None:
        self._contract = deployment.contract(CONTRACT)
        self._node = node
        self._head = head
        self._at = hex(head.number)

    @property
    def head(self) -> Head:
        """The block that every answer belongs to."""
        return self._head

    def check_contract(self) -> None:
        """Compare code and instance id with the deployed ones."""
        code, instance = self._ask_here(
            ("eth_getCode", (self._contract.address, self._at)),
            self._question("instanceId()", [], []),
        )
        if not data_of(code):
            raise ChainMismatch("contract_missing", "there is no contract at the address of the registry")
        if keccak(data_of(code)) != self._contract.code_hash:
            raise ChainMismatch("contract_code_other", "the code of the registry is not the code that was deployed")
        if isinstance(instance, Refusal) or data_of(instance) != self._contract.instance_id:
            raise ChainMismatch("contract_instance_other", "the registry is another one than was deployed")

    def municipality(self, code: MunicipalityCode) -> MunicipalityState:
        """Epochs and contact of a municipality."""
        outputs = ["uint32", "uint32", "uint32", "bytes32", "address", "string", "string"]
        values = self._view("municipality(uint16)", ["uint16"], [code], outputs)
        if values[0] == 0:
            raise NotFound(
                "municipality_unknown", "this municipality gives no signals on this chain", field="municipality"
            )
        return MunicipalityState(
            current_epoch=Epoch(values[0]),
            oldest_epoch=Epoch(values[1]),
            announced_epoch=Epoch(values[2]),
            claim_key=values[3],
            receipt_signer=to_checksum_address(values[4]),
            contact=values[5],
            evaluator_url=values[6],
        )

    def evaluator_key(self, code: MunicipalityCode, epoch: Epoch, kind: IdentifierKind) -> bytes:
        """Published public key, 32 bytes."""
        inputs = ["uint16", "uint32", "uint8"]
        key: bytes = self._view("evaluatorKey(uint16,uint32,uint8)", inputs, [code, epoch, int(kind)], ["bytes32"])[0]
        if not any(key):
            raise NotFound("evaluator_key_missing", "the registry has no key for this epoch", field="epoch")
        return key

    def is_known(self, tag: Tag) -> bytes:
        """Undecoded answer of ``isKnown``."""
        return self._answered(self._call("isKnown(bytes32)", ["bytes32"], [tag]))

    def known(self, tags: Sequence[Tag]) -> list[bool]:
        """Whether each tag is known, asked 1 000 at a time."""
        found: list[bool] = []
        for batch in bitmap.batches(tags):
            answer = self._ask_here(("eth_call", (bitmap.question(self._contract.address, batch), self._at)))[0]
            found += read_bitmap(self._answered(answer), len(batch))
        return found

    def _answered(self, answer: Any) -> bytes:
        """Read the answer to a question; about tags of an epoch that is not open the contract refuses to answer."""
        if isinstance(answer, Refusal):
            if answer.data[:4] == EPOCH_NOT_OPEN:
                raise Conflict("epoch_not_open", "the tag belongs to an epoch that is not open; ask again")
            # Such as: the gas is more than the node allows, or it no longer has the state of this block.
            raise Unreachable("chain_refused", f"the node refuses to answer (code {answer.code})")
        return data_of(answer)

    def _view(self, signature: str, inputs: list[str], values: Sequence[Any], outputs: list[str]) -> tuple[Any, ...]:
        try:
            return decode(outputs, self._answered(self._call(signature, inputs, values)))
        except (DecodingError, OverflowError, UnicodeDecodeError) as error:
            name = signature.partition("(")[0]
            raise ChainMismatch("chain_answer_wrong", f"the registry's answer to {name} has another shape") from error

    def _call(self, signature: str, inputs: list[str], values: Sequence[Any]) -> Any:
        return self._ask_here(self._question(signature, inputs, values))[0]

    def _question(self, signature: str, inputs: list[str], values: Sequence[Any]) -> Question:
        data = keccak(text=signature)[:4] + encode(inputs, values)
        call = {"to": self._contract.address, "data": "0x" + data.hex()}
        return ("eth_call", (call, self._at))

    def _ask_here(self, *questions: Question) -> list[Any]:
        *answers, block = self._node.batch([*questions, ("eth_getBlockByNumber", (self._at, False))])
        if block_of(block).hash != self._head.hash:
            raise ChainMismatch("chain_replaced", "the chain was replaced while it was asked; ask again")
        return answers
