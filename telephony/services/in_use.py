"""What may not be deleted, because a campaign still needs it."""

from django.db.models import Model

from access.refusals import NotReady
from telephony.models import Campaign


def refuse_while_used(**by: Model) -> None:
    """Raise NotReady, naming the campaign, while one that has not ended uses a row: `refuse_while_used(group=group)`.

    One that was not started yet counts: without its program or its group it could never be.
    """
    open_ones = Campaign.objects.visible().exclude(status=Campaign.Status.COMPLETED)
    campaign = open_ones.filter(**by).order_by("pk").first()
    if campaign:
        [kind] = by
        raise NotReady(f"{kind.capitalize()} is used by campaign {campaign.pk}, which has not ended")
