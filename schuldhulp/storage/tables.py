"""The tables of the main database.

Nothing in them can be read without a key, except bookkeeping and the names of staff. Rows of ``record_versions``,
``dossier_revisions``, ``processing_log`` and ``claim_events`` are only ever added; of ``channel_messages`` only the
contents go. Columns that hold a state have no foreign key to what another process may clean up.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, MetaData, Table, UniqueConstraint

from schuldhulp.storage.columns import Octets, Text, Time, Whole

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

staff = Table(
    "staff",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("function", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("active", Boolean, nullable=False),
)

creditors = Table(
    "creditors",
    metadata,
    Column("kvk", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False),
)

dossiers = Table(
    "dossiers",
    metadata,
    Column("id", Octets, primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("file_number", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("caseworker", ForeignKey("staff.id"), index=True),
    Column("ended_at", Time),
    Column("revision", Whole, nullable=False),
    Column("root", Octets, nullable=False),
    Column("previous_root", Octets, nullable=False),
    UniqueConstraint("municipality", "file_number"),
)

file_numbers = Table(
    "file_numbers",
    metadata,
    Column("municipality", Whole, primary_key=True, autoincrement=False),
    Column("year", Whole, primary_key=True, autoincrement=False),
    Column("last", Whole, nullable=False),
)

dossier_keys = Table(
    "dossier_keys",
    metadata,
    Column("dossier_id", ForeignKey("dossiers.id"), primary_key=True),
    Column("wrapped", Octets, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("created_at", Time, nullable=False),
)

record_versions = Table(
    "record_versions",
    metadata,
    Column("dossier_id", ForeignKey("dossiers.id"), primary_key=True),
    Column("record_id", Octets, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("schema", Whole, nullable=False),
    Column("ciphertext", Octets, nullable=False),
    Column("commitment", Octets, nullable=False),
    Column("replaces", Octets, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", Time, nullable=False),
)

dossier_revisions = Table(
    "dossier_revisions",
    metadata,
    Column("dossier_id", ForeignKey("dossiers.id"), primary_key=True),
    Column("revision", Whole, primary_key=True, autoincrement=False),
    Column("root", Octets, nullable=False),
    Column("previous_root", Octets, nullable=False),
    Column("ciphertext", Octets, nullable=False),
    Column("created_at", Time, nullable=False),
)

batches = Table(
    "batches",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("municipality", Whole, nullable=False),
    Column("kind", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("nonce", Whole, nullable=False),
    Column("raw", Octets, nullable=False),
    Column("tx_hash", Octets, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("created_at", Time, nullable=False),
    Column("block_number", Whole),
    Column("block_hash", Octets),
    Index(None, "account", "nonce"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("dossier_id", ForeignKey("dossiers.id"), nullable=False, index=True),
    Column("municipality", Whole, nullable=False),
    Column("previous_root", Octets, nullable=False),
    Column("new_root", Octets, nullable=False),
    Column("revision", Whole, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("mac", Octets, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("batch_id", ForeignKey("batches.id"), index=True),
)

worker_leases = Table(
    "worker_leases",
    metadata,
    Column("account", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Time, nullable=False),
    Column("request", Text),
)

publication_jobs = Table(
    "publication_jobs",
    metadata,
    Column("id", Octets, primary_key=True),
    Column("action", Text, nullable=False),
    Column("sealed", Octets, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("mac", Octets, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("error", Text),
)

tag_holders = Table(
    "tag_holders",
    metadata,
    Column("tag", Octets, primary_key=True),
    Column("publication_id", ForeignKey("publication_jobs.id"), primary_key=True, index=True),
    Column("municipality", Whole, nullable=False),
    Column("epoch", Whole, nullable=False),
    Column("mac", Octets, nullable=False),
)

spent_publications = Table(
    "spent_publications",
    metadata,
    Column("publication_id", ForeignKey("publication_jobs.id"), primary_key=True),
)

tag_jobs = Table(
    "tag_jobs",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("tag", Octets, nullable=False, index=True),
    Column("municipality", Whole, nullable=False),
    Column("epoch", Whole, nullable=False),
    Column("action", Text, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("publication_id", Octets, nullable=False),
    Column("batch_id", ForeignKey("batches.id"), index=True),
    Column("mac", Octets, nullable=False),
)

spare_revisions = Table(
    "spare_revisions",
    metadata,
    Column("dossier_id", ForeignKey("dossiers.id"), primary_key=True),
    Column("revision", Whole, primary_key=True, autoincrement=False),
    Column("root", Octets, nullable=False),
    Column("previous_root", Octets, nullable=False),
    Column("ciphertext", Octets, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("mac", Octets, nullable=False),
)

decoys = Table(
    "decoys",
    metadata,
    Column("id", Octets, primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("root", Octets, nullable=False),
    Column("next_root", Octets),
    Column("batch_id", ForeignKey("batches.id"), index=True),
)

applicant_index = Table(
    "applicant_index",
    metadata,
    Column("dossier_id", ForeignKey("dossiers.id"), primary_key=True),
    Column("record_id", Octets, primary_key=True),
    Column("blind_index", Octets, nullable=False, index=True),
)

login_subjects = Table(
    "login_subjects",
    metadata,
    Column("lookup", Octets, primary_key=True),
    Column("subject", Text, nullable=False, unique=True),
    Column("provider", Text, nullable=False),
    Column("sealed", Octets, nullable=False),
    Column("created_at", Time, nullable=False),
)

processing_log = Table(
    "processing_log",
    metadata,
    Column("municipality", Whole, primary_key=True, autoincrement=False),
    Column("sequence", Whole, primary_key=True, autoincrement=False),
    Column("trace_id", Octets, nullable=False),
    Column("span_id", Octets, nullable=False),
    Column("parent_span_id", Octets, nullable=False),
    Column("status", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("start_time", Time, nullable=False),
    Column("end_time", Time, nullable=False),
    Column("activity", Text, nullable=False),
    Column("subject", Octets, nullable=False),
    Column("subject_type", Text, nullable=False),
    Column("dossier_id", ForeignKey("dossiers.id"), index=True),
    Column("actor", Text, nullable=False),
    Column("function", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("reason", Octets, nullable=False),
    Column("previous", Octets, nullable=False),
    Column("hash", Octets, nullable=False),
)

chain_watch = Table(
    "chain_watch",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=False),
    Column("head_number", Whole, nullable=False),
    Column("head_hash", Octets, nullable=False),
    Column("checked_at", Time, nullable=False),
    Column("finding", Text, nullable=False),
)

channel_messages = Table(
    "channel_messages",
    metadata,
    Column("message", Octets, primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("number", Whole, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Octets, nullable=False),
    Column("sender", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("stored_at", Time, nullable=False),
    Column("content", Octets, nullable=False),
    Column("acknowledged", Boolean, nullable=False, index=True),
    Column("handled_at", Time, index=True),
)

claim_deliveries = Table(
    "claim_deliveries",
    metadata,
    Column("message", ForeignKey("channel_messages.message"), primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("claim_id", Octets, nullable=False, index=True),
    Column("sender", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("commitment", Octets),
    Column("replaces", Octets),
    Column("version", Whole),
    Column("finding", Text),
    Column("reason", Text),
    Column("decided_at", Time),
    Column("mac", Octets, nullable=False),
    Column("renew_at", Time),
)

claim_events = Table(
    "claim_events",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("municipality", Whole, nullable=False),
    Column("kind", Text, nullable=False),
    Column("claim_id", Octets, nullable=False, index=True),
    Column("account", Text),
    Column("commitment", Octets),
    Column("previous", Octets),
    Column("status", Whole),
    Column("decision", Octets),
    Column("block_number", Whole, nullable=False, index=True),
    Column("block_hash", Octets, nullable=False),
    Column("block_time", Time, nullable=False),
    Column("log_index", Whole, nullable=False),
    Column("dropped_at", Time),
)

claims = Table(
    "claims",
    metadata,
    Column("claim_id", Octets, primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("holder", Text, nullable=False),
    Column("status", Whole, nullable=False),
    Column("commitment", Octets, nullable=False),
    Column("filed_at", Time, nullable=False),
    Column("changed_at", Time, nullable=False),
    Column("since", Time, nullable=False),
    Column("block_number", Whole, nullable=False),
    Column("contents", Text, nullable=False, index=True),
    Column("message", Octets),
)

claim_receipts = Table(
    "claim_receipts",
    metadata,
    Column("id", Whole, primary_key=True, autoincrement=True),
    Column("municipality", Whole, nullable=False),
    Column("claim_id", Octets, nullable=False, index=True),
    Column("message", Octets),
    Column("recipient", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("document", Octets, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("sealed", Octets, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("tried_at", Time),
    Column("delivered_at", Time, index=True),
)

claim_follow = Table(
    "claim_follow",
    metadata,
    Column("municipality", Whole, primary_key=True, autoincrement=False),
    Column("collected", Whole, nullable=False),
    Column("block_number", Whole, nullable=False),
    Column("block_hash", Octets, nullable=False),
    Column("checked_at", Time),
    Column("trouble", Text, nullable=False),
)

page_checks = Table(
    "page_checks",
    metadata,
    Column("id", Octets, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("checked_at", Time, nullable=False),
    Column("sealed", Octets, nullable=False),
    Index(None, "organisation", "checked_at"),
)

claim_decisions = Table(
    "claim_decisions",
    metadata,
    Column("id", Octets, primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("claim_id", Octets, nullable=False, index=True),
    Column("commitment", Octets, nullable=False),
    Column("status", Whole, nullable=False),
    Column("decision", Octets, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("sealed", Octets, nullable=False),
    Column("kept", Octets, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("mac", Octets, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("batch", ForeignKey("batches.id"), index=True),
    Column("trouble", Text, nullable=False),
    Column("tried_at", Time),
    Column("delivered_at", Time),
)

claim_links = Table(
    "claim_links",
    metadata,
    Column("claim_id", Octets, primary_key=True),
    Column("filed_at", Time, primary_key=True, autoincrement=False),
    Column("sealed", Octets, nullable=False),
    Column("linked_at", Time, nullable=False),
)

correspondents = Table(
    "correspondents",
    metadata,
    Column("municipality", Whole, primary_key=True, autoincrement=False),
    Column("account", Text, primary_key=True),
    Column("kvk", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("rank", Whole, nullable=False),
    Column("suspended", Boolean, nullable=False),
)

claim_renewals = Table(
    "claim_renewals",
    metadata,
    Column("claim_id", Octets, primary_key=True),
    Column("commitment", Octets, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("document", Octets, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("sealed", Octets, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("tried_at", Time),
    Column("delivered_at", Time, index=True),
)

statements = Table(
    "statements",
    metadata,
    Column("message", ForeignKey("channel_messages.message"), primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("statement_id", Octets, nullable=False),
    Column("sender", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("finding", Text, nullable=False),
    Column("receipt", Octets, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("tried_at", Time),
    Column("receipted_at", Time, index=True),
    Column("outcome", Octets, nullable=False),
    Column("decided_at", Time),
)

notices = Table(
    "notices",
    metadata,
    Column("message", Octets, primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("notice_id", Octets, nullable=False, unique=True),
    Column("recipient", Text, nullable=False),
    Column("content", Octets, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("mac", Octets, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("trouble", Text, nullable=False),
    Column("tried_at", Time),
    Column("delivered_at", Time),
    Column("sent_at", Time),
    Column("signature", Octets, nullable=False),
)

notice_replies = Table(
    "notice_replies",
    metadata,
    Column("message", Octets, primary_key=True),
    Column("municipality", Whole, nullable=False),
    Column("notice", Octets, nullable=False, index=True),
    Column("sender", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("received_at", Time, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("trouble", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("acknowledged_at", Time),
    Column("signature", Octets, nullable=False),
)
