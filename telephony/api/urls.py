"""Addresses below /api/ (ICTCore 1.5 to 1.11). None ends with a slash."""

from typing import Any

from django.urls import path
from rest_framework.viewsets import ViewSetMixin

from telephony.api.views.campaigns import CampaignViewSet
from telephony.api.views.delivery import (
    AttemptViewSet,
    LatestResultViewSet,
    SpoolResultViewSet,
    SpoolViewSet,
    TransmissionViewSet,
)
from telephony.api.views.messages import RecordingViewSet, TemplateViewSet, TextViewSet
from telephony.api.views.people import ContactViewSet, GroupContactViewSet, GroupViewSet
from telephony.api.views.programs import ProgramTransmissionViewSet, ProgramViewSet, TypedProgramViewSet
from telephony.api.views.statistics import StatisticsView
from telephony.models import ServiceFlag
from telephony.programs import TYPES

LIST = {"get": "list"}
COLLECTION = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "put": "update", "delete": "destroy"}
MEDIA = {"get": "read_media", "put": "replace_media", "post": "append_media"}
BY_SERVICE = {
    "calls": ServiceFlag.VOICE,
    "faxes": ServiceFlag.FAX,
    "smses": ServiceFlag.SMS,
    "emails": ServiceFlag.EMAIL,
}


def at(address: str, views: type[ViewSetMixin], actions: dict[str, str], **options: Any) -> Any:
    return path(address, views.as_view(actions, **options))


def resource(address: str, views: type[ViewSetMixin], collection: dict[str, str] = COLLECTION) -> list[Any]:
    """A collection, its rows, and the old way to delete one by a GET (ICTCore 1.1)."""
    return [
        at(address, views, collection),
        at(f"{address}/<int:pk>", views, ONE),
        at(f"{address}/<int:pk>/delete", views, {"get": "destroy"}),
    ]


def messages(kind: str, views: type[ViewSetMixin]) -> list[Any]:
    """A kind of message under the Guide's address and under the short one that clients use (ICTCore 1.6)."""
    addresses = (f"messages/{kind}", kind)
    found = [route for address in addresses for route in resource(address, views)]
    if hasattr(views, "read_media"):
        found += [at(f"{address}/<int:pk>/media", views, MEDIA) for address in addresses]
    return found


urlpatterns = [
    *resource("contacts", ContactViewSet),
    at("contacts/<int:pk>/link/<int:group_id>", ContactViewSet, {"put": "link", "delete": "unlink"}),
    *resource("groups", GroupViewSet),
    at("groups/sample/csv", GroupViewSet, {"get": "sample"}),
    at("groups/<int:pk>/contacts", GroupContactViewSet, LIST),
    at("groups/<int:pk>/csv", GroupContactViewSet, {"get": "export_csv", "post": "import_csv"}),
    *messages("texts", TextViewSet),
    *messages("recordings", RecordingViewSet),
    *messages("templates", TemplateViewSet),
    *resource("programs", ProgramViewSet, LIST),
    *[at(f"programs/{name}", TypedProgramViewSet, COLLECTION, kind=name) for name in TYPES],
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
    *[at(name, TransmissionViewSet, LIST, service_flag=int(flag)) for name, flag in BY_SERVICE.items()],
    at("spools/<int:pk>/status", SpoolViewSet, {"get": "status"}),
    *[at(f"spools/<int:pk>/{name}", SpoolResultViewSet, LIST) for name in ("result", "results")],
    *resource("campaigns", CampaignViewSet),
    *[
        at(f"campaigns/<int:pk>/{action}", CampaignViewSet, {"put": action, "get": action})
        for action in ("start", "stop")
    ],
    at("campaigns/<int:pk>/progress", CampaignViewSet, {"get": "progress"}),
    path("statistics", StatisticsView.as_view()),
]
