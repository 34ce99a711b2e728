"""Engagements, invoices, payments and offerings."""

from django.db import models
from django.db.models import Q

from coaching.models.base import Added
from coaching.models.people import Client, Coach, Company
from coaching.models.practices import Practice

MONEY = {"max_digits": 14, "decimal_places": 3}  # some currencies have three
ONE_PARTY = Q(client=None, company__isnull=False) | Q(client__isnull=False, company=None)


class Unit(models.TextChoices):
    """What an allocation counts."""

    APPOINTMENTS = "A"
    MINUTES = "M"


class EngagementTemplate(models.Model):
    """An engagement as it is offered again and again."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="engagement_templates")
    managing_coach = models.ForeignKey(Coach, models.SET_NULL, related_name="+", null=True, blank=True)
    name = models.CharField(max_length=200)
    duration = models.PositiveIntegerField(default=0, help_text="Days; 0 = open-ended.")
    allocation_unit = models.CharField(max_length=1, choices=Unit, default=Unit.APPOINTMENTS)
    allocation = models.PositiveIntegerField(default=0)
    invoice_amount = models.DecimalField(**MONEY, null=True, blank=True, help_text="Of each invoice; empty = none.")
    invoice_count = models.PositiveSmallIntegerField(default=0)
    invoice_every_days = models.PositiveSmallIntegerField(default=30)

    def __str__(self) -> str:
        return self.name


class Engagement(Added):
    """An agreed stretch of work with a client or a company."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="engagements")
    client = models.ForeignKey(Client, models.CASCADE, related_name="engagements", null=True, blank=True)
    company = models.ForeignKey(Company, models.CASCADE, related_name="engagements", null=True, blank=True)
    covered = models.ManyToManyField(Client, blank=True, related_name="+", help_text="Clients of the company.")
    managing_coach = models.ForeignKey(Coach, models.SET_NULL, related_name="engagements", null=True, blank=True)
    template = models.ForeignKey(EngagementTemplate, models.SET_NULL, related_name="+", null=True, blank=True)
    name = models.CharField(max_length=200)
    start_date = models.DateField()
    end_date = models.DateField(null=True, blank=True)
    allocation_unit = models.CharField(max_length=1, choices=Unit, default=Unit.APPOINTMENTS)
    allocation = models.PositiveIntegerField(default=0)
    allocation_per_client = models.PositiveIntegerField(default=0, help_text="For companies; 0 = no cap.")
    next_invoice_date = models.DateField(null=True, blank=True)
    invoices_left = models.PositiveSmallIntegerField(default=0)
    is_complete = models.BooleanField(default=False)
    is_canceled = models.BooleanField(default=False)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=ONE_PARTY, name="engagement_has_one_party"),
            models.CheckConstraint(
                condition=Q(is_complete=False) | Q(is_canceled=False), name="engagement_is_closed_one_way"
            ),
        ]
        indexes = [
            # the tick asks for these each time
            models.Index(
                fields=["next_invoice_date"], name="engagement_billed", condition=Q(next_invoice_date__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Invoice(Added):
    """What a client or a company owes."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="invoices")
    client = models.ForeignKey(Client, models.SET_NULL, related_name="invoices", null=True, blank=True)
    company = models.ForeignKey(Company, models.SET_NULL, related_name="invoices", null=True, blank=True)
    engagement = models.ForeignKey(Engagement, models.SET_NULL, related_name="invoices", null=True, blank=True)
    billed_name = models.CharField(max_length=160, blank=True, help_text="Kept when the client is deleted.")
    number = models.CharField(max_length=20)
    date_of = models.DateField()
    date_due = models.DateField()
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=8, decimal_places=4, default=0, help_text="Percent.")
    amount = models.DecimalField(**MONEY)

    class Meta:
        indexes = [models.Index(fields=["practice", "number"], name="invoice_number")]

    def __str__(self) -> str:
        return self.number


class InvoiceLine(models.Model):
    """One item of an invoice."""

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=1000)
    amount = models.DecimalField(**MONEY)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.item


class Payment(models.Model):
    """Money that came in for an invoice."""

    class Method(models.TextChoices):
        CASH = "Cash"
        CHECK = "Check"
        CREDIT_CARD = "Credit Card"
        BANK_TRANSFER = "Bank Transfer"
        OTHER = "Other"

    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="payments")
    paid_at = models.DateTimeField()
    amount = models.DecimalField(**MONEY)
    method = models.CharField(max_length=16, choices=Method, default=Method.CREDIT_CARD)
    check_number = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_above_zero")]

    def __str__(self) -> str:
        return f"{self.amount} ({self.method})"


class Offering(models.Model):
    """Something that people can sign up for or buy."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="offerings")
    coach = models.ForeignKey(Coach, models.CASCADE, related_name="offerings")
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    price = models.DecimalField(**MONEY, default=0)
    blurb = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    notify_email = models.EmailField(max_length=128, blank=True)
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class OfferingCollection(models.Model):
    """Offerings that are shown together."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="offering_collections")
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    offerings = models.ManyToManyField(Offering, blank=True, related_name="collections")

    def __str__(self) -> str:
        return self.name


class OfferingSubmission(Added):
    """Somebody's sign-up for an offering."""

    offering = models.ForeignKey(Offering, models.CASCADE, related_name="submissions")
    client = models.ForeignKey(Client, models.SET_NULL, related_name="submissions", null=True, blank=True)
    invoice = models.ForeignKey(Invoice, models.SET_NULL, related_name="+", null=True, blank=True)
    client_name = models.CharField(max_length=128)
    client_email = models.EmailField(max_length=128)
    amount_paid = models.DecimalField(**MONEY, default=0)
    tracking_data = models.CharField(max_length=255, blank=True)

    def __str__(self) -> str:
        return self.client_name
