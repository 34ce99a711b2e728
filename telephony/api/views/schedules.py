"""Schedules of transmissions and campaigns (ICTCore 1.8, 1.9, 3.4)."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.reach import row_of
from access.api.resources import ResourceViewSet
from telephony.api import docs
from telephony.api.filters import ScheduleFilter
from telephony.api.serializers.schedules import ScheduleSerializer
from telephony.models import Campaign, Transmission
from telephony.services import schedules


class AnyScheduleViewSet(ResourceViewSet):
    """What all addresses of schedules have in common."""

    tag = "schedules"
    serializer_class = ScheduleSerializer
    filterset_class = ScheduleFilter
    rights: dict[str, tuple[str, ...]] = {}

    @property
    def required_rights(self) -> dict[str, tuple[str, ...]]:
        """To look, either of the contract's two names for the same thing will do (ICTCore 6.2)."""
        verbs = {"list": "list", "retrieve": "read"}
        may = self.request.user.may
        looking = {at: (name if may(name := f"schedule_{verb}") else f"task_{verb}",) for at, verb in verbs.items()}
        return looking | self.rights


class ScheduleViewSet(AnyScheduleViewSet):
    """All that is scheduled for the transmissions and campaigns that the caller may see."""

    rights = {"destroy": ("task_delete",)}

    def rows(self) -> QuerySet[Any]:
        return schedules.schedules_of(self.request.user)

    def destroy(self, request: Request, pk: int) -> Response:
        schedules.cancel_schedule(schedule=self.get_row())
        return Response()


class TransmissionScheduleViewSet(AnyScheduleViewSet):
    """When a transmission is sent."""

    rights = {"create": ("transmission_send", "task_create"), "cancel": ("transmission_update", "task_delete")}
    writes_by_get = frozenset({"cancel"})

    def about(self) -> Transmission:
        """The transmission that the address names. Raises NotFound."""
        return row_of(Transmission, self.request.user, self.kwargs["pk"])

    def rows(self) -> QuerySet[Any]:
        return self.about().schedules.all()

    @docs.schedule_send
    def create(self, request: Request, pk: int) -> Response:
        row = schedules.schedule_transmission(transmission=self.about(), by=request.user, **self.body())
        return Response({"schedule_id": row.pk})

    @docs.cancel_schedules
    def cancel(self, request: Request, pk: int) -> Response:
        schedules.cancel_schedules(of=self.about())
        return Response()


class CampaignScheduleViewSet(AnyScheduleViewSet):
    """When a campaign is started or stopped."""

    rights = {"create": ("task_create",), "cancel": ("task_delete",)}
    writes_by_get = frozenset({"cancel"})
    what = ""  # the action that the address names; empty: both

    def about(self) -> Campaign:
        """The campaign that the address names. Raises NotFound."""
        return row_of(Campaign, self.request.user, self.kwargs["pk"])

    def rows(self) -> QuerySet[Any]:
        return self.about().schedules.all()

    @docs.schedule_campaign
    def create(self, request: Request, pk: int) -> Response:
        row = schedules.schedule_campaign(campaign=self.about(), action=self.what, by=request.user, **self.body())
        return Response({"schedule_id": row.pk})

    @docs.cancel_schedules
    def cancel(self, request: Request, pk: int) -> Response:
        schedules.cancel_schedules(of=self.about(), action=self.what)
        return Response()
