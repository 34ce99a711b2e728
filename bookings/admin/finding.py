"""Bookings and customers in the search over everything."""

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from bookings.admin.base import limited, local_words, reached
from bookings.models import Booking, Customer
from bookings.selectors.desk import customers_meant, look_for
from telephony.admin.site import FINDERS, FOUND


def find_at_the_desk(request: HttpRequest, term: str) -> list[SearchResult]:
    """The latest bookings and customers that a term means, of the operators that the person works for."""
    if not request.user.may("booking_read"):
        return []
    operators = [operator.pk for operator in reached(request)]
    rows = limited(Booking.objects.select_related("customer", "operator"), request)
    bookings = look_for(rows, term, operators=operators).order_by("-pk")[:FOUND]
    customers = customers_meant(limited(Customer.objects.all(), request), term).order_by("-pk")[:FOUND]
    return [*map(_booking, bookings), *map(_customer, customers)]


def _booking(row: Booking) -> SearchResult:
    return SearchResult(
        title=f"{row.quote_id} {row.customer}",
        description=f"Booking, {local_words(row.first_pickup_at, row.operator)}",
        link=reverse("admin:bookings_booking_change", args=[row.pk]),
        icon="directions_bus",
    )


def _customer(row: Customer) -> SearchResult:
    link = reverse("admin:bookings_customer_change", args=[row.pk])
    return SearchResult(title=row.name, description=f"Customer {row.cust_id}", link=link, icon="contacts")


if find_at_the_desk not in FINDERS:
    FINDERS.append(find_at_the_desk)
