"""Users, roles, permissions and API keys in the back office."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from unfold.admin import ModelAdmin
from unfold.dataclasses import ActionDialog
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from access import services
from access.forms import APIKeyForm, SetPasswordForm, UserAddForm, UserForm
from access.models import APIKey, Permission, Role, User
from access.querysets import owned
from access.refusals import Refused
from access.rights import ROLES

# A question first: the answer is a POST, so no link can rotate a key.
ROTATE: ActionDialog = {
    "title": "Give this key a new secret?",
    "description": "The old secret stops working at once. The new one is shown once.",
    "form_class": None,
    "form_submit_text": "New secret",
}
CLIENTS_OWN = ("country_id", "language_id", "timezone_id")

for theirs in (Group, OutstandingToken, BlacklistedToken):
    admin.site.unregister(theirs)


class Refusing(ModelAdmin):
    """A screen that says why a service refused, and leaves the row as it was."""

    show_full_result_count = False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as no:
            self.message_user(request, no.message, messages.ERROR)
            return redirect(request.get_full_path())


class Guarded(Refusing):
    """Rows that belong to a user, for those who may work on that user (access.services.granting). None is deleted."""

    def person(self, obj: Any) -> User:
        """The user that a row concerns."""
        raise NotImplementedError

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, str):  # unfold passes the id when it asks for its buttons
            obj = self.get_object(request, obj)
        allowed = obj is None or services.may_manage(by=request.user, user=self.person(obj))
        return allowed and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(Guarded, DjangoUserAdmin):
    """People and programs; made inactive instead of deleted, since their work stays."""

    form = UserForm
    add_form = UserAddForm
    change_password_form = SetPasswordForm
    list_display = ("username", "email", "get_full_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "roles")
    search_fields = ("username", "email", "first_name", "last_name", "company")
    ordering = ("username",)
    filter_horizontal = ()
    autocomplete_fields = ("roles", "permissions")
    readonly_fields = ("last_login", "date_joined", *CLIENTS_OWN)
    actions_detail = ("new_password",)
    person_fields = ("first_name", "last_name", "phone", "company", "address", "country", "time_zone")
    fieldsets = (
        (None, {"fields": ("username", "email", "is_active")}),
        ("Person", {"fields": person_fields}),
        ("Rights", {"fields": ("is_staff", "is_superuser", "roles", "permissions")}),
        ("Kept for programs", {"fields": CLIENTS_OWN, "description": "As a program gave them; without effect here."}),
        ("History", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "email", "password1", "password2")}),
        ("Person", {"fields": person_fields}),
        ("Rights", {"fields": ("is_staff", "roles")}),
    )

    def person(self, obj: User) -> User:
        return obj

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users = super().get_queryset(request).visible()
        return users if request.user.sees_all("user") else users.filter(pk=request.user.pk)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fixed = ("username",) if obj else ()
        return (*self.readonly_fields, *fixed, *(() if request.user.is_superuser else ("is_superuser",)))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in form.changed_data if name not in NOT_OURS}
        held = {name: [each.name for each in form.cleaned_data[name]] for name in HELD & form.cleaned_data.keys()}
        if change:
            services.update_user(user=obj, by=request.user, **held, **given)
        else:
            password = form.cleaned_data["password1"]
            obj.pk = services.create_user(by=request.user, password=password, **held, **given).pk
            obj._state.adding = False

    @action(description="Set password", url_path="new-password", permissions=["change"])
    def new_password(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect(reverse("admin:auth_user_password_change", args=[object_id]))


HELD = {"roles", "permissions"}
NOT_OURS = HELD | {"password1", "password2"}  # what the service takes otherwise


@admin.register(Role)
class RoleAdmin(Refusing):
    """What a group of people may do. Those of the product keep their names."""

    list_display = ("name", "description")
    search_fields = ("name", "description")
    autocomplete_fields = ("permissions",)

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("name",) if obj and obj.name in ROLES else ()

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return not (obj and obj.name in ROLES) and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {name: each for name, each in super().get_actions(request).items() if name != "delete_selected"}

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        if change:
            services.update_role(role=obj, by=request.user, **form.cleaned_data)
        else:
            obj.pk = services.create_role(by=request.user, **form.cleaned_data).pk
            obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        services.delete_role(role=obj, by=request.user)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refused as no:
            self.message_user(request, no.message, messages.ERROR)
            return redirect("admin:access_role_change", object_id)


@admin.register(Permission)
class PermissionAdmin(ModelAdmin):
    """The names that the product asks for; nothing to edit."""

    list_display = ("name", "description")
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Permission | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Permission | None = None) -> bool:
        return False


@admin.register(APIKey)
class APIKeyAdmin(Guarded):
    """Keys of partner programs. The secret is shown once, in the message after adding or rotating."""

    form = APIKeyForm
    list_display = ("name", "prefix", "owner", "kind", "state", "expires_at", "last_used_at")
    list_filter = ("kind", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "prefix", "owner__username")
    list_select_related = ("owner",)
    fields = (
        "owner",
        "name",
        "kind",
        "allowed_addresses",
        "expires_at",
        "prefix",
        "state",
        "created_at",
        "last_used_at",
    )
    autocomplete_fields = ("owner",)
    actions = ("revoke",)
    actions_detail = ("rotate",)

    def person(self, obj: APIKey) -> User:
        return obj.owner

    def get_queryset(self, request: HttpRequest) -> QuerySet[APIKey]:
        return owned(super().get_queryset(request), request.user, "key")

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> tuple[str, ...]:
        return self.fields if obj else self.fields[:5]

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> tuple[str, ...]:
        return ("owner", "kind", *self.fields[5:]) if obj else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            kwargs["queryset"] = _possible_owners(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        if change:
            given = {name: form.cleaned_data[name] for name in ("name", "allowed_addresses", "expires_at")}
            services.update_api_key(key=obj, **given)
            return
        key, secret = services.create_api_key(by=request.user, **form.cleaned_data)
        obj.pk, obj.prefix, obj._state.adding = key.pk, key.prefix, False
        self._show_once(request, secret)

    @display(description="state")
    def state(self, key: APIKey) -> str:
        return "revoked" if key.revoked_at else "usable" if key.is_usable else "expired"

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        for key in queryset.select_related("owner"):
            if self.has_change_permission(request, key):
                services.revoke_api_key(key=key)
                self.message_user(request, f"{key}: revoked")
            else:
                self.message_user(request, f"{key}: not permitted", messages.WARNING)

    @action(description="New secret", url_path="rotate", permissions=["change"], dialog=ROTATE)
    def rotate(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        key = self.get_object(request, object_id)
        try:
            self._show_once(request, services.rotate_api_key(key=key))
        except Refused as no:
            self.message_user(request, str(no), messages.WARNING)
        return HttpResponse(headers={"HX-Redirect": reverse("admin:access_apikey_change", args=[object_id])})

    def _show_once(self, request: HttpRequest, secret: str) -> None:
        self.message_user(request, f"The key, shown only now: {secret}", messages.SUCCESS)


def _possible_owners(user: User) -> QuerySet[User]:
    """Whom `user` may make a key for, which acts as that person."""
    if user.is_superuser:
        return User.objects.all()
    everybody = User.objects.filter(is_superuser=False)
    return everybody if user.sees_all("key") else everybody.filter(pk=user.pk)
