"""What everything that talks to a node of the chain has in common: HTTP, JSON-RPC, answers and the deployment file.

The municipality's side (`schuldhulp.chain`) and the creditor's (`schuldhulp.creditor`) build on it and do not know
each other.
"""
