"""Who books; numbers are shown to those who may see them."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from bookings.admin.base import DeskAdmin, local_words, phone_words, sees_phones, status_badge
from bookings.models import Customer
from bookings.selectors.desk import customer_history, customers_meant
from bookings.services.customers import create_customer, delete_customer, update_customer
from telephony.admin.base import Services
from telephony.admin.words import column
from telephony.models import DoNotCall
from telephony.services.do_not_call import allow_number

MOST = 30  # bookings on a customer's page


@admin.register(Customer)
class CustomerAdmin(DeskAdmin):
    """People and companies that book."""

    grows = True
    services = Services("customer", create_customer, update_customer, delete_customer)
    change_form_template = "bookings/customer.html"
    delete_words = "Only customers without bookings can be deleted."
    empty_words = "Customers come with imported bookings, or are added here."
    search_help_text = "Number, phone, e-mail, or words of a name"
    list_filter = ()
    fieldsets = ((None, {"fields": ["name", "phone", "email"]}),)

    def get_urls(self) -> list[URLPattern]:
        return [self.page("<int:pk>/allow/", self.allow_view, "allow", post=True), *super().get_urls()]

    def allow_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take the customer's number off the do-not-call list."""
        customer = self.row_for(request, pk, "booking_read")
        if not self._may_allow(request):
            raise PermissionDenied
        if (blocked := _blocked(customer)) and self.attempt(
            request, lambda: allow_number(blocked=blocked, by=request.user), "The number may be called again."
        ):
            self.log_change(request, customer, "Taken off the do-not-call list.")
        return self.back_to(customer)

    def _may_allow(self, request: HttpRequest) -> bool:
        """Who sees the number here, and may take numbers off the list in telephony."""
        return sees_phones(request) and request.user.may("contact_delete")

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        phone = column("phone", lambda row: phone_words(request, row.phone), name="phone_shown")
        number = column("number", lambda row: row.cust_id, name="number")
        return self.with_operator(request, ("name", number, phone, "email"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Who may not see a number may give the first one, and change none."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or sees_phones(request):
            return fieldsets
        return [
            (name, {**options, "fields": [f for f in options["fields"] if f != "phone"]}) for name, options in fieldsets
        ]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (customers_meant(queryset, search_term) if search_term.strip() else queryset), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        customer = self.get_object(request, object_id)
        story = self._story(request, customer) if customer else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, customer: Customer) -> dict[str, Any]:
        found = customer.bookings.filter(operator=customer.operator_id).select_related("operator", "vehicle_type")
        latest = found.order_by("-first_pickup_at")[:MOST]
        return {
            "phone": phone_words(request, customer.phone),
            "blocked": _blocked(customer),
            "may_allow": self._may_allow(request),
            "bookings": [
                (row, local_words(row.first_pickup_at, row.operator), status_badge(row.status)) for row in latest
            ],
            "history": customer_history(customer),
        }


def _blocked(customer: Customer) -> DoNotCall | None:
    """The entry of the do-not-call list that keeps the customer from being called."""
    return DoNotCall.objects.filter(number=int(customer.e164[1:])).first() if customer.e164 else None
