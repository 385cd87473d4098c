"""First tables of the main database.

Revision ID: 0001
Revises: none
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The types of today, written out: a migration must not change with the code around it.
_WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = _WHOLE
_TEXT = sa.String()
_OCTETS = sa.LargeBinary()


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("nonce", _WHOLE, nullable=False),
        sa.Column("raw", _OCTETS, nullable=False),
        sa.Column("tx_hash", _OCTETS, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("block_number", _WHOLE, nullable=True),
        sa.Column("block_hash", _OCTETS, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(op.f("ix_batches_account_nonce"), "batches", ["account", "nonce"], unique=False)
    op.create_index(op.f("ix_batches_state"), "batches", ["state"], unique=False)
    op.create_table(
        "chain_watch",
        sa.Column("id", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("head_number", _WHOLE, nullable=False),
        sa.Column("head_hash", _OCTETS, nullable=False),
        sa.Column("checked_at", _TIME, nullable=False),
        sa.Column("finding", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_watch")),
    )
    op.create_table(
        "creditors",
        sa.Column("kvk", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("kvk", name=op.f("pk_creditors")),
    )
    op.create_table(
        "file_numbers",
        sa.Column("municipality", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("year", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("last", _WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("municipality", "year", name=op.f("pk_file_numbers")),
    )
    op.create_table(
        "login_subjects",
        sa.Column("lookup", _OCTETS, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("provider", _TEXT, nullable=False),
        sa.Column("sealed", _OCTETS, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_login_subjects")),
        sa.UniqueConstraint("subject", name=op.f("uq_login_subjects_subject")),
    )
    op.create_table(
        "publication_jobs",
        sa.Column("id", _OCTETS, nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("sealed", _OCTETS, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("mac", _OCTETS, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("error", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_jobs")),
    )
    op.create_index(op.f("ix_publication_jobs_state"), "publication_jobs", ["state"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("login", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("function", _TEXT, nullable=False),
        sa.Column("roles", _TEXT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "worker_leases",
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("holder", _TEXT, nullable=False),
        sa.Column("until", _TIME, nullable=False),
        sa.Column("request", _TEXT, nullable=True),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_worker_leases")),
    )
    op.create_table(
        "decoys",
        sa.Column("id", _OCTETS, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("root", _OCTETS, nullable=False),
        sa.Column("next_root", _OCTETS, nullable=True),
        sa.Column("batch_id", _WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_decoys_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decoys")),
    )
    op.create_index(op.f("ix_decoys_batch_id"), "decoys", ["batch_id"], unique=False)
    op.create_table(
        "dossiers",
        sa.Column("id", _OCTETS, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("file_number", _TEXT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("caseworker", _WHOLE, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("revision", _WHOLE, nullable=False),
        sa.Column("root", _OCTETS, nullable=False),
        sa.Column("previous_root", _OCTETS, nullable=False),
        sa.ForeignKeyConstraint(["caseworker"], ["staff.id"], name=op.f("fk_dossiers_caseworker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dossiers")),
        sa.UniqueConstraint("municipality", "file_number", name=op.f("uq_dossiers_municipality_file_number")),
    )
    op.create_index(op.f("ix_dossiers_caseworker"), "dossiers", ["caseworker"], unique=False)
    op.create_table(
        "tag_holders",
        sa.Column("tag", _OCTETS, nullable=False),
        sa.Column("publication_id", _OCTETS, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("epoch", _WHOLE, nullable=False),
        sa.Column("mac", _OCTETS, nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication_jobs.id"], name=op.f("fk_tag_holders_publication_id")
        ),
        sa.PrimaryKeyConstraint("tag", "publication_id", name=op.f("pk_tag_holders")),
    )
    op.create_index(op.f("ix_tag_holders_publication_id"), "tag_holders", ["publication_id"], unique=False)
    op.create_table(
        "spent_publications",
        sa.Column("publication_id", _OCTETS, nullable=False),
        sa.ForeignKeyConstraint(
            ["publication_id"], ["publication_jobs.id"], name=op.f("fk_spent_publications_publication_id")
        ),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_spent_publications")),
    )
    op.create_table(
        "tag_jobs",
        sa.Column("id", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("tag", _OCTETS, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("epoch", _WHOLE, nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("publication_id", _OCTETS, nullable=False),
        sa.Column("batch_id", _WHOLE, nullable=True),
        sa.Column("mac", _OCTETS, nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_tag_jobs_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_jobs")),
    )
    op.create_index(op.f("ix_tag_jobs_batch_id"), "tag_jobs", ["batch_id"], unique=False)
    op.create_index(op.f("ix_tag_jobs_state"), "tag_jobs", ["state"], unique=False)
    op.create_index(op.f("ix_tag_jobs_tag"), "tag_jobs", ["tag"], unique=False)
    op.create_table(
        "applicant_index",
        sa.Column("dossier_id", _OCTETS, nullable=False),
        sa.Column("record_id", _OCTETS, nullable=False),
        sa.Column("blind_index", _OCTETS, nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_applicant_index_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "record_id", name=op.f("pk_applicant_index")),
    )
    op.create_index(op.f("ix_applicant_index_blind_index"), "applicant_index", ["blind_index"], unique=False)
    op.create_table(
        "dossier_keys",
        sa.Column("dossier_id", _OCTETS, nullable=False),
        sa.Column("wrapped", _OCTETS, nullable=False),
        sa.Column("key_id", _TEXT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_dossier_keys_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", name=op.f("pk_dossier_keys")),
    )
    op.create_table(
        "dossier_revisions",
        sa.Column("dossier_id", _OCTETS, nullable=False),
        sa.Column("revision", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("root", _OCTETS, nullable=False),
        sa.Column("previous_root", _OCTETS, nullable=False),
        sa.Column("ciphertext", _OCTETS, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_dossier_revisions_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "revision", name=op.f("pk_dossier_revisions")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _WHOLE, autoincrement=True, nullable=False),
        sa.Column("dossier_id", _OCTETS, nullable=False),
        sa.Column("municipality", _WHOLE, nullable=False),
        sa.Column("previous_root", _OCTETS, nullable=False),
        sa.Column("new_root", _OCTETS, nullable=False),
        sa.Column("revision", _WHOLE, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("mac", _OCTETS, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("batch_id", _WHOLE, nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_outbox_batch_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_outbox_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_batch_id"), "outbox", ["batch_id"], unique=False)
    op.create_index(op.f("ix_outbox_dossier_id"), "outbox", ["dossier_id"], unique=False)
    op.create_index(op.f("ix_outbox_state"), "outbox", ["state"], unique=False)
    op.create_table(
        "processing_log",
        sa.Column("municipality", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("sequence", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("trace_id", _OCTETS, nullable=False),
        sa.Column("span_id", _OCTETS, nullable=False),
        sa.Column("parent_span_id", _OCTETS, nullable=False),
        sa.Column("status", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("start_time", _TIME, nullable=False),
        sa.Column("end_time", _TIME, nullable=False),
        sa.Column("activity", _TEXT, nullable=False),
        sa.Column("subject", _OCTETS, nullable=False),
        sa.Column("subject_type", _TEXT, nullable=False),
        sa.Column("dossier_id", _OCTETS, nullable=True),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("function", _TEXT, nullable=False),
        sa.Column("purpose", _TEXT, nullable=False),
        sa.Column("reason", _OCTETS, nullable=False),
        sa.Column("previous", _OCTETS, nullable=False),
        sa.Column("hash", _OCTETS, nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_processing_log_dossier_id")),
        sa.PrimaryKeyConstraint("municipality", "sequence", name=op.f("pk_processing_log")),
    )
    op.create_index(op.f("ix_processing_log_dossier_id"), "processing_log", ["dossier_id"], unique=False)
    op.create_table(
        "record_versions",
        sa.Column("dossier_id", _OCTETS, nullable=False),
        sa.Column("record_id", _OCTETS, nullable=False),
        sa.Column("version", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("schema", _WHOLE, nullable=False),
        sa.Column("ciphertext", _OCTETS, nullable=False),
        sa.Column("commitment", _OCTETS, nullable=False),
        sa.Column("replaces", _OCTETS, nullable=False),
        sa.Column("author", _TEXT, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_record_versions_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "record_id", "version", name=op.f("pk_record_versions")),
    )
    op.create_table(
        "spare_revisions",
        sa.Column("dossier_id", _OCTETS, nullable=False),
        sa.Column("revision", _WHOLE, autoincrement=False, nullable=False),
        sa.Column("root", _OCTETS, nullable=False),
        sa.Column("previous_root", _OCTETS, nullable=False),
        sa.Column("ciphertext", _OCTETS, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("mac", _OCTETS, nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["dossiers.id"], name=op.f("fk_spare_revisions_dossier_id")),
        sa.PrimaryKeyConstraint("dossier_id", "revision", name=op.f("pk_spare_revisions")),
    )


def downgrade() -> None:
    op.drop_table("spare_revisions")
    op.drop_table("record_versions")
    op.drop_index(op.f("ix_processing_log_dossier_id"), table_name="processing_log")
    op.drop_table("processing_log")
    op.drop_index(op.f("ix_outbox_state"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_dossier_id"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_batch_id"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("dossier_revisions")
    op.drop_table("dossier_keys")
    op.drop_index(op.f("ix_applicant_index_blind_index"), table_name="applicant_index")
    op.drop_table("applicant_index")
    op.drop_index(op.f("ix_tag_jobs_tag"), table_name="tag_jobs")
    op.drop_index(op.f("ix_tag_jobs_state"), table_name="tag_jobs")
    op.drop_index(op.f("ix_tag_jobs_batch_id"), table_name="tag_jobs")
    op.drop_table("tag_jobs")
    op.drop_table("spent_publications")
    op.drop_index(op.f("ix_tag_holders_publication_id"), table_name="tag_holders")
    op.drop_table("tag_holders")
    op.drop_index(op.f("ix_dossiers_caseworker"), table_name="dossiers")
    op.drop_table("dossiers")
    op.drop_index(op.f("ix_decoys_batch_id"), table_name="decoys")
    op.drop_table("decoys")
    op.drop_table("worker_leases")
    op.drop_table("staff")
    op.drop_index(op.f("ix_publication_jobs_state"), table_name="publication_jobs")
    op.drop_table("publication_jobs")
    op.drop_table("login_subjects")
    op.drop_table("file_numbers")
    op.drop_table("creditors")
    op.drop_table("chain_watch")
    op.drop_index(op.f("ix_batches_state"), table_name="batches")
    op.drop_index(op.f("ix_batches_account_nonce"), table_name="batches")
    op.drop_table("batches")
