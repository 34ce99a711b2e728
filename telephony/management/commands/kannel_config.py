"""Write the configuration that Kannel runs with: manage.py kannel_config --output /etc/kannel/kannel.conf"""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.refusals import Refused
from telephony.services.kannel_config import SMSBOX_PORT, render


class Command(BaseCommand):
    help = "Write Kannel's configuration, with a trunk for each active provider of type smpp or http. Holds passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--smsbox-port", type=int, default=SMSBOX_PORT, help="where smsbox meets bearerbox")
        parser.add_argument("--output", type=Path, help="file that only its owner and group can read; default: show it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = render(smsbox_port=options["smsbox_port"])
            _write(options["output"], text) if options["output"] else self.stdout.write(text)
        except Refused as no:
            raise CommandError(no.message) from no
        except OSError as no:
            raise CommandError(f"{options['output']}: {no.strerror}") from no


def _write(path: Path, text: str) -> None:
    """Put a file in the place of the old one, with its owner and group, never half of it."""
    draft = path.with_name(f".{path.name}.new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640), "w") as file:
        os.fchmod(file.fileno(), 0o640)
        if path.exists():
            before = path.stat()
            os.fchown(file.fileno(), before.st_uid, before.st_gid)
        file.write(text)
    draft.replace(path)
