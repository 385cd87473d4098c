"""A creditor in tests, in front of a node and an evaluator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from eth_utils.crypto import keccak

from schuldhulp.creditor import Client
from schuldhulp.creditor.signing import digest_signer
from schuldhulp.crypto import voprf
from schuldhulp.crypto.keyring import EvaluatorKeys
from schuldhulp.crypto.pseudonyms import tag
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.types import Epoch, Tag
from tests.support.evaluation import CURRENT, KVK, MUNICIPALITY, Evaluator
from tests.support.rpc_server import ADDRESS, ToldNode


@dataclass
class Asking:
    """A creditor in front of a node and an evaluator."""

    node: ToldNode
    evaluator: Evaluator
    deployment_file: Path
    state_file: Path

    def client(self) -> Client:
        """Start the creditor's client."""
        return Client(
            deployment_file=self.deployment_file,
            chain_url=self.node.url,
            organisation=KVK,
            sign_digest=digest_signer(self.evaluator.creditor),
            state_file=self.state_file,
            clock=self.evaluator.clock,
        )

    def enrol(self, identifier: Identifier, epoch: Epoch = CURRENT) -> Tag:
        """Make a person known."""
        known = tag_of(self.evaluator.keys, identifier, epoch)
        self.node.known.add(known)
        return known


def tag_of(keys: EvaluatorKeys, identifier: Identifier, epoch: Epoch = CURRENT) -> Tag:
    """Return the tag under which a person is enrolled."""
    key = keys.voprf(epoch, identifier.kind)
    assert key is not None
    blinding = voprf.blind(identifier.encoded)
    evaluation = voprf.evaluate(key, [blinding.element])
    output = voprf.finalize([blinding], evaluation, published_key=voprf.public_key(key))[0]
    return tag(MUNICIPALITY, epoch, identifier.kind, output)


def deployment_of(node: ToldNode) -> dict[str, object]:
    """Return the deployment file's contents for a node."""
    return {
        "network": "test",
        "chainId": node.chain_id,
        "genesisHash": "0x" + node.genesis_hash.hex(),
        "contracts": {
            "EnrolmentRegistry": {
                "address": ADDRESS,
                "codeHash": "0x" + keccak(node.code).hex(),
                "instanceId": "0x" + node.instance_id.hex(),
            }
        },
    }
