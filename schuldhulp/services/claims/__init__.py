"""Claims on their way: sealed messages between creditors and the municipality, and what the municipality makes of them.

Empty on purpose: the creditor's client imports `schuldhulp.services.claims.ports` and nothing of the server.
"""
