"""The supervisor as a person meets it: starts, restarts, stops, and comes back from anything."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.support.server import ROOT, SERVICES, RunningServer, crowding, free_port, poll, short_directory

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def running() -> Iterator[RunningServer]:
    with RunningServer(fresh=True) as server:
        yield server


@pytest.fixture
def server(running: RunningServer) -> RunningServer:
    """The shared server, up and ready whatever the test before did to it."""
    if not running.is_running():
        running.start()
    running.wait_ready()
    return running


@pytest.fixture
def empty() -> Iterator[Path]:
    """A data directory in which nothing was ever started."""
    path = short_directory()
    yield path
    shutil.rmtree(path)


def refusal(server: RunningServer, **environment: str) -> subprocess.CompletedProcess:
    """What a start that cannot succeed says."""
    return subprocess.run(
        [sys.executable, "-m", "config.server"],
        cwd=ROOT,
        env=server.environment | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return psutil.wait_procs(processes, timeout=5)[1]


def test_it_tells_where_it_is_and_how_to_sign_in(server):
    poll(lambda: "API login" in server.output, 10, "the last of its lines")
    for expected in (
        f"{server.base_url}/admin/",
        f"{server.base_url}/api/docs",
        *(f"{name:<10} ready" for name in SERVICES),
    ):
        assert expected in server.output
    for login in (server.demo["admin"], server.demo["api_user"]):
        assert f"{login['username']} / {login['password']}" in server.output
    assert server.demo["base_url"] == server.base_url
    with urllib.request.urlopen(f"{server.base_url}/admin/login/") as answer:
        assert answer.status == 200


def test_files_with_secrets_are_readable_by_their_owner_only(server):
    for name in ("secrets.json", "demo.json", "services.json", "postgres.log", "valkey.log"):
        assert stat.S_IMODE((server.data / name).stat().st_mode) == 0o600, name


def test_a_service_that_dies_is_started_again_and_said_so(server):
    had = server.kill("web", "worker", "beat")
    server.wait_restarted(had)
    for name in had:
        assert f"{name:<10} ended (status -9); starting it again in" in server.output
    assert set(server.state()["ready"]) == set(SERVICES)


def test_the_servers_below_are_started_again_as_well(server):
    had = server.kill("postgresql", "valkey")
    server.wait_restarted(had)
    assert server.manage("migrate", "--check") == ""


def test_a_taken_data_directory_is_refused_in_one_sentence(server):
    second = refusal(server, PORT=str(free_port()))
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.count("\n") == 1
    assert f"A running Coachhouse uses the data directory {server.data}" in second.stderr
    assert server.is_running()


def test_a_busy_port_is_refused_in_one_sentence_before_anything_starts(server, empty):
    second = refusal(server, COACHHOUSE_DATA=str(empty))
    assert second.returncode == 1
    assert second.stdout == ""
    assert second.stderr.count("\n") == 1
    assert f"port {server.port} (Address already in use). Set PORT" in second.stderr
    assert {path.name for path in empty.iterdir()} <= {"server.lock"}


@pytest.mark.parametrize("address", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_refused_and_the_setting_named(server, empty, address):
    second = refusal(server, COACHHOUSE_BIND=address, PORT=str(free_port()), COACHHOUSE_DATA=str(empty))
    assert (second.returncode, second.stdout, second.stderr.count("\n")) == (1, "", 1)
    assert f"Cannot listen on {address} port" in second.stderr
    assert "Set COACHHOUSE_BIND to an address of this machine" in second.stderr


def test_a_port_that_is_none_is_refused(server, empty):
    second = refusal(server, PORT="eighty", COACHHOUSE_DATA=str(empty))
    assert (second.returncode, second.stdout) == (1, "")
    assert "PORT is 'eighty'; it must be a number from 1 to 65535." in second.stderr


def test_two_copies_run_side_by_side(server, empty):
    shutil.copytree(server.data / "static", empty / "static")  # collecting them again takes seconds and shows nothing
    shutil.copy(server.data / "static.stamp", empty)
    with RunningServer(data=empty, demo=False) as second:
        assert second.port != server.port
        assert not {process.pid for process in second.processes()} & {process.pid for process in server.processes()}
        assert second.stop(signal.SIGINT) < 10
    assert set(server.state()["ready"]) == set(SERVICES)


def test_after_kill_9_of_everything_the_next_start_works(server):
    with psycopg.connect(server.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    processes = server.processes()
    server.kill_everything()
    assert alive(processes) == []
    server.start()
    with psycopg.connect(server.database_url) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_a_killed_supervisor_leaves_no_process_behind(server):
    processes = server.processes()
    assert len(processes) > len(SERVICES) + 2
    os.kill(server.process.pid, signal.SIGKILL)
    assert alive(processes) == []


def test_a_second_start_reuses_everything_and_is_ready_within_ten_seconds(running):
    if running.is_running():
        running.stop()
    before = [(running.data / name).read_text() for name in ("secrets.json", "demo.json")]
    seconds = running.start()
    if seconds > 10:  # others may have had the machine for a while
        running.stop()
        seconds = running.start()
    assert seconds / crowding() < 10
    assert "Collecting" not in running.output
    assert "Loading" not in running.output
    assert [(running.data / name).read_text() for name in ("secrets.json", "demo.json")] == before


def test_a_signal_stops_everything_within_ten_seconds_even_what_hangs(server):
    processes = server.processes()
    web, worker = psutil.Process(server.pid("web")), psutil.Process(server.pid("worker"))
    for hanging in (web, web.children()[0], worker.children()[0]):
        hanging.suspend()
    with socket.create_connection(("127.0.0.1", server.port)) as half_a_request:
        half_a_request.sendall(b"POST /api/authenticate HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        assert server.stop(signal.SIGTERM) < 10
    assert alive(processes) == []
    assert server.process.returncode == 0
    assert not (server.data / "services.json").exists()
