"""Groups: who belongs to them."""

from coaching.models import Client, Group, GroupClient
from coaching.services import courses


def add_client(*, group: Group, client: Client) -> tuple[GroupClient, bool]:
    """Add a client; returns the membership and whether it is new.

    Courses that the group is taking reach them too; what went out before they came they get at once.
    """
    place, is_new = GroupClient.objects.get_or_create(group=group, client=client)
    if is_new:
        courses.wake(group=group)
    return place, is_new
