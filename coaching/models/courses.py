"""Courses, what they deliver day by day, and who takes them."""

from django.db import models
from django.db.models import Q

from coaching.models.base import Added
from coaching.models.groups import Group
from coaching.models.people import Client, Coach
from coaching.models.practices import Practice


class Course(Added):
    """A timeline of items that participants receive."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="courses")
    coach = models.ForeignKey(Coach, models.PROTECT, related_name="owned_courses", help_text="The owner.")
    name = models.CharField(max_length=200)
    day_duration = models.PositiveIntegerField(help_text="Days from the first to the last.")
    item_time_option = models.CharField(max_length=32, default="fixed")
    is_shared = models.BooleanField(default=False, help_text="Every coach of the practice may run it.")

    def __str__(self) -> str:
        return self.name


class CourseItem(models.Model):
    """Something that goes out on a day of a course."""

    class Kind(models.TextChoices):
        ACTION = "action"
        WORKSHEET = "worksheet"
        METRIC = "metric"
        MESSAGE = "message"
        FILE = "file", "link"

    course = models.ForeignKey(Course, models.CASCADE, related_name="items")
    day = models.PositiveIntegerField(help_text="The first day is 1.")
    time = models.TimeField(default="09:00", help_text="In the client's zone.")
    kind = models.CharField(max_length=16, choices=Kind)
    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    due_days = models.PositiveIntegerField(default=1, help_text="Days until it is due.")

    class Meta:
        ordering = ["day", "time", "id"]

    def __str__(self) -> str:
        return self.title


class Participant(models.Model):
    """A client or a group on a course."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="participants")
    client = models.ForeignKey(Client, models.CASCADE, related_name="courses", null=True, blank=True)
    group = models.ForeignKey(Group, models.CASCADE, related_name="courses", null=True, blank=True)
    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="+", null=True, help_text="Who runs it.")
    start_date = models.DateField(help_text="The calendar day of the first day; moves when days are skipped.")
    items_from = models.DateTimeField(help_text="Items that were to go out before this are left out.")
    is_paused = models.BooleanField(default=False)
    paused_on = models.DateField(null=True, blank=True)
    unpause_date = models.DateField(null=True, blank=True)
    completed_on = models.DateField(null=True, blank=True)
    next_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="When the next item goes out.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(client=None, group__isnull=False) | Q(client__isnull=False, group=None),
                name="participant_is_one_party",
            ),
            models.UniqueConstraint(
                fields=["course", "client"], condition=Q(completed_on=None), name="participant_active_once"
            ),
        ]
        indexes = [
            # the tick asks for these each time
            models.Index(fields=["next_at"], name="participant_next", condition=Q(next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.course_id}: {self.client_id or self.group_id}"


class Delivery(models.Model):
    """An item of a course that a client has received; it goes out once."""

    participant = models.ForeignKey(Participant, models.CASCADE, related_name="deliveries")
    item = models.ForeignKey(CourseItem, models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    action = models.ForeignKey("coaching.Action", models.SET_NULL, related_name="+", null=True, blank=True)
    worksheet = models.ForeignKey("coaching.Worksheet", models.SET_NULL, related_name="+", null=True, blank=True)
    metric = models.ForeignKey("coaching.Metric", models.SET_NULL, related_name="+", null=True, blank=True)
    file = models.ForeignKey("coaching.ClientFile", models.SET_NULL, related_name="+", null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["participant", "item", "client"], name="course_item_delivered_once")
        ]

    def __str__(self) -> str:
        return f"{self.item_id} → {self.client_id}"


class Availability(models.Model):
    """A course that a client may start by themselves."""

    course = models.ForeignKey(Course, models.CASCADE, related_name="availabilities")
    client = models.ForeignKey(Client, models.CASCADE, related_name="availabilities")
    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="+", null=True)
    added_on = models.DateField()
    available_from = models.DateField()
    used_on = models.DateField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "availabilities"

    def __str__(self) -> str:
        return f"{self.course_id}: {self.client_id}"
