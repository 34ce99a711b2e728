"""Token buckets on the real Valkey."""

import multiprocessing
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from access.buckets import Bucket, ValkeyAway, give_back, level, seconds_until_one, take
from access.valkey import valkey


def bucket(**changes):
    return Bucket(**{"key": f"test:{uuid4().hex}", "rate": 0.001, "capacity": 10, "starts_full": True} | changes)


def stored(each):
    with valkey() as client:
        return client.hgetall(f"bucket:{each.key}")


def store(each, *, held, seconds_ago):
    with valkey() as client:
        seconds, micros = client.time()
        client.hset(f"bucket:{each.key}", mapping={"level": held, "at": int((seconds - seconds_ago) * 1e6) + micros})


def test_it_grants_what_it_holds_and_no_more():
    full = bucket(capacity=10)

    assert [take([full], 4), take([full], 4), take([full], 4), take([full], 4)] == [4, 4, 2, 0]


def test_a_missing_bucket_starts_empty_unless_told_otherwise():
    assert take([bucket(starts_full=False)], 5) == 0
    assert take([bucket(starts_full=True)], 5) == 5


def test_an_empty_start_fills_from_the_first_look_on():
    pace = bucket(rate=1000, capacity=1000, starts_full=False)
    assert take([pace], 1000) == 0

    deadline = time.monotonic() + 2
    while not (granted := take([pace], 1000)):
        assert time.monotonic() < deadline
    assert granted < 1000


def test_several_buckets_grant_what_the_poorest_holds_and_all_lose_that():
    rich, poor = bucket(capacity=10), bucket(capacity=3)

    assert take([rich, poor], 8) == 3
    assert level(rich) == pytest.approx(7, abs=0.01)
    assert level(poor) == pytest.approx(0, abs=0.01)
    assert take([rich, poor], 1) == 0
    assert level(rich) == pytest.approx(7, abs=0.01)


@pytest.mark.parametrize("want", [0, -3])
def test_nothing_wanted_is_nothing_taken(want):
    full = bucket()

    assert take([full], want) == 0
    assert not stored(full)


def test_without_buckets_there_is_no_limit():
    assert take([], 7) == 7


def test_unused_tokens_go_back_but_never_above_the_capacity():
    full = bucket(capacity=10)
    take([full], 6)

    give_back([full], 2)
    assert level(full) == pytest.approx(6, abs=0.01)
    give_back([full], 100)
    assert level(full) == pytest.approx(10, abs=0.01)


def test_giving_back_to_a_lost_bucket_makes_none():
    empty = bucket(starts_full=False)

    give_back([empty], 5)

    assert take([empty], 5) == 0


def test_looking_changes_nothing():
    empty = bucket(starts_full=False)

    assert level(empty) == 0
    assert not stored(empty)


def test_idle_time_counts_in_full_or_up_to_the_limit():
    free = bucket(rate=2, capacity=1000)
    pace = bucket(rate=2, capacity=1000, max_elapsed=1.0)
    for each in (free, pace):
        store(each, held=0, seconds_ago=100)

    assert take([free], 1000) == pytest.approx(200, abs=5)
    assert take([pace], 1000) == 2


def test_a_slow_pace_adds_up_over_many_looks():
    slow = bucket(rate=10, capacity=1, starts_full=False, max_elapsed=1.0)
    began, granted = time.monotonic(), 0
    while granted < 3:
        granted += take([slow], 1)
        assert time.monotonic() - began < 3
    assert time.monotonic() - began >= 0.29


def test_a_smaller_capacity_holds_at_once():
    big = bucket(capacity=100)
    take([big], 1)

    assert take([Bucket(key=big.key, rate=0.001, capacity=5)], 100) == 5


def test_a_clock_that_was_set_back_gives_nothing_and_blocks_nothing():
    each = bucket(rate=1000, capacity=1000)
    store(each, held=0, seconds_ago=-3600)

    assert take([each], 1) == 0
    deadline = time.monotonic() + 1
    while not take([each], 1):
        assert time.monotonic() < deadline


def test_time_and_level_are_kept_to_the_last_digit():
    each = bucket(rate=0)
    store(each, held="0.12345678901234567", seconds_ago=0)
    take([each], 5)

    assert float(stored(each)["level"]) == 0.12345678901234567
    assert re.fullmatch(r"\d{16}", stored(each)["at"])


def test_a_bucket_goes_by_itself_once_it_is_full_anyway():
    each = bucket(rate=1, capacity=10)
    take([each], 10)

    with valkey() as client:
        assert 60_000 < client.pttl(f"bucket:{each.key}") <= 70_000


def test_waiting_as_long_as_told_is_enough():
    quick, quicker = bucket(rate=20, capacity=1), bucket(rate=50, capacity=1)
    take([quick, quicker], 1)

    wait = seconds_until_one([quick, quicker])
    assert 0 < wait <= 0.05
    time.sleep(wait)
    assert take([quick, quicker], 1) == 1
    assert seconds_until_one([bucket()]) == 0


def test_no_second_grants_more_than_capacity_and_rate():
    pace = bucket(rate=200, capacity=40)
    grants, lock, end = [], threading.Lock(), time.monotonic() + 1.6

    def draw():
        while (before := time.monotonic()) < end:
            granted = take([pace], 15)
            with lock:
                grants.append((before, time.monotonic(), granted))

    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(draw)
    grants.sort()

    def most_in_a_second_from(start):
        return sum(granted for before, after, granted in grants if before >= start and after <= start + 1)

    worst = max(most_in_a_second_from(before) for before, _, granted in grants if granted)
    assert 200 < worst <= 240


def test_callers_at_the_same_time_never_share_a_token():
    each, other = bucket(capacity=100), bucket(capacity=150)
    with ThreadPoolExecutor(8) as pool:
        granted = list(pool.map(lambda _: take([each, other], 3), range(80)))

    assert sum(granted) == 100
    assert level(other) == pytest.approx(50, abs=0.1)


def test_a_forked_process_draws_from_the_same_bucket_over_its_own_connection():
    each = bucket(capacity=100)
    assert take([each], 1) == 1
    child = multiprocessing.get_context("fork").Process(target=lambda: [take([each], 1) for _ in range(20)])
    child.start()
    mine = sum(take([each], 1) for _ in range(20))
    child.join(10)

    assert (child.exitcode, mine) == (0, 20)
    assert level(each) == pytest.approx(59, abs=0.1)


def test_the_script_comes_back_after_the_server_forgot_it():
    each = bucket()
    take([each], 1)
    with valkey() as client:
        client.script_flush()

    assert take([each], 1) == 1


def test_a_server_that_is_gone_is_told_apart(settings):
    settings.REDIS_URL = "redis+socket:///nowhere/valkey.sock"

    for ask in (lambda: take([bucket()], 1), lambda: give_back([bucket()], 1), lambda: level(bucket())):
        with pytest.raises(ValkeyAway):
            ask()


def test_a_server_that_hangs_costs_about_a_second(settings):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.REDIS_URL = f"redis://127.0.0.1:{deaf.getsockname()[1]}/0"
        began = time.monotonic()
        with pytest.raises(ValkeyAway):
            take([bucket()], 1)

    assert time.monotonic() - began < 1.9
