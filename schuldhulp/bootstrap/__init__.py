"""The composition root: the only place where services meet their adapters, one module for each process.

Each process opens only its own keyring. Nothing here keeps module state; whoever opens something closes it. What is
heavy is imported when it is needed, so that a creditor's machine needs nothing of the others.
"""

from schuldhulp.bootstrap.chain import epochs_on_chain, open_chain
from schuldhulp.bootstrap.cockpit_process import Cockpit, cockpit, cockpit_is_secure, login_secrets, open_cockpit
from schuldhulp.bootstrap.creditor_machine import (
    claim_client,
    creditor_client,
    creditor_memory,
    proof_verifier,
    receipt_verifier,
    statement_client,
)
from schuldhulp.bootstrap.evaluator_process import EvaluatorServices, evaluator_services, keep_erasing
from schuldhulp.bootstrap.relay_process import relay
from schuldhulp.bootstrap.worker_process import open_worker

__all__ = [
    "Cockpit",
    "EvaluatorServices",
    "claim_client",
    "cockpit",
    "cockpit_is_secure",
    "creditor_client",
    "creditor_memory",
    "epochs_on_chain",
    "evaluator_services",
    "keep_erasing",
    "login_secrets",
    "open_chain",
    "open_cockpit",
    "open_worker",
    "proof_verifier",
    "receipt_verifier",
    "relay",
    "statement_client",
]
