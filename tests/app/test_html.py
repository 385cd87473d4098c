"""Text from people: whatever it holds, a page shows it as text."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pytest

from app.components.formats import amount, short_day, typed_amount
from app.components.html import LONGEST, Html, escape, join, lines, tag
from app.components.table import Column, facts, table
from schuldhulp.domain.records import Address, Agreement, Applicant, Confirmation, Enrolment, Obligation, Party
from schuldhulp.domain.signal import Signal
from tests.app.conftest import html_of
from tests.support.fake_checks import make_check
from tests.support.fake_cockpit import NOW, dossier_id, record_id
from tests.support.fake_organisations import make_organisation

BIDI = "\u202e\u2066\u2069\u200f\u200b\ufeff\u061c"
HOSTILE = (
    '"><script>alert(1)</script><img src=x onerror=alert(2)> [klik](https://kwaad.example) '
    '<a href="javascript:x">y</a> ' + BIDI + " *vet* :red[rood] $x^2$ `code` "
)
LONG = (HOSTILE + "Zeer lange tekst zonder einde ") * 60
ALLOWED = {
    "a", "article", "br", "code", "dd", "del", "details", "div", "dl", "dt", "h1", "h2", "h3", "ins", "li", "nav",
    "ol", "p", "pre", "progress", "section", "span", "strong", "summary", "table", "caption", "thead", "tbody", "tfoot",
    "td", "th", "tr", "ul",
}  # fmt: skip


class Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags, self.links, self.attributes = set(), set(), set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.links |= {value for name, value in attributes if name == "href"}


def check(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert reader.tags <= ALLOWED
    assert not {name for name in reader.attributes if name.startswith("on")}
    assert all(re.match(r"^(/|#veld-|mailto:schuldhulp@example\.nl$)", link) for link in reader.links), reader.links
    assert not set(BIDI) & set(unescape(html))


def hostile(value, limit=200):
    """Return the value with every free text in it replaced."""
    text = (HOSTILE * 3)[:limit].strip()
    if isinstance(value, Party):
        return Party(name=text, kvk=value.kvk, customer_number=text, file_number=text, creditor_number=text)
    if isinstance(value, Address):
        return replace(value, street=text, city=text, suffix="<b>&</b>")
    if isinstance(value, Confirmation):
        return replace(value, by=text)
    if isinstance(value, Obligation):
        parties = {name: hostile(value.creditor) for name in ("creditor", "original_creditor", "collector", "bailiff")}
        return replace(value, **parties, note=LONG[:10_000], legal_ground=text)
    if isinstance(value, Applicant):
        return replace(
            value,
            initials=text[:40],
            first_names=text,
            prefix=text[:40],
            surname=text,
            other_surnames=(text,),
            addresses=tuple(map(hostile, value.addresses)),
            phone=text[:40],
            email=text,
        )
    if isinstance(value, Agreement):
        return replace(
            value, parties=(text,), text=LONG[:10_000], confirmations=tuple(map(hostile, value.confirmations))
        )
    if isinstance(value, Enrolment):
        return replace(value, ground=text)
    return replace(value, description=text, note=LONG[:10_000])


@pytest.fixture
def spoiled(fake):
    stored = fake.stored[dossier_id(0)]
    for record, versions in list(stored.records.items()):
        stored.put(record, hostile(versions[-1].record), reason=HOSTILE)
    stored.caseworker = HOSTILE
    stored.file_number = HOSTILE
    fake.people = {who: replace(actor, name=HOSTILE) for who, actor in fake.people.items()}
    fake.settings.municipality_name = HOSTILE
    organisation = make_organisation(name=HOSTILE, bsn_ground=LONG[:1_000], account_quotas={})
    fake.organisations.stored["12345678"] = organisation
    fake.checks.rows = [make_check(HOSTILE, signal, NOW, contact=HOSTILE) for signal in Signal]
    return fake


PAGES = [
    ("resident", "", {}),
    ("resident", "schulden", {}),
    ("resident", "inkomen-en-uitgaven", {}),
    ("resident", "afspraken", {}),
    ("resident", "wie-keek", {}),
    ("resident", "wie-weet-ervan", {}),
    ("caseworker", "", {}),
    *(
        ("caseworker", "dossier", {"dossier": dossier_id(0), "deel": part})
        for part in ("overzicht", "verplichtingen", "inkomen", "afspraken", "personen")
    ),
    *(
        ("caseworker", "gegeven", {"dossier": dossier_id(0), "gegeven": record_id(name)})
        for name in ("debt0", "income0", "expense", "agreement", "me")
    ),
    *(
        ("caseworker", "invoeren", {"dossier": dossier_id(0), "gegeven": record_id(name), "soort": kind})
        for name, kind in (("debt0", "obligation"), ("agreement", "agreement"), ("me", "applicant"))
    ),
    ("caseworker", "aanmelden", {"dossier": dossier_id(0)}),
    ("creditor", "", {}),
    ("creditor", "lijst-toetsen", {}),
    ("creditor", "mijn-toetsen", {}),
    ("administrator", "", {}),
    ("administrator", "schuldeisers", {}),
    *(
        ("administrator", "schuldeisers", {"kvk": "12345678", "actie": act})
        for act in ("", "wijzigen", "stopzetten", "account-weghalen")
    ),
    (None, "", {}),
]


@pytest.mark.parametrize(("who", "path", "query"), PAGES)
def test_page_shows_hostile_text_as_text(visit, spoiled, who, path, query):
    at = visit(who, path, **query)
    assert not at.exception
    check(html_of(at))
    # Nothing that people typed stands in a label, where Streamlit would read it as Markdown.
    labels = [
        *(one.label for one in at.button),
        *(one.label for one in at.text_input),
        *(one.label for one in at.selectbox),
    ]
    assert not [label for label in labels if "script" in label]


def test_check_step_shows_hostile_text_as_text(visit, fake):
    at = visit("caseworker", "invoeren", dossier=dossier_id(0), soort="agreement")
    at.selectbox(key="agreement_type").set_value("other")
    at.text_area(key="agreement_parties").set_value(HOSTILE[:150])
    at.text_area(key="agreement_text").set_value(LONG[:9_000])
    at.text_input(key="agreement_start").set_value("1-12-2026")
    at.button(key="agreement_check").click().run()
    assert "Controleer uw antwoorden" in html_of(at)
    check(html_of(at))


@pytest.mark.parametrize("field", ["obligation_creditor_name", "obligation_amount_resident", "obligation_note"])
def test_error_never_repeats_what_was_typed(visit, field):
    at = visit("caseworker", "invoeren", dossier=dossier_id(0), soort="obligation")
    widgets = {one.key: one for one in [*at.text_input, *at.text_area]}
    widgets[field].set_value("geheim" * 1_700)
    at.button(key="obligation_check").click().run()
    assert "geheim" not in html_of(at)


def test_escape_leaves_plain_text_readable():
    assert unescape(escape("Jansen-de Vries & Zn. (19)")) == "Jansen-de Vries & Zn. (19)"
    assert unescape(escape("Ünal Çelik, 3 × € 5")) == "Ünal Çelik, 3 × € 5"


def test_escape_removes_what_cannot_be_seen_and_cuts_what_is_too_long():
    assert escape(f"a{BIDI}b\x00\x07c") == "abc"
    assert len(unescape(escape("x" * 10_000))) == LONGEST
    assert escape("x" * 10_000, 10) == "x" * 9 + "…"


def test_escape_leaves_our_own_html_alone_and_nothing_else():
    assert escape(Html("<b>x</b>")) == "<b>x</b>"
    assert "<" not in escape("<b>x</b>")
    assert "<" not in join(["<i>", None, "x"])
    assert escape(None) == ""


def test_tag_escapes_content_and_attributes():
    written = tag("a", "<x>", href='"><script>', class_="y", aria_hidden=None, hidden=True, lang=False)
    assert written == '<a href="&#34;&#62;&#60;script&#62;" class="y" hidden>&#60;x&#62;</a>'


def test_lines_keep_their_ends():
    assert lines("a\n<b>") == "a<br>&#60;b&#62;"


def test_table_repeats_headings_for_cards_and_marks_what_is_empty():
    written = table("Titel", (Column(heading="A"), Column(heading="B", numeric=True)), [("x", ""), ("y", "1")])
    assert written.count('<span class="label" aria-hidden="true">B</span>') == 2
    assert 'class="number blank"' in written
    assert '<caption class="unseen">Titel</caption>' in written


def test_facts_leave_out_what_is_empty():
    assert facts([("a", None), ("b", "")]) == ""
    assert facts([("a", 0), ("b", "x")]).count("<dt>") == 2


@pytest.mark.parametrize(
    ("cents", "shown", "typed"),
    [
        (0, "€\u00a00,00", "0,00"),
        (123_456, "€\u00a01.234,56", "1.234,56"),
        (-5, "€\u00a0\u22120,05", "-0,05"),
        (99_999_999_999, "€\u00a0999.999.999,99", "999.999.999,99"),
        (None, "–", ""),
    ],
)
def test_amounts_are_written_the_dutch_way(cents, shown, typed):
    assert amount(cents) == shown
    assert typed_amount(cents) == typed


def test_short_day_is_what_a_field_reads():
    assert short_day(None) == ""
