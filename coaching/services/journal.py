"""The journal: what a client writes for themselves."""

from coaching.models import Client, JournalEntry


def write(*, client: Client, text: str) -> JournalEntry:
    """Keep an entry; nobody is told."""
    return JournalEntry.objects.create(client=client, text=text)
