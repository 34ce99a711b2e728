"""Write the configuration that Kannel runs with: manage.py kannel_config > /etc/kannel/kannel.conf"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.refusals import Refused
from telephony.services.kannel_config import SMSBOX_PORT, render


class Command(BaseCommand):
    help = "Write Kannel's configuration, with a trunk for each active provider of type smpp or http. Holds passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--smsbox-port", type=int, default=SMSBOX_PORT, help="where smsbox meets bearerbox")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(render(smsbox_port=options["smsbox_port"]))
        except Refused as no:
            raise CommandError(no.message) from no
