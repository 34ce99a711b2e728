"""What the workers of coaching have to do."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from coaching.models import (
    Action,
    Client,
    Course,
    CourseItem,
    Engagement,
    EngagementTemplate,
    Metric,
    Participant,
    Practice,
    Reminder,
)


def make_due(practice: Practice, client: Client) -> None:
    """Make one of everything that can come due, a second ago."""
    now, owner = timezone.now(), practice.owner
    today, ago = now.date(), now - timedelta(seconds=1)
    action = Action.objects.create(client=client, coach=owner, text="Run", due_at=now + timedelta(hours=1))
    Reminder.objects.create(action=action, send_to="L", send_method="E", relative_minutes=60, send_at=ago)
    Metric.objects.create(
        client=client,
        name="kg",
        units="kg",
        start_date=today - timedelta(days=9),
        end_date=today + timedelta(days=9),
        has_reminders=True,
        reminder_mode="DS",
        remind_days=3,
        remind_time="00:00",
        remind_at=ago,
    )
    course = Course.objects.create(practice=practice, coach=owner, name="Focus", day_duration=9)
    CourseItem.objects.create(course=course, day=1, time="00:00", kind="message", title="Breathe", content="In, out.")
    zone = ZoneInfo("Europe/Paris")
    Participant.objects.create(
        course=course,
        client=client,
        coach=owner,
        start_date=now.astimezone(zone).date(),
        items_from=now - timedelta(days=2),
        next_at=ago,
    )
    plan = EngagementTemplate.objects.create(practice=practice, name="Ten", allocation=10, invoice_amount=100)
    Engagement.objects.create(
        practice=practice,
        client=client,
        template=plan,
        name="Ten",
        start_date=today,
        next_invoice_date=today,
        invoices_left=1,
    )
