"""What kinds of leads there are, and how they are rung."""

from django.db import models

from access.zones import validate_time_zone
from leads.models.partners import Partner
from telephony.models import Campaign

REGION = "ISO 3166 code such as GB; reads numbers in national form."


class CallGroup(models.Model):
    """How leads are rung: a standing campaign with its program, account, hours, rate and tries.

    Those are the campaign's own, and so is the pause: a group rests while its campaign is paused.
    """

    name = models.CharField(max_length=128, unique=True)
    campaign = models.OneToOneField(Campaign, models.PROTECT, related_name="call_group", editable=False)
    default_region = models.CharField(max_length=2, blank=True, help_text=f"{REGION} Empty = the installation's.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class LeadType(models.Model):
    """A kind of lead, as partners name it."""

    name = models.CharField(max_length=128, unique=True, help_text="As partners send it, letter for letter.")
    call_group = models.ForeignKey(CallGroup, models.PROTECT, related_name="types")
    default_region = models.CharField(max_length=2, blank=True, help_text=f"{REGION} Empty = the call group's.")
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text="For numbers that tell none; an IANA name such as Europe/London. Empty = the call group's.",
    )
    recontact_after = models.PositiveIntegerField(
        null=True, blank=True, help_text="Days after which a number may be dialled again; empty = never."
    )
    partners = models.ManyToManyField(
        Partner, blank=True, related_name="types", help_text="Who may use it; it is unknown to all others."
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
