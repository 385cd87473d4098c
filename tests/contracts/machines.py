"""What the stateful tests share: one chain for all examples, and one way to try a step."""

from __future__ import annotations

from typing import Any

from brownie import chain
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.contracts.refusals import refused

Refusal = tuple[Any, ...] | None
"""Name and values of the error that the model expects, or None when the step must succeed."""


class ContractMachine(RuleBasedStateMachine):
    """Every example starts from the chain as the fixtures left it: their snapshot is the only one Brownie keeps."""

    contract: Any

    def __init__(self) -> None:
        super().__init__()
        chain.revert()

    def attempt(self, refusal: Refusal, function: str, *arguments: Any, sender: Any) -> bool:
        """Call a function; it must succeed or be refused exactly as the model says.

        Returns:
            Whether it succeeded, so that the model takes the step too.
        """
        method = getattr(self.contract, function)
        if refusal:
            with refused(*refusal):
                method.call(*arguments, {"from": sender})
            return False
        method(*arguments, {"from": sender})
        return True


def run(machine: type[ContractMachine], contract: Any, *, examples: int, steps: int) -> None:
    """Run a machine; always the same examples, so that a failure is never a matter of luck."""
    bound = type(machine.__name__, (machine,), {"contract": contract})
    run_state_machine_as_test(
        bound,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
