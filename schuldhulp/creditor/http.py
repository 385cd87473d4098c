"""The creditor's HTTP is that of `schuldhulp.node.http`."""

from schuldhulp.node.http import read_json, session

__all__ = ["read_json", "session"]
