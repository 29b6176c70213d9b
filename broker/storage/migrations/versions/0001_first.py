"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("given_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("person", "service", "shown", name=op.f("pk_consents")),
        sqlite_strict=True,
    )
    op.create_table(
        "consumed",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consumed")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_consumed_expires_at"), "consumed", ["expires_at"], unique=False)
    op.create_table(
        "data_keys",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("record_class", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_data_keys")),
        sqlite_strict=True,
    )
    op.create_table(
        "federation_versions",
        sa.Column("version", NUMBER, autoincrement=False, nullable=False),
        sa.Column("applied_at", NUMBER, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_federation_versions")),
        sqlite_strict=True,
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("sign_on", sa.Text(), nullable=True),
        sa.Column("offline", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("revoked_at", NUMBER, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_grants_expires_at"), "grants", ["expires_at"], unique=False)
    op.create_index("ix_grants_sign_on", "grants", ["sign_on"], unique=False)
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("leased_until", NUMBER, nullable=False),
        sa.Column("ran_at", NUMBER, nullable=True),
        sa.Column("failed_at", NUMBER, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_jobs")),
        sqlite_strict=True,
    )
    op.create_table(
        "log",
        sa.Column("position", NUMBER, autoincrement=False, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("size", NUMBER, autoincrement=False, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_log_checkpoints")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_pending",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_pending")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_tree",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_tree")),
        sqlite_strict=True,
    )
    op.create_table(
        "logins",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("browser", sa.LargeBinary(), nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("answered_at", NUMBER, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_logins_browser_expires_at"), "logins", ["browser", "expires_at"], unique=False)
    op.create_index(op.f("ix_logins_expires_at"), "logins", ["expires_at"], unique=False)
    op.create_table(
        "once",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=True),
        sa.Column("expires_at", NUMBER, nullable=False),
        sa.Column("keep_until", NUMBER, nullable=False),
        sa.Column("used_at", NUMBER, nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_once")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_once_keep_until"), "once", ["keep_until"], unique=False)
    op.create_table(
        "participants",
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("root", "service", name=op.f("pk_participants")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_table(
        "person_keys",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_keys")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_person_keys_person"), "person_keys", ["person"], unique=False)
    op.create_table(
        "persons",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("listed", NUMBER, nullable=False),
        sa.Column("forgotten_at", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sqlite_strict=True,
    )
    op.create_table(
        "ring",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_ring")),
        sqlite_strict=True,
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
        sqlite_strict=True,
    )
    op.create_table(
        "sign_ons",
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("used_at", NUMBER, nullable=False),
        sa.Column("renewed_at", NUMBER, nullable=False),
        sa.Column("ended_at", NUMBER, nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("root", name=op.f("pk_sign_ons")),
        sa.UniqueConstraint("id", name=op.f("uq_sign_ons_id")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_sign_ons_person"), "sign_ons", ["person"], unique=False)
    op.create_index(op.f("ix_sign_ons_renewed_at"), "sign_ons", ["renewed_at"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("place", NUMBER, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sqlite_with_rowid=False,
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_staff_person"), "staff", ["person"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_staff_person"), table_name="staff")
    op.drop_table("staff")
    op.drop_index(op.f("ix_sign_ons_renewed_at"), table_name="sign_ons")
    op.drop_index(op.f("ix_sign_ons_person"), table_name="sign_ons")
    op.drop_table("sign_ons")
    op.drop_table("settings")
    op.drop_table("ring")
    op.drop_table("persons")
    op.drop_index(op.f("ix_person_keys_person"), table_name="person_keys")
    op.drop_table("person_keys")
    op.drop_table("participants")
    op.drop_index(op.f("ix_once_keep_until"), table_name="once")
    op.drop_table("once")
    op.drop_index(op.f("ix_logins_expires_at"), table_name="logins")
    op.drop_index(op.f("ix_logins_browser_expires_at"), table_name="logins")
    op.drop_table("logins")
    op.drop_table("log_tree")
    op.drop_table("log_pending")
    op.drop_table("log_checkpoints")
    op.drop_table("log")
    op.drop_table("jobs")
    op.drop_index("ix_grants_sign_on", table_name="grants")
    op.drop_index(op.f("ix_grants_expires_at"), table_name="grants")
    op.drop_table("grants")
    op.drop_table("federation_versions")
    op.drop_table("data_keys")
    op.drop_index(op.f("ix_consumed_expires_at"), table_name="consumed")
    op.drop_table("consumed")
    op.drop_table("consents")
