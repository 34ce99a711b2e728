"""A small API to knock on: who am I, an unguarded view, refusals of every kind, rows with owners."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import include, path
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from access import refusals
from access.api.contract import ContractAPIView, ContractViewSet
from access.models import APIKey
from access.querysets import owned
from access.valkey import ValkeyAway

RAISED = {
    "refused": refusals.NotReady("Transmission is completed"),
    "not_stored": refusals.NotStored(),
    "too_many": refusals.TooMany(retry_after=7),
    "missing": refusals.NotFound("Contact not found"),
    "http404": Http404("No Contact matches the given query."),
    "denied": PermissionDenied(),
    "validation": exceptions.ValidationError(
        {"phone": ["This field is required."], "rows": [{}, {"cpm": ["Too big."]}]}
    ),
    "model": ValidationError({"name": ["Too long."]}),
    "parse": exceptions.ParseError("Bad."),
    "media": exceptions.UnsupportedMediaType("text/xml"),
    "throttled": exceptions.Throttled(wait=1.2),
    "suspicious": SuspiciousOperation("body"),
    "integrity": IntegrityError("Key (email)=(secret@example.com) already exists"),
    "data": DataError("integer out of range"),
    "away": ValkeyAway(),
    "database_away": OperationalError("connection refused"),
    "bug": ZeroDivisionError("a secret detail"),
}


class Me(ContractAPIView):
    required_rights = {"get": "contact_read", "post": ("contact_create", "group_create")}

    def get(self, request):
        return Response({"username": request.user.username, "key": getattr(request.auth, "prefix", None)})

    def post(self, request):
        return Response(request.data)


class Undeclared(ContractAPIView):
    def get(self, request):
        return Response("open door")


class Raises(ContractAPIView):
    required_rights = {"get": ()}

    def get(self, request, what):
        raise RAISED[what]


class KeySerializer(serializers.ModelSerializer):
    class Meta:
        model = APIKey
        fields = ("name",)


class Keys(ContractViewSet):
    required_rights = {"list": "contact_list", "retrieve": "contact_read", "start": "campaign_start"}

    def get_queryset(self):
        return owned(APIKey.objects.all(), self.request.user, "contact")

    def list(self, request):
        return Response([key.name for key in self.get_queryset()])

    def retrieve(self, request, pk):
        return Response(get_object_or_404(self.get_queryset(), pk=pk).name)

    @action(detail=True, methods=["put"])
    def start(self, request, pk):
        return Response(True)

    def destroy(self, request, pk):
        return Response("gone without a declared right")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("access.api.urls")),
    path("api/me", Me.as_view()),
    path("api/undeclared", Undeclared.as_view()),
    path("api/raises/<what>", Raises.as_view()),
    path("api/keys", Keys.as_view({"get": "list"})),
    path("api/keys/<int:pk>", Keys.as_view({"get": "retrieve", "delete": "destroy"})),
    path("api/keys/<int:pk>/start", Keys.as_view({"put": "start"})),
]

handler404 = "access.api.errors.not_found"
handler500 = "access.api.errors.server_error"
