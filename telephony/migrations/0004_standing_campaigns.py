import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Campaigns that never end, and news of what was refused without an attempt."""

    dependencies = [("telephony", "0003_documents_schedules_and_dialplans")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="standing",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                help_text="Contacts are added one at a time, and it never ends.",
            ),
        ),
        migrations.AddField(
            model_name="transmission",
            name="deferred_from",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="What it was due at before it was put off.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="undeliveredfinish",
            name="refused",
            field=models.ForeignKey(
                blank=True,
                help_text="What had no attempt.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="telephony.transmission",
            ),
        ),
        migrations.AlterField(
            model_name="undeliveredfinish",
            name="spool",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="telephony.spool",
            ),
        ),
        migrations.AddConstraint(
            model_name="undeliveredfinish",
            constraint=models.CheckConstraint(
                condition=models.Q(spool__isnull=False, refused=None) | models.Q(spool=None, refused__isnull=False),
                name="undelivered_finish_is_of_one",
            ),
        ),
    ]
