"""The names of all permissions and what the two preset roles hold (ICTCore 6.2)."""

from typing import Any

CRUD = ("create", "list", "read", "update", "delete")

# `<stem>_<suffix>`; the bare stem is a permission too and grants all below it.
SUFFIXES: dict[str, tuple[str, ...]] = {
    "api": ("access",),
    "statistic": ("read", "admin"),
    "configuration": ("read", "write"),
    # program_update is asked for but not stored: only the bare stem grants it.
    "program": ("create", "list", "read", "delete", "execute", "admin"),
    "transmission": (*CRUD, "send", "admin"),
    "task": ("create", "read", "list", "delete", "admin"),
    "schedule": ("create", "read", "list", "delete", "admin"),
    "spool": ("read", "list", "admin"),
    "result": ("read", "list", "admin"),
    "cdr": ("list", "admin"),  # call records, of the Successor (ICTCore 8.2)
    "provider": (*CRUD, "admin"),
    "contact": (*CRUD, "admin"),
    "group": (*CRUD, "admin"),
    "account": (*CRUD, "admin"),
    "user": (*CRUD, "password", "admin"),
    "usr": (*CRUD, "password", "admin"),
    "role": CRUD,
    "permission": ("create", "read", "list", "delete"),
    "campaign": (*CRUD, "start", "stop", "admin"),
    "document": CRUD,
    "recording": CRUD,
    "template": CRUD,
    "text": CRUD,
    "key": (*CRUD, "admin"),  # ours: API keys
    "coaching": CRUD,  # ours: practices and all that is theirs
    "booking": (*CRUD, "phone", "admin"),  # ours: bookings and all that is an operator's; `phone` shows numbers
    "lead": CRUD,  # ours: leads, partners with their keys, types, call groups
    "webhook": CRUD,  # ours: who is told what happens
}

ROLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "admin": (
        "Runs the installation: people, rights, keys, providers. Sees no contacts, messages or campaigns.",
        ("api", "statistic", "configuration", "user", "usr", "role", "permission", "account", "provider", "key"),
    ),
    "bookings": (
        "Looks after the bookings of an operator; sees no phone numbers.",
        ("booking_create", "booking_list", "booking_read", "booking_update", "booking_delete"),
    ),
    "bookings_phone": ("Sees the phone numbers of an operator's customers.", ("booking_phone",)),
    "coaching": ("Keeps the coaching practices, with all that is theirs.", ("coaching",)),
    "leads": ("Keeps leads and partners: their keys, types, call groups and webhooks.", ("lead", "webhook")),
    "webhooks": ("Says who is told by webhook what happens.", ("webhook",)),
    "user": (
        "Works with contacts, messages, programs and campaigns.",
        (
            *("api", "statistic_read", "configuration_read"),
            *("user_read", "user_password", "usr_read", "usr_password"),
            *("account_read", "account_update", "account_list"),
            *("contact", "group", "document", "recording", "template", "text"),
            *("program", "transmission", "task", "schedule", "spool", "result", "campaign", "cdr"),
        ),
    ),
}


def all_names() -> list[str]:
    """Every permission name that is stored."""
    return [name for stem, suffixes in SUFFIXES.items() for name in (stem, *(f"{stem}_{each}" for each in suffixes))]


def make_presets(permission_model: Any, role_model: Any) -> None:
    """Make the permissions and preset roles that are missing. Safe to rerun: nothing is taken away.

    Takes the model classes, so that a migration can pass its historical ones.
    """
    permission_model.objects.bulk_create([permission_model(name=name) for name in all_names()], ignore_conflicts=True)
    for name, (description, granted) in ROLES.items():
        role, _ = role_model.objects.get_or_create(name=name, defaults={"description": description})
        role.permissions.add(*permission_model.objects.filter(name__in=granted))


def remove_presets(permission_model: Any, role_model: Any) -> None:
    """Undo make_presets; roles and permissions that staff made stay."""
    role_model.objects.filter(name__in=ROLES).delete()
    permission_model.objects.filter(name__in=all_names()).delete()
