"""The HTTP service that a creditor talks to: evaluates blinded identifiers, and never sees an identifier."""

from schuldhulp.evaluator.api import create_app

__all__ = ["create_app"]
