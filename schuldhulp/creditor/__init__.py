"""The creditor's clients: one asks for signals, one hands in claims. Usable alone, with the base dependencies."""

from schuldhulp.creditor.claims import ClaimClient
from schuldhulp.creditor.client import Client

__all__ = ["ClaimClient", "Client"]
