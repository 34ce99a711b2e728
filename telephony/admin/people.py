"""Contacts and groups, as staff work with them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin import action
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.widgets import UnfoldAdminTextInputWidget

from telephony.admin.base import RECORD, ServiceModelAdmin, Services
from telephony.admin.filters import DaysFilter
from telephony.admin.group_files import GroupFiles, csv_response
from telephony.admin.lists import CAP, count_up_to_cap
from telephony.admin.words import column, count, estimated, list_url
from telephony.models import Contact, DoNotCall, Group, GroupMember, Spool, Transmission
from telephony.services.contacts import (
    create_contact,
    create_group,
    delete_contact,
    delete_group,
    link_contact,
    unlink_contact,
    update_contact,
    update_group,
)
from telephony.services.do_not_call import block_number

MEMBERS = """
SELECT g, (SELECT count(*) FROM (SELECT FROM telephony_groupmember m WHERE m.group_id = g LIMIT %s) AS counted)
FROM unnest(%s::bigint[]) AS g
"""
HISTORY = 30  # transmissions on a contact's page; the list has the rest


class GroupChoice(forms.Form):
    """Which group."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = AutocompleteSelect(GroupMember._meta.get_field("group"), admin.site)
        self.fields["group"] = forms.ModelChoiceField(Group.objects.visible(), widget=widget)


class Reason(forms.Form):
    """Why a number must not be called."""

    reason = forms.CharField(
        max_length=255,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Kept with the number, for whoever asks later.",
    )


@admin.register(Contact)
class ContactAdmin(ServiceModelAdmin):
    """Everybody who can be called or written to."""

    stem = "contact"
    grows = True
    services = Services("contact", create_contact, update_contact, delete_contact)
    change_form_template = "telephony/contact.html"
    change_list_template = "telephony/contacts.html"
    delete_words = (
        "The contact leaves all lists and groups. What was sent stays in the history; "
        "what was not sent yet never will be."
    )
    empty_words = "Add a contact, or open a group and import a file."
    search_number = "e164"
    search_prefixes = ("first_name", "last_name", "email")
    search_help_text = "Phone, id, or start of a name or e-mail"
    list_display = ("__str__", "phone", "email", "owner", "created_at")
    list_select_related = ("owner",)
    list_filter = (
        ("owner", AutocompleteSelectFilter),
        ("memberships__group", AutocompleteSelectFilter),
        ("created_at", DaysFilter),
    )
    autocomplete_fields = ("owner",)
    fieldsets = (
        (None, {"fields": [("first_name", "last_name"), "phone", "email", "owner"]}),
        ("More", {"fields": ["address", ("custom1", "custom2", "custom3"), "description", "time_zone"]}),
        RECORD,
    )
    actions = ("add_to_group", "take_out_of_group", "block", "export_selected", "delete_selected")

    def get_urls(self) -> list[URLPattern]:
        return [self.page("contacts.csv", self.export_view, "export"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        contact = self.get_object(request, object_id)
        story = contact_story(contact, request.user) if contact else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Stream the contacts that the list shows with this query, all pages of them, as CSV."""
        if not self.may(request, "list"):
            raise PermissionDenied
        return csv_response(self.get_changelist_instance(request).queryset, "contacts.csv")

    @action(description="Export as CSV", permissions=["view"])
    def export_selected(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse:
        return csv_response(queryset, "contacts.csv")

    @action(description="Add to a group…", permissions=["link"])
    def add_to_group(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse | None:
        form = GroupChoice(request.POST if request.POST.get("agreed") else None)
        title = "Add these contacts to which group?"
        return self._link(request, queryset, form, link_contact, "added to", name="add_to_group", title=title)

    @action(description="Take out of a group…", permissions=["unlink"])
    def take_out_of_group(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse | None:
        form = GroupChoice(request.POST if request.POST.get("agreed") else None)
        title = "Take these contacts out of which group?"
        return self._link(
            request, queryset, form, unlink_contact, "taken out of", name="take_out_of_group", title=title
        )

    def _link(
        self, request: HttpRequest, rows: QuerySet[Contact], form: GroupChoice, act: Any, done: str, **page: str
    ) -> HttpResponse | None:
        button = "Add" if act is link_contact else "Take out"
        asked = self.ask_first(request, rows, words="", button=button, danger=False, form=form, **page)
        if asked is None:
            group = form.cleaned_data["group"]
            self.answer_each(
                request, rows, lambda row: act(contact=row, group=group, by=request.user), f"{done} {group}"
            )
        return asked

    @action(description="Put on the do-not-call list…", permissions=["change"])
    def block(self, request: HttpRequest, queryset: QuerySet[Contact]) -> HttpResponse | None:
        form = Reason(request.POST if request.POST.get("agreed") else None)
        asked = self.ask_first(
            request,
            queryset,
            name="block",
            title="Never call these contacts again?",
            words="Their numbers are never called or texted again, whoever asks, in running campaigns too.",
            button="Never call them",
            form=form,
        )
        if asked is None:
            why = {"reason": form.cleaned_data["reason"], "by": request.user}
            done = "put on the do-not-call list"
            self.answer_each(request, queryset, lambda row: _block(row, **why), done)
        return asked

    def has_link_permission(self, request: HttpRequest) -> bool:
        """Whether the person may put contacts into groups (ICTCore 1.5)."""
        return self.may(request, "create") and request.user.may("group_create")

    def has_unlink_permission(self, request: HttpRequest) -> bool:
        """Whether the person may take contacts out of groups (ICTCore 1.5)."""
        return self.may(request, "delete") and request.user.may("group_delete")


def _block(contact: Contact, **why: Any) -> None:
    """Put a contact's number on the do-not-call list, where it is shown as little as here. Raises Invalid."""
    block_number(phone=contact.e164 or contact.phone, sealed=contact.is_sealed, **why)


def contact_story(contact: Contact, user: Any) -> dict[str, Any]:
    """Read what happened with a contact: groups, transmissions with their attempts, whether it may be called."""
    story: dict[str, Any] = {
        "groups": Group.objects.visible().filter(members__contact=contact).order_by("name", "pk"),
        "blocked": DoNotCall.objects.filter(number=int(contact.e164[1:])).first() if contact.e164 else None,
    }
    if user.may("transmission_read"):
        story["transmissions"] = (
            Transmission.objects.visible()
            .filter(contact=contact)
            .select_related("program", "campaign")
            .prefetch_related(Prefetch("spools", Spool.objects.select_related("provider").order_by("pk")))
            .order_by("-pk")[:HISTORY]
        )
        story["all_transmissions_url"] = list_url(Transmission, contact__id__exact=contact.pk)
    return story


@admin.register(Group)
class GroupAdmin(GroupFiles, ServiceModelAdmin):
    """Lists of contacts, filled by import or from the list of contacts."""

    stem = "group"
    services = Services("group", create_group, update_group, delete_group)
    change_form_template = "telephony/group.html"
    delete_words = "The group leaves all lists. Its contacts stay."
    empty_words = "Make a group, then import contacts into it."
    search_prefixes = ("name",)
    search_help_text = "Id, or start of a name"
    list_display = ("name", column("members", lambda row: row.members_words), "description", "owner", "created_at")
    list_select_related = ("owner",)
    list_filter = (("owner", AutocompleteSelectFilter), ("created_at", DaysFilter))
    autocomplete_fields = ("owner",)
    fieldsets = ((None, {"fields": ["name", "description", "owner"]}), RECORD)

    def details(self, rows: list[Group]) -> None:
        """Put the number of members on a page of groups; one query, which looks at no more than the cap of each."""
        with connection.cursor() as cursor:
            cursor.execute(MEMBERS, [CAP + 1, [row.pk for row in rows]])
            counts = dict(cursor.fetchall())
        for row in rows:
            row.members_words = count(counts[row.pk]) if counts[row.pk] <= CAP else f"over {count(CAP)}"

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        group = self.get_object(request, object_id)
        story = self._story(request, group) if group else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **story})

    def _story(self, request: HttpRequest, group: Group) -> dict[str, Any]:
        members = Contact.objects.visible().filter(memberships__group=group)
        return {
            "members": estimated(*count_up_to_cap(members)),
            "newest": members.order_by("-memberships__pk")[:10] if request.user.may("contact_read") else [],
            "members_url": list_url(Contact, memberships__group__id__exact=group.pk),
            "campaigns": group.campaigns.visible().order_by("-pk")[:10] if request.user.may("campaign_read") else [],
            "may_import": request.user.may("group_update") and request.user.may("contact_create"),
            "may_export": request.user.may("contact_list"),
        }
