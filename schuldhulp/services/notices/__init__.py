"""Notices to creditors: written by the cockpit, delivered by the worker, signed for by the creditor."""
