"""Tags, journey types and vehicle types."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from bookings.admin.base import DeskAdmin
from bookings.models import JourneyType, Tag, VehicleType, fold
from bookings.services.catalogue import (
    create_journey_type,
    create_tag,
    create_vehicle_type,
    delete_entry,
    update_entry,
)
from telephony.admin.base import Services


class CatalogueAdmin(DeskAdmin):
    """A short list of names that an operator chooses from."""

    names_author = False
    ordering = ("name",)
    search_help_text = "Part of a name"
    delete_words = "It disappears from all lists. What bookings use cannot be deleted."

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.filter(folded__contains=fold(search_term.replace("\0", ""))), False


@admin.register(Tag)
class TagAdmin(CatalogueAdmin):
    """Marks that bookings carry."""

    services = Services("entry", create_tag, update_entry, delete_entry)
    ordering = ("tag_id",)
    empty_words = "Tags say what is to be done about a booking, such as Verification Needed."
    list_display = ("name", "tag_id")
    fieldsets = ((None, {"fields": ["name"]}),)


@admin.register(JourneyType)
class JourneyTypeAdmin(CatalogueAdmin):
    """Kinds of journey."""

    services = Services("entry", create_journey_type, update_entry, delete_entry)
    empty_words = "Such as Family Event or School Trip; partners search by the name."
    list_display = ("name",)
    fieldsets = ((None, {"fields": ["name"]}),)


@admin.register(VehicleType)
class VehicleTypeAdmin(CatalogueAdmin):
    """Kinds of vehicle."""

    services = Services("entry", create_vehicle_type, update_entry, delete_entry)
    empty_words = "Such as 49 Seat Executive Coach; partners search by the name or the category."
    list_display = ("name", "category")
    fieldsets = ((None, {"fields": ["name", "category"]}),)
