"""Accounts: the house's side of transmissions (ICTCore 1.10)."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from access.api.fields import DIGITS
from access.api.reach import row_of
from access.api.resources import EditableViewSet, ResourceViewSet, crud
from telephony.api import docs
from telephony.api.filters import AccountFilter
from telephony.api.reach import default_account_of, user_of
from telephony.api.serializers.accounts import (
    DEFAULT_ID,
    AccountSerializer,
    house_account,
    new_account_fields,
    provisioning_fields,
    value_in,
)
from telephony.models import Program
from telephony.services import account_settings, accounts, programs

NOT_KEPT = {"Cache-Control": "no-store"}


class AccountViewSet(EditableViewSet):
    """From whom calls and messages go. The id -1 is the caller's default account."""

    special_ids = (
        "-1 is the caller's default account, the newest active one that they own. When one is read, -2 is the company "
        "and -3 nobody."
    )
    tag = "accounts"
    serializer_class = AccountSerializer
    filterset_class = AccountFilter
    create_row = accounts.create_account
    update_row = accounts.update_account
    delete_row = accounts.delete_account
    writes_by_get = frozenset({"destroy", "unsubscribe", "unsubscribe_all", "unassign", "remove_setting"})
    required_rights = crud("account") | {
        "subscribe": ("account_update", "program_create", "program_execute"),
        "unsubscribe": ("account_update", "program_delete"),
        "unsubscribe_all": ("account_update", "program_delete"),
        "assign": ("account_create", "user_update"),
        "unassign": ("account_delete", "user_update"),
        "read_setting": "account_read",
        "write_setting": "account_update",
        "remove_setting": "account_update",
        "provisioning": "account_read",
    }

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.kwargs.get("pk") == DEFAULT_ID:
            self.kwargs["pk"] = default_account_of(request.user).pk  # what the action is then called with

    @docs.create_account
    def create(self, request: Request, **kwargs: Any) -> Response:
        account = accounts.create_account(owner=self.owner(), **{**self.body(), **self.where})
        return Response(new_account_fields(account), headers=NOT_KEPT)

    def retrieve(self, request: Request, pk: int, **kwargs: Any) -> Response:
        row = house_account(pk)
        return Response(row) if row else self.answer(pk)

    @docs.subscribe
    def subscribe(self, request: Request, pk: int, program: str) -> Response:
        account = self.get_row()
        programs.subscribe(account=account, program_or_type=self._program(program), by=request.user)
        return self.answer(pk)

    @docs.unsubscribe
    def unsubscribe(self, request: Request, pk: int, program: str) -> Response:
        account = self.get_row()
        programs.unsubscribe(account=account, program=self._program(program), by=request.user)
        return self.answer(pk)

    @docs.unsubscribe_all
    def unsubscribe_all(self, request: Request, pk: int) -> Response:
        programs.unsubscribe(account=self.get_row(), by=request.user)
        return self.answer(pk)

    def _program(self, segment: str) -> Program | str:
        """The program with that id; a type is named by its name (ICTCore 8.1)."""
        return row_of(Program, self.request.user, int(segment)) if DIGITS.fullmatch(segment) else segment

    @docs.assign
    def assign(self, request: Request, pk: int, user_id: int) -> Response:
        account, user = self.get_row(), user_of(request.user, user_id)
        accounts.assign_account(account=account, user=user, by=request.user)
        return Response(AccountSerializer.read(type(account).objects.filter(pk=pk))[0])

    @docs.unassign
    def unassign(self, request: Request, pk: int) -> Response:
        account = self.get_row()
        accounts.assign_account(account=account, user=None, by=request.user)
        return Response(AccountSerializer.read(type(account).objects.filter(pk=pk))[0])

    @docs.read_setting
    def read_setting(self, request: Request, pk: int, name: str) -> Response:
        return Response({"value": account_settings.setting_of(account=self.get_row(), name=name)})

    @docs.write_setting
    def write_setting(self, request: Request, pk: int, name: str) -> Response:
        account, value = self.get_row(), value_in(request.data, name)
        account_settings.set_setting(account=account, name=name, value=value, by=request.user)
        return Response()

    @docs.remove_setting
    def remove_setting(self, request: Request, pk: int, name: str) -> Response:
        account_settings.remove_setting(account=self.get_row(), name=name, by=request.user)
        return Response()

    @docs.provisioning
    def provisioning(self, request: Request, pk: int) -> Response:
        account = self.get_row()
        return Response(provisioning_fields(account, self.answer(pk).data), headers=NOT_KEPT)


class UserAccountViewSet(ResourceViewSet):
    """The accounts of one user."""

    tag = "accounts"
    serializer_class = AccountSerializer
    filterset_class = AccountFilter
    required_rights = {"list": ("user_read", "account_list")}

    def rows(self) -> QuerySet[Any]:
        return super().rows().filter(owner=user_of(self.request.user, self.kwargs["pk"]))
