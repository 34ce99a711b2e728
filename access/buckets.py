"""Token buckets in Valkey: every limit and every pace, taken atomically on the server's own clock."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import redis
from redis.commands.core import Script

from access.valkey import ValkeyAway, valkey

__all__ = ["Bucket", "ValkeyAway", "give_back", "level", "seconds_until_one", "take"]


@dataclass(frozen=True)
class Bucket:
    """A bucket that fills by `rate` tokens a second up to `capacity`.

    A bucket that Valkey does not know starts empty, or full with `starts_full`. `max_elapsed` seconds are the most
    that one stretch without a call counts for (None: all of it), so that a pace never catches up on a pause.
    """

    key: str
    rate: float
    capacity: float
    starts_full: bool = False
    max_elapsed: float | None = None


# ARGV: want, then rate, capacity, starts_full, max_elapsed (-1: no end) for each key. Want is how many to take; below
# zero it gives that many back; 0 only looks. Answers what was granted and each level as it was before.
#
# Numbers travel as text with all their digits: Lua's own tostring() would cut microseconds of today to 14 digits, which
# is a tenth of a second. The level is kept as it was at the moment `at`; looking and giving back do not move `at`.
# A bucket expires a minute after it is full: a full start is then no different, an empty one errs on the slow side.
LUA = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local want = tonumber(ARGV[1])
local buckets, granted = {}, want
for i, key in ipairs(KEYS) do
    local rate, capacity = tonumber(ARGV[i * 4 - 2]), tonumber(ARGV[i * 4 - 1])
    local starts_full, longest = ARGV[i * 4] == '1', tonumber(ARGV[i * 4 + 1])
    local stored = redis.call('HMGET', key, 'level', 'at')
    local known = stored[1] and stored[2]
    local kept, at = starts_full and capacity or 0, now
    if known then kept, at = tonumber(stored[1]), tonumber(stored[2]) end
    local elapsed = math.max(0, now - at) / 1000000
    if longest >= 0 then elapsed = math.min(elapsed, longest) end
    local level = math.min(capacity, kept + elapsed * rate)
    granted = math.min(granted, math.max(0, math.floor(level)))
    buckets[i] = {key = key, rate = rate, capacity = capacity, known = known, kept = kept, at = at, level = level}
end
if want <= 0 then granted = want end
local levels = {}
for i, b in ipairs(buckets) do
    levels[i] = string.format('%.17g', b.level)
    local left, at = b.level - granted, now
    if want < 0 then left, at = math.min(b.capacity, b.kept - want), b.at end
    if want > 0 or (want < 0 and b.known) then
        redis.call('HSET', b.key, 'level', string.format('%.17g', left), 'at', string.format('%.0f', at))
        local until_full = b.rate > 0 and (b.capacity - left) / b.rate or 86400
        redis.call('PEXPIRE', b.key, string.format('%.0f', math.min(until_full + 60, 86400 * 30) * 1000))
    end
end
return {granted, unpack(levels)}
"""


def take(buckets: Sequence[Bucket], want: int) -> int:
    """Take up to `want` tokens from all buckets at once; returns how many, the same from each, 0 to `want`.

    Atomic: two callers never share a token. Raises ValkeyAway.
    """
    if want <= 0 or not buckets:
        return max(want, 0)
    granted, _ = _run(buckets, want)
    return granted


def give_back(buckets: Sequence[Bucket], count: int) -> None:
    """Return tokens that were taken and not used; a bucket never rises above its capacity. Raises ValkeyAway.

    A bucket that was lost in between gets nothing back: it starts anew.
    """
    if count > 0 and buckets:
        _run(buckets, -count)


def level(bucket: Bucket) -> float:
    """How many tokens lie in the bucket now, for showing. Changes nothing. Raises ValkeyAway."""
    return _run([bucket], 0)[1][0]


def seconds_until_one(buckets: Sequence[Bucket]) -> float:
    """How long until every bucket holds a token, if nobody takes one in between. Raises ValkeyAway."""
    _, levels = _run(buckets, 0)
    waits = ((1 - held) / each.rate if each.rate else math.inf for each, held in zip(buckets, levels, strict=True))
    return max(0.0, *waits)


def _run(buckets: Sequence[Bucket], want: int) -> tuple[int, list[float]]:
    numbers = [
        text
        for each in buckets
        for text in (
            repr(float(each.rate)),
            repr(float(each.capacity)),
            "1" if each.starts_full else "0",
            repr(float(-1 if each.max_elapsed is None else each.max_elapsed)),
        )
    ]
    with valkey() as client:
        granted, *levels = _script(client)(keys=[f"bucket:{each.key}" for each in buckets], args=[want, *numbers])
    return int(granted), [float(each) for each in levels]


@lru_cache(maxsize=4)
def _script(client: redis.Redis) -> Script:
    return client.register_script(LUA)
