"""The embedded servers by themselves: private, on sockets only, and up again after any death."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from cryptography.fernet import Fernet

from config import local
from config.processes import CannotStart, kill_all, running_in
from tests.support.server import ROOT, short_directory


@pytest.fixture
def data(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A new data directory, used by everything that this process asks `config.local` for."""
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    path = short_directory()
    monkeypatch.setenv("COACHHOUSE_DATA", str(path))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def servers() -> Iterator[list]:
    """Both servers, running; shared by the tests that leave them running."""
    path = short_directory()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DATABASE_URL", "REDIS_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("COACHHOUSE_DATA", str(path))
        with local.ownership():
            started = local.start()
            yield started
            local.stop(started)
    shutil.rmtree(path)


@pytest.fixture
def home(servers: list) -> Path:
    """The data directory of the shared servers."""
    return local.data_dir()


def query(sql: str, url: str | None = None) -> list[tuple]:
    with psycopg.connect(url or local.database_url(), autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_secrets_are_made_once_and_differ_between_installations(data, monkeypatch):
    first = local.ensure_secrets()
    assert local.ensure_secrets() == first == local.load_secrets()
    Fernet(first["field_key"])
    (data / "other").mkdir()
    monkeypatch.setenv("COACHHOUSE_DATA", str(data / "other"))
    assert local.load_secrets() == {}
    assert not set(local.ensure_secrets().values()) & set(first.values())


def test_a_missing_secret_is_added_and_the_others_stay(data):
    local.write_private(data / "secrets.json", json.dumps({"secret_key": "as it was"}))
    assert local.ensure_secrets()["secret_key"] == "as it was"
    assert set(local.load_secrets()) == {"secret_key", "field_key", "postgres_password"}


def test_a_private_file_is_private_whatever_the_umask(data):
    usual = os.umask(0)
    try:
        local.write_private(data / "private", "text")
    finally:
        os.umask(usual)
    assert mode(data / "private") == 0o600


def test_named_servers_take_the_place_of_the_embedded_ones(data, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/x")
    monkeypatch.setenv("REDIS_URL", "redis://broker.example/0")
    assert (local.database_url(), local.redis_url()) == ("postgresql://db.example/x", "redis://broker.example/0")
    assert local.start() == []
    assert local.unanswered() == []
    assert not (data / "postgres").exists()


def test_both_servers_listen_on_private_sockets_only(home, servers):
    assert query("SHOW listen_addresses") == [("",)]
    with redis.Redis(unix_socket_path=str(home / "valkey.sock")) as client:
        assert client.config_get("port")["port"] == "0"
        assert client.config_get("save", "appendonly", "maxmemory-policy") == {
            "save": "",
            "appendonly": "no",
            "maxmemory-policy": "noeviction",
        }
    assert mode(home / "valkey.sock") == 0o700
    assert mode(home / "pgsock") == 0o700


def test_others_can_read_nothing_of_the_data_directory(home, servers):
    passing_only = 0o701 if os.geteuid() == 0 else 0o700  # under root another user runs PostgreSQL
    assert mode(home) == passing_only
    for name in ("postgres", "postgres.log", "valkey.log", "secrets.json"):
        assert mode(home / name) & 0o077 == 0, name


def test_postgresql_asks_for_the_generated_password(servers):
    password = local.load_secrets()["postgres_password"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        query("SELECT 1", local.database_url().replace(password, "guess"))


def test_secrets_that_do_not_fit_the_database_are_said_in_a_sentence(data):
    with local.ownership():
        local.stop(local.start())
        (data / "secrets.json").unlink()
        with pytest.raises(CannotStart, match=r"does not know the password in .*secrets\.json: put back"):
            local.start()


def test_the_log_holds_no_values_of_rows(home, servers):
    query("CREATE TABLE people (number text UNIQUE)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        query("INSERT INTO people VALUES ('+12025550100'), ('+12025550100')")
    log = (home / "postgres.log").read_text()
    assert "duplicate key value" in log
    assert "+12025550100" not in log


def test_text_is_utf8_and_folds_case_beyond_ascii(servers):
    assert query("SELECT current_setting('server_encoding'), lower('ÉCOLE')") == [("UTF8", "école")]


def test_what_was_committed_outlives_kill_9_and_a_reused_process_id(home, servers):
    query("CREATE TABLE kept AS SELECT 1 AS n")
    cluster = home / "postgres"
    servers[0].process.kill()
    kill_all(running_in(cluster, "postgres"))
    with subprocess.Popen(["sleep", "60"], user=cluster.stat().st_uid) as other_program:
        pidfile = cluster / "postmaster.pid"
        pidfile.write_text(re.sub(r"^\d+", str(other_program.pid), pidfile.read_text()))
        try:
            servers[0].start()
        finally:
            other_program.kill()
    assert query("SELECT n FROM kept") == [(1,)]


def test_valkey_starts_again_beside_a_stale_socket(home, servers):
    servers[1].process.kill()
    servers[1].process.wait()
    assert (home / "valkey.sock").exists()
    assert local.unanswered() == ["Valkey"]
    servers[1].start()
    assert local.unanswered() == []


def test_a_cluster_that_was_half_made_is_made_anew(data):
    (data / "postgres.new").mkdir()
    (data / "postgres.new/PG_VERSION").write_text("18")
    with local.ownership():
        started = local.start()
        try:
            assert query("SELECT 1") == [(1,)]
        finally:
            local.stop(started)
    assert not (data / "postgres.new").exists()


def test_a_long_path_with_spaces_works(data, monkeypatch):
    odd = data / "a path with spaces, and longer than what fits into the address of a unix socket" / "Coach's house"
    monkeypatch.setenv("COACHHOUSE_DATA", str(odd))
    with local.ownership():
        started = local.start()
        try:
            assert query("SELECT 1") == [(1,)]
            assert local.unanswered() == []
            assert mode(local.socket_dir()) & 0o077 & ~0o001 == 0
        finally:
            local.stop(started)
            shutil.rmtree(local.socket_dir())


def test_a_second_owner_is_refused(data):
    with (
        local.ownership(),
        pytest.raises(CannotStart, match=rf"uses the data directory {data} \(process {os.getpid()}\)"),
        local.ownership(),
    ):
        pytest.fail("two owners")


def test_a_server_that_cannot_run_is_said_in_a_sentence(data, monkeypatch):
    monkeypatch.setattr("config.valkey.BINARY", data / "missing")
    with local.ownership(), pytest.raises(CannotStart, match=r"embedded Valkey cannot run here .* Set REDIS_URL"):
        local.start()
    assert running_in(data / "postgres", "postgres") == []


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"DATABASE_URL": "mysql://ann:hush@db/x"}, "DATABASE_URL must begin with postgresql://"),
        ({"REDIS_URL": "ann:hush@valkey"}, "REDIS_URL must begin with redis://"),
        ({"COACHHOUSE_FIELD_KEY": "hush"}, "COACHHOUSE_FIELD_KEY is no Fernet key"),
        ({"COACHHOUSE_TRUSTED_PROXIES": "two"}, '"COACHHOUSE_TRUSTED_PROXIES" invalid: Not a valid integer'),
        ({"DATABASE_URL": "postgresql://ann:hush@127.0.0.1:1/x"}, "port 1 failed: Connection refused"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_in_a_sentence_without_its_secret(data, environment, said):
    local.ensure_secrets()
    command = [sys.executable, "manage.py", "migrate"]
    result = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert said in result.stderr
    assert not {"Traceback", "hush"} & set(re.findall(r"\w+", result.stderr))
