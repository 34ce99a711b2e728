"""Every screen of coaching is in the navigation, and every entry leads to one."""

from django.apps import apps
from django.contrib import admin

from telephony.admin.navigation import GROUPS


def test_every_screen_is_found():
    listed = {name for _, items in GROUPS for _, _, name, _ in items}
    models = apps.get_app_config("coaching").get_models()
    screens = {f"coaching_{model._meta.model_name}" for model in models if admin.site.is_registered(model)}

    assert {name for name in listed if name.startswith("coaching_")} == screens
