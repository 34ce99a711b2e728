"""Contacts, their groups, and the numbers that must not be called."""

from django.db import models
from django.db.models.functions import Lower, Now

from telephony.models.base import Hideable, Stamped

SEALED = "sealed"  # what stands for a number that is dialled and shown to nobody


class Contact(Stamped, Hideable):
    """Somebody who can be called or written to."""

    first_name = models.CharField(max_length=64, blank=True)
    last_name = models.CharField(max_length=64, blank=True)
    phone = models.CharField(max_length=32, blank=True, help_text="As it was given.")
    # what is dialled; nothing shows it, so that a contact whose phone is SEALED keeps its number to itself
    e164 = models.CharField(max_length=16, null=True, blank=True, editable=False)
    email = models.EmailField(max_length=128, blank=True)
    address = models.CharField(max_length=128, blank=True)
    custom1 = models.CharField(max_length=128, blank=True)
    custom2 = models.CharField(max_length=128, blank=True)
    custom3 = models.CharField(max_length=128, blank=True)
    description = models.CharField(max_length=255, blank=True)
    time_zone = models.CharField(max_length=64, blank=True, help_text="IANA name; empty = the campaign's.")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "id"], name="contact_owner"),  # lists, newest first
            models.Index(fields=["e164", "owner"], name="contact_number"),  # import and search find who is there
            # whoever is written to is found again
            models.Index("owner", Lower("email"), name="contact_email", condition=~models.Q(email="")),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.phone or self.email or f"contact {self.pk}"

    @property
    def is_sealed(self) -> bool:
        """Whether its number is shown to nobody."""
        return self.phone == SEALED


class Group(Stamped, Hideable):
    """A list of contacts."""

    name = models.CharField(max_length=128)
    description = models.CharField(max_length=255, blank=True)
    contacts = models.ManyToManyField(Contact, through="GroupMember", related_name="groups")

    class Meta:
        indexes = [models.Index(fields=["owner", "id"], name="group_owner")]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A contact's place in a group."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="members", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "contact"], name="group_member_once")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.contact_id}"


class DoNotCall(models.Model):
    """A number that is never called or texted, whoever asks."""

    number = models.BigIntegerField(primary_key=True, help_text="E.164 without the plus sign.")
    source = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    added_at = models.DateTimeField(db_default=Now(), editable=False)
    sealed = models.BooleanField(
        db_default=False, editable=False, help_text="Known from a sealed contact alone: obeyed, and shown to nobody."
    )

    class Meta:
        verbose_name = "do-not-call number"
        # staff look at one source, newest numbers first, and a list of all sources is found by it
        indexes = [
            models.Index(fields=["source", "number"], name="do_not_call_source"),
            # they are counted below a list that leaves them out
            models.Index(fields=["number"], name="do_not_call_sealed", condition=models.Q(sealed=True)),
        ]

    def __str__(self) -> str:
        return SEALED if self.sealed else f"+{self.number}"
