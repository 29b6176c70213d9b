"""Care: blocks, consents, relations, emergency accesses, cases."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = (
    "representations",
    "care_requests",
    "care_blocks",
    "care_lifts",
    "care_told",
    "care_outbox",
    "care_versions",
    "care_consents",
    "care_relations",
    "care_facts",
    "care_provider_facts",
    "care_emergencies",
    "care_emergency_counts",
    "care_cases",
    "care_reviews",
    "care_review_plans",
    "care_review_returning",
    "care_watched",
    "breaches",
    "subject_requests",
    "corrections",
    "log_removal_orders",
    "correction_receivers",
    "access_log",
    "access_log_ids",
    "access_log_calls",
    "access_log_months",
    "log_tiles",
    "access_log_reports",
    "key_use",
    "access_log_archives",
    "log_holds",
    "witnessed_logs",
    "log_cosignatures",
    "metadata_addresses",
    "client_addresses",
    "agreement_parties",
)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _access_log()
    _client_addresses()
    _domain_proofs()
    op.create_index("ix_register_index_changed_at", "register_index", ["changed_at", "kind", "id"])
    op.create_table(
        "representations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("representative", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start", NUMBER, nullable=False),
        sa.Column("until", NUMBER, nullable=True),
        sa.Column("deeds", sa.Text(), nullable=False),
        sa.Column("despite_age", NUMBER, nullable=False),
        sa.Column("revoked_at", NUMBER, nullable=True),
        sa.Column("declined", NUMBER, nullable=False),
        sa.Column("services", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("given", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_representations")),
        sqlite_strict=True,
    )
    op.create_index("ix_representations_person", "representations", ["person"])
    op.create_index("ix_representations_representative", "representations", ["representative"])
    op.create_table(
        "care_requests",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_requests")),
        sqlite_strict=True,
    )
    op.create_index("ix_care_requests_person_made_at", "care_requests", ["person", "made_at"])
    op.create_index("ix_care_requests_provider_state_made_at", "care_requests", ["provider", "state", "made_at"])
    op.add_column("consents", sa.Column("attributes", sa.Text(), nullable=True))
    op.add_column("register_index", sa.Column("on_behalf_of", sa.Text(), nullable=True))
    op.add_column("log_references", sa.Column("person", sa.Text(), nullable=True))
    op.create_index("ix_log_references_person", "log_references", ["person", "position"])
    op.add_column("log_references", sa.Column("on_behalf", sa.Text(), nullable=True))
    for_another = sa.column("on_behalf").is_not(None)
    op.create_index(
        "ix_log_references_on_behalf",
        "log_references",
        ["on_behalf", "position"],
        postgresql_where=for_another,
        sqlite_where=for_another,
    )
    op.create_table(
        "care_blocks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("changed_at", NUMBER, nullable=False),
        sa.Column("local", NUMBER, nullable=False),
        sa.Column("stands", NUMBER, nullable=False),
        sa.Column("cancelled_at", NUMBER, nullable=True),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_blocks")),
        sqlite_strict=True,
    )
    op.create_index("ix_care_blocks_person_made_at", "care_blocks", ["person", "made_at"])
    op.create_index("ix_care_blocks_provider_changed_at_id", "care_blocks", ["provider", "changed_at", "id"])
    op.create_index("ix_care_blocks_changed_at_id", "care_blocks", ["changed_at", "id"])
    op.create_index("ix_care_blocks_provider_cancelled_at", "care_blocks", ["provider", "cancelled_at"])
    op.create_index("ix_care_blocks_cancelled_at", "care_blocks", ["cancelled_at"])
    op.create_table(
        "care_told",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("level", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_told")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index("ix_care_told_person", "care_told", ["person"])
    op.create_index("ix_care_told_expires_at", "care_told", ["expires_at"])
    op.create_table(
        "care_outbox",
        sa.Column("block", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("next_at", NUMBER, nullable=False),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("block", name=op.f("pk_care_outbox")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index("ix_care_outbox_next_at", "care_outbox", ["next_at"])
    op.create_index("ix_care_outbox_person", "care_outbox", ["person"])
    op.create_table(
        "care_versions",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_care_versions")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "care_lifts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("block", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_lifts")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index("ix_care_lifts_person", "care_lifts", ["person"])
    for name in ("care_consents", "care_relations"):
        op.create_table(
            name,
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("person", sa.Text(), nullable=False),
            sa.Column("provider", sa.Text(), nullable=False),
            sa.Column("made_at", NUMBER, nullable=False),
            sa.Column("changed_at", NUMBER, nullable=False),
            sa.Column("mark", sa.LargeBinary(), nullable=False),
            sa.Column("content", sa.LargeBinary(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
            sqlite_strict=True,
        )
        op.create_index(f"ix_{name}_person_made_at", name, ["person", "made_at"])
        op.create_index(f"ix_{name}_provider_changed_at_id", name, ["provider", "changed_at", "id"])
    op.create_table(
        "care_facts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_facts")),
        sqlite_strict=True,
    )
    op.create_index("ix_care_facts_person_made_at", "care_facts", ["person", "made_at"])
    op.create_table(
        "care_emergencies",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_emergencies")),
        sqlite_strict=True,
    )
    op.create_table(
        "care_emergency_counts",
        sa.Column("employee", sa.LargeBinary(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("employee", name=op.f("pk_care_emergency_counts")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index("ix_care_emergencies_person_made_at", "care_emergencies", ["person", "made_at"])
    op.create_table(
        "care_cases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("employee", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("closed_at", NUMBER, nullable=True),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_care_cases")),
        sqlite_strict=True,
    )
    op.create_index("ix_care_cases_person_made_at", "care_cases", ["person", "made_at"])
    op.create_index("ix_care_cases_employee_made_at", "care_cases", ["employee", "made_at"])
    op.create_index("ix_care_cases_provider_made_at_id", "care_cases", ["provider", "made_at", "id"])
    op.create_index("ix_care_cases_review_state", "care_cases", ["review", "state"])
    _filed()


def _filed() -> None:
    for name in (
        "care_reviews",
        "care_review_plans",
        "breaches",
        "subject_requests",
        "corrections",
        "log_removal_orders",
        "care_provider_facts",
    ):
        more = (sa.Column("asked_org", sa.Text(), nullable=False),) if name == "subject_requests" else ()
        op.create_table(
            name,
            sa.Column("id", sa.Text(), nullable=False),
            sa.Column("owner", sa.Text(), nullable=False),
            sa.Column("state", sa.Text(), nullable=False),
            sa.Column("open", NUMBER, nullable=False),
            sa.Column("made_at", NUMBER, nullable=False),
            sa.Column("due_at", NUMBER, nullable=True),
            sa.Column("mark", sa.LargeBinary(), nullable=False),
            sa.Column("content", sa.LargeBinary(), nullable=False),
            *more,
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
            sqlite_strict=True,
        )
        op.create_index(f"ix_{name}_owner_made_at_id", name, ["owner", "made_at", "id"])
        op.create_index(f"ix_{name}_due_at", name, ["due_at"])
    op.create_index("ix_subject_requests_asked_org", "subject_requests", ["asked_org"])
    op.create_index("ix_care_provider_facts_state_open", "care_provider_facts", ["state", "open"])
    op.create_table(
        "care_watched",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "person", name=op.f("pk_care_watched")),
        sqlite_strict=True,
    )
    op.create_table(
        "care_review_returning",
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("employee", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("review", "employee", "person", name=op.f("pk_care_review_returning")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "correction_receivers",
        sa.Column("correction", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("correction", "service", name=op.f("pk_correction_receivers")),
        sqlite_strict=True,
    )
    op.create_index("ix_correction_receivers_org", "correction_receivers", ["org"])


def _access_log() -> None:
    for name in ("log_pending", "log"):
        op.add_column(name, sa.Column("record", NUMBER, nullable=True))
    op.add_column("log", sa.Column("removal", sa.Text(), nullable=True))
    op.create_index("ix_log_record", "log", ["record"], unique=True)
    op.create_table(
        "access_log",
        sa.Column("record", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", NUMBER, autoincrement=False, nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("employee", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("activity", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record", "at", name=op.f("pk_access_log")),
        sqlite_strict=True,
        postgresql_partition_by="RANGE (at)",
    )
    for name in ("person", "employee", "provider"):
        op.create_index(f"ix_access_log_{name}", "access_log", [name, "at", "record"])
    others = sa.column("source") != sa.column("provider")
    op.create_index(
        "ix_access_log_source",
        "access_log",
        ["source", "at", "record"],
        postgresql_where=others,
        sqlite_where=others,
    )
    not_reading = sa.column("activity") != 0
    op.create_index(
        "ix_access_log_activity",
        "access_log",
        ["provider", "activity", "at", "record"],
        postgresql_where=not_reading,
        sqlite_where=not_reading,
    )
    op.create_table(
        "access_log_ids",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("record", NUMBER, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log_ids")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_access_log_ids_at", "access_log_ids", ["at"])
    op.create_table(
        "access_log_calls",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log_calls")),
        sqlite_strict=True,
    )
    op.create_table(
        "access_log_months",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("starts_at", NUMBER, nullable=False),
        sa.Column("ends_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log_months")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_tiles",
        sa.Column("level", NUMBER, autoincrement=False, nullable=False),
        sa.Column("place", NUMBER, autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "place", name=op.f("pk_log_tiles")),
        sqlite_strict=True,
    )
    op.create_table(
        "access_log_reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("sought", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log_reports")),
        sqlite_strict=True,
    )
    op.create_index("ix_access_log_reports_state_made_at", "access_log_reports", ["state", "made_at"])
    op.create_index("ix_access_log_reports_expires_at", "access_log_reports", ["expires_at"])
    op.create_table(
        "key_use",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("starts_at", NUMBER, autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("service", "starts_at", "what", "key", name=op.f("pk_key_use")),
        sqlite_strict=True,
    )
    op.create_table(
        "access_log_archives",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("entries", NUMBER, nullable=False),
        sa.Column("restored_at", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_log_archives")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_holds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("ended_at", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_holds")),
        sqlite_strict=True,
    )
    op.create_table(
        "agreement_parties",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("told_from", NUMBER, autoincrement=False, nullable=False),
        sa.Column("told_until", NUMBER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("agreement", "org", "service", name=op.f("pk_agreement_parties")),
        sqlite_strict=True,
    )
    op.create_index("ix_agreement_parties_org", "agreement_parties", ["org"])
    op.create_index("ix_agreement_parties_told_from", "agreement_parties", ["told_from"])
    op.create_table(
        "metadata_addresses",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("next_at", NUMBER, autoincrement=False, nullable=False),
        sa.Column("failing", NUMBER, autoincrement=False, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_metadata_addresses")),
        sqlite_strict=True,
    )
    op.create_index("ix_metadata_addresses_next_at", "metadata_addresses", ["next_at"])
    op.create_index("ix_metadata_addresses_org", "metadata_addresses", ["org"])
    op.create_table(
        "witnessed_logs",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_witnessed_logs")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_cosignatures",
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("witness", name=op.f("pk_log_cosignatures")),
        sqlite_strict=True,
    )


def _client_addresses() -> None:
    op.add_column("ring", sa.Column("made_at", NUMBER, nullable=True))
    op.add_column("key_fetches", sa.Column("address", sa.LargeBinary(), nullable=True))
    op.create_index("ix_key_fetches_address", "key_fetches", ["address"])
    op.create_table(
        "client_addresses",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("last_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("service", "address", name=op.f("pk_client_addresses")),
        sqlite_strict=True,
    )
    op.create_index("ix_client_addresses_address", "client_addresses", ["address"])
    op.create_index("ix_client_addresses_last_at", "client_addresses", ["last_at"])


def _domain_proofs() -> None:
    """Hosts that were proven before are looked at at once: none is known to fail."""
    op.add_column("domain_proofs", sa.Column("ended_at", NUMBER, nullable=True))
    op.add_column("domain_proofs", sa.Column("missed", sa.Text(), nullable=True))
    op.add_column("domain_proofs", sa.Column("next_at", NUMBER, nullable=True))
    op.execute("UPDATE domain_proofs SET next_at = 0 WHERE proven_at IS NOT NULL")
    for name in ("next_at", "host", "failing_since"):
        op.create_index(f"ix_domain_proofs_{name}", "domain_proofs", [name])


def downgrade() -> None:
    for name in ("next_at", "host", "failing_since"):
        op.drop_index(f"ix_domain_proofs_{name}", "domain_proofs")
    for name in ("next_at", "missed", "ended_at"):
        op.drop_column("domain_proofs", name)
    op.drop_index("ix_key_fetches_address", "key_fetches")
    op.drop_column("key_fetches", "address")
    op.drop_column("ring", "made_at")
    op.drop_index("ix_register_index_changed_at", "register_index")
    op.drop_index("ix_log_references_on_behalf", "log_references")
    op.drop_column("log_references", "on_behalf")
    op.drop_index("ix_log_references_person", "log_references")
    op.drop_column("log_references", "person")
    op.drop_column("consents", "attributes")
    op.drop_column("register_index", "on_behalf_of")
    op.drop_index("ix_log_record", "log")
    op.drop_column("log", "removal")
    for name in ("log", "log_pending"):
        op.drop_column(name, "record")
    for table in TABLES:
        op.drop_table(table)
