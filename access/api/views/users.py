"""Users, what they hold, and what they keep here (ICTCore 1.11)."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from access import services
from access.api import docs
from access.api.listing import PermissionFilter, RoleFilter, UserFilter
from access.api.rawvalue import JSONTextParser, RawTextParser
from access.api.reach import found, users_of
from access.api.resources import EditableViewSet, ResourceViewSet, crud
from access.api.serializers.roles import PermissionSerializer, RoleSerializer
from access.api.serializers.users import NewPasswordSerializer, UserSerializer, guest
from access.models import Permission, Role, User


class UserViewSet(EditableViewSet):
    """Who may sign in. Callers without `user_admin` see themselves only."""

    tag = "users"
    special_ids = "When one is read, -1 is the guest, who stands for whoever has not signed in."
    serializer_class = UserSerializer
    filterset_class = UserFilter
    update_row = services.update_user
    delete_row = services.delete_user
    required_rights = crud("user") | {"password": "user_password"}

    def rows(self) -> QuerySet[Any]:
        return users_of(self.request.user)

    def retrieve(self, request: Request, pk: int, **kwargs: Any) -> Response:
        row = guest(pk)
        return Response(row) if row else self.answer(pk)

    @docs.create_user
    def create(self, request: Request, **kwargs: Any) -> Response:
        user = services.create_user(by=request.user, **self.body())
        return Response({"user_id": user.pk})

    @docs.password
    def password(self, request: Request, pk: int) -> Response:
        given = NewPasswordSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        services.set_password(user=self.get_row(), by=request.user, **given.validated_data)
        return self.answer(pk)


class HeldViewSet(ResourceViewSet):
    """What one user, or one role, holds."""

    def holder(self) -> Any:
        """The user whom the address names. Raises NotFound."""
        return found(users_of(self.request.user), self.kwargs["pk"])


class UserRoleViewSet(HeldViewSet):
    """The roles of one user."""

    tag = "users"
    serializer_class = RoleSerializer
    filterset_class = RoleFilter
    required_rights = {
        "list": ("user_list", "role_list"),
        "add": ("user_update", "role_update"),
        "remove": ("user_update", "role_update"),
    }

    def rows(self) -> QuerySet[Any]:
        return Role.objects.filter(users=self.holder())

    @docs.add_role
    def add(self, request: Request, pk: int, role_id: int) -> Response:
        services.add_role(user=self.holder(), role=found(Role.objects.all(), role_id), by=request.user)
        return shown(pk)

    @docs.remove_role
    def remove(self, request: Request, pk: int, role_id: int) -> Response:
        services.remove_role(user=self.holder(), role=found(Role.objects.all(), role_id), by=request.user)
        return Response()


class UserPermissionViewSet(HeldViewSet):
    """The permissions that one user holds directly, and not by a role."""

    tag = "users"
    serializer_class = PermissionSerializer
    filterset_class = PermissionFilter
    required_rights = {
        "list": ("user_list", "permission_list"),
        "add": ("user_update", "permission_create"),
        "remove": ("user_update", "permission_delete"),
    }

    def rows(self) -> QuerySet[Any]:
        return Permission.objects.filter(users=self.holder())

    @docs.add_permission
    def add(self, request: Request, pk: int, permission_id: int) -> Response:
        permission = found(Permission.objects.all(), permission_id)
        services.add_permission(user=self.holder(), permission=permission, by=request.user)
        return shown(pk)

    @docs.remove_permission
    def remove(self, request: Request, pk: int, permission_id: int) -> Response:
        permission = found(Permission.objects.all(), permission_id)
        services.remove_permission(user=self.holder(), permission=permission, by=request.user)
        return Response()


class UserSettingViewSet(HeldViewSet):
    """A value that a user keeps here, as it was given."""

    tag = "users"
    serializer_class = UserSerializer
    parser_classes = [JSONTextParser, RawTextParser]
    required_rights = {"retrieve": "user_read", "update": "user_update", "destroy": "user_update"}

    @docs.read_setting
    def retrieve(self, request: Request, pk: int, name: str, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        return json_text(services.setting_of(user=self.holder(), name=name, by=request.user))

    @docs.write_setting
    def update(self, request: Request, pk: int, name: str) -> HttpResponse:
        user, value = self.holder(), request.data or ""
        services.write_setting(user=user, name=name, value=value, by=request.user)
        return json_text(value)

    @docs.delete_setting
    def destroy(self, request: Request, pk: int, name: str) -> Response:
        services.delete_setting(user=self.holder(), name=name, by=request.user)
        return Response()


def shown(pk: int) -> Response:
    """A user, whole."""
    return Response(UserSerializer.read(User.objects.filter(pk=pk))[0])


def json_text(value: str) -> HttpResponse:
    """An answer that is JSON already, and that nobody may keep."""
    return HttpResponse(value, content_type="application/json", headers={"Cache-Control": "no-store"})
