"""Ask carriers whether they answer: manage.py check_provider [name …]"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from access.refusals import NotReady
from telephony.models import Provider
from telephony.services.providers import check_provider


class Command(BaseCommand):
    help = "Ask the named providers, or all active ones, whether they answer; says in words what is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="*", help="names of providers; none: all that are active")

    def handle(self, *args: Any, **options: Any) -> None:
        providers = self._asked(options["name"])
        wrong = [provider.name for provider in providers if not self._works(provider)]
        if wrong:
            raise CommandError(f"{len(wrong)} of {len(providers)} do not answer as they should: {', '.join(wrong)}")

    def _asked(self, names: list[str]) -> list[Provider]:
        rows = Provider.objects.order_by("weight", "pk")
        found = list(rows.filter(name__in=names) if names else rows.filter(active=True))
        if missing := set(names) - {provider.name for provider in found}:
            raise CommandError(f"There is no provider {', '.join(sorted(missing))}.")
        if not found:
            raise CommandError("There is no active provider: nothing can be sent.")
        return found

    def _works(self, provider: Provider) -> bool:
        try:
            check_provider(provider=provider)
        except NotReady as no:
            self.stdout.write(f"{provider.name} ({provider.type}): {no.message}")
            return False
        self.stdout.write(f"{provider.name} ({provider.type}): answers as it should")
        return True
