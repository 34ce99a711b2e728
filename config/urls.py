"""Every address of the host, one line an area."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.negotiation import DefaultContentNegotiation as AsAsked

from config import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/", include("access.api.urls")),
    path("api/", include("bookings.api.urls")),
    path("api/", include("telephony.api.urls")),
    path("carriers/", include("telephony.api.carriers")),
    path("", include("coaching.urls")),
    path("lead/", include("leads.api.urls")),
    path("api/schema", SpectacularAPIView.as_view(content_negotiation_class=AsAsked), name="schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("health/live", health.live),
    path("health/ready", health.ready),
]

handler400 = "access.api.errors.bad_request"
handler404 = "access.api.errors.not_found"
handler500 = "access.api.errors.server_error"
