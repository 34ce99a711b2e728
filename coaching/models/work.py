"""What a client works on: actions, metrics, worksheets, session notes, agreements, files."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from coaching.models.base import Added, Visibility
from coaching.models.people import Client, Coach
from coaching.models.practices import Practice
from telephony.models import Transmission


class ActionProject(Added):
    """A heading under which a client's actions stand."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="projects")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Action(Added):
    """Something to be done by a day."""

    class ForWho(models.TextChoices):
        COACH = "C"
        CLIENT = "L"

    client = models.ForeignKey(Client, models.CASCADE, related_name="actions")
    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="actions", null=True, help_text="Who assigned it.")
    project = models.ForeignKey(ActionProject, models.SET_NULL, related_name="actions", null=True, blank=True)
    text = models.CharField(max_length=1000)
    for_who = models.CharField(max_length=1, choices=ForWho, default=ForWho.CLIENT)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    is_canceled = models.BooleanField(default=False)
    weight = models.IntegerField(default=1)
    is_locked = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(is_canceled=False), name="action_is_not_done_and_canceled"
            )
        ]

    def __str__(self) -> str:
        return self.text


class Comment(Added):
    """What somebody wrote beside an action."""

    action = models.ForeignKey(Action, models.CASCADE, related_name="comments")
    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="+", null=True, blank=True)
    client = models.ForeignKey(Client, models.CASCADE, related_name="+", null=True, blank=True)
    text = models.TextField()

    def __str__(self) -> str:
        return self.text[:60]


class Metric(Added):
    """A number that a client reports again and again."""

    class TargetMode(models.TextChoices):
        HIGH = "H", "high is good"
        LOW = "L", "low is good"

    class DataMode(models.TextChoices):
        REGULAR = "R", "plain values"
        CUMULATIVE = "C", "a running total"

    class Origin(models.TextChoices):
        OWN = "own"
        GROUP = "group"
        COURSE = "course"

    class ReminderMode(models.TextChoices):
        ON_DUE_DAYS = "DO", "on days a report is due"
        DAYS_SINCE = "DS", "so many days after the last report"

    class Repeat(models.TextChoices):
        """When a report is due (5.5)."""

        NONE = "none"
        DAILY = "daily"
        BIDAILY = "bidaily"
        WEEKDAYS = "weekdays"
        MWF = "MWF"
        TR = "TR"
        CUSTOM_WEEKLY = "customWeekly"
        WEEKLY = "weekly"
        BIWEEKLY = "biweekly"
        MONTHLY_DOM = "monthlyDOM"
        MONTHLY_LAST_DOM = "monthlyLastDOM"
        MONTHLY_DOW = "monthlyDOW"
        BIMONTHLY_DOM = "bimonthlyDOM"
        BIMONTHLY_DOW = "bimonthlyDOW"
        QUARTERLY_DOM = "quarterlyDOM"

    client = models.ForeignKey(Client, models.CASCADE, related_name="metrics")
    name = models.CharField(max_length=200)
    units = models.CharField(max_length=50)
    start_date = models.DateField()
    end_date = models.DateField()
    has_target = models.BooleanField(default=False)
    target_mode = models.CharField(max_length=1, choices=TargetMode, null=True, blank=True)
    target_start = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    target_end = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    data_mode = models.CharField(max_length=1, choices=DataMode, default=DataMode.REGULAR)
    repeat_rule = models.CharField(max_length=16, choices=Repeat, default=Repeat.WEEKDAYS)
    repeat_days = models.CharField(max_length=7, blank=True, help_text="For customWeekly: 1 Monday to 7 Sunday.")
    has_reminders = models.BooleanField(default=False)
    reminder_mode = models.CharField(max_length=2, choices=ReminderMode, blank=True)
    remind_method = models.CharField(max_length=1, default="E", help_text="E e-mail, T text message.")
    remind_time = models.TimeField(null=True, blank=True)
    remind_days = models.PositiveIntegerField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="The next reminder.")
    reminded = models.ForeignKey(
        Transmission, models.SET_NULL, related_name="+", null=True, editable=False, help_text="The last reminder."
    )
    is_complete = models.BooleanField(default=False)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.OWN)
    fed_by = models.CharField(max_length=200, blank=True, help_text="Name of the worksheet input that feeds it.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(end_date__gte=models.F("start_date")), name="metric_ends_after"),
        ]
        indexes = [
            # the tick asks for these each time
            models.Index(fields=["remind_at"], name="metric_remind", condition=Q(remind_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class MetricDatum(models.Model):
    """What a client reported for a day."""

    metric = models.ForeignKey(Metric, models.CASCADE, related_name="data", db_index=False)
    date_of = models.DateField()
    value = models.DecimalField(max_digits=20, decimal_places=6)
    comment = models.TextField(blank=True)
    added_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name_plural = "metric data"
        constraints = [models.UniqueConstraint(fields=["metric", "date_of"], name="metric_datum_once_a_day")]

    def __str__(self) -> str:
        return f"{self.date_of}: {self.value}"


class Session(Added):
    """Notes of a session with a client."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="sessions")
    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="sessions", null=True, help_text="The author.")
    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    session_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True, help_text="Empty: a draft.")
    visibility = models.CharField(max_length=1, choices=Visibility, default=Visibility.ALL)

    def __str__(self) -> str:
        return self.title


class Worksheet(models.Model):
    """A sheet that a client fills in."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="worksheets")
    coach = models.ForeignKey(
        Coach, models.SET_NULL, related_name="worksheets", null=True, help_text="Who assigned it."
    )
    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    assigned_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.title


class Answer(models.Model):
    """What stands in one input of a form-type session or worksheet."""

    session = models.ForeignKey(Session, models.CASCADE, related_name="answers", null=True, blank=True)
    worksheet = models.ForeignKey(Worksheet, models.CASCADE, related_name="answers", null=True, blank=True)
    name = models.CharField(max_length=200)
    value = models.TextField(blank=True)
    number_value = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(session=None, worksheet__isnull=False) | Q(session__isnull=False, worksheet=None),
                name="answer_is_on_one_sheet",
            )
        ]
        indexes = [models.Index(fields=["name"], name="answer_name")]

    def __str__(self) -> str:
        return f"{self.name} = {self.value[:60]}"


class JournalEntry(Added):
    """What a client wrote for themselves."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="journal")
    text = models.TextField()

    class Meta:
        verbose_name_plural = "journal entries"

    def __str__(self) -> str:
        return self.text[:60]


class AgreementTemplate(models.Model):
    """An agreement as it is issued again and again."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="agreement_templates")
    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.title


class Agreement(models.Model):
    """An agreement that a client was asked to agree to; its words are a copy."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="agreements")
    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="agreements", null=True, help_text="The issuer.")
    template = models.ForeignKey(AgreementTemplate, models.SET_NULL, related_name="agreements", null=True, blank=True)
    title = models.CharField(max_length=200)
    content = models.TextField(blank=True)
    issued_at = models.DateTimeField(db_default=Now())
    agreed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.title


class ClientFile(Added):
    """A file or a link that is shared with a client."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="files")
    coach = models.ForeignKey(Coach, models.SET_NULL, related_name="files", null=True, help_text="Who shared it.")
    file = models.FileField(upload_to="client_files", max_length=255, blank=True)
    file_name = models.CharField(max_length=300, blank=True)
    url = models.CharField("URL", max_length=300, blank=True)
    title = models.CharField(max_length=300)
    folder = models.CharField(max_length=500, blank=True)
    description = models.CharField(max_length=1000, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes.")
    visibility = models.CharField(max_length=1, choices=Visibility, default=Visibility.ALL)

    def __str__(self) -> str:
        return self.title
