"""Providers (ICTCore 1.12)."""

from typing import Any

from django.db.models import QuerySet

from access.api.resources import EditableViewSet, crud
from telephony.api.filters import ProviderFilter
from telephony.api.serializers.providers import ProviderSerializer
from telephony.models import Provider
from telephony.services import providers


class ProviderViewSet(EditableViewSet):
    """The ways out of the house, shared by all who may see any (ICTCore 6.3)."""

    tag = "providers"
    serializer_class = ProviderSerializer
    filterset_class = ProviderFilter
    create_row = providers.create_provider
    update_row = providers.update_provider
    delete_row = providers.delete_provider
    required_rights = crud("provider")

    def rows(self) -> QuerySet[Any]:
        return Provider.objects.all()
