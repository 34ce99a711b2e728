"""Roles and permissions (ICTCore 1.11)."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from access import services
from access.api import docs
from access.api.listing import PermissionFilter, RoleFilter
from access.api.reach import found
from access.api.resources import EditableViewSet, ResourceViewSet, crud
from access.api.serializers.roles import PermissionSerializer, RoleSerializer
from access.models import Permission, Role


class RoleViewSet(EditableViewSet):
    """Named sets of permissions. They belong to the house and have no owner."""

    tag = "roles"
    serializer_class = RoleSerializer
    filterset_class = RoleFilter
    update_row = services.update_role
    delete_row = services.delete_role
    required_rights = crud("role")

    def rows(self) -> QuerySet[Any]:
        return Role.objects.all()

    def create(self, request: Request, **kwargs: Any) -> Response:
        return Response({"role_id": services.create_role(by=request.user, **self.body()).pk})


class RolePermissionViewSet(ResourceViewSet):
    """The permissions of one role."""

    tag = "roles"
    serializer_class = PermissionSerializer
    filterset_class = PermissionFilter
    required_rights = {
        "list": ("role_read", "permission_list"),
        "add": ("role_update", "permission_create"),
        "remove": ("role_update", "permission_delete"),
    }

    def rows(self) -> QuerySet[Any]:
        return Permission.objects.filter(roles=self.role())

    def role(self) -> Role:
        """The role that the address names. Raises NotFound."""
        return found(Role.objects.all(), self.kwargs["pk"])

    @docs.add_role_permission
    def add(self, request: Request, pk: int, permission_id: int) -> Response:
        permission = found(Permission.objects.all(), permission_id)
        services.add_role_permission(role=self.role(), permission=permission, by=request.user)
        return Response(RoleSerializer.read(Role.objects.filter(pk=pk))[0])

    @docs.remove_role_permission
    def remove(self, request: Request, pk: int, permission_id: int) -> Response:
        permission = found(Permission.objects.all(), permission_id)
        services.remove_role_permission(role=self.role(), permission=permission, by=request.user)
        return Response()


class PermissionViewSet(EditableViewSet):
    """The names that views ask for, and those that the house adds for programs of its own."""

    tag = "permissions"
    serializer_class = PermissionSerializer
    filterset_class = PermissionFilter
    delete_row = services.delete_permission
    required_rights = {
        "list": "permission_list",
        "retrieve": "permission_read",
        "create": "permission_create",
        "destroy": "permission_delete",
    }

    def rows(self) -> QuerySet[Any]:
        return Permission.objects.all()

    def create(self, request: Request, **kwargs: Any) -> Response:
        return Response({"permission_id": services.create_permission(by=request.user, **self.body()).pk})
