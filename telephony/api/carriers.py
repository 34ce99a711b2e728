"""Addresses below /carriers/: where carriers call back."""

from django.urls import path

from telephony.api.views.carriers import KannelInboundView, KannelReportView

urlpatterns = [
    path("kannel/report/<uuid:reference>/<str:signature>", KannelReportView.as_view(), name="kannel-report"),
    path("kannel/inbound", KannelInboundView.as_view(), name="kannel-inbound"),
]
