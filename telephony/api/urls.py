"""Addresses below /api/ (ICTCore 1.5 to 1.11). None ends with a slash."""

from typing import Any

from django.urls import path, register_converter
from django.urls.converters import IntConverter
from rest_framework.viewsets import ViewSetMixin

from access.api.routes import COLLECTION, LIST, at, resource
from telephony.api.views.accounts import AccountViewSet, UserAccountViewSet
from telephony.api.views.calls import CallRecordViewSet, CallViewSet
from telephony.api.views.campaigns import CampaignViewSet
from telephony.api.views.delivery import (
    AttemptViewSet,
    LatestResultViewSet,
    SpoolResultViewSet,
    SpoolViewSet,
    TransmissionViewSet,
)
from telephony.api.views.extensions import ExtensionViewSet
from telephony.api.views.messages import DocumentViewSet, RecordingViewSet, TemplateViewSet, TextViewSet
from telephony.api.views.people import ContactViewSet, GroupContactViewSet, GroupViewSet
from telephony.api.views.programs import ProgramTransmissionViewSet, ProgramViewSet, TypedProgramViewSet
from telephony.api.views.providers import ProviderViewSet
from telephony.api.views.responses import ResponseView
from telephony.api.views.schedules import CampaignScheduleViewSet, ScheduleViewSet, TransmissionScheduleViewSet
from telephony.api.views.statistics import StatisticsView
from telephony.models import Account, ServiceFlag
from telephony.programs import OFFERED

MEDIA = {"get": "read_media", "put": "replace_media", "post": "append_media"}
BY_SERVICE = {
    "calls": ServiceFlag.VOICE,
    "faxes": ServiceFlag.FAX,
    "smses": ServiceFlag.SMS,
    "emails": ServiceFlag.EMAIL,
}


class AccountId(IntConverter):
    """The id of an account; three below zero are special (ICTCore 2.2)."""

    regex = "-[123]|[0-9]+"


class ContactId(IntConverter):
    """The id of a contact; one below zero is the company (ICTCore 2.2)."""

    regex = "-2|[0-9]+"


register_converter(AccountId, "account")
register_converter(ContactId, "contact")


def messages(kind: str, views: type[ViewSetMixin]) -> list[Any]:
    """A kind of message under the Guide's address and under the short one that clients use (ICTCore 1.6)."""
    addresses = (f"messages/{kind}", kind)
    found = [route for address in addresses for route in resource(address, views)]
    if hasattr(views, "read_media"):
        found += [at(f"{address}/<int:pk>/media", views, MEDIA) for address in addresses]
    return found


urlpatterns = [
    *resource("contacts", ContactViewSet, pk="contact"),
    at("contacts/<int:pk>/link/<int:group_id>", ContactViewSet, {"put": "link", "delete": "unlink"}),
    *resource("groups", GroupViewSet),
    at("groups/sample/csv", GroupViewSet, {"get": "sample"}),
    at("groups/<int:pk>/contacts", GroupContactViewSet, LIST),
    at("groups/<int:pk>/csv", GroupContactViewSet, {"get": "export_csv", "post": "import_csv"}),
    *messages("texts", TextViewSet),
    *messages("documents", DocumentViewSet),
    *messages("recordings", RecordingViewSet),
    *messages("templates", TemplateViewSet),
    *resource("programs", ProgramViewSet, LIST),
    *[at(f"programs/{name}", TypedProgramViewSet, COLLECTION, where={"type": name}) for name in OFFERED],
    at(
        "programs/<int:pk>/transmissions",
        ProgramTransmissionViewSet,
        {"get": "list", "put": "create", "post": "create"},
    ),
    *resource("transmissions", TransmissionViewSet),
    *[at(f"transmissions/<int:pk>/{action}", TransmissionViewSet, {"post": "send"}) for action in ("send", "retry")],
    at("transmissions/<int:pk>/clone", TransmissionViewSet, {"get": "clone"}),
    at("transmissions/<int:pk>/status", TransmissionViewSet, {"get": "status"}),
    *[at(f"transmissions/<int:pk>/{name}", AttemptViewSet, LIST) for name in ("detail", "logs", "spools")],
    *[at(f"transmissions/<int:pk>/{name}", LatestResultViewSet, LIST) for name in ("result", "results")],
    *[at(name, TransmissionViewSet, LIST, where={"service_flag": int(flag)}) for name, flag in BY_SERVICE.items()],
    at("spools/<int:pk>/status", SpoolViewSet, {"get": "status"}),
    *[at(f"spools/<int:pk>/{name}", SpoolResultViewSet, LIST) for name in ("result", "results")],
    *resource("campaigns", CampaignViewSet),
    *[
        at(f"campaigns/<int:pk>/{action}", CampaignViewSet, {"put": action, "get": action})
        for action in ("start", "stop")
    ],
    at("campaigns/<int:pk>/progress", CampaignViewSet, {"get": "progress"}),
    *resource("accounts", AccountViewSet, pk="account"),
    *resource("extensions", AccountViewSet, where={"type": Account.Type.EXTENSION}),
    *resource("dids", AccountViewSet, where={"type": Account.Type.DID}),
    at(
        "accounts/<account:pk>/programs/<str:program>",
        AccountViewSet,
        {"put": "subscribe", "delete": "unsubscribe"},
    ),
    at("accounts/<account:pk>/programs", AccountViewSet, {"delete": "unsubscribe_all"}),
    at("accounts/<account:pk>/users/<int:user_id>", AccountViewSet, {"put": "assign"}),
    at("accounts/<account:pk>/users", AccountViewSet, {"delete": "unassign"}),
    at(
        "accounts/<account:pk>/settings/<str:name>",
        AccountViewSet,
        {"get": "read_setting", "put": "write_setting", "delete": "remove_setting"},
    ),
    at("accounts/<account:pk>/provisioning", AccountViewSet, {"get": "provisioning"}),
    at("users/<int:pk>/accounts", UserAccountViewSet, LIST),
    at("fpbx_extensions", ExtensionViewSet, COLLECTION),
    at("fpbx_extensions/next_available", ExtensionViewSet, {"get": "next_available"}),
    at("fpbx_extensions/<uuid:pk>", ExtensionViewSet, {"get": "retrieve", "delete": "destroy"}),
    at("fpbx_extensions/<uuid:pk>/delete", ExtensionViewSet, {"get": "destroy"}),
    at("cdr", CallRecordViewSet, LIST),
    at("cdr/csv", CallRecordViewSet, {"get": "export"}),
    at("call/originate", CallViewSet, {"post": "originate"}),
    at("schedules", ScheduleViewSet, LIST),
    at("schedules/<int:pk>", ScheduleViewSet, {"get": "retrieve", "delete": "destroy"}),
    at("schedules/<int:pk>/delete", ScheduleViewSet, {"get": "destroy"}),
    at(
        "transmissions/<int:pk>/schedule",
        TransmissionScheduleViewSet,
        {"get": "list", "put": "create", "delete": "cancel"},
    ),
    at("transmissions/<int:pk>/schedule/delete", TransmissionScheduleViewSet, {"get": "cancel"}),
    at("campaigns/<int:pk>/schedule", CampaignScheduleViewSet, {"get": "list", "post": "cancel", "delete": "cancel"}),
    at("campaigns/<int:pk>/schedule/delete", CampaignScheduleViewSet, {"get": "cancel"}),
    at("campaigns/<int:pk>/schedule/cancel", CampaignScheduleViewSet, {"delete": "cancel"}),
    *[
        at(
            f"campaigns/<int:pk>/{action}/schedule",
            CampaignScheduleViewSet,
            {"post": "create", "put": "create", "delete": "cancel"},
            what=action,
        )
        for action in ("start", "stop")
    ],
    *resource("providers", ProviderViewSet),
    path("statistics", StatisticsView.as_view()),
    path("responses", ResponseView.as_view()),
]
