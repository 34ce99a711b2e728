"""Who books."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models

from bookings.models.base import Owned
from bookings.models.history import tracked

NAME_WORDS = SearchVector("name", config="simple")


@tracked("CustomerEvent", ["cust_id", "name", "phone", "email"])
class Customer(Owned):
    """Somebody who booked a coach."""

    cust_id = models.BigIntegerField(editable=False, help_text="The number that partners see.")
    name = models.CharField(max_length=128)
    phone = models.CharField(max_length=64, blank=True, help_text="As it was given.")
    e164 = models.CharField(max_length=16, null=True, blank=True, editable=False)
    email = models.EmailField(max_length=128, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["operator", "id"], name="customer_of_operator"),
            models.UniqueConstraint(
                fields=["operator", "cust_id"], name="customer_number_once", violation_error_message="cust_id is taken"
            ),
        ]
        indexes = [
            models.Index(fields=["operator", "e164"], name="customer_phone"),
            models.Index(fields=["operator", "phone"], name="customer_phone_as_given"),  # no number in any country
            GinIndex(NAME_WORDS, name="customer_name_words"),  # the desk looks for a word of a name
        ]

    def __str__(self) -> str:
        return self.name
