"""The bookings contract's addresses below /api/, and those of the operators' own systems."""

from django.urls import path, re_path

from bookings.api import resources, views

urlpatterns = [
    path("auth/login", views.LoginView.as_view()),
    path("tags", views.TagsView.as_view()),
    path("booking/search", views.SearchView.as_view()),
    path("tags/replace", views.ReplaceTagView.as_view()),
    re_path(r"^bookings/?$", resources.BookingsView.as_view()),
    re_path(r"^bookings/(?P<number>[0-9]+)/?$", resources.BookingView.as_view()),
    re_path(r"^customers/?$", resources.CustomersView.as_view()),
    re_path(r"^customers/(?P<number>[0-9]+)/?$", resources.CustomerView.as_view()),
    re_path(r"^journey-types/?$", resources.JourneyTypesView.as_view()),
    re_path(r"^journey-types/(?P<number>[0-9]+)/?$", resources.JourneyTypeView.as_view()),
    re_path(r"^vehicle-types/?$", resources.VehicleTypesView.as_view()),
    re_path(r"^vehicle-types/(?P<number>[0-9]+)/?$", resources.VehicleTypeView.as_view()),
]
