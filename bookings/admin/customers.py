"""Who books; numbers are shown to those who may see them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from bookings.admin.base import DeskAdmin, local_words, phone_words, sees_phones, status_badge
from bookings.models import Customer
from bookings.selectors.desk import customer_history, customers_meant
from bookings.services.customers import create_customer, delete_customer, update_customer
from telephony.admin.base import Services
from telephony.admin.words import column
from telephony.models import DoNotCall

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
        blocked = customer.e164 and DoNotCall.objects.filter(number=int(customer.e164[1:])).first()
        return {
            "phone": phone_words(request, customer.phone),
            "blocked": blocked,
            "bookings": [
                (row, local_words(row.first_pickup_at, row.operator), status_badge(row.status)) for row in latest
            ],
            "history": customer_history(customer),
        }
