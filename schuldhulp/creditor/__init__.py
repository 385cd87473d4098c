"""The creditor's client: asks whether a person is known to a credit bank. Usable alone, with the base dependencies."""

from schuldhulp.creditor.client import Client

__all__ = ["Client"]
