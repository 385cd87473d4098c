"""The only home of cryptography; every function is named by what it is for.

Modules that a creditor uses alone (``ristretto``, ``voprf``, ``pseudonyms``, ``merkle``) need nothing beyond the base
dependencies; the others need the package ``cryptography``.
"""
