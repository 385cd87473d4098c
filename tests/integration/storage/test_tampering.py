"""Somebody with full access to the database changes things: it is named at the next read, and no good record is blamed.

The intruder writes through a connection of her own, without foreign keys and without any key of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from schuldhulp.domain.access import Actor, Role
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.trust import FindingKind, TrustReport, TrustState
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, Deviation, InvalidInput
from tests.support.factories import (
    BSN_ONE,
    NOON,
    RecordKeeping,
    make_applicant,
    make_expense,
    make_income,
    make_obligation,
)

RECORD_COLUMNS = (
    "dossier_id",
    "record_id",
    "version",
    "schema",
    "ciphertext",
    "commitment",
    "replaces",
    "author",
    "created_at",
)


@dataclass
class Scene:
    """Two dossiers with some records, all on the chain.

    ``target`` was changed twice; ``other`` is another record of the same dossier.
    """

    keeping: RecordKeeping
    engine: Engine
    actor: Actor
    first: DossierId
    second: DossierId
    target: RecordId
    other: RecordId
    foreign: RecordId

    def tamper(self, statement: str, **values: Any) -> int:
        """Run a statement as the intruder."""
        with _unguarded(self.engine) as connection:
            changed = connection.execute(text(statement), values).rowcount
            connection.commit()
        return changed

    def rows(self, statement: str, **values: Any) -> Sequence[Any]:
        with _unguarded(self.engine) as connection:
            return connection.execute(text(statement), values).all()

    def report(self, dossier: DossierId | None = None) -> TrustReport:
        """Read as a caseworker does; a dossier of which no manifest opens is in nobody's caseload."""
        dossier = dossier or self.first
        view = self.keeping.dossiers.open(
            actor=self.actor, dossier=dossier, purpose=Purpose.DEBT_HELP, reason="nakijken"
        )
        whole = self.keeping.verification.dossier(actor=self.actor, dossier=dossier)
        assert set(view.trust.findings) <= set(whole.findings)
        assert view.trust.state is whole.state
        for record in view.records:
            assert record.verified is False or record.record_id not in whole.deviating_records
        return whole


def _unguarded(engine: Engine) -> Connection:
    connection = engine.connect()
    if engine.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
    return connection


@pytest.fixture
def scene(keeping: RecordKeeping, caseworker: Actor, engine: Engine) -> Scene:
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def no_guard(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA foreign_keys=OFF")

        engine.dispose()
    dossiers = []
    records: list[list[RecordId]] = []
    for name in ("Jansen", "de Boer"):
        dossier = keeping.add_dossier(caseworker, make_applicant(surname=name))
        owner = keeping.first_applicant(dossier)
        added = keeping.records.add_all(
            actor=caseworker,
            dossier=dossier,
            records=[make_obligation(owner, note=name), make_income(owner), make_expense(owner)],
        )
        dossiers.append(dossier)
        records.append([view.record_id for view in added])
    keeping.anchor()
    for version in (1, 2):
        keeping.records.change(
            actor=caseworker,
            dossier=dossiers[0],
            record_id=records[0][0],
            expected_version=version,
            record=make_obligation(keeping.first_applicant(dossiers[0]), note=f"versie {version + 1}"),
        )
        keeping.anchor()
    return Scene(
        keeping=keeping,
        engine=engine,
        actor=caseworker,
        first=dossiers[0],
        second=dossiers[1],
        target=records[0][0],
        other=records[0][1],
        foreign=records[1][0],
    )


def _named(report: TrustReport) -> set[RecordId]:
    assert report.state is TrustState.DEVIATES, report
    return set(report.deviating_records)


def test_report_is_verified_before_anything_is_touched(scene: Scene) -> None:
    assert scene.report(scene.first).state is TrustState.VERIFIED
    assert scene.report(scene.second).state is TrustState.VERIFIED


@pytest.mark.parametrize("version", [1, 3])
@pytest.mark.parametrize("column", RECORD_COLUMNS)
def test_each_byte_of_a_stored_record_is_watched(scene: Scene, column: str, version: int) -> None:
    """Change every byte of every column of a row, one at a time: this record is named and no other."""
    place = {"d": scene.first, "r": scene.target, "v": version}
    where = "dossier_id = :d AND record_id = :r AND version = :v"
    [row] = scene.rows(f'SELECT "{column}" FROM record_versions WHERE {where}', **place)
    value = row[0]
    # What a changed byte does is the same on both databases; SQLite, where it is quick, tries them all.
    for changed in _flipped(value)[:: 1 if scene.engine.dialect.name == "sqlite" else 20]:
        if column == "version" and changed in (1, 2, 3):
            # The database itself refuses two rows with one number.
            continue
        renamed = dict(place)
        if column in ("dossier_id", "record_id", "version"):
            renamed[{"dossier_id": "d", "record_id": "r", "version": "v"}[column]] = changed
        assert scene.tamper(f'UPDATE record_versions SET "{column}" = :new WHERE {where}', new=changed, **place) == 1
        opened = scene.keeping.reader.read(scene.first)
        assert _named(opened.report) == {scene.target}, (column, changed)
        assert {finding.record_id for finding in opened.report.findings} <= {scene.target, None}
        assert all(
            opened.is_verified(entry.row)
            for record, versions in opened.versions.items()
            if record != scene.target
            for entry in versions
        )
        assert scene.tamper(f'UPDATE record_versions SET "{column}" = :new WHERE {where}', new=value, **renamed) == 1
    assert scene.report().state is TrustState.VERIFIED


def _flipped(value: Any) -> list[Any]:
    """Return the value with each of its bytes changed, one at a time."""
    if isinstance(value, int):
        return [value ^ (1 << bit) for bit in range(0, 62, 3)]
    if isinstance(value, str):
        return [value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :] for place in range(len(value))]
    raw = bytes(value)
    # That a ciphertext does not open with any one byte changed is tested in tests/unit; here some of them are enough.
    places = range(len(raw)) if len(raw) <= 64 else [*range(28), *range(28, len(raw), 23), len(raw) - 1]
    flipped = [raw[:place] + bytes([raw[place] ^ 0x80]) + raw[place + 1 :] for place in places]
    return [*flipped, raw[:-1], raw + b"\0"]


@pytest.mark.parametrize(
    "value", ["text", b"\xff\xfe", -1, 0, 2**62, ""], ids=["text", "bytes", "negative", "zero", "huge", "empty"]
)
@pytest.mark.parametrize("column", RECORD_COLUMNS)
def test_a_value_of_another_kind_is_named_too(scene: Scene, column: str, value: Any) -> None:
    if scene.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL lets no value of another type in")
    place = {"d": scene.first, "r": scene.target}
    where = "dossier_id = :d AND record_id = :r AND version = 3"
    scene.tamper(f'UPDATE record_versions SET "{column}" = :new WHERE {where}', new=value, **place)
    assert _named(scene.report()) == {scene.target}


def test_a_ciphertext_from_another_record_is_named(scene: Scene) -> None:
    scene.tamper(
        "UPDATE record_versions SET ciphertext = (SELECT ciphertext FROM record_versions"
        " WHERE dossier_id = :d AND record_id = :o) WHERE dossier_id = :d AND record_id = :r AND version = 3",
        d=scene.first,
        r=scene.target,
        o=scene.other,
    )
    assert _named(scene.report()) == {scene.target}


def test_records_swapped_between_dossiers_are_named_in_both(scene: Scene) -> None:
    middle = DossierId(bytes(32))
    for old, record, new in (
        (scene.first, scene.other, middle),
        (scene.second, scene.foreign, scene.first),
        (middle, scene.other, scene.second),
    ):
        scene.tamper(
            "UPDATE record_versions SET dossier_id = :new WHERE dossier_id = :old AND record_id = :r",
            old=old,
            new=new,
            r=record,
        )
    assert _named(scene.report(scene.first)) == {scene.other, scene.foreign}
    assert _named(scene.report(scene.second)) == {scene.other, scene.foreign}


def test_contents_swapped_between_dossiers_are_named_in_both(scene: Scene) -> None:
    columns = "ciphertext", "commitment", "author", "created_at"
    rows = {
        dossier: scene.rows(
            f"SELECT {', '.join(columns)} FROM record_versions WHERE dossier_id = :d AND record_id = :r",
            d=dossier,
            r=record,
        )[0]
        for dossier, record in ((scene.first, scene.other), (scene.second, scene.foreign))
    }
    for dossier, record, source in (
        (scene.first, scene.other, scene.second),
        (scene.second, scene.foreign, scene.first),
    ):
        scene.tamper(
            f"UPDATE record_versions SET {', '.join(f'{name} = :{name}' for name in columns)}"
            " WHERE dossier_id = :d AND record_id = :r",
            d=dossier,
            r=record,
            **dict(zip(columns, rows[source], strict=True)),
        )
    assert _named(scene.report(scene.first)) == {scene.other}
    assert _named(scene.report(scene.second)) == {scene.foreign}


def test_a_record_rolled_back_is_named(scene: Scene) -> None:
    scene.tamper(
        "DELETE FROM record_versions WHERE dossier_id = :d AND record_id = :r AND version > 1",
        d=scene.first,
        r=scene.target,
    )
    report = scene.report()
    assert _named(report) == {scene.target}
    assert {finding.kind for finding in report.findings} == {FindingKind.RECORD_ROLLED_BACK}


def test_a_deleted_older_version_is_named(scene: Scene) -> None:
    scene.tamper(
        "DELETE FROM record_versions WHERE dossier_id = :d AND record_id = :r AND version = 2",
        d=scene.first,
        r=scene.target,
    )
    assert _named(scene.report()) == {scene.target}


def test_a_deleted_record_is_named(scene: Scene) -> None:
    scene.tamper("DELETE FROM record_versions WHERE dossier_id = :d AND record_id = :r", d=scene.first, r=scene.other)
    report = scene.report()
    assert _named(report) == {scene.other}
    assert {finding.kind for finding in report.findings} == {FindingKind.RECORD_MISSING}


def test_a_deleted_record_and_another_one_changed_are_both_named(scene: Scene) -> None:
    scene.tamper("DELETE FROM record_versions WHERE dossier_id = :d AND record_id = :r", d=scene.first, r=scene.other)
    scene.tamper(
        "UPDATE record_versions SET ciphertext = :c WHERE dossier_id = :d AND record_id = :r AND version = 3",
        d=scene.first,
        r=scene.target,
        c=bytes(300),
    )
    assert _named(scene.report()) == {scene.other, scene.target}


_COPY = (
    "INSERT INTO record_versions (dossier_id, record_id, version, schema, ciphertext, commitment, replaces, author,"
    " created_at) SELECT {dossier}, {record}, {version}, schema, ciphertext, commitment, replaces, author, created_at"
    " FROM record_versions WHERE dossier_id = :from AND record_id = :source AND version = 1"
)


def test_an_added_record_is_named(scene: Scene) -> None:
    stranger = RecordId(b"\x07" * 32)
    scene.tamper(
        _COPY.format(dossier=":d", record=":r", version="1").replace(":from", ":d").replace(":source", ":s"),
        d=scene.first,
        r=stranger,
        s=scene.other,
    )
    report = scene.report()
    assert _named(report) == {stranger}
    assert {finding.kind for finding in report.findings} == {FindingKind.RECORD_ADDED}


def test_a_record_copied_from_another_dossier_is_named(scene: Scene) -> None:
    scene.tamper(
        _COPY.format(dossier=":d", record="record_id", version="1").replace(":from", ":f").replace(":source", ":s"),
        d=scene.first,
        f=scene.second,
        s=scene.foreign,
    )
    assert _named(scene.report()) == {scene.foreign}
    assert scene.report(scene.second).state is TrustState.VERIFIED


def test_an_added_version_is_named(scene: Scene) -> None:
    scene.tamper(
        _COPY.format(dossier=":d", record=":r", version="4").replace(":from", ":d").replace(":source", ":r"),
        d=scene.first,
        r=scene.target,
    )
    assert _named(scene.report()) == {scene.target}


def test_a_caseworker_written_into_the_database_is_named_and_comes_in_with_a_reason_only(scene: Scene) -> None:
    intruder = scene.keeping.staff_member("ira", session="intruder")
    scene.tamper("UPDATE dossiers SET caseworker = :c WHERE id = :d", c=int(intruder.id), d=scene.first)
    intruder = scene.keeping.access.staff_member("ira", session="intruder")
    assert scene.first in intruder.dossiers
    with pytest.raises(InvalidInput) as raised:
        scene.keeping.dossiers.open(actor=intruder, dossier=scene.first, purpose=Purpose.DEBT_HELP)
    assert raised.value.field == "reason"
    with pytest.raises(Deviation):
        scene.keeping.records.add(
            actor=intruder, dossier=scene.first, record=make_income(scene.keeping.first_applicant(scene.first))
        )
    listed = {summary.id: summary for summary in scene.keeping.dossiers.list(actor=intruder)}
    assert (listed[scene.first].own, listed[scene.first].caseworker) == (False, "Anna")
    report = scene.keeping.verification.dossier(actor=intruder, dossier=scene.first)
    assert report.state is TrustState.DEVIATES
    assert [(finding.kind, finding.detail) for finding in report.findings] == [
        (FindingKind.ROOT_DIFFERS, "dossier_row")
    ]


@pytest.mark.parametrize("ended", [False, True], ids=["ended by the intruder", "opened again"])
def test_an_end_written_into_the_database_is_named_and_not_believed(scene: Scene, ended: bool) -> None:
    if ended:
        scene.keeping.dossiers.end(actor=scene.actor, dossier=scene.first, ended_at=NOON)
        scene.keeping.anchor()
        assert scene.report().state is TrustState.VERIFIED
        scene.tamper("UPDATE dossiers SET ended_at = NULL WHERE id = :d", d=scene.first)
    else:
        scene.tamper("UPDATE dossiers SET ended_at = created_at WHERE id = :d", d=scene.first)
    report = scene.report()
    assert report.state is TrustState.DEVIATES
    assert [finding.detail for finding in report.findings] == ["dossier_row"]
    listed = {summary.id: summary for summary in scene.keeping.dossiers.list(actor=scene.actor)}
    assert listed[scene.first].ended is ended


def test_an_older_assignment_written_back_is_named(scene: Scene) -> None:
    before = scene.rows("SELECT caseworker FROM dossiers WHERE id = :d", d=scene.first)[0].caseworker
    leader = scene.keeping.staff_member("lea", Role.TEAM_LEADER, session="leader")
    scene.keeping.dossiers.assign(actor=leader, dossier=scene.first, caseworker=int(leader.id), reason="Anna gaat weg")
    scene.keeping.anchor()
    assert scene.keeping.verification.dossier(actor=leader, dossier=scene.first).state is TrustState.VERIFIED
    scene.tamper("UPDATE dossiers SET caseworker = :c WHERE id = :d", c=before, d=scene.first)
    assert scene.keeping.verification.dossier(actor=leader, dossier=scene.first).state is TrustState.DEVIATES
    again = scene.keeping.access.staff_member("anna", session="another day")
    with pytest.raises(InvalidInput):
        scene.keeping.dossiers.open(actor=again, dossier=scene.first, purpose=Purpose.DEBT_HELP)


def test_a_client_known_by_the_manifest_stays_known(scene: Scene) -> None:
    known = scene.keeping.add_dossier(scene.actor, make_applicant(bsn=BSN_ONE))
    scene.tamper("UPDATE dossiers SET ended_at = created_at WHERE id = :d", d=known)
    with pytest.raises(Conflict):
        scene.keeping.add_dossier(scene.actor, make_applicant(bsn=BSN_ONE))


MANIFEST_CHANGES = {
    "ciphertext": "ciphertext = :c",
    "root": "root = :w",
    "previous root": "previous_root = :w",
    "revision": "revision = 77",
    "time": "created_at = created_at + 1",
}


@pytest.mark.parametrize("change", MANIFEST_CHANGES.values(), ids=MANIFEST_CHANGES)
def test_a_damaged_manifest_is_named_and_no_record(scene: Scene, change: str) -> None:
    values = {name: value for name, value in (("c", bytes(400)), ("w", b"\x01" * 32)) if f":{name}" in change}
    scene.tamper(
        f"UPDATE dossier_revisions SET {change} WHERE dossier_id = :d AND revision ="
        " (SELECT max(revision) FROM dossier_revisions WHERE dossier_id = :d)",
        d=scene.first,
        **values,
    )
    report = scene.report()
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.MANIFEST_UNREADABLE}


def test_a_deleted_manifest_is_named_and_no_record(scene: Scene) -> None:
    scene.tamper(
        "DELETE FROM dossier_revisions WHERE dossier_id = :d AND revision ="
        " (SELECT max(revision) FROM dossier_revisions WHERE dossier_id = :d)",
        d=scene.first,
    )
    report = scene.report()
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.MANIFEST_UNREADABLE}


def test_all_manifests_deleted_are_named_and_no_record(scene: Scene) -> None:
    scene.tamper("DELETE FROM dossier_revisions WHERE dossier_id = :d", d=scene.first)
    report = scene.report()
    assert _named(report) == set()
    assert FindingKind.MANIFEST_UNREADABLE in {finding.kind for finding in report.findings}


@pytest.mark.parametrize("revision", [1, 2])
def test_a_damaged_older_manifest_is_named_when_everything_is_checked(scene: Scene, revision: int) -> None:
    scene.tamper(
        "UPDATE dossier_revisions SET ciphertext = :c WHERE dossier_id = :d AND revision = :v",
        d=scene.first,
        c=bytes(400),
        v=revision,
    )
    report = scene.keeping.verification.dossier(actor=scene.actor, dossier=scene.first)
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.MANIFEST_UNREADABLE}


def test_a_damaged_manifest_and_a_changed_record_are_both_named(scene: Scene) -> None:
    scene.tamper(
        "UPDATE dossier_revisions SET ciphertext = :c WHERE dossier_id = :d AND revision ="
        " (SELECT max(revision) FROM dossier_revisions WHERE dossier_id = :d)",
        d=scene.first,
        c=bytes(400),
    )
    scene.tamper(
        "UPDATE record_versions SET ciphertext = :c WHERE dossier_id = :d AND record_id = :r",
        d=scene.first,
        r=scene.other,
        c=bytes(300),
    )
    report = scene.report()
    assert _named(report) == {scene.other}
    assert FindingKind.MANIFEST_UNREADABLE in {finding.kind for finding in report.findings}


DOSSIER_CHANGES = {
    "root": "root = :w",
    "previous root": "previous_root = :w",
    "revision up": "revision = revision + 1",
    "revision down": "revision = revision - 1",
    "file number": "file_number = 'x'",
    "time": "created_at = created_at + 1",
}


@pytest.mark.parametrize("change", DOSSIER_CHANGES.values(), ids=DOSSIER_CHANGES)
def test_a_changed_dossier_row_is_named_and_no_record(scene: Scene, change: str) -> None:
    values = {"w": b"\x01" * 32} if ":w" in change else {}
    scene.tamper(f"UPDATE dossiers SET {change} WHERE id = :d", d=scene.first, **values)
    report = scene.report()
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.ROOT_DIFFERS}


def test_a_damaged_data_key_is_named_and_no_record(scene: Scene) -> None:
    scene.tamper("UPDATE dossier_keys SET wrapped = :w WHERE dossier_id = :d", d=scene.first, w=bytes(60))
    report = scene.report()
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.KEY_UNREADABLE}


def test_data_keys_swapped_between_dossiers_are_named(scene: Scene) -> None:
    keys = dict(scene.rows("SELECT dossier_id, wrapped FROM dossier_keys"))
    for dossier, other in ((scene.first, scene.second), (scene.second, scene.first)):
        scene.tamper("UPDATE dossier_keys SET wrapped = :w WHERE dossier_id = :d", d=dossier, w=bytes(keys[other]))
    for dossier in (scene.first, scene.second):
        assert {finding.kind for finding in scene.report(dossier).findings} == {FindingKind.KEY_UNREADABLE}


def _insert_job(scene: Scene, **changes: Any) -> None:
    values: dict[str, Any] = {
        "dossier_id": scene.first,
        "municipality": 9901,
        "previous_root": scene.keeping.chain.roots[scene.first],
        "new_root": b"\x05" * 32,
        "revision": 99,
        "created_at": 1,
        "mac": bytes(32),
        "state": "queued",
    }
    values |= changes
    scene.tamper(
        f"INSERT INTO outbox ({', '.join(values)}) VALUES ({', '.join(f':{name}' for name in values)})", **values
    )


@pytest.mark.parametrize("state", ["queued", "signed", "confirmed", "replaced", "refused", "nonsense"])
def test_a_forged_job_is_named_in_every_state(scene: Scene, state: str) -> None:
    _insert_job(scene, state=state)
    report = scene.report()
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.JOB_INVALID}
    assert scene.report(scene.second).state is TrustState.VERIFIED


def test_a_job_brought_back_to_life_is_named(scene: Scene) -> None:
    scene.tamper("UPDATE outbox SET state = 'queued' WHERE dossier_id = :d AND revision = 2", d=scene.first)
    assert {finding.kind for finding in scene.report().findings} == {FindingKind.JOB_INVALID}


def test_a_job_of_another_dossier_is_named(scene: Scene) -> None:
    scene.tamper(
        "UPDATE outbox SET dossier_id = :d WHERE id = (SELECT min(id) FROM outbox WHERE dossier_id = :s)",
        d=scene.first,
        s=scene.second,
    )
    assert {finding.kind for finding in scene.report().findings} == {FindingKind.JOB_INVALID}


@pytest.mark.parametrize("column", ["municipality", "previous_root", "new_root", "revision", "created_at", "mac"])
def test_a_changed_column_of_a_waiting_job_is_named(scene: Scene, column: str) -> None:
    scene.keeping.records.add(
        actor=scene.actor, dossier=scene.first, record=make_income(scene.keeping.first_applicant(scene.first))
    )
    assert scene.report().state is TrustState.BEING_RECORDED
    new = b"\x09" * 32 if column.endswith("root") or column == "mac" else 7
    scene.tamper(f"UPDATE outbox SET {column} = :n WHERE dossier_id = :d AND state = 'queued'", d=scene.first, n=new)
    report = scene.report()
    assert _named(report) == set()
    assert FindingKind.JOB_INVALID in {finding.kind for finding in report.findings}


def test_a_newer_root_whose_job_is_gone_is_named(scene: Scene) -> None:
    scene.keeping.records.add(
        actor=scene.actor, dossier=scene.first, record=make_income(scene.keeping.first_applicant(scene.first))
    )
    scene.tamper("DELETE FROM outbox WHERE dossier_id = :d AND state = 'queued'", d=scene.first)
    report = scene.report()
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.ROOT_DIFFERS}


TABLES = ("record_versions", "dossier_revisions", "outbox")


def _restore_older_copy(scene: Scene, change: Callable[[], None]) -> None:
    """Put the rows of the first dossier back as they were before a change."""
    before = {
        table: [dict(row._mapping) for row in scene.rows(f"SELECT * FROM {table} WHERE dossier_id = :d", d=scene.first)]
        for table in TABLES
    }
    dossier = dict(scene.rows("SELECT * FROM dossiers WHERE id = :d", d=scene.first)[0]._mapping)
    change()
    for table, rows in before.items():
        scene.tamper(f"DELETE FROM {table} WHERE dossier_id = :d", d=scene.first)
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            scene.tamper(f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in row)})", **row)
    assignments = ", ".join(f"{name} = :{name}" for name in ("revision", "root", "previous_root"))
    scene.tamper(
        f"UPDATE dossiers SET {assignments} WHERE id = :id",
        **{name: dossier[name] for name in ("id", "revision", "root", "previous_root")},
    )


def test_a_whole_dossier_restored_from_an_older_copy_is_named(scene: Scene) -> None:
    def change() -> None:
        scene.keeping.records.add(
            actor=scene.actor, dossier=scene.first, record=make_income(scene.keeping.first_applicant(scene.first))
        )
        scene.keeping.anchor()

    _restore_older_copy(scene, change)
    report = scene.report()
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.DATABASE_BEHIND}


def test_a_chain_that_was_set_back_is_named(scene: Scene) -> None:
    scene.keeping.chain.roots.clear()
    report = scene.report()
    assert _named(report) == set()
    assert {finding.kind for finding in report.findings} == {FindingKind.CHAIN_BEHIND}


def test_a_deviating_dossier_is_not_written_to(scene: Scene) -> None:
    scene.tamper("DELETE FROM record_versions WHERE dossier_id = :d AND record_id = :r", d=scene.first, r=scene.other)
    owner = scene.keeping.first_applicant(scene.first)
    before = scene.rows("SELECT count(*) FROM record_versions")
    with pytest.raises(Deviation) as raised:
        scene.keeping.records.add(actor=scene.actor, dossier=scene.first, record=make_income(owner))
    assert raised.value.parameters["records"] == 1
    assert scene.rows("SELECT count(*) FROM record_versions") == before
    # The other dossier is not held up by it.
    owner = scene.keeping.first_applicant(scene.second)
    scene.keeping.records.add(actor=scene.actor, dossier=scene.second, record=make_income(owner))


def test_verify_all_names_the_dossier_that_was_touched(scene: Scene) -> None:
    scene.tamper("UPDATE record_versions SET author = 'x' WHERE record_id = :r", r=scene.other)
    told: list[tuple[int, int]] = []
    summary = scene.keeping.verification.all(actor=scene.actor, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    assert summary.state is TrustState.DEVIATES
    assert {report.dossier: report.state for report in summary.reports} == {
        scene.first: TrustState.DEVIATES,
        scene.second: TrustState.VERIFIED,
    }


LOG_CHANGES = {
    "purpose": "UPDATE processing_log SET purpose = 'export' WHERE sequence = 2",
    "actor": "UPDATE processing_log SET actor = '99' WHERE sequence = 2",
    "time": "UPDATE processing_log SET end_time = end_time + 1 WHERE sequence = 1",
    "deleted": "DELETE FROM processing_log WHERE sequence = 2",
    "moved": "UPDATE processing_log SET sequence = 77 WHERE sequence = 2",
}


@pytest.mark.parametrize("statement", LOG_CHANGES.values(), ids=LOG_CHANGES)
def test_a_changed_line_of_the_processing_log_is_named(scene: Scene, statement: str) -> None:
    scene.tamper(statement)
    summary = scene.keeping.verification.all(actor=scene.actor)
    assert [finding.kind for finding in summary.system] == [FindingKind.LOG_BROKEN]


@pytest.mark.parametrize("everything", [False, True], ids=["its row", "all its rows"])
def test_a_deleted_dossier_is_named(scene: Scene, everything: bool) -> None:
    scene.keeping.dossiers.open(actor=scene.actor, dossier=scene.first, purpose=Purpose.DEBT_HELP)
    for table in ("record_versions", "dossier_revisions", "dossier_keys", "outbox") if everything else ():
        scene.tamper(f"DELETE FROM {table} WHERE dossier_id = :d", d=scene.first)
    scene.tamper("DELETE FROM dossiers WHERE id = :d", d=scene.first)
    summary = scene.keeping.verification.all(actor=scene.actor)
    assert {report.dossier: report.state for report in summary.reports} == {
        scene.first: TrustState.DEVIATES,
        scene.second: TrustState.VERIFIED,
    }
