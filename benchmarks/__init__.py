"""Measurements; each file says how it is run and what its figures mean."""
