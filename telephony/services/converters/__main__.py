"""Do one job within its limits: `python -m telephony.services.converters JOB`, as `services.conversion` writes it."""

import json
import os
import resource
import signal
import sys
from importlib import import_module
from typing import Any

from telephony.services.converters import Unreadable


def keep_within(*, seconds: int, memory: int, output: int) -> None:
    """Have the kernel end this process when it asks for more; `seconds` of CPU and of the clock, the rest in bytes."""
    limits = {"CPU": seconds, "AS": memory, "FSIZE": output, "CORE": 0}
    for name, most in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))
    signal.alarm(seconds)  # also where nobody waits any more, because the one who asked was killed
    os.nice(10)


def run(job: dict[str, Any]) -> None:
    """Convert `sources` into `output` and write what there is to say about it into `report`; all are descriptors."""
    keep_within(**job["limits"])
    module, function = job["do"].split(".")
    sources = [(kind, os.fdopen(descriptor, "rb")) for kind, descriptor in job["sources"]]
    with os.fdopen(job["output"], "r+b") as output, os.fdopen(job["report"], "w") as report:
        try:
            found = getattr(import_module(f"{__package__}.{module}"), function)(sources, output, **job["options"])
        except Unreadable as no:
            found = {"refused": str(no)}
        json.dump(found, report)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
