"""The figures of the house (ICTCore 6.4)."""

from rest_framework.request import Request
from rest_framework.response import Response

from access.api.contract import ContractAPIView
from access.api.filters import moment, whole
from telephony import selectors
from telephony.api import docs
from telephony.models import ServiceFlag

LARGEST_ID = 10**18


class StatisticsView(ContractAPIView):
    """GET /statistics."""

    required_rights = {"get": "statistic_read"}

    @docs.statistics
    def get(self, request: Request) -> Response:
        since = moment(request, "since") or moment(request, "from") or moment(request, "date_created")
        owner = whole(request, "user_id", 0, LARGEST_ID)
        figures = selectors.statistics(
            request.user,
            since=since,
            owner_id=whole(request, "created_by", 0, LARGEST_ID) if owner is None else owner,
            service_flag=whole(request, "service_flag", 0, sum(ServiceFlag.values)),
            account_type=request.query_params.get("account_type"),
        )
        return Response(figures)
