"""The bookings contract's addresses below /api/, and those of the operators' own systems."""

from typing import Any

from django.urls import path

from bookings.api import views
from bookings.api.resources import views_of
from bookings.api.rows import BookingRows, CustomerRows, JourneyTypeRows, Rows, VehicleTypeRows


def resource(kind: type[Rows]) -> list[Any]:
    """All rows of a kind, and one of them by what may be its number."""
    every, one = views_of(kind)
    return [path(kind.path, every.as_view()), path(f"{kind.path}/<path:number>", one.as_view())]


urlpatterns = [
    path("auth/login", views.LoginView.as_view()),
    path("tags", views.TagsView.as_view()),
    path("booking/search", views.SearchView.as_view()),
    path("tags/replace", views.ReplaceTagView.as_view()),
    *(address for kind in (BookingRows, CustomerRows, JourneyTypeRows, VehicleTypeRows) for address in resource(kind)),
]
