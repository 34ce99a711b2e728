"""Every address of the host, one line an area."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("access.api.urls")),
    path("api/", include("telephony.api.urls")),
]

handler400 = "access.api.errors.bad_request"
handler404 = "access.api.errors.not_found"
handler500 = "access.api.errors.server_error"
