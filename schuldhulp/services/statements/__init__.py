"""Statements of parties with the client's consent: taken in, acknowledged, and taken over by a caseworker."""
