import access.zones
import datetime
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models


# Zones that there are not become the practice's, or UTC, so that the constraints hold. May run again.
UNKNOWN = "time_zone NOT IN (SELECT name FROM pg_timezone_names)"
MEND = [
    f"UPDATE coaching_practice SET time_zone = 'UTC' WHERE {UNKNOWN}",
    *(
        f"UPDATE {table} r SET time_zone = p.time_zone FROM coaching_practice p WHERE p.id = r.practice_id AND r.{UNKNOWN}"
        for table in ("coaching_coach", "coaching_client")
    ),
]


class Migration(migrations.Migration):

    dependencies = [
        ('coaching', '0002_missed_reminders_and_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(MEND, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='client',
            name='time_zone',
            field=models.CharField(default='UTC', max_length=64, validators=[access.zones.validate_time_zone]),
        ),
        migrations.AlterField(
            model_name='coach',
            name='time_zone',
            field=models.CharField(default='UTC', max_length=64, validators=[access.zones.validate_time_zone]),
        ),
        migrations.AlterField(
            model_name='practice',
            name='time_zone',
            field=models.CharField(default='UTC', help_text='The API zone: IANA name.', max_length=64, validators=[access.zones.validate_time_zone]),
        ),
        migrations.AddConstraint(
            model_name='client',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.IsNull(models.Func(models.F('time_zone'), models.Value(datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), function='timezone', output_field=models.DateTimeField()), False), name='client_zone_is_known'),
        ),
        migrations.AddConstraint(
            model_name='coach',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.IsNull(models.Func(models.F('time_zone'), models.Value(datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), function='timezone', output_field=models.DateTimeField()), False), name='coach_zone_is_known'),
        ),
        migrations.AddConstraint(
            model_name='practice',
            constraint=models.CheckConstraint(condition=django.db.models.lookups.IsNull(models.Func(models.F('time_zone'), models.Value(datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)), function='timezone', output_field=models.DateTimeField()), False), name='practice_zone_is_known'),
        ),
        migrations.AddIndex(
            model_name='engagement',
            index=models.Index(condition=models.Q(('next_invoice_date__isnull', False)), fields=['next_invoice_date'], name='engagement_billed'),
        ),
    ]
