"""Load the demo data and write the logins to demo.json.

Beside telephony's own, each app with a module `services/demo.py` has a part in it, under the app's name in demo.json:
`is_loaded()` says whether it is there, `load_demo()` makes what is missing and returns its credentials.
"""

import json
import os
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand

from telephony.services.demo import is_loaded, load_demo

LOGINS = {"admin", "api_user"}


class Command(BaseCommand):
    """Safe to repeat and to interrupt: what is loaded stays, a lost demo.json is written again with new passwords."""

    help = "Loads the demo data once and writes address and logins to demo.json in the data directory."

    def handle(self, *args: Any, **options: Any) -> None:
        file = settings.DATA_DIR / "demo.json"
        known = _read(file)
        if not (known.keys() >= LOGINS and is_loaded()):
            known |= {
                name: {"username": each.username, "password": each.password} for name, each in load_demo().items()
            }
        for name, part in _parts():
            if not (name in known and part.is_loaded()):
                known[name] = part.load_demo()
        write_private(file, json.dumps(known | {"base_url": settings.BASE_URL}, indent=2))
        self.stdout.write(f"The demo logins are in {file}")


def _parts() -> Iterator[tuple[str, Any]]:
    """The demo modules of the other apps, by the name of the app."""
    for app in apps.get_app_configs():
        if app.label != "telephony" and find_spec(f"{app.name}.services") and find_spec(f"{app.name}.services.demo"):
            yield app.label, import_module(f"{app.name}.services.demo")


def _read(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def write_private(file: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
