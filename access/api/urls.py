"""Addresses below /api/ that concern signing in, users and rights (ICTCore 1.4, 1.11)."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from access.api.routes import LIST, ONE, at, resource
from access.api.views import signing_in
from access.api.views.roles import PermissionViewSet, RolePermissionViewSet, RoleViewSet
from access.api.views.users import UserPermissionViewSet, UserRoleViewSet, UserSettingViewSet, UserViewSet

HELD = {"put": "add", "delete": "remove"}


class UserId(IntConverter):
    """The id of a user; one below zero is the guest (ICTCore 2.2)."""

    regex = "-1|[0-9]+"


register_converter(UserId, "user")

urlpatterns = [
    path("authenticate", signing_in.SignInView.as_view(), name="authenticate"),
    path("authenticate/refresh", signing_in.RefreshView.as_view(), name="authenticate-refresh"),
    path("authenticate/cancel", signing_in.CancelView.as_view(), name="authenticate-cancel"),
    *resource("users", UserViewSet, pk="user"),
    at("users/<int:pk>/password", UserViewSet, {"put": "password"}),
    at("users/<int:pk>/roles", UserRoleViewSet, LIST),
    at("users/<int:pk>/roles/<int:role_id>", UserRoleViewSet, HELD),
    at("users/<int:pk>/permissions", UserPermissionViewSet, LIST),
    at("users/<int:pk>/permissions/<int:permission_id>", UserPermissionViewSet, HELD),
    at("users/<int:pk>/config/<str:name>", UserSettingViewSet, ONE),
    *resource("roles", RoleViewSet),
    at("roles/<int:pk>/permissions", RolePermissionViewSet, LIST),
    at("roles/<int:pk>/permissions/<int:permission_id>", RolePermissionViewSet, HELD),
    *resource("permissions", PermissionViewSet, one={"get": "retrieve", "delete": "destroy"}),
]
