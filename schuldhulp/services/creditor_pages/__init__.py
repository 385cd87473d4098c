"""Signals that an organisation's staff ask on the municipality's own pages."""
