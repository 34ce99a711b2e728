"""Coaching: practices, coaches, clients and their work, behind the CoachAccountable RPC API."""

from django.apps import AppConfig


class CoachingConfig(AppConfig):
    name = "coaching"
    verbose_name = "Coaching"
