"""New clients."""

from __future__ import annotations

from collections.abc import Sequence

from schuldhulp.domain.access import Actor, Permission
from schuldhulp.domain.audit import Purpose
from schuldhulp.domain.checks import check_line
from schuldhulp.domain.records import Applicant, Record
from schuldhulp.domain.types import DossierId, RecordId
from schuldhulp.errors import Conflict, InvalidInput
from schuldhulp.services.clock import today
from schuldhulp.services.dossier_reader import DossierReader
from schuldhulp.services.dossier_writer import DossierWriter, Draft, new_record_id
from schuldhulp.services.filling import adopt
from schuldhulp.services.known_clients import require_new_client
from schuldhulp.services.ports import UnitOfWork
from schuldhulp.services.processing_log import ProcessingLog
from schuldhulp.services.record_rules import check_applicants
from schuldhulp.services.rows import DossierRow


class ClientService:
    """Takes clients in. Being a client and being visible to creditors are two acts; this is the first."""

    def __init__(self, *, reader: DossierReader, writer: DossierWriter, log: ProcessingLog) -> None:
        """Take what it works with.

        Args:
            reader: gives store, keys, clock and municipality.
            writer: writes the dossier.
            log: the processing log.
        """
        self._store = reader.store
        self._keys = reader.keys
        self._clock = reader.clock
        self._municipality = reader.municipality
        self._writer = writer
        self._log = log

    def add(
        self,
        *,
        actor: Actor,
        applicants: Sequence[Applicant],
        file_number: str | None = None,
        caseworker: int | None = None,
    ) -> DossierId:
        """Make a dossier for one or two applicants.

        Args:
            actor: who does it; a caseworker gets the dossier into her caseload.
            applicants: the first applicant and perhaps the partner.
            file_number: number that people use; ``<year>-<five digits>``, the next one, when left out.
            caseworker: whose caseload it comes into; the actor's when left out.

        Returns:
            The dossier. Its first root is on its way to the chain.

        Raises:
            NotAllowed: the actor may not take clients in.
            InvalidInput: no applicant, too many, or a wrong file number.
            Conflict: the file number is taken, or an applicant has a dossier already.
            Deviation: database and chain do not agree as a whole; nothing was written.
            ChainMismatch: another chain answers; nothing was written.
            Unreachable: the database does not answer; nothing was written.
        """
        self._log.refuse(actor=actor, permission=Permission.ADD_CLIENT, purpose=Purpose.INTAKE, dossier=None)
        if not applicants:
            raise InvalidInput("required", "applicants: at least one", field="applicants")
        people: dict[RecordId, Record] = {new_record_id(): applicant for applicant in applicants}
        check_applicants(people)
        if file_number is not None:
            check_line(file_number, "file_number", required=True, longest=40)
        self._writer.require_chain()
        now = self._clock.now()
        with self._store.write() as work:
            number = self._file_number(work, file_number)
            for applicant in applicants:
                if applicant.bsn is not None:
                    require_new_client(work, applicant.bsn, keys=self._keys, municipality=self._municipality)
            dossier, root = adopt(work, self._municipality)
            if caseworker is None and actor.kind == "staff":
                caseworker = int(actor.id)
            row = DossierRow(
                id=dossier,
                municipality=self._municipality,
                file_number=number,
                created_at=now,
                caseworker=caseworker,
                ended_at=None,
                revision=0,
                root=root,
                previous_root=root,
            )
            drafts = [Draft(record=person, record_id=record) for record, person in people.items()]
            self._writer.create(work, row, drafts, actor=actor)
            work.commit()
        return dossier

    def _file_number(self, work: UnitOfWork, given: str | None) -> str:
        year = today(self._clock).year
        # Drawn in any case: on PostgreSQL this makes two intakes at once wait for each other.
        drawn = work.dossiers.next_file_number(self._municipality, year)
        if given is not None:
            if work.dossiers.find(self._municipality, given.strip()) is not None:
                raise Conflict("file_number_taken", "there is a dossier with this file number", field="file_number")
            return given.strip()
        while work.dossiers.find(self._municipality, f"{year}-{drawn:05d}") is not None:
            drawn = work.dossiers.next_file_number(self._municipality, year)
        return f"{year}-{drawn:05d}"
