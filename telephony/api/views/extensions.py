"""Extensions as the clients of the Successor make and list them (ICTCore 8.2)."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from access.api.resources import EditableViewSet, crud
from telephony.api import docs
from telephony.api.filters import ExtensionFilter
from telephony.api.serializers.accounts import ExtensionSerializer
from telephony.api.views.accounts import NOT_KEPT
from telephony.models import Account
from telephony.services import accounts, extensions


class ExtensionViewSet(EditableViewSet):
    """Telephones of the house, by their number."""

    tag = "extensions"
    serializer_class = ExtensionSerializer
    filterset_class = ExtensionFilter
    delete_row = accounts.delete_account
    where = {"type": Account.Type.EXTENSION}
    required_rights = crud("account") | {"next_available": "account_list"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "pk" in self.kwargs:
            self.kwargs["pk"] = extensions.account_id_of(self.kwargs["pk"])  # what the action is then called with

    @docs.create_extension
    def create(self, request: Request, **kwargs: Any) -> Response:
        account = extensions.create_extension(owner=self.owner(), **self.body())
        made = {"extension_uuid": str(extensions.uuid_of(account.pk)), "account_id": account.pk}
        return Response({**made, "extension": account.phone, "password": account.passwd}, headers=NOT_KEPT)

    @docs.next_available
    def next_available(self, request: Request) -> Response:
        return Response({"next_available": extensions.next_available()})
