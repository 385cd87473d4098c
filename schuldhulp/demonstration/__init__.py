"""Demonstration data: made-up people, with the cases that are awkward in practice; the same for the same seed.

The only place where a real municipality is named. The citizen service numbers come from the range 999990000-999999999,
which is never issued.
"""
