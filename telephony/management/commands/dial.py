"""Run a campaign, or join one that runs, from the shell."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from access.refusals import Refused
from telephony.models import Campaign
from telephony.selectors import Progress, progress, why_not_dialling
from telephony.services.campaigns import start_campaign

LOOK = 0.5  # seconds between two looks


class Command(BaseCommand):
    """Starts the campaign unless it runs; the workers dial."""

    help = "Start a campaign, or join a running one. The workers dial it; Ctrl-C only stops watching."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("campaign", type=int, help="id of the campaign")
        parser.add_argument("--watch", action="store_true", help="show the progress until it ends or is stopped")

    def handle(self, *args: Any, **options: Any) -> None:
        campaign = Campaign.objects.visible().select_related("owner", "program").filter(pk=options["campaign"]).first()
        if campaign is None:
            raise CommandError(f"There is no campaign {options['campaign']}.")
        if campaign.status not in ("running", "ready") or campaign.filled_at is None:
            campaign = self._start(campaign)
        if options["watch"]:
            self._watch(campaign)

    def _start(self, campaign: Campaign) -> Campaign:
        if campaign.status == "ready" and campaign.filled_through:
            return campaign
        try:
            return start_campaign(campaign=campaign, by=campaign.owner)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None

    def _watch(self, campaign: Campaign) -> None:
        console = Console(file=self.stdout._out, highlight=False)  # type: ignore[attr-defined]
        try:
            with Live(console=console, refresh_per_second=4) as live:
                while True:
                    campaign.refresh_from_db()
                    told = progress(campaign)
                    live.update(render(campaign, told, why_not_dialling(campaign)))
                    if campaign.status not in ("running", "ready"):
                        break
                    time.sleep(LOOK)
        except KeyboardInterrupt:
            console.print(f"Campaign {campaign.pk} goes on; look again with: dial {campaign.pk} --watch")


def render(campaign: Campaign, told: Progress, why: list[str]) -> Group:
    """The picture of one look: bar, rate, outcomes, time left, and what stands in the way."""
    line = Table.grid(padding=(0, 2))
    line.add_row(
        Text(str(campaign), style="bold"),
        campaign.status,
        ProgressBar(total=max(told.total, 1), completed=told.ended, width=40),
        f"{told.ended} of {told.total}",
        f"{told.rate_now:.0f} of {told.rate_asked:.0f} a minute",
        f"{_left(told)} left" if campaign.status == "running" else "",
    )
    outcomes = ", ".join(f"{cause} {count}" for cause, count in told.causes.items()) or "no outcome yet"
    waiting = f"{told.pending} waiting, {told.retrying} to be tried again, {told.in_flight} in flight"
    return Group(line, Text(f"  {outcomes}"), Text(f"  {waiting}"), *[Text(f"  {reason}", "yellow") for reason in why])


def _left(told: Progress) -> str:
    waiting = told.pending + told.retrying
    seconds = round(waiting * 60 / (told.rate_now or told.rate_asked))
    return f"{seconds // 60}:{seconds % 60:02d}"
