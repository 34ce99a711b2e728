"""Users, roles, permissions and API keys."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from access.fields import EncryptedTextField
from access.zones import validate_time_zone

# What Django's admin asks for, in the words of the permission names (ICTCore 6.2).
ADMIN_VERBS = {"view": "read", "add": "create", "change": "update", "delete": "delete"}
# What the user `u.id` holds, by its first name (see `canonical`); selectors ask it with the user at every request.
RIGHTS = r"""
SELECT regexp_replace(name, '^usr(_|$)', 'user\1') FROM (
SELECT p.name FROM access_user_permissions h JOIN access_permission p ON p.id = h.permission_id WHERE h.user_id = u.id
UNION
SELECT p.name FROM access_user_roles h JOIN access_role_permissions r ON r.role_id = h.role_id
JOIN access_permission p ON p.id = r.permission_id WHERE h.user_id = u.id) held
"""
STEMS = {"apikey": "key"}  # models whose permission stem is not their name


def grants(held: Iterable[str], wanted: str) -> bool:
    """Say whether `held` permission names grant `wanted`: a name grants itself and all below it.

    `contact` grants `contact_read`; `contact_read` grants only itself (ICTCore 6.2).
    """
    return any(wanted == name or wanted.startswith(name + "_") for name in held)


def canonical(name: str) -> str:
    """The first name of a permission that has two: the stems `usr` and `user` mean the same (ICTCore 6.2)."""
    return re.sub(r"^usr(?=_|\Z)", "user", name)


def names_granting(wanted: str) -> list[str]:
    """All permission names that grant `wanted`, its second names included."""
    parts = canonical(wanted).split("_")
    names = ["_".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return [*names, *(re.sub("^user", "usr", name) for name in names if parts[0] == "user")]


class Permission(models.Model):
    """A right, named `<stem>` or `<stem>_<verb>`."""

    name = models.CharField(max_length=64, unique=True)
    description = models.CharField(max_length=255, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Role(models.Model):
    """A named set of permissions that users hold."""

    name = models.CharField(max_length=64, unique=True)
    description = models.CharField(max_length=255, blank=True)
    permissions = models.ManyToManyField(Permission, blank=True, related_name="roles")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet["User"]):
    """Users that nobody deleted, and users by what they may do."""

    def visible(self) -> Self:
        return self.filter(deleted_at=None)

    def holding(self, right: str) -> Self:
        """The active users who may do what `right` names."""
        names = names_granting(right)
        held = Q(is_superuser=True) | Q(permissions__name__in=names) | Q(roles__permissions__name__in=names)
        return self.filter(held, is_active=True)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Finds users by any name they sign in with."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)

    def create_user(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user by the service; the commands of Django that call this have judged the password themselves."""
        from access.services import create_user  # the service imports this module

        return create_user(username=username, email=email, password=password, weak_password_ok=True, **fields)

    def create_superuser(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        """Make a user who may do everything (`manage.py createsuperuser`)."""
        return self.create_user(username, email, password, **{"is_staff": True, "is_superuser": True, **fields})


class User(AbstractBaseUser):
    """Somebody who may sign in: staff, or a program that acts for them."""

    username = models.CharField(
        max_length=64,
        unique=True,
        validators=[UnicodeUsernameValidator()],
        help_text="Letters, digits and @ . + - _; not digits only.",
    )
    email = models.EmailField(max_length=128)
    first_name = models.CharField(max_length=128, blank=True)
    last_name = models.CharField(max_length=128, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    address = models.CharField(max_length=128, blank=True)
    company = models.CharField(max_length=128, blank=True)
    country = models.CharField(
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"\A[A-Za-z]{2}\Z", "An ISO 3166 code of two letters is required, such as GB.")],
        help_text="ISO 3166 code, such as GB.",
    )
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="IANA name, such as Europe/London."
    )
    # The numbers of tables that only the client has (ICTCore 2.2): kept as given, and without effect.
    country_id = models.PositiveIntegerField(
        null=True, blank=True, help_text="A number of the client's own, kept as given; `country` is what counts."
    )
    language_id = models.CharField(
        max_length=2,
        blank=True,
        validators=[RegexValidator(r"\A[A-Za-z]{2}\Z", "An ISO 639 code of two letters is required, such as en.")],
        help_text="ISO 639 code of two letters, such as en; kept as given.",
    )
    timezone_id = models.PositiveIntegerField(
        null=True, blank=True, help_text="A number of the client's own, kept as given; `timezone` is what counts."
    )
    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may enter the back office", default=False)
    is_superuser = models.BooleanField("holds every permission", default=False)
    roles = models.ManyToManyField(Role, blank=True, related_name="users")
    permissions = models.ManyToManyField(Permission, blank=True, related_name="users")
    date_joined = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.ForeignKey("self", models.SET_NULL, related_name="+", null=True, blank=True, editable=False)
    updated_at = models.DateTimeField(db_default=Now(), auto_now=True)
    updated_by = models.ForeignKey("self", models.SET_NULL, related_name="+", null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    objects = UserManager()

    class Meta:
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique", violation_error_message="email is taken"),
            # An all-digit name could not be told from a user id at sign-in (ICTCore 1.4).
            models.CheckConstraint(
                condition=~models.Q(username__regex=r"^[0-9]+$"),
                name="user_username_is_not_a_number",
                violation_error_message="username may not be digits only",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @cached_property
    def rights(self) -> frozenset[str]:
        """The permission names this user holds, directly and through roles; one query, where not read with the user."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT ARRAY({RIGHTS}) FROM (SELECT %s::bigint AS id) u", [self.pk])
            return frozenset(cursor.fetchone()[0])

    def may(self, name: str) -> bool:
        """Say whether this user holds the permission `name`."""
        return self.is_active and (self.is_superuser or grants(self.rights, canonical(name)))

    def sees_all(self, stem: str) -> bool:
        """Say whether this user may work on everybody's rows of `stem` (ICTCore 6.3).

        `<stem>_admin` must be held by name: the role `user` holds whole stems, and yet works on its own rows only. Who
        may hand out roles, as the role `admin`, could take any right and so sees all.
        """
        return self.administers_rights or (self.is_active and f"{stem}_admin" in self.rights)

    @property
    def administers_rights(self) -> bool:
        """Whether this user rules over all rights, and so could take any: who holds the whole stem `role`."""
        return self.is_active and (self.is_superuser or "role" in self.rights)

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Answer Django's admin: `telephony.change_contact` asks for `contact_update`."""
        verb, _, model = perm.rpartition(".")[2].partition("_")
        return self.may(f"{STEMS.get(model, model)}_{ADMIN_VERBS.get(verb, verb)}")

    def has_perms(self, perm_list: Iterable[str], obj: Any = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.username

    def get_short_name(self) -> str:
        return self.first_name or self.username


class UserSetting(models.Model):
    """A value that a user keeps here under a name, such as `crm:password`; encrypted, since it may be a secret."""

    user = models.ForeignKey(User, models.CASCADE, related_name="settings", db_index=False)
    name = models.CharField(max_length=64)
    value = EncryptedTextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="user_setting_once")]

    def __str__(self) -> str:
        return self.name


class APIKey(models.Model):
    """A long-lived secret of a partner program; only its digest is kept."""

    class Kind(models.TextChoices):
        TELEPHONY = "telephony"
        BOOKINGS = "bookings"
        COACHING = "coaching"
        LEADS = "leads"

    owner = models.ForeignKey(User, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=64, help_text="What uses the key.")
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.TELEPHONY)
    prefix = models.CharField(max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    allowed_addresses = ArrayField(
        models.CharField(max_length=49), default=list, blank=True, help_text="Addresses or networks; empty = any."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        verbose_name = "API key"

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    @property
    def has_speaker(self) -> bool:
        """Whether somebody still speaks through it: its owner, or the partner that leads come from, whoever made it."""
        return self.kind == self.Kind.LEADS or self.owner.is_active


class RememberedAnswer(models.Model):
    """What a caller was answered to a request with an `Idempotency-Key`, so that it may be sent again."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    body = EncryptedTextField()  # what is made may have a password, shown once
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="remembered_answer_once")]
        indexes = [models.Index(fields=["made_at"], name="remembered_answer_age")]  # pruning

    def __str__(self) -> str:
        return self.key
