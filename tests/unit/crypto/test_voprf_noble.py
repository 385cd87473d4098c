"""The independent implementation of npm's @noble/curves gives the same answers, in both directions."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from schuldhulp.crypto import voprf
from schuldhulp.crypto.voprf import Evaluation, Mode, VoprfKey
from tests.support.node import run_node

pytestmark = pytest.mark.usefixtures("group")

PROGRAM = """
import { ristretto255_oprf as suite } from "@noble/curves/ed25519.js";
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));
const hex = (data) => Buffer.from(data).toString("hex");
const inputs = input.inputs.map(bytes);

// noble serves, we ask.
const keys = suite.voprf.deriveKeyPair(bytes(input.seed), bytes(input.info));
const baseKeys = suite.oprf.deriveKeyPair(bytes(input.seed), bytes(input.info));
const served = suite.voprf.blindEvaluateBatch(keys.secretKey, keys.publicKey, input.elements.map(bytes));
const servedBase = input.baseElements.map((one) => hex(suite.oprf.blindEvaluate(baseKeys.secretKey, bytes(one))));

// noble asks itself, with the same key.
const blinds = inputs.map((one) => suite.voprf.blind(one));
const answers = suite.voprf.blindEvaluateBatch(keys.secretKey, keys.publicKey, blinds.map((one) => one.blinded));
const items = inputs.map((one, index) => ({
  input: one, blind: blinds[index].blind, evaluated: answers.evaluated[index], blinded: blinds[index].blinded,
}));
const baseOutputs = inputs.map((one) => {
  const blind = suite.oprf.blind(one);
  return hex(suite.oprf.finalize(one, blind.blind, suite.oprf.blindEvaluate(baseKeys.secretKey, blind.blinded)));
});

// noble asks, we have served.
const ours = suite.voprf.finalizeBatch(
  inputs.map((one, index) => ({
    input: one, blind: bytes(input.blinds[index]), evaluated: bytes(input.evaluated[index]),
    blinded: bytes(input.elements[index]),
  })), bytes(input.key), bytes(input.proof));

output({
  secretKey: hex(keys.secretKey), publicKey: hex(keys.publicKey), baseSecretKey: hex(baseKeys.secretKey),
  evaluated: served.evaluated.map(hex), proof: hex(served.proof), evaluatedBase: servedBase,
  outputs: suite.voprf.finalizeBatch(items, keys.publicKey, answers.proof).map(hex), baseOutputs, ours: ours.map(hex),
});
"""


@pytest.mark.parametrize("size", [1, 9])
def test_noble_agrees_on_random_inputs(size: int) -> None:
    inputs = [secrets.token_bytes(secrets.randbelow(100)) for _ in range(size)]
    seed, info = secrets.token_bytes(32), secrets.token_bytes(secrets.randbelow(50))
    key, base_key = (voprf.derive_key(seed, info, mode=mode) for mode in (Mode.VERIFIABLE, Mode.BASE))
    blindings = [voprf.blind(one) for one in inputs]
    base_blindings = [voprf.blind(one, mode=Mode.BASE) for one in inputs]
    evaluation = voprf.evaluate(key, [one.element for one in blindings])
    assert evaluation.proof is not None
    noble: dict[str, Any] = run_node(
        PROGRAM,
        {
            "inputs": [one.hex() for one in inputs],
            "seed": seed.hex(),
            "info": info.hex(),
            "elements": [one.element.hex() for one in blindings],
            "blinds": [one.blind.hex() for one in blindings],
            "baseElements": [one.element.hex() for one in base_blindings],
            "evaluated": [one.hex() for one in evaluation.evaluated],
            "key": voprf.public_key(key).hex(),
            "proof": evaluation.proof.hex(),
        },
    )
    public = voprf.public_key(key)
    assert noble["secretKey"] == key.reveal().hex()
    assert noble["publicKey"] == public.hex()
    assert noble["baseSecretKey"] == base_key.reveal().hex()
    outputs = voprf.finalize(blindings, evaluation, published_key=public)
    served = Evaluation(
        evaluated=tuple(bytes.fromhex(one) for one in noble["evaluated"]),
        proof=bytes.fromhex(noble["proof"]),
        key=public,
    )
    assert served.evaluated == evaluation.evaluated
    assert voprf.finalize(blindings, served, published_key=public) == outputs
    assert noble["outputs"] == noble["ours"] == [one.hex() for one in outputs]
    base = Evaluation(evaluated=tuple(bytes.fromhex(one) for one in noble["evaluatedBase"]), proof=None, key=None)
    assert base == voprf.evaluate(VoprfKey(base_key.reveal()), [b.element for b in base_blindings], mode=Mode.BASE)
    assert noble["baseOutputs"] == [one.hex() for one in voprf.finalize_base(base_blindings, base)]
