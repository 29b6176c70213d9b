"""The schema: made by migrations alone, the same as the tables say, and every column in the data map."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, MetaData, Table, Text, create_engine, inspect
from sqlalchemy.pool import NullPool

from broker.storage import data_map, migrate
from broker.storage.schema import METADATA
from broker.storage.tables import HEAD, About, text
from tests.support.databases import settings_at


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request, tmp_path):
    """Address of a database without anything in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server = request.getfixturevalue("postgres_server")
    server.sql("CREATE DATABASE empty")
    yield server.url("empty")
    server.drop(settings_at(tmp_path, server.url("empty")))


def engine(url):
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)


def test_the_migrated_schema_is_what_the_tables_say(empty):
    migrate.migrate(empty)
    with engine(empty).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        assert set(inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}


def test_migrating_twice_changes_nothing_and_the_way_back_leaves_nothing(empty):
    migrate.migrate(empty)
    migrate.migrate(empty)
    migrate.downgrade(empty, "base")
    with engine(empty).connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    migrate.migrate(empty)


def test_the_release_knows_its_newest_migration():
    assert migrate.newest() == HEAD


def test_sqlite_keeps_the_strictness_that_the_tables_say(tmp_path):
    url = f"sqlite:///{tmp_path}/strict.db"
    migrate.migrate(url)
    with engine(url).connect() as connection:
        made = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all()
    for name, sql in made:
        options = METADATA.tables[name].dialect_options["sqlite"] if name in METADATA.tables else {}
        assert ("STRICT" in sql) is bool(options.get("strict", False)), name
        assert ("WITHOUT ROWID" in sql) is (options.get("with_rowid", True) is False), name


ALL_TABLES = """
import importlib, pkgutil, broker.storage
from broker.storage.schema import METADATA
known = set(METADATA.tables)
for module in pkgutil.iter_modules(broker.storage.__path__):
    importlib.import_module(f"broker.storage.{module.name}")
print(*sorted(set(METADATA.tables) - known))
"""


def test_the_schema_has_every_table_whatever_else_is_imported():
    """In a process of its own: here everything is imported already."""
    missed = subprocess.run([sys.executable, "-c", ALL_TABLES], capture_output=True, text=True, check=True)
    assert missed.stdout.split() == []


@pytest.mark.spec("GDPR", "30")
def test_the_data_map_is_the_one_that_the_tables_say():
    page = data_map.render()
    assert page == data_map.PAGE.read_text(encoding="utf-8"), "run python -m broker.storage.data_map"
    for table in METADATA.tables.values():
        assert all(f"| `{column.name}` |" in page for column in table.columns)


@pytest.mark.parametrize("column", [text("mapped", ""), Column("unmapped", Text)])
def test_a_column_without_a_purpose_fails(monkeypatch, column):
    table = Table("new", MetaData(), column, info={"about": About("a", "b", "c")})
    monkeypatch.setattr(data_map, "METADATA", table.metadata)
    with pytest.raises(data_map.Unmapped, match=r"new\."):
        data_map.render()


@pytest.mark.parametrize("info", [{}, {"about": About("a", "", "c")}, {"about": About("a", "b", "")}])
def test_a_table_without_basis_or_retention_fails(monkeypatch, info):
    table = Table("new", MetaData(), text("id", "something"), info=info)
    monkeypatch.setattr(data_map, "METADATA", table.metadata)
    with pytest.raises(data_map.Unmapped, match="new"):
        data_map.render()
