"""What the use cases need from outside, as Protocols that the adapters implement; a module for each subject."""

from __future__ import annotations

from schuldhulp.services.ports.chain import (
    ChainAdministrator,
    ChainReader,
    ChainWriter,
    ContractCall,
    Head,
    MunicipalityState,
    Receipt,
    RootChange,
    RootCommitted,
    RootReader,
    SignedTransaction,
    TransactionWriter,
)
from schuldhulp.services.ports.clock import (
    Clock,
)
from schuldhulp.services.ports.evaluator import (
    AskedEvaluator,
    EvaluatedBatch,
    Evaluator,
    KeptTags,
    Question,
    RequestSigner,
)
from schuldhulp.services.ports.organisations import (
    Admission,
    Burst,
    ChannelLine,
    Charge,
    EvaluatorStore,
    Organisation,
    OrganisationStore,
    Quota,
    RateStore,
    RefusalLine,
    UsageLine,
    UsageStore,
)
from schuldhulp.services.ports.people import (
    LoginSubject,
    StaffRepository,
    SubjectRepository,
    SubjectStore,
)
from schuldhulp.services.ports.publication import (
    BatchRepository,
    FillingRepository,
    LeaseRepository,
    OutboxRepository,
    PublicationRepository,
)
from schuldhulp.services.ports.records import (
    ChainWatchRepository,
    DossierRepository,
    IndexRepository,
    KeyRepository,
    LogRepository,
    RecordRepository,
    RevisionRepository,
)
from schuldhulp.services.ports.registry import (
    Registry,
    RegistryView,
    SeenHeads,
)
from schuldhulp.services.ports.store import (
    Store,
    UnitOfWork,
)

__all__ = [
    "Admission",
    "AskedEvaluator",
    "BatchRepository",
    "Burst",
    "ChainAdministrator",
    "ChainReader",
    "ChainWatchRepository",
    "ChainWriter",
    "ChannelLine",
    "Charge",
    "Clock",
    "ContractCall",
    "DossierRepository",
    "EvaluatedBatch",
    "Evaluator",
    "EvaluatorStore",
    "FillingRepository",
    "Head",
    "IndexRepository",
    "KeptTags",
    "KeyRepository",
    "LeaseRepository",
    "LogRepository",
    "LoginSubject",
    "MunicipalityState",
    "Organisation",
    "OrganisationStore",
    "OutboxRepository",
    "PublicationRepository",
    "Question",
    "Quota",
    "RateStore",
    "Receipt",
    "RecordRepository",
    "RefusalLine",
    "Registry",
    "RegistryView",
    "RequestSigner",
    "RevisionRepository",
    "RootChange",
    "RootCommitted",
    "RootReader",
    "SeenHeads",
    "SignedTransaction",
    "StaffRepository",
    "Store",
    "SubjectRepository",
    "SubjectStore",
    "TransactionWriter",
    "UnitOfWork",
    "UsageLine",
    "UsageStore",
]
