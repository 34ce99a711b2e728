"""The tests' database: migrated once, copied for each process of a run, swept after each test that commits.

Running the migrations costs every process ten seconds, emptying all tables with TRUNCATE every test half a second. So
there is a template, named after the migrations that made it and kept until they change. In it, the schema `pristine`
holds the rows that the migrations wrote, and a function that brings all tables back to these.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.db import connection

from access import rights

STEM = "coachhouse_template_"
BUILDING = 0x7E57  # one process at a time makes a template or a copy
LARGE = 64  # pages; a swept table that is larger would look full to the planner

TABLES = """
SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND oid <> 'django_migrations'::regclass ORDER BY 1
"""
FUNCTION = """
CREATE FUNCTION pristine.sweep() RETURNS SETOF text LANGUAGE plpgsql
    SET session_replication_role = replica  -- no trigger fires: rows go in any order, and nothing is written down
    AS $$ BEGIN
        {statements}
        RETURN QUERY SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'
            AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > {large} * 8192;
    END $$
"""


@contextmanager
def copied(suffix: str) -> Iterator[None]:
    """Let this process use a database of its own, as the migrations leave it; dropped in the end."""
    home, name = connection.settings_dict["NAME"], f"test_{connection.settings_dict['NAME']}_{suffix}"
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [BUILDING])
        template = _template(cursor)
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")  # nothing here outlives the run
    _use(name)
    try:
        yield
    finally:
        _use(home)
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


def sweep() -> None:
    """Leave in every table what the migrations wrote, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pristine.sweep()")
        for (table,) in cursor.fetchall():
            cursor.execute(f"VACUUM {table}")


def _template(cursor: Any) -> str:
    """The name of the template for the migrations as they are now, made if it is missing; others are dropped."""
    name = STEM + _fingerprint()
    cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{STEM}%"])
    found = {row[0] for row in cursor.fetchall()}
    for old in found - {name}:
        cursor.execute(f"DROP DATABASE {old} WITH (FORCE)")
    if name not in found:
        draft = f"{STEM}draft"  # renamed when complete
        cursor.execute(f"CREATE DATABASE {draft}")
        _migrate(draft)
        cursor.execute(f"ALTER DATABASE {draft} RENAME TO {name}")
    return name


def _fingerprint() -> str:
    """Changes with all that decides what the migrations make."""
    folders = [Path(app.path) / "migrations" for app in apps.get_app_configs()]
    files = [Path(__file__), Path(rights.__file__), *(file for folder in folders for file in folder.glob("*.py"))]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.parent.parent.name}/{file.name}".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(name: str) -> None:
    home = connection.settings_dict["NAME"]
    _use(name)
    try:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            _keep_rows(cursor)
    finally:
        _use(home)


def _keep_rows(cursor: Any) -> None:
    """Write down what the migrations wrote, and how to get back to it."""
    cursor.execute("CREATE SCHEMA pristine")
    cursor.execute(TABLES)
    tables = [row[0] for row in cursor.fetchall()]
    statements = [f"DELETE FROM {table};" for table in tables]
    for table in tables:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table})")
        if cursor.fetchone()[0]:
            cursor.execute(f"CREATE TABLE pristine.{table} AS TABLE {table}")
            statements.append(f"INSERT INTO {table} SELECT * FROM pristine.{table};")
    cursor.execute(FUNCTION.format(statements="\n        ".join(statements), large=LARGE))


def _use(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
