"""Prints a link into the portal for a coach or client whose mail does not arrive: manage.py portal_link EMAIL."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from coaching.services import visits


class Command(BaseCommand):
    """Prints a line for each person of the address; a link works once, for half an hour."""

    help = "Print a link that signs a coach or client in to the portal."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        links = visits.links_for(email=email)
        if not links:
            raise CommandError("Nobody of this address was invited, is active, and had fewer than five links lately.")
        for person, link in links:
            self.stdout.write(f"{person.name}, {person.practice.name}: {link}")
