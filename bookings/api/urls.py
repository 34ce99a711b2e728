"""The bookings contract's addresses below /api/."""

from django.urls import path

from bookings.api import views

urlpatterns = [
    path("auth/login", views.LoginView.as_view()),
    path("tags", views.TagsView.as_view()),
    path("booking/search", views.SearchView.as_view()),
    path("tags/replace", views.ReplaceTagView.as_view()),
]
