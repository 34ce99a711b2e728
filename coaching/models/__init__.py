"""The tables of coaching."""

from coaching.models.appointments import Appointment, AppointmentType
from coaching.models.base import Gender, SelfScheduling, Visibility
from coaching.models.billing import (
    Engagement,
    EngagementTemplate,
    Invoice,
    InvoiceLine,
    Offering,
    OfferingCollection,
    OfferingSubmission,
    Payment,
    Unit,
)
from coaching.models.courses import Availability, Course, CourseItem, Delivery, Participant
from coaching.models.groups import Group, GroupClient, GroupCoach, GroupSession, KeyInsight
from coaching.models.people import PERMISSIONS, Client, Coach, Company, MagicLink, Pairing, PairingSpan, Personnel
from coaching.models.practices import Credential, Practice
from coaching.models.reminders import Reminder
from coaching.models.work import (
    Action,
    ActionProject,
    Agreement,
    AgreementTemplate,
    Answer,
    ClientFile,
    Comment,
    JournalEntry,
    Metric,
    MetricDatum,
    Session,
    Worksheet,
)

__all__ = [
    "PERMISSIONS",
    "Action",
    "ActionProject",
    "Agreement",
    "AgreementTemplate",
    "Answer",
    "Appointment",
    "AppointmentType",
    "Availability",
    "Client",
    "ClientFile",
    "Coach",
    "Comment",
    "Company",
    "Course",
    "CourseItem",
    "Credential",
    "Delivery",
    "Engagement",
    "EngagementTemplate",
    "Gender",
    "Group",
    "GroupClient",
    "GroupCoach",
    "GroupSession",
    "Invoice",
    "InvoiceLine",
    "JournalEntry",
    "KeyInsight",
    "MagicLink",
    "Metric",
    "MetricDatum",
    "Offering",
    "OfferingCollection",
    "OfferingSubmission",
    "Pairing",
    "PairingSpan",
    "Participant",
    "Payment",
    "Personnel",
    "Practice",
    "Reminder",
    "SelfScheduling",
    "Session",
    "Unit",
    "Visibility",
    "Worksheet",
]
