"""Campaigns (ICTCore 1.9)."""

from rest_framework.request import Request
from rest_framework.response import Response

from access.api.resources import EditableViewSet, crud
from telephony import selectors
from telephony.api import docs
from telephony.api.filters import CampaignFilter
from telephony.api.serializers.campaigns import CampaignSerializer, progress_fields
from telephony.services import campaigns


class CampaignViewSet(EditableViewSet):
    """Programs that are run for every contact of a group, at an asked rate."""

    tag = "campaigns"
    serializer_class = CampaignSerializer
    filterset_class = CampaignFilter
    create_row = campaigns.create_campaign
    update_row = campaigns.update_campaign
    delete_row = campaigns.delete_campaign
    writes_by_get = frozenset({"destroy", "start", "stop"})
    required_rights = crud("campaign") | {
        "start": "campaign_start",
        "stop": "campaign_stop",
        "progress": "campaign_read",
    }

    @docs.start
    def start(self, request: Request, pk: int) -> Response:
        campaigns.start_campaign(campaign=self.get_row(), by=request.user)
        return Response(True)

    @docs.stop
    def stop(self, request: Request, pk: int) -> Response:
        campaigns.stop_campaign(campaign=self.get_row(), by=request.user)
        return Response(True)

    @docs.progress
    def progress(self, request: Request, pk: int) -> Response:
        campaign = self.get_row()
        why = selectors.why_not_dialling(campaign)
        return Response(progress_fields(campaign, selectors.progress(campaign), why))
