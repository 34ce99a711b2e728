"""One row of every kind in a practice, for tests that walk over all functions."""

from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from coaching.models import (
    Action,
    ActionProject,
    Agreement,
    AgreementTemplate,
    Answer,
    Appointment,
    AppointmentType,
    Availability,
    Company,
    Course,
    CourseItem,
    Engagement,
    EngagementTemplate,
    Group,
    GroupClient,
    GroupCoach,
    GroupSession,
    Invoice,
    InvoiceLine,
    Metric,
    MetricDatum,
    Offering,
    OfferingCollection,
    OfferingSubmission,
    PairingSpan,
    Participant,
    Payment,
    Personnel,
    Practice,
    Reminder,
    Session,
    Worksheet,
)
from tests.coaching.conftest import make_client, make_coach


def make_world(practice: Practice) -> SimpleNamespace:
    """Everything that a function can be about."""
    owner, now = practice.owner, timezone.now()
    today = now.date()
    coach = make_coach(practice)
    company = Company.objects.create(practice=practice, name="Acme")
    client = make_client(practice, company=company)
    project = ActionProject.objects.create(client=client, name="Spring")
    action = Action.objects.create(client=client, coach=owner, project=project, text="Call mum", due_at=now)
    worksheet = Worksheet.objects.create(client=client, coach=owner, title="Wheel", due_at=now, done_at=now)
    session = Session.objects.create(client=client, coach=owner, title="First", session_at=now, done_at=now)
    Answer.objects.create(worksheet=worksheet, name="weight", value="71.5", number_value="71.5")
    Answer.objects.create(session=session, name="mood", value="=good")
    metric = Metric.objects.create(client=client, name="steps", units="steps", start_date=today, end_date=today)
    MetricDatum.objects.create(metric=metric, date_of=today, value=7000)
    kind = AppointmentType.objects.create(coach=owner, name="Call", duration=45, reminders="L,E,60")
    engagement_template = EngagementTemplate.objects.create(
        practice=practice, name="Ten", allocation=10, duration=90, invoice_amount=100, invoice_count=3
    )
    engagement = Engagement.objects.create(
        practice=practice, client=client, managing_coach=owner, name="Ten", start_date=today, allocation=10
    )
    appointment = Appointment.objects.create(
        coach=owner, client=client, type=kind, engagement=engagement, name="Call", starts_at=now, ends_at=now
    )
    template = AgreementTemplate.objects.create(practice=practice, title="Terms", content="<p>Terms</p>")
    invoice = Invoice.objects.create(
        practice=practice, client=client, number="A1", date_of=today, date_due=today, currency="USD", amount=100
    )
    InvoiceLine.objects.create(invoice=invoice, position=0, item="Package", amount=100)
    offering = Offering.objects.create(practice=practice, coach=owner, slug=f"taster-{client.pk}", name="Taster")
    collection = OfferingCollection.objects.create(practice=practice, slug=f"all-{client.pk}", name="All")
    collection.offerings.add(offering)
    course = Course.objects.create(practice=practice, coach=owner, name="Focus", day_duration=10)
    CourseItem.objects.create(course=course, day=1, time="00:00", kind="action", title="Breathe")
    taken = Course.objects.create(practice=practice, coach=owner, name="Sleep", day_duration=10)
    group = Group.objects.create(practice=practice, coach=owner, name="Early birds", type="open")
    return SimpleNamespace(
        coach=coach,
        owner=owner,
        client=client,
        other_client=make_client(practice),
        company=company,
        personnel=Personnel.objects.create(
            practice=practice, company=company, first_name="Pat", last_name="Person", email="pat@example.com"
        ),
        project=project,
        action=action,
        action_reminder=_reminder(action=action, now=now),
        worksheet=worksheet,
        worksheet_reminder=_reminder(worksheet=worksheet, now=now),
        metric=metric,
        session=session,
        type=kind,
        appointment=appointment,
        template=template,
        agreement=Agreement.objects.create(client=client, template=template, title="Terms", agreed_at=now),
        invoice=invoice,
        payment=Payment.objects.create(invoice=invoice, paid_at=now, amount=40, method="Cash"),
        engagement_template=engagement_template,
        engagement=engagement,
        offering=offering,
        collection=collection,
        submission=OfferingSubmission.objects.create(
            offering=offering, client=client, client_name="Cleo", client_email="cleo@example.com"
        ),
        course=course,
        participant=Participant.objects.create(
            course=taken, client=client, coach=owner, start_date=today, items_from=now, next_at=now
        ),
        group_participant=Participant.objects.create(
            course=taken, group=group, coach=owner, start_date=today, items_from=now
        ),
        taken=taken,
        availability=Availability.objects.create(
            course=taken, client=client, coach=owner, added_on=today, available_from=today
        ),
        group=group,
        pairing=client.pairings.get(),
        span=PairingSpan.objects.get(client=client),
        coach_place=GroupCoach.objects.create(group=group, coach=owner),
        place=GroupClient.objects.create(group=group, client=client),
        group_session=GroupSession.objects.create(group=group, coach=owner, title="Round", session_at=now),
    )


def _reminder(now, **about) -> Reminder:
    return Reminder.objects.create(
        **about, send_to="L", send_method="E", relative_minutes=-60, send_at=now + timedelta(hours=1)
    )
