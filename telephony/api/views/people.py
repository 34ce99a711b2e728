"""Contacts and groups (ICTCore 1.5)."""

from dataclasses import asdict
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.reach import row_of
from access.api.resources import EditableViewSet, ResourceViewSet, crud
from access.refusals import Invalid
from telephony.api import docs, media
from telephony.api.filters import ContactFilter, GroupFilter
from telephony.api.serializers.people import ContactSerializer, GroupSerializer, house_contact
from telephony.models import Group
from telephony.services import contact_files, contacts

CSV_TYPES = ("text/csv", "text/plain")
KEEP = {"good": True, "none": False}


class ContactViewSet(EditableViewSet):
    """People who can be called or written to."""

    special_ids = "When one is read, -2 is the company of the configuration."
    tag = "contacts"
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    create_row = contacts.create_contact
    update_row = contacts.update_contact
    delete_row = contacts.delete_contact
    required_rights = crud("contact") | {
        "link": ("contact_create", "group_create"),
        "unlink": ("contact_delete", "group_delete"),
    }

    def retrieve(self, request: Request, pk: int, **kwargs: Any) -> Response:
        row = house_contact(pk)
        return Response(row) if row else self.answer(pk)

    @docs.link_contact
    def link(self, request: Request, pk: int, group_id: int) -> Response:
        group = row_of(Group, request.user, group_id)
        contacts.link_contact(contact=self.get_row(), group=group, by=request.user)
        return self.answer(pk)

    @docs.unlink_contact
    def unlink(self, request: Request, pk: int, group_id: int) -> Response:
        group = row_of(Group, request.user, group_id)
        contacts.unlink_contact(contact=self.get_row(), group=group, by=request.user)
        return self.answer(pk)


class GroupViewSet(EditableViewSet):
    """Lists of contacts."""

    tag = "groups"
    serializer_class = GroupSerializer
    filterset_class = GroupFilter
    create_row = contacts.create_group
    update_row = contacts.update_group
    delete_row = contacts.delete_group
    required_rights = crud("group") | {"sample": ()}

    @docs.sample_csv
    def sample(self, request: Request) -> HttpResponse:
        return HttpResponse(contact_files.sample_csv(), headers=csv_headers("sample.csv"))


class GroupContactViewSet(ResourceViewSet):
    """The contacts of one group, also as a file."""

    tag = "groups"
    serializer_class = ContactSerializer
    filterset_class = ContactFilter
    required_rights = {
        "list": ("group_read", "contact_list"),
        "export_csv": ("group_read", "contact_list"),
        "import_csv": ("contact_create", "group_update"),
    }

    def rows(self) -> QuerySet[Any]:
        group = row_of(Group, self.request.user, self.kwargs["pk"])
        return super().rows().filter(memberships__group=group).alias(member_id=F("memberships__contact_id"))

    def later(self, rows: QuerySet[Any], last: int) -> QuerySet[Any]:
        """Said of both tables: PostgreSQL would read the members from the first one on."""
        return super().later(rows, last).filter(member_id__gt=last)

    @docs.export_csv
    def export_csv(self, request: Request, pk: int) -> StreamingHttpResponse:
        rows = contact_files.export_contacts(contacts=self.filter_queryset(self.get_queryset()))
        return StreamingHttpResponse(rows, headers=csv_headers(f"group_{pk}.csv"))

    @docs.import_csv
    def import_csv(self, request: Request, pk: int) -> Response:
        group, keep = row_of(Group, request.user, pk), request.query_params.get("keep", "good")
        if keep not in KEEP:
            raise Invalid("keep: must be good or none", field="keep")
        if media.content_type(request) not in CSV_TYPES:
            raise Invalid("file: the content type must be text/csv or text/plain", field="file")
        with media.body_of(request, limit=contact_files.MAX_BYTES) as file:
            report = contact_files.import_contacts(group=group, file=file, by=request.user, keep_good_rows=KEEP[keep])
        return Response({"group_id": pk, **asdict(report), "rejected": [each._asdict() for each in report.rejected]})


def csv_headers(name: str) -> dict[str, str]:
    """What marks an answer as a CSV file to keep."""
    return {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-cache",
    }
