"""Results that gateways report, as the ICTCore server names an address for them (ICTCore 1.11)."""

from rest_framework.request import Request
from rest_framework.response import Response

from access.api.contract import ContractAPIView
from access.refusals import NotDone


class ResponseView(ContractAPIView):
    """POST /responses. A user's word would settle an attempt here; carriers report with secrets of their own."""

    schema = None  # the OpenAPI document offers what is done
    required_rights = {"post": ("transmission_create", "transmission_update")}

    def post(self, request: Request) -> Response:
        raise NotDone("Feature not implemented: carriers report at addresses of their own")
