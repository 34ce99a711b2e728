"""Accounts and providers, and what the loopback carrier remembers."""

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.functions import Now

from access.fields import EncryptedTextField
from telephony.models.base import Hideable, Stamped


class Account(Stamped, Hideable):
    """The house's side of a transmission: who calls, from which number or address."""

    class Type(models.TextChoices):
        ACCOUNT = "account"
        EXTENSION = "extension"
        DID = "did"
        EADDRESS = "eaddress"

    type = models.CharField(max_length=32, choices=Type, default=Type.ACCOUNT)
    username = models.CharField(max_length=64)
    passwd = EncryptedTextField(blank=True)
    passwd_pin = EncryptedTextField(blank=True)
    first_name = models.CharField(max_length=128, blank=True)
    last_name = models.CharField(max_length=128, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    e164 = models.CharField(max_length=16, null=True, blank=True, editable=False)
    email = models.EmailField(max_length=128, blank=True)
    address = models.CharField(max_length=128, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["type", "username"], condition=models.Q(deleted_at=None), name="account_username_once"
            )
        ]
        indexes = [models.Index(fields=["owner", "id"], name="account_owner")]

    def __str__(self) -> str:
        return f"{self.username} ({self.type})"


class Provider(Stamped):
    """A carrier or server that attempts are handed to."""

    class Type(models.TextChoices):
        LOOPBACK = "loopback", "loopback (sandbox)"
        SMTP = "smtp", "SMTP"
        EMAILCMD = "emailcmd", "mail command"
        SIP = "sip", "SIP trunk"
        SMPP = "smpp", "SMPP"
        HTTP = "http", "SMS over HTTP"

    name = models.CharField(max_length=128, unique=True)
    type = models.CharField(max_length=32, choices=Type)
    service_flag = models.PositiveSmallIntegerField(help_text="Sum of voice 1, fax 2, SMS 4, e-mail 8.")
    node_id = models.PositiveIntegerField(null=True, blank=True)
    host = models.CharField(max_length=128, blank=True)
    port = models.PositiveIntegerField(null=True, blank=True)
    username = models.CharField(max_length=128, blank=True)
    password = EncryptedTextField(blank=True)
    dialstring = models.CharField(max_length=255, blank=True)
    prefix = models.CharField(
        max_length=255, blank=True, help_text="Rules `remove|add`, separated by commas; the first that matches is used."
    )
    settings = models.TextField(blank=True, validators=[MaxLengthValidator(65_535)])
    register = models.BooleanField(default=False)
    weight = models.PositiveIntegerField(default=1, help_text="Lighter is used more often.")
    active = models.BooleanField(default=False)
    description = models.CharField(max_length=255, blank=True)
    max_starts = models.PositiveIntegerField(null=True, blank=True, help_text="Attempts started a second at most.")
    max_channels = models.PositiveIntegerField(null=True, blank=True, help_text="Attempts under way at most.")
    options = models.JSONField(
        default=dict, blank=True, help_text="Settings of the gateway: time limits, encryption, outcome shares."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(name__contains=" "), name="provider_name_without_spaces"),
            models.CheckConstraint(
                condition=models.Q(service_flag__gte=1, service_flag__lte=15), name="provider_carries_something"
            ),
            models.CheckConstraint(condition=~models.Q(max_starts=0), name="provider_starts_something"),
        ]

    def __str__(self) -> str:
        return self.name


class Heartbeat(models.Model):
    """When a part of the machinery was last alive."""

    name = models.CharField(max_length=64, primary_key=True)
    at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class LoopbackCall(models.Model):
    """The loopback carrier's own journal: one line for every hand-over it received, never changed.

    It has no unique key on purpose: two hand-overs of one attempt are two lines, and tests count them.
    """

    reference = models.UUIDField(db_index=True)
    provider_id = models.BigIntegerField(null=True, blank=True, help_text="Whose options say how the far end behaves.")
    campaign_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    service_flag = models.PositiveSmallIntegerField()
    source = models.CharField(max_length=128, blank=True)
    destination = models.CharField(max_length=128)
    content = models.JSONField()
    at = models.DateTimeField(db_default=Now())
    cause = models.CharField(max_length=32, help_text="What became of it.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: it never ends.")

    class Meta:
        verbose_name = "loopback call"

    def __str__(self) -> str:
        return f"#{self.pk} {self.cause}"


class LoopbackReply(models.Model):
    """A text that somebody whom the loopback carrier wrote to will send back."""

    reference = models.UUIDField(primary_key=True, help_text="Of the attempt that is replied to.")
    sender = models.CharField(max_length=128)
    receiver = models.CharField(max_length=128)
    smsc = models.CharField(max_length=128)
    text = models.TextField()
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.reference)


class LoopbackReport(models.Model):
    """A report that the loopback carrier still owes."""

    reference = models.UUIDField(primary_key=True)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return str(self.reference)
