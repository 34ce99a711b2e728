"""Settings that do not go together stop the start."""

from django.apps import apps

from access.checks import argon2_comes_first, rotation_needs_the_blacklist


def test_our_settings_are_fine():
    assert rotation_needs_the_blacklist(None) == argon2_comes_first(None) == []


def test_rotation_without_the_blacklist_app_is_an_error(settings, monkeypatch):
    others = {label: config for label, config in apps.app_configs.items() if label != "token_blacklist"}
    monkeypatch.setattr(apps, "app_configs", others)  # by the setting the back office would get a new, empty site

    [error] = rotation_needs_the_blacklist(None)
    assert error.id == "access.E001"
    assert "token_blacklist" in error.hint

    settings.SIMPLE_JWT = settings.SIMPLE_JWT | {"ROTATE_REFRESH_TOKENS": False}
    assert rotation_needs_the_blacklist(None) == []


def test_rotation_without_blacklisting_is_an_error(settings):
    settings.SIMPLE_JWT = settings.SIMPLE_JWT | {"BLACKLIST_AFTER_ROTATION": False}

    assert [error.id for error in rotation_needs_the_blacklist(None)] == ["access.E001"]


def test_another_hasher_in_front_is_an_error(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]

    [error] = argon2_comes_first(None)
    assert error.id == "access.E002"
    assert error.hint
