"""The register in rows, and what changes it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "register_head",
    "login_counts",
    "register_versions",
    "register_index",
    "role_grants",
    "domain_proofs",
    "register_names",
    "delegations",
    "proposals",
    "proposal_acts",
    "test_runs",
    "test_presets",
    "chained_services",
    "feeds",
    "log_references",
    "ring_choices",
    "notices",
    "mails",
    "key_fetches",
)
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("federation_versions")
    op.create_table(
        "login_counts",
        sa.Column("span", NUMBER, autoincrement=False, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("starts_at", NUMBER, autoincrement=False, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("last_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint(
            "span", "service", "starts_at", "method", "cause", name=op.f("pk_login_counts")
        ),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "register_head",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_register_head")),
        sqlite_strict=True,
    )
    op.create_table(
        "register_versions",
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("place", NUMBER, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", "kind", "id", name=op.f("pk_register_versions")),
        sqlite_strict=True,
    )
    op.create_index("ix_register_versions_kind_id", "register_versions", ["kind", "id", "version"])
    op.create_table(
        "register_index",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("changed_at", NUMBER, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("expires_at", NUMBER, nullable=True),
        sa.Column("sort", sa.LargeBinary(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("names", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_register_index")),
        sqlite_strict=True,
    )
    op.create_index("ix_register_index_sort", "register_index", ["kind", "sort", "id"])
    op.create_index("ix_register_index_org", "register_index", ["org", "kind"])
    op.create_index("ix_register_index_subject", "register_index", ["subject"])
    op.create_index("ix_register_index_expires_at", "register_index", ["expires_at"])
    op.create_table(
        "role_grants",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("given_at", NUMBER, nullable=False),
        sa.Column("until", NUMBER, nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("person", "org", "role", name=op.f("pk_role_grants")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_role_grants_org"), "role_grants", ["org"], unique=False)
    op.create_table(
        "domain_proofs",
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("asked_at", NUMBER, nullable=False),
        sa.Column("checked_at", NUMBER, nullable=False),
        sa.Column("proven_at", NUMBER, nullable=True),
        sa.Column("failing_since", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("org", "host", name=op.f("pk_domain_proofs")),
        sqlite_strict=True,
    )
    op.create_table(
        "register_names",
        sa.Column("name_kind", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("looks", sa.Text(), nullable=False),
        sa.Column("released_at", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("name_kind", "name_key", "kind", "id", name=op.f("pk_register_names")),
        sqlite_strict=True,
    )
    op.create_index("ix_register_names_looks", "register_names", ["looks"])
    op.create_index("ix_register_names_entry", "register_names", ["kind", "id"])
    op.create_table(
        "delegations",
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("until", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("org", "agent", "role", name=op.f("pk_delegations")),
        sqlite_strict=True,
    )
    op.create_index("ix_delegations_agent", "delegations", ["agent"])
    op.create_table(
        "proposals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("danger", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("emergency", NUMBER, nullable=False),
        sa.Column("review_due", NUMBER, nullable=True),
        sa.Column("opened_at", NUMBER, nullable=False),
        sa.Column("changed_at", NUMBER, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("names", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sqlite_strict=True,
    )
    op.create_index("ix_proposals_changed_at_id", "proposals", ["changed_at", "id"])
    op.create_index("ix_proposals_stage_changed_at", "proposals", ["stage", "changed_at"])
    op.create_index("ix_proposals_org_changed_at", "proposals", ["org", "changed_at"])
    op.create_index("ix_proposals_entry", "proposals", ["kind", "object"])
    op.create_index("ix_proposals_review_due", "proposals", ["review_due"])
    op.create_table(
        "proposal_acts",
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("proposal", "number", name=op.f("pk_proposal_acts")),
        sqlite_strict=True,
    )
    op.create_table(
        "test_runs",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("passed", NUMBER, nullable=False),
        sa.Column("started_at", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_test_runs")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_test_runs_service_started_at"), "test_runs", ["service", "started_at"], unique=False)
    op.create_index(op.f("ix_test_runs_expires_at"), "test_runs", ["expires_at"], unique=False)
    op.create_table(
        "test_presets",
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("browser", "service", name=op.f("pk_test_presets")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_test_presets_expires_at"), "test_presets", ["expires_at"], unique=False)
    op.create_table(
        "chained_services",
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("anchor", sa.Text(), nullable=False),
        sa.Column("superior", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("checked_at", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("entity_id", name=op.f("pk_chained_services")),
        sqlite_strict=True,
    )
    op.create_index("ix_chained_services_expires_at", "chained_services", ["expires_at"])
    op.create_table(
        "feeds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_references",
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_references")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_log_references_reference"), "log_references", ["reference"], unique=False)
    op.create_index("ix_log_references_service", "log_references", ["service", "position"])
    op.add_column("ring", sa.Column("due_at", NUMBER, nullable=True))
    op.create_table(
        "ring_choices",
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("service", "use", "alg", name=op.f("pk_ring_choices")),
        sqlite_strict=True,
    )
    op.create_table(
        "notices",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("expires_at", NUMBER, autoincrement=False, nullable=False),
        sa.Column("threshold", NUMBER, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("kind", "entry", "what", "expires_at", name=op.f("pk_notices")),
        sqlite_strict=True,
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", NUMBER, nullable=False),
        sa.Column("next_at", NUMBER, nullable=True),
        sa.Column("attempts", NUMBER, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_mails_next_at"), "mails", ["next_at"], unique=False)
    op.create_index(op.f("ix_mails_made_at"), "mails", ["made_at"], unique=False)
    op.create_index(op.f("ix_notices_expires_at"), "notices", ["expires_at"], unique=False)
    op.create_table(
        "key_fetches",
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("client", sa.LargeBinary(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("first_at", NUMBER, nullable=False),
        sa.Column("last_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("document", "client", "service", name=op.f("pk_key_fetches")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_key_fetches_service"), "key_fetches", ["service"], unique=False)
    op.create_index(op.f("ix_key_fetches_last_at"), "key_fetches", ["last_at"], unique=False)


def downgrade() -> None:
    op.drop_column("ring", "due_at")
    for table in TABLES:
        op.drop_table(table)
    op.create_table(
        "federation_versions",
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("applied_at", NUMBER, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_federation_versions")),
        sqlite_strict=True,
    )
