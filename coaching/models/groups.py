"""Groups of clients and coaches, and the notes of their sessions."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from coaching.models.base import Added, Visibility
from coaching.models.people import Client, Coach
from coaching.models.practices import Practice
from coaching.models.work import Session


class Group(Added):
    """Clients who are coached together."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="coaching_groups")
    coach = models.ForeignKey(Coach, models.PROTECT, related_name="owned_groups", help_text="The owner.")
    name = models.CharField(max_length=128)
    type = models.CharField(max_length=32, blank=True)

    def __str__(self) -> str:
        return self.name


class GroupClient(models.Model):
    """A client's place in a group."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="client_members", db_index=False)
    client = models.ForeignKey(Client, models.CASCADE, related_name="group_places")
    started_at = models.DateTimeField(db_default=Now())
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "client"], name="group_client_once")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.client_id}"


class GroupCoach(models.Model):
    """A coach's place in a group."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="coach_members", db_index=False)
    coach = models.ForeignKey(Coach, models.CASCADE, related_name="group_places")
    started_at = models.DateTimeField(db_default=Now())
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "group coaches"
        constraints = [models.UniqueConstraint(fields=["group", "coach"], name="group_coach_once")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.coach_id}"


class GroupSession(Added):
    """Notes of a session with a group."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="sessions")
    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="group_sessions", null=True, help_text="The author.")
    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    session_at = models.DateTimeField()
    visibility = models.CharField(max_length=1, choices=Visibility, default=Visibility.ALL)

    def __str__(self) -> str:
        return self.title


class KeyInsight(models.Model):
    """What a session brought to light."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="insights", null=True, blank=True)
    group_session = models.ForeignKey(GroupSession, models.CASCADE, related_name="insights", null=True, blank=True)
    text = models.TextField()
    is_starred = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(session=None, group_session__isnull=False) | Q(session__isnull=False, group_session=None),
                name="insight_is_of_one_session",
            )
        ]

    def __str__(self) -> str:
        return self.text[:60]
