"""What lists of users, roles and permissions can be asked for (ICTCore 1.13)."""

from access.api.filters import Moment, Number, UsedFilterSet, Word, YesOrNo, equals
from access.models import Permission, Role, User


def starts_with(path: str) -> Word:
    return Word(path, lookup_expr="istartswith", help_text="Starts with.")


class UserFilter(UsedFilterSet):
    user_id = Number("id", help_text="Equals.")
    created_by = Number("created_by_id", help_text="Who made the user.")
    username = equals("username")
    phone = equals("phone")
    email = equals("email")
    first_name = equals("first_name")
    last_name = equals("last_name")
    address = equals("address")
    company = equals("company")
    country = equals("country")
    timezone = equals("time_zone")
    country_id = Number("country_id", help_text="Equals.")
    language_id = equals("language_id")
    timezone_id = Number("timezone_id", help_text="Equals.")
    active = YesOrNo("is_active", help_text="1 or 0.")
    before = Moment("date_joined", lookup_expr="lte", help_text="Made at or before, epoch seconds.")
    after = Moment("date_joined", lookup_expr="gte", help_text="Made at or after, epoch seconds.")

    class Meta:
        model = User
        fields: list[str] = []


class RoleFilter(UsedFilterSet):
    id = Number("id", help_text="Equals; also `role_id`.")
    role_id = Number("id", help_text="Equals.")
    name = starts_with("name")

    class Meta:
        model = Role
        fields: list[str] = []


class PermissionFilter(UsedFilterSet):
    id = Number("id", help_text="Equals; also `permission_id`.")
    permission_id = Number("id", help_text="Equals.")
    name = starts_with("name")

    class Meta:
        model = Permission
        fields: list[str] = []
