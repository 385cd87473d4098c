"""Checking many persons at once: a list in, the same list with answers out.

Constant memory whatever the length, nobody asked twice whatever happens in between.
"""

from schuldhulp.creditor.lists.behind import Behind
from schuldhulp.creditor.lists.checking import ListCheck
from schuldhulp.creditor.lists.journal import AnswerFile, AnswerStream, Progress
from schuldhulp.creditor.lists.patience import Patience
from schuldhulp.creditor.lists.reading import JsonLines, open_form
from schuldhulp.creditor.lists.text import Lines, encoding_of

__all__ = [
    "AnswerFile",
    "AnswerStream",
    "Behind",
    "JsonLines",
    "Lines",
    "ListCheck",
    "Patience",
    "Progress",
    "encoding_of",
    "open_form",
]
