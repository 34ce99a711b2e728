"""The configuration of switches, written into files that they include; only what changed is written again."""

import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from telephony.gateways.freeswitch.configuration import OURS, House, rendered
from telephony.gateways.freeswitch.nodes import node_of
from telephony.models import Account, Provider

PROFILE = "external"  # the SIP profile that includes the gateways
UNTOLD = ".untold"
PARTS = ("gateways", "directory", "dialplan")


def write_configuration(*, node_id: int, folder: Path) -> list[str]:
    """Write the trunks, extensions and ways in of one switch below `folder`; returns what has changed.

    What we wrote before and is no more is deleted; files of others stay. Extensions are those of all owners. The
    passwords in them are readable by the group that switch and product share, and by nobody else.
    """
    files = rendered(_house(node_id))
    for part in PARTS:
        (folder / part).mkdir(mode=0o750, parents=True, exist_ok=True)
    changed = [name for name, text in files.items() if _write(folder / name, text)]
    changed += _clear(folder, set(files))
    if changed:
        (folder / UNTOLD).write_text("\n".join(sorted({*changed, *untold(folder)})))
    return changed


def untold(folder: Path) -> list[str]:
    """What has changed since the switch was told."""
    path = folder / UNTOLD
    return path.read_text().splitlines() if path.exists() else []


def is_told(folder: Path) -> None:
    """The switch has read what changed."""
    (folder / UNTOLD).unlink(missing_ok=True)


def orders_for(changed: Sequence[str]) -> list[str]:
    """What a switch has to be told after these files changed; a trunk that changed is dropped, then found again."""
    if not changed:
        return []
    trunks = sorted(Path(name).stem for name in changed if name.startswith("gateways/"))
    drop = [f"sofia profile {PROFILE} killgw {trunk}" for trunk in trunks]
    return [*drop, "reloadxml", *([f"sofia profile {PROFILE} rescan"] if trunks else [])]


def _house(node_id: int) -> House:
    providers = Provider.objects.filter(type=Provider.Type.SIP, active=True).order_by("weight", "pk")
    here = [row for row in providers if (node := node_of(row)) and node.id == node_id]
    extensions = (
        Account.objects.visible().filter(type=Account.Type.EXTENSION, active=True).exclude(owner=None).order_by("pk")
    )
    return House(here, list(extensions), settings.FREESWITCH_LISTEN)


def _write(path: Path, text: str) -> bool:
    """Replace a file in one step, unless it is so already."""
    if path.exists() and path.read_text() == text:
        return False
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o640)
        file.write(text)
    draft.replace(path)
    return True


def _clear(folder: Path, wanted: set[str]) -> list[str]:
    gone = []
    for part in PARTS:
        for path in (folder / part).glob("*.xml"):
            name = f"{part}/{path.name}"
            if name not in wanted and path.read_text().startswith(f"<!-- {OURS}"):
                path.unlink()
                gone.append(name)
    return gone
