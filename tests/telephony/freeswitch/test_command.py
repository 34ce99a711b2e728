"""`manage.py switch` and the signals it gets."""

import asyncio
import os
import signal
import time

from telephony.management.commands.switch import run


class Worker:
    """Works until it is cancelled, and takes its time to finish."""

    def __init__(self, finishes: float = 0.0) -> None:
        self.finishes = finishes
        self.told: list[str] = []

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self.told.append("ended")

    async def finish(self, seconds: float) -> None:
        self.told.append(f"finish in {seconds:g}")
        await asyncio.sleep(self.finishes)
        self.told.append("finished")

    async def guard(self) -> None:
        await asyncio.Event().wait()


def told(worker: Worker, signals: int) -> list[str]:
    async def trial() -> None:
        running = asyncio.create_task(run(worker, worker))
        for _ in range(signals):
            await asyncio.sleep(0.1)
            os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(running, 5)

    asyncio.run(trial())
    return worker.told


def test_a_signal_lets_calls_finish_before_the_process_ends(settings):
    settings.FREESWITCH_FINISH_SECONDS = 7.0
    assert told(Worker(finishes=0.3), 1) == ["finish in 7", "finished", "ended"]


def test_a_second_signal_ends_the_work_at_once():
    began = time.monotonic()
    assert told(Worker(finishes=1.0), 2)[1] == "ended"
    assert time.monotonic() - began < 4
