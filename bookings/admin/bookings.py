"""Bookings as the desk works with them: the list, the page that tells a booking's story, tags, the calendar."""

from typing import Any

import orjson
from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from unfold.admin import StackedInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from bookings.admin.base import (
    DeskAdmin,
    local_words,
    phone_words,
    reached,
    status_badge,
    tag_badges,
)
from bookings.admin.calendar import calendar_page
from bookings.admin.files import BookingFiles
from bookings.admin.filters import LeavesFilter
from bookings.admin.lists import DepartureChangeList
from bookings.admin.swap import swap_page
from bookings.admin.verifications import may_verify
from bookings.models import LEG_FIELDS, Booking, JourneyLeg, Tag
from bookings.selectors.desk import booking_history, look_for, tags_by_booking
from bookings.services.bookings import create_booking, delete_booking, update_booking
from bookings.services.tags import add_tag, remove_tag
from telephony.admin.base import Services
from telephony.admin.filters import DaysFilter
from telephony.admin.lists import OfficeChangeList
from telephony.admin.words import NOTHING, column, outcome_badge, state_badge, two_lines
from telephony.models import Spool, Transmission

MOST_LOGS = 50
MOST_CALLS = 200


def way_words(booking: Booking) -> Any:
    """From where to where the first leg goes, and how many there are."""
    legs = orjson.loads(booking.journey)
    if not legs:
        return NOTHING
    first = min(legs, key=lambda leg: (leg["pickupDate"], leg["pickupTime"]))
    more = f"and {len(legs) - 1} more" if len(legs) > 1 else ""
    return two_lines(f"{first['collectionAddress'] or '?'} → {first['destinationAddress'] or '?'}", more)


def kind_words(booking: Booking) -> str:
    """What kind of journey it is, and for how many."""
    people = "" if booking.passengers is None else f"{booking.passengers} people"
    return ", ".join(word for word in (str(booking.journey_type or ""), people) if word)


class Legs(StackedInline):
    """The ways of the journey; the whole of them is written by one service."""

    model = JourneyLeg
    extra = 0
    verbose_name = "leg"
    verbose_name_plural = "Journey"
    fields = None
    fieldsets = (
        (None, {"fields": [("pickup_date", "pickup_time"), ("collection_address", "destination_address"), "order"]}),
        (
            "Flights",
            {
                "fields": [
                    ("arrival_flight", "arrival_airport"),
                    ("arrival_date", "arrival_time"),
                    "arrival_terminal",
                    ("departure_flight", "departure_airport"),
                    ("departure_date", "departure_time"),
                    "departure_terminal",
                ],
                "classes": ["collapse"],
            },
        ),
    )

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return request.user.is_authenticated and request.user.may(f"booking_{verb}")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "read")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "update") or (obj is None and self._may(request, "create"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "update")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "update")


@admin.register(Booking)
class BookingAdmin(BookingFiles, DeskAdmin):
    """What was asked for and hired, by departure."""

    grows = True
    services = Services("booking", create_booking, update_booking, delete_booking)
    change_form_template = "bookings/booking.html"
    list_before_template = "bookings/tools.html"
    delete_words = "Its legs, tags and contact logs go with it. The history keeps what it was."
    empty_words = "Add a booking, or import a file."
    search_help_text = "Quote id, phone, or words of a name or a place"
    list_display = (
        column("quote", lambda row: row.quote_id, name="quote"),
        column("customer", lambda row: row.customer.name, name="customer_name"),
        column("leaves", lambda row: local_words(row.first_pickup_at, row.operator)),
        column("way", way_words),
        column("status", lambda row: status_badge(row.status), name="status_shown"),
        column("tags", lambda row: tag_badges(row.tags_shown), name="tags_shown"),
        column("vehicle", lambda row: two_lines(row.vehicle_type or NOTHING, kind_words(row)), name="kind"),
    )
    list_select_related = ("customer", "operator", "journey_type", "vehicle_type")
    list_filter = (
        LeavesFilter,
        ("booking_tags__tag", AutocompleteSelectFilter),
        ("status", ChoicesDropdownFilter),
        ("journey_type", AutocompleteSelectFilter),
        ("vehicle_type", AutocompleteSelectFilter),
        ("first_pickup_at", DaysFilter),
    )
    autocomplete_fields = ("customer", "journey_type", "vehicle_type")
    inlines = (Legs,)
    actions = ("swap_selected", "delete_selected")
    fieldsets = (
        (
            None,
            {
                "fields": [
                    "customer",
                    ("status", "passengers"),
                    "journey_type",
                    "vehicle_type",
                    "luggage",
                    "notes",
                ]
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        calendar = path(
            "calendar/", self.admin_site.admin_view(self.calendar_view), name="bookings_calendar_changelist"
        )
        return [
            calendar,
            self.page("swap/", self.swap_view, "swap"),
            self.page("<int:pk>/tags/", self.tags_view, "tags", post=True),
            *super().get_urls(),
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OfficeChangeList]:
        return DepartureChangeList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        return lookup in ("customer__id__exact", "pk__in") or super().lookup_allowed(lookup, value, request)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return look_for(queryset, search_term, operators=[operator.pk for operator in reached(request)]), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        rights = {
            "may_swap": self.has_swap_permission(request),
            "may_import": self.may(request, "create") and self.may(request, "update") and bool(reached(request)),
            "may_export": self.may(request, "list"),
            "may_verify": may_verify(request.user),
        }
        return super().changelist_view(request, {**(extra_context or {}), **rights})

    def details(self, rows: list[Booking]) -> None:
        """Put the tags of a page of bookings on them; one query."""
        tags = tags_by_booking([row.pk for row in rows])
        for row in rows:
            row.tags_shown = tags.get(row.pk, [])

    def has_swap_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "update")

    @action(description="Replace a tag…", permissions=["swap"])
    def swap_selected(self, request: HttpRequest, queryset: QuerySet[Booking]) -> HttpResponse:
        chosen = ",".join(str(pk) for pk in queryset.order_by().values_list("pk", flat=True))
        return redirect(f"{reverse('admin:bookings_booking_swap')}?pk__in={chosen}")

    def swap_view(self, request: HttpRequest) -> HttpResponse:
        """Swap a tag on all that the list shows with this query, after a look at what would change."""
        return swap_page(self, request)

    def calendar_view(self, request: HttpRequest) -> HttpResponse:
        """The departures of a month, and of a day in it."""
        return calendar_page(self, request)

    def tags_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a tag on a booking, or take one off."""
        booking = self.row_for(request, pk, "booking_update")
        tag = Tag.objects.filter(operator=booking.operator_id, pk=request.POST.get("tag") or 0).first()
        act = remove_tag if request.POST.get("verb") == "remove" else add_tag
        if tag is not None:
            done = f"“{tag}” {'put on' if act is add_tag else 'taken off'}."
            values = {"operator": booking.operator, "bookings": [booking.pk], "tag": tag, "by": request.user}
            self.attempt(request, lambda: act(**values), done)
        return self.back_to(booking)

    def save_related(self, request: HttpRequest, form: forms.ModelForm, formsets: list[Any], change: bool) -> None:
        """Write the legs by the service: all of them, as the page shows them."""
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
            if formset.has_changed():
                legs = [_leg_of(each) for each in formset.forms if _stays(formset, each)]
                update_booking(booking=form.instance, by=request.user, legs=legs)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        booking = self.get_object(request, object_id)
        story = self._story(request, booking) if booking else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, booking: Booking) -> dict[str, Any]:
        carried = tags_by_booking([booking.pk]).get(booking.pk, [])
        logs = booking.contact_logs.filter(operator=booking.operator_id).select_related(
            "user", "key__key", "transmission"
        )
        left = Tag.objects.filter(operator=booking.operator_id).exclude(pk__in=[tag.pk for tag in carried])
        return {
            "title": f"Booking {booking.quote_id}",
            "state": status_badge(booking.status),
            "phone": phone_words(request, booking.customer.phone),
            "may_call": bool(booking.customer.e164),
            "leaves": local_words(booking.first_pickup_at, booking.operator),
            "legs": orjson.loads(booking.journey),
            "carried": carried,
            "other_tags": left.order_by("tag_id"),
            "may_tag": self.may(request, "update"),
            "logs": [(log, local_words(log.called_at, booking.operator)) for log in logs[:MOST_LOGS]],
            "calls": _calls(booking) if request.user.may("transmission_read") else [],
            "sees_calls": request.user.may("transmission_read"),
            "history": booking_history(booking),
        }


def _stays(formset: Any, form: Any) -> bool:
    is_filled = form.instance.pk is not None or form.has_changed()
    return is_filled and not (formset.can_delete and formset._should_delete_form(form))


def _leg_of(form: Any) -> dict[str, Any]:
    return {name: form.cleaned_data[name] for name in LEG_FIELDS if name in form.cleaned_data}


def _calls(booking: Booking) -> list[dict[str, Any]]:
    """What verifications sent about a booking and what came back, latest first, with their attempts; three queries."""
    asked = booking.enquiries.filter(operator=booking.operator_id).select_related("verification", "contact")
    enquiries = list(asked.order_by("-pk")[:MOST_LOGS])
    rows = Transmission.objects.filter(contact__in=[enquiry.contact_id for enquiry in enquiries])
    told: dict[int, list[dict[str, Any]]] = {}
    attempts = Prefetch("spools", Spool.objects.order_by("pk"))
    for row in rows.prefetch_related(attempts).order_by("-pk")[:MOST_CALLS]:
        story = {"row": row, "state": state_badge(row.status), "attempts": map(outcome_badge, row.spools.all())}
        told.setdefault(row.contact_id, []).append(story)
    return [{"enquiry": enquiry, "told": told.get(enquiry.contact_id, [])} for enquiry in enquiries]
