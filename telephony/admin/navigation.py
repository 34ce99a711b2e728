"""The side of every page: what staff find where, grouped by work."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

LONG = 4  # entries; a longer group can be folded away, and opens where one is

# title, icon, the model's admin name, the permission that shows it
Item = tuple[str, str, str, str]
GROUPS: tuple[tuple[str, tuple[Item, ...]], ...] = (
    (
        "Calling",
        (
            ("Campaigns", "campaign", "telephony_campaign", "campaign_read"),
            ("Transmissions", "call_made", "telephony_transmission", "transmission_read"),
            ("Attempts", "history", "telephony_spool", "spool_read"),
            ("What came in", "call_received", "telephony_arrival", "transmission_read"),
            ("Schedules", "schedule", "telephony_schedule", "schedule_read"),
        ),
    ),
    (
        "People",
        (
            ("Contacts", "person", "telephony_contact", "contact_read"),
            ("Groups", "group", "telephony_group", "group_read"),
            ("Do not call", "phone_disabled", "telephony_donotcall", "contact_read"),
        ),
    ),
    (
        "Messages",
        (
            ("Texts", "sms", "telephony_text", "text_read"),
            ("Documents", "description", "telephony_document", "document_read"),
            ("Recordings", "mic", "telephony_recording", "recording_read"),
            ("Templates", "mail", "telephony_template", "template_read"),
        ),
    ),
    ("Programs", (("Programs", "play_circle", "telephony_program", "program_read"),)),
    (
        "Set-up",
        (
            ("Accounts", "badge", "telephony_account", "account_read"),
            ("Providers", "cell_tower", "telephony_provider", "provider_read"),
        ),
    ),
    (
        "Bookings",
        (
            ("Bookings", "directions_bus", "bookings_booking", "booking_read"),
            ("Departures", "calendar_month", "bookings_calendar", "booking_read"),
            ("Verifications", "fact_check", "bookings_verification", "booking_read"),
            ("Customers", "contacts", "bookings_customer", "booking_read"),
            ("Tags", "sell", "bookings_tag", "booking_read"),
            ("Journey types", "route", "bookings_journeytype", "booking_read"),
            ("Vehicle types", "airport_shuttle", "bookings_vehicletype", "booking_read"),
            ("Operators", "apartment", "bookings_operator", "booking_read"),
            ("Access keys", "vpn_key", "bookings_accesskey", "key_read"),
        ),
    ),
    (
        "Coaching",
        (
            ("Clients", "diversity_3", "coaching_client", "coaching_read"),
            ("Coaches", "sports", "coaching_coach", "coaching_read"),
            ("Pairings", "link", "coaching_pairing", "coaching_read"),
            ("Appointments", "event", "coaching_appointment", "coaching_read"),
            ("Actions", "task_alt", "coaching_action", "coaching_read"),
            ("Projects", "folder_open", "coaching_actionproject", "coaching_read"),
            ("Metrics", "monitoring", "coaching_metric", "coaching_read"),
            ("Worksheets", "assignment", "coaching_worksheet", "coaching_read"),
            ("Session notes", "edit_note", "coaching_session", "coaching_read"),
            ("Journal", "menu_book", "coaching_journalentry", "coaching_read"),
            ("Files", "attach_file", "coaching_clientfile", "coaching_read"),
            ("Agreements", "contract", "coaching_agreement", "coaching_read"),
            ("Reminders", "notifications", "coaching_reminder", "coaching_read"),
        ),
    ),
    (
        "Courses and groups",
        (
            ("Courses", "school", "coaching_course", "coaching_read"),
            ("Participants", "directions_walk", "coaching_participant", "coaching_read"),
            ("Availabilities", "lock_open", "coaching_availability", "coaching_read"),
            ("Coaching groups", "groups", "coaching_group", "coaching_read"),
            ("Group notes", "sticky_note_2", "coaching_groupsession", "coaching_read"),
        ),
    ),
    (
        "Coaching business",
        (
            ("Practices", "storefront", "coaching_practice", "coaching_read"),
            ("Companies", "domain", "coaching_company", "coaching_read"),
            ("Personnel", "badge", "coaching_personnel", "coaching_read"),
            ("Invoices", "receipt", "coaching_invoice", "coaching_read"),
            ("Payments", "payments", "coaching_payment", "coaching_read"),
            ("Engagements", "handshake", "coaching_engagement", "coaching_read"),
            ("Offerings", "sell", "coaching_offering", "coaching_read"),
            ("Offering collections", "collections_bookmark", "coaching_offeringcollection", "coaching_read"),
            ("Sign-ups", "how_to_reg", "coaching_offeringsubmission", "coaching_read"),
            ("Appointment types", "event_note", "coaching_appointmenttype", "coaching_read"),
            ("Engagement templates", "handshake", "coaching_engagementtemplate", "coaching_read"),
            ("Agreement templates", "contract_edit", "coaching_agreementtemplate", "coaching_read"),
        ),
    ),
    (
        "Access",
        (
            ("Users", "manage_accounts", "access_user", "user_read"),
            ("Roles", "verified_user", "access_role", "role_read"),
            ("API keys", "key", "access_apikey", "key_read"),
        ),
    ),
    (
        "Leads",
        (
            ("Leads", "person_add", "leads_lead", "lead_read"),
            ("Partners", "handshake", "leads_partner", "lead_read"),
            ("Keys of partners", "vpn_key", "leads_leadkey", "lead_read"),
            ("Lead types", "category", "leads_leadtype", "lead_read"),
            ("Call groups", "ring_volume", "leads_callgroup", "lead_read"),
        ),
    ),
    (
        "Webhooks",
        (
            ("Webhooks", "webhook", "telephony_webhookendpoint", "webhook_read"),
            ("What they were told", "outgoing_mail", "telephony_webhookdelivery", "webhook_read"),
        ),
    ),
    (
        "Machinery",
        (
            ("Undelivered finishes", "sync_problem", "telephony_undeliveredfinish", "spool_read"),
            ("Sandbox journal", "receipt_long", "telephony_loopbackcall", "spool_read"),
            ("Signs of life", "monitor_heart", "telephony_heartbeat", "spool_read"),
        ),
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the navigation in unfold's shape; what the person may not see is left out by unfold.

    Addresses and what is `active` are given: left to unfold, each page works out some two hundred addresses anew.
    """
    start, here = {"title": "Today", "icon": "today", "link": _address("index")}, _open(request.path)
    return [
        {"items": [start | {"active": request.path == start["link"]}]},
        *(
            {"title": title, "collapsible": len(items) > LONG, "items": [_item(*item, here) for item in items]}
            for title, items in GROUPS
        ),
    ]


def _item(title: str, icon: str, name: str, right: str, here: str) -> dict[str, Any]:
    link = _address(f"{name}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _holds(right), "active": link == here}


def _open(path: str) -> str:
    """The entry that a page lies below, and below no other that lies there: the calendar is no list of bookings."""
    links = (_address(f"{name}_changelist") for _, items in GROUPS for _, _, name, _ in items)
    return max((each for each in links if path.startswith(each)), default="")


@cache
def _address(name: str) -> str:
    return reverse(f"admin:{name}")


def _holds(right: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.may(right)
