"""What people and spreadsheets make of a list, and what is written back."""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schuldhulp.creditor.lists import JsonLines, Lines, encoding_of, open_form
from schuldhulp.creditor.lists.columns import asked_of, field_of
from schuldhulp.creditor.lists.reading import ADDED, MAX_LINES
from schuldhulp.domain.identifiers import Identifier
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.errors import InvalidInput

HEAD = "klant;Achternaam;Voorvoegsel;Geboortedatum;Postcode;Huisnummer;BSN;Gemeente\n"
JANSEN = "NL.NADB:jansen|1980-02-01|9711AB|12"
DEFAULT = MunicipalityCode(9901)


def form_of(content: bytes | str, encoding: str | None = None) -> Any:
    data = content.encode() if isinstance(content, str) else content
    return open_form(Lines(io.BytesIO(data), encoding=encoding))


def asked(content: bytes | str) -> list[str]:
    """Return for each row whom it asks about, or the field that is wrong."""
    found = []
    for row in form_of(content).rows():
        try:
            if row.fault is not None:
                raise row.fault
            found.append(asked_of(row.cells, DEFAULT).identifier.text)
        except InvalidInput as error:
            found.append(f"{row.line}:{error.field}")
    return found


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"], ids=["utf-8", "with a mark", "windows", "utf-16"]
)
def test_rows_are_read_in_every_encoding_and_with_every_separator(separator: str, encoding: str) -> None:
    text = "achternaam;geboortedatum;postcode;huisnummer\r\nJansén;01-02-1980;9711 AB;12\r\n".replace(";", separator)
    data = text.encode(encoding)
    assert asked(data) == [JANSEN]
    form = form_of(data)
    [row] = form.rows()
    lines = form._lines
    written = lines.mark + lines.encode(form.write_head()) + lines.encode(form.write(row, {"signal": "red"}))
    back = list(csv.reader(io.StringIO(written.decode(encoding)), delimiter=separator))
    assert back == [
        ["achternaam", "geboortedatum", "postcode", "huisnummer", *ADDED],
        ["Jansén", "01-02-1980", "9711 AB", "12", "red", *[""] * (len(ADDED) - 1)],
    ]
    assert written.decode(encoding).count("\r\n") == 2


@pytest.mark.parametrize(
    "names",
    [
        "surname,birth_date,postcode,house_number",
        "Last Name,Date of Birth,Zip Code,House-Number",
        '"achternaam","GEBOORTEDATUM"," postcode ","huis nr."',
        "=" + '"achternaam",geb.datum,Postcode,huisnr',
    ],
)
def test_columns_are_known_by_dutch_and_english_names(names: str) -> None:
    assert asked(f"{names}\nJansen,1980-02-01,9711ab,12\n") == [JANSEN]


@pytest.mark.parametrize(
    ("surname", "date", "postcode", "number"),
    [
        ("Jansen", "1-2-1980", "9711AB", "12"),
        (" Jansen ", "01/02/1980", "9711 ab", "0012"),
        ("JANSEN", "1980-02-01 00:00:00", "9711AB", "12a"),
        ("'Jansen", "'01-02-1980", "'9711AB", "'12"),
        ('"=""Jansen"""', '="01-02-1980"', '="9711AB"', '="0012"'),
        ("Jansen\u200b", "01.02.1980", "9711\u00a0AB", "12-2"),
        ("van der Jansen", "1980-02-01T00:00:00", "9711AB", "12.0"),
        ("'t Jansen", "1-02-1980 0:00", "9711AB", "12 III"),
    ],
)
def test_cells_are_read_as_spreadsheets_leave_them(surname: str, date: str, postcode: str, number: str) -> None:
    line = f"7;{surname};;{date};{postcode};{number};;\n"
    assert asked(HEAD + line) == [JANSEN]


def test_unknown_parts_of_a_birth_date_are_zeros() -> None:
    rows = "1;Jansen;;00-00-1980;9711AB;12;;\n2;Jansen;;00-02-1980;9711AB;12;;\n"
    assert asked(HEAD + rows) == ["NL.NADB:jansen|1980-00-00|9711AB|12", "NL.NADB:jansen|1980-02-00|9711AB|12"]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (";;01-02-1980;9711AB;12;;", "surname"),
        ("123;;01-02-1980;9711AB;12;;", "surname"),
        ("Berg, van den;;01-02-1980;9711AB;12;;", "surname"),
        ("Jansen;;01-02-80;9711AB;12;;", "birth_date"),
        ("Jansen;;02-31-1980;9711AB;12;;", "birth_date"),
        ("Jansen;;29252;9711AB;12;;", "birth_date"),
        ("Jansen;;;9711AB;12;;", "birth_date"),
        ("Jansen;;01-02-1980;9711;12;;", "postcode"),
        ("Jansen;;01-02-1980;0711AB;12;;", "postcode"),
        ("Jansen;;01-02-1980;9711AB;;;", "house_number"),
        ("Jansen;;01-02-1980;9711AB;a12;;", "house_number"),
        ("Jansen;;01-02-1980;9711AB;12;999990018;", "bsn"),
        ("Jansen;;01-02-1980;9711AB;12;1,00E+08;", "bsn"),
        ("Jansen;;01-02-1980;9711AB;12;;Groningen", "municipality"),
        ("Jansen;;01-02-1980;9711AB;12;;70000", "municipality"),
        ("Jan\x07sen;;01-02-1980;9711AB;12;;", "surname"),
        ("Jan\ufffdsen;;01-02-1980;9711AB;12;;", "surname"),
        ('"Jan\nsen";;01-02-1980;9711AB;12;;', "surname"),
        ("Jansen;;01-02-1980;9711AB;12;;;more", "row"),
        ('"Jan"sen;;01-02-1980;9711AB;12;;', "row"),
    ],
)
def test_a_bad_row_is_named_by_line_and_field_and_stops_nothing(cells: str, field: str) -> None:
    good = "9;Jansen;;01-02-1980;9711AB;12;;\n"
    assert asked(f"{HEAD}{good}1;{cells}\n{good}") == [JANSEN, f"3:{field}", JANSEN]


def test_a_bad_row_never_shows_what_stands_in_it() -> None:
    for row in form_of(HEAD + "1;Geheimen;;31-31-1980;GEHEIM;GEHEIM;111222334;\n").rows():
        with pytest.raises(InvalidInput) as caught:
            asked_of(row.cells, DEFAULT)
        assert "geheim" not in f"{caught.value} {row!r}".lower()
        assert "111222334" not in f"{caught.value} {row!r}"


@pytest.mark.parametrize("written", ["999990019", "=" + '"999990019"', "'999990019", "9999.90.019", "999 990 019"])
def test_a_citizen_service_number_goes_before_the_name(written: str) -> None:
    assert asked(f"{HEAD}1;Jansen;;01-02-1980;9711AB;12;{written};\n") == ["NL.BSN:999990019"]


def test_a_lost_leading_zero_of_a_citizen_service_number_is_put_back() -> None:
    assert asked("bsn\n12345672\n012345672\n") == ["NL.BSN:012345672"] * 2


@pytest.mark.parametrize(("text", "code"), [("", 9901), ("14", 14), ("0014", 14), ("GM0014", 14), ('="0014"', 14)])
def test_the_municipality_is_a_column_or_the_default(text: str, code: int) -> None:
    [row] = form_of(f"{HEAD}1;Jansen;;01-02-1980;9711AB;12;;{text}\n").rows()
    assert asked_of(row.cells, DEFAULT).municipality == code


def test_lines_of_excel_that_hold_nothing_are_passed_over() -> None:
    text = "sep=;\r\n" + HEAD.replace("\n", ";;\r\n") + "1;Jansen;;01-02-1980;9711AB;12;;;;\r\n\r\n;;;;;;;;;\r\n"
    assert asked(text) == [JANSEN]
    form = form_of(text)
    [row] = form.rows()
    assert form.write_head().splitlines()[0] == "sep=;"
    assert form.write_head().splitlines()[1].startswith("klant;Achternaam")
    assert form.write(row, {"signal": "red"}).startswith("1;Jansen;;01-02-1980;9711AB;12;;;;;red;")


def test_a_row_over_several_lines_is_one_row() -> None:
    text = 'opmerking;bsn\n"een\ntwee\r\ndrie";999990019\nvier;999990020\n'
    rows = list(form_of(text).rows())
    assert [(row.line, row.values[0]) for row in rows] == [(2, "een\ntwee\r\ndrie"), (5, "vier")]


@pytest.mark.parametrize("after", [0, 1, 3, MAX_LINES, 3 * MAX_LINES])
def test_a_quote_that_is_never_closed_costs_one_row(after: int) -> None:
    good = "x;999990019\n"
    found = asked("opmerking;bsn\n" + good + '"x;999990019\n' + good * after)
    assert found == ["NL.BSN:999990019", "3:row", *["NL.BSN:999990019"] * after]


def test_two_quotes_that_were_never_closed_cost_their_own_rows_only() -> None:
    good, bad = "x;999990019;\n", '"x;999990019;\n'
    found = asked("opmerking;bsn;leeg\n" + good + bad + good + bad + good)
    assert [text for text in found if text.startswith("NL.")] == ["NL.BSN:999990019"] * 3
    assert len(found) == 5


def test_every_row_comes_out_with_all_its_columns_also_two_of_one_name() -> None:
    text = "ref;bsn;ref;opmerking\nA;999990019;B;=1+1\n"
    form = form_of(text)
    [row] = form.rows()
    back = list(csv.reader(io.StringIO(form.write_head() + form.write(row, {})), delimiter=";"))
    assert back[0][:4] == ["ref", "bsn", "ref", "opmerking"]
    assert back[1][:4] == ["A", "999990019", "B", "=1+1"]
    as_json = json.loads(JsonLines(form._lines).write(row, {"signal": "green"}))
    assert as_json == {"ref": "A", "bsn": "999990019", "ref_2": "B", "opmerking": "=1+1", "signal": "green"}


def test_two_columns_for_one_field_must_agree() -> None:
    text = "bsn;burgerservicenummer\n999990019;999990019\n999990019;\n999990019;999990020\n"
    assert asked(text) == ["NL.BSN:999990019", "NL.BSN:999990019", "4:bsn"]


def test_a_column_of_ours_whose_name_is_taken_is_called_otherwise() -> None:
    form = form_of("bsn;Contact;municipality\n999990019;Piet;14\n")
    assert form.write_head().strip().split(";") == [
        "bsn", "Contact", "municipality", "signal", "answer_municipality", "answer_contact", "checked_at",
        "check_number", "block", "warning", "error",
    ]  # fmt: skip


def test_text_of_others_does_not_become_a_formula() -> None:
    form = form_of("bsn\n999990019\n")
    [row] = form.rows()
    written = form.write(row, {"contact": '=HYPERLINK("https://example.nl")', "signal": "green"})
    assert next(csv.reader([written], delimiter=";"))[3].startswith("'=")


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "list_empty"),
        (b"\r\n \r\n", "list_empty"),
        (b"\xef\xbb\xbf", "list_empty"),
        (b"PK\x03\x04\x00\x00rubbish", "list_is_workbook"),
        (b"\xd0\xcf\x11\xe0\x00rubbish", "list_is_workbook"),
        (b"a\x00c\x00h\x00", "list_not_text"),
        (b"naam;adres\nJansen;Laan 12\n", "list_columns_missing"),
        (b"achternaam;postcode\nJansen;9711AB\n", "list_columns_missing"),
        (b"Jansen;01-02-1980;9711AB;12\n", "list_columns_missing"),
        (b"bsn;signal\n999990019;red\n", "list_has_signal"),
        (b'"bsn;naam\n999990019\n', "list_head_invalid"),
        (b"sep=;\r\n", "list_columns_missing"),
        (b"bsn\n" + b"9" * (2 * 1024 * 1024), "list_line_too_long"),
    ],
)
def test_what_is_no_list_is_refused_with_a_reason(content: bytes, key: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        list(form_of(content).rows())
    assert caught.value.key == key


def test_json_lines_keep_what_they_are_and_get_the_answer() -> None:
    text = (
        '{"bsn": 999990019, "ref": {"deep": [1, null]}}\n\n[1]\n{"bsn": true}\nrubbish\n{"ref": 1}\n'
        '{"achternaam": "Jansen", "geboortedatum": "1980-02-01", "postcode": "9711AB", "huisnummer": 12.0}\n'
    )
    assert asked(text) == ["NL.BSN:999990019", "3:row", "4:bsn", "5:row", "6:surname", JANSEN]
    form = form_of(text)
    row = next(form.rows())
    assert json.loads(form.write(row, {"signal": "green", "contact": "é"})) == {
        "bsn": 999990019,
        "ref": {"deep": [1, None]},
        "signal": "green",
        "contact": "é",
    }
    assert form.write_head() == ""


def test_bytes_that_are_no_text_are_written_back_as_they_were_and_refused_in_a_name() -> None:
    data = b"ref;achternaam;geboortedatum;postcode;huisnummer\n\x81\xe9;Jans\x8fn;01-02-1980;9711AB;12\n"
    form = form_of(data)
    [row] = form.rows()
    assert row.fault is not None
    assert row.fault.field == "surname"
    assert form._lines.encode(form.write(row, {})).startswith(b"\x81\xe9;Jans\x8fn;")


def test_a_byte_that_is_no_utf8_behind_text_that_is_becomes_a_bad_row() -> None:
    data = "achternaam;geboortedatum;postcode;huisnummer\nJansén;01-02-1980;9711AB;12\n".encode()
    found = asked(data + b"Jans\xe9n;01-02-1980;9711AB;12\n")
    assert found == [JANSEN, "3:surname"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"a" * 200_000, "utf-8"),
        (b"a" * 65_535 + "é".encode(), "utf-8"),
        (b"a" * 200_000 + b"\xe9", "cp1252"),
        (b"a" * 200_000 + b"\xc3", "cp1252"),
        ("é".encode() + b"\xe9", "utf-8"),
        (b"", "utf-8"),
    ],
)
def test_encoding_of_reads_as_far_as_it_must(content: bytes, encoding: str) -> None:
    assert encoding_of(io.BytesIO(content)) == encoding


@given(st.binary(max_size=400), st.sampled_from([b"", b"bsn;x\n", b"x,achternaam,geboortedatum,postcode,huisnummer\n"]))
def test_rubbish_is_read_to_its_end_or_refused(rubbish: bytes, head: bytes) -> None:
    with suppress(InvalidInput):  # any other error, or no end, fails
        form = form_of(head + rubbish)
        for row in form.rows():
            assert row.fault is not None or isinstance(row.cells, dict)
            assert form._lines.encode(form.write(row, {"error": "x"}))


CELL = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), max_size=20)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), max_size=8), st.sampled_from([";", ",", "\t"]))
def test_what_csv_can_say_is_read_and_written_back_the_same(rows: list[list[str]], separator: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(["bsn", "een", "twee"])
    writer.writerows(rows)
    form = form_of(text.getvalue())
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    found = list(form.rows())
    assert [list(row.values) for row in found] == kept
    written = form.write_head() + "".join(form.write(row, {}) for row in found)
    back = list(csv.reader(io.StringIO(written, newline=""), delimiter=separator))
    assert [row[:3] for row in back[1:]] == kept


@given(st.text(max_size=30))
def test_field_of_takes_any_text(name: str) -> None:
    assert field_of(name) is None or isinstance(field_of(name), str)


def test_identifiers_are_those_of_a_single_question() -> None:
    from schuldhulp.domain.identifiers import parse_person

    [row] = form_of(HEAD + "1;Berg-d'Ancona;van den;00-02-1980;9711 ab;12 a;;\n").rows()
    single: Identifier = parse_person("van den Berg-d'Ancona;00-02-1980;9711AB;12")
    assert asked_of(row.cells, DEFAULT).identifier == single


@given(
    st.lists(st.sampled_from(["a", "é", "€", "\r", "\n", "\r\n", ";", '"', "\u2028", "\x0b"]), max_size=30),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.integers(1, 5),
)
def test_lines_do_not_depend_on_where_blocks_end(parts: list[str], encoding: str, block: int) -> None:
    text = "".join(parts)
    data = text.encode(encoding)

    class Small(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            return super().read(block)

    whole, small = Lines(io.BytesIO(data)), Lines(Small(data))
    lines = list(whole)
    assert list(small) == lines
    assert "".join(lines) == text
    assert lines == re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+", text)
    assert small.mark + b"".join(small.encode(line) for line in lines) == data
    assert (small.number, small.consumed) == (len(lines), len(data) - len(small.mark))
    if lines:
        small.give_back(lines[-1:])
        assert (next(small), small.number) == (lines[-1], len(lines))
