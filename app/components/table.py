"""Tables that turn into cards on a narrow screen, and lists of term and value.

Real ``table`` elements, because a screen reader can walk through them; Streamlit's own tables cut columns off on a
phone or draw on a canvas. The change to cards is in app/assets/cockpit.css: each cell repeats its column's heading.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.components.html import Html, escape, join, tag


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column.

    Attributes:
        heading: what stands above it, and beside each value on a card.
        numeric: whether it holds amounts, which stand to the right.
    """

    heading: str
    numeric: bool = False


def table(
    caption: str, columns: Sequence[Column], rows: Iterable[Sequence[object]], *, total: Sequence[object] = ()
) -> Html:
    """Return a table; the first cell of each row is its heading.

    Args:
        caption: what the table is about, for those who cannot see where it stands.
        columns: the columns.
        rows: the cells of each row, as many as there are columns; text is escaped.
        total: cells of a last row that adds up.
    """
    head = tag(
        "tr",
        *(
            tag("th", column.heading, scope="col", role="columnheader", class_="number" if column.numeric else None)
            for column in columns
        ),
        role="row",
    )
    body = join(_row(columns, row) for row in rows)
    foot = tag("tfoot", _row(columns, total), role="rowgroup") if total else Html("")
    # Browsers forget what a row or cell is once a stylesheet makes cards of them: the roles say it again.
    return tag(
        "div",
        tag(
            "table",
            tag("caption", caption, class_="unseen"),
            tag("thead", head, role="rowgroup"),
            tag("tbody", body, role="rowgroup"),
            foot,
            role="table",
        ),
        class_="table",
    )


def _row(columns: Sequence[Column], cells: Sequence[object]) -> Html:
    def cell(position: int, column: Column, value: object) -> Html:
        written = escape(value)
        class_ = " ".join(filter(None, ("number" if column.numeric else "", "" if written else "blank"))) or None
        inner = tag("span", written, class_="value")
        if position == 0:
            return tag("th", inner, scope="row", role="rowheader", class_=class_)
        label = tag("span", column.heading, class_="label", aria_hidden="true")
        return tag("td", label, inner, role="cell", class_=class_)

    return tag("tr", *(cell(number, *pair) for number, pair in enumerate(zip(columns, cells, strict=True))), role="row")


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Return terms with their values, for one record or a check of answers.

    Args:
        pairs: term and value; a pair whose value is None or empty is left out.
    """
    rows = [
        tag("div", tag("dt", term), tag("dd", value)) for term, value in pairs if value is not None and escape(value)
    ]
    return tag("dl", *rows, class_="facts") if rows else Html("")


def figures(pairs: Iterable[tuple[str, object, str]]) -> Html:
    """Return the few numbers that matter most, as cards that stand beside or below each other.

    Args:
        pairs: name, value, and a line of explanation that may be empty.
    """
    cards = [
        tag("div", tag("dt", name), tag("dd", value, class_="figure"), tag("dd", note, class_="note") if note else None)
        for name, value, note in pairs
    ]
    return tag("dl", *cards, class_="figures")
