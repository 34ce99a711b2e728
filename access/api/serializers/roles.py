"""Roles and permissions on the wire (ICTCore 2.2)."""

from rest_framework import serializers

from access.api import examples
from access.api.fields import RowId
from access.api.rows import Row, RowSerializer
from access.models import Permission, Role


class PermissionSerializer(RowSerializer):
    """A right."""

    permission_id = RowId()

    class Meta:
        model = Permission
        example = examples.PERMISSION
        fields = ["permission_id", "name", "description"]
        extra_kwargs = {"name": {"help_text": "`<stem>` or `<stem>_<verb>`; a stem grants all below it."}}


class RoleSerializer(RowSerializer):
    """A named set of permissions that users hold."""

    class Granted(serializers.Serializer):
        permission_id = serializers.IntegerField()
        name = serializers.CharField()

        class Meta:
            ref_name = "GrantedPermission"

    role_id = RowId()
    permissions = Granted(many=True, read_only=True)

    class Meta:
        model = Role
        example = examples.ROLE
        completed = ["permissions"]
        fields = ["role_id", "name", "description", "permissions"]
        extra_kwargs = {"name": {"validators": []}}  # whether it is taken is for the service to say

    @classmethod
    def complete(cls, rows: list[Row]) -> list[Row]:
        granted: dict[int, list[Row]] = {row["role_id"]: [] for row in rows}
        held = Role.permissions.through.objects.filter(role_id__in=granted).order_by("permission__name")
        for role_id, pk, name in held.values_list("role_id", "permission_id", "permission__name"):
            granted[role_id].append({"permission_id": pk, "name": name})
        for row in rows:
            row["permissions"] = granted[row["role_id"]]
        return rows
