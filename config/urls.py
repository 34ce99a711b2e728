"""Every address of the host, one line an area."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerView

from access.api import urls as access_api
from access.api.routes import ByFirstWord
from bookings.api import urls as bookings_api
from config import health
from config.document import DocumentView
from telephony.api import urls as telephony_api

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    ByFirstWord(
        "api/",
        [
            *access_api.urlpatterns,
            *bookings_api.urlpatterns,
            *telephony_api.urlpatterns,
            path("schema", DocumentView.as_view(), name="schema"),
            path("docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
        ],
    ),
    path("carriers/", include("telephony.api.carriers")),
    path("", include("coaching.urls")),
    path("lead/", include("leads.api.urls")),
    path("health/live", health.live),
    path("health/ready", health.ready),
]

handler400 = "access.api.errors.bad_request"
handler404 = "access.api.errors.not_found"
handler500 = "access.api.errors.server_error"
