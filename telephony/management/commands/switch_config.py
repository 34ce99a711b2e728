"""Writes what a switch includes: trunks, extensions and the ways in."""

import asyncio
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from telephony.gateways.freeswitch.nodes import BadNode, Node, nodes
from telephony.gateways.freeswitch.protocol import SwitchAway, open_connection
from telephony.services.switch_files import is_told, orders_for, untold, write_configuration


class Command(BaseCommand):
    """Says which files changed; with --reload the switch is told."""

    help = "Write the configuration of a switch below DIR: gateways/, directory/, dialplan/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("dir", type=Path, help="folder that the switch's own configuration includes")
        parser.add_argument("--node", type=int, default=1, help="which switch of COACHHOUSE_FREESWITCH_NODES; 1")
        parser.add_argument("--reload", action="store_true", help="tell the switch to read what changed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            node = nodes().get(options["node"])
        except BadNode as error:
            raise CommandError(str(error)) from None
        if node is None:
            raise CommandError(f"There is no switch {options['node']} in COACHHOUSE_FREESWITCH_NODES.")
        try:
            changed = write_configuration(node_id=node.id, folder=options["dir"])
        except OSError as error:
            raise CommandError(f"{options['dir']}: {error.strerror}") from None
        for name in changed:
            self.stdout.write(name)
        if options["reload"]:
            try:
                asyncio.run(tell(node, orders_for(untold(options["dir"]))))
            except SwitchAway as error:
                raise CommandError(str(error)) from None
            is_told(options["dir"])


async def tell(node: Node, orders: list[str]) -> None:
    """Give orders to a switch, one after the other. Raises SwitchAway."""
    connection = await open_connection(node.host, node.port, node.password)
    try:
        for order in orders:
            await connection.api(order)
    finally:
        await connection.close()
