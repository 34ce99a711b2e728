import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# table, column, table referred to: as in 0002, rows of the same operator
REFERENCES = (
    *(("verification", column, "tag") for column in ("tag_id", "confirmed_tag_id", "change_tag_id", "stop_tag_id", "silent_tag_id")),
    ("enquiry", "verification_id", "verification"),
    ("enquiry", "booking_id", "booking"),
)


def same_operator(table, column, target):
    name = f"{table}_{column.removesuffix('_id')}_of_operator"
    return migrations.RunSQL(
        f"ALTER TABLE bookings_{table} ADD CONSTRAINT {name} FOREIGN KEY (operator_id, {column})"
        f" REFERENCES bookings_{target} (operator_id, id)",
        f"ALTER TABLE bookings_{table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('bookings', '0002_same_operator'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('telephony', '0006_loopback_knows_its_provider'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Enquiry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('outcome', models.CharField(blank=True, choices=[('', 'not yet'), ('confirmed', 'confirmed'), ('change', 'wants a change'), ('stop', 'wants no more calls'), ('silent', 'gave no answer')], max_length=16)),
                ('answer', models.CharField(blank=True, help_text='The keys pressed, or the reply.', max_length=255)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'verbose_name_plural': 'enquiries',
            },
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(max_length=128)),
                ('channel', models.CharField(choices=[('voice', 'call: press 1, 2 or 9'), ('sms', 'text message with a reply')], max_length=8)),
                ('first_day', models.DateField(help_text="Of the pickups, the operator's local date.")),
                ('last_day', models.DateField()),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.AddIndex(
            model_name='bookingtagevent',
            index=models.Index(fields=['booking'], name='bookingtagevent_booking'),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('name', config='simple'), name='customer_name_words'),
        ),
        migrations.AddIndex(
            model_name='journeyleg',
            index=models.Index(fields=['operator', 'pickup_at'], name='leg_departure'),
        ),
        migrations.AddIndex(
            model_name='journeyleg',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.search.SearchVector('collection_address', 'destination_address', config='simple'), name='leg_places'),
        ),
        migrations.AddIndex(
            model_name='journeylegevent',
            index=models.Index(fields=['booking'], name='journeylegevent_booking'),
        ),
        migrations.AddField(
            model_name='enquiry',
            name='booking',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='enquiries', to='bookings.booking'),
        ),
        migrations.AddField(
            model_name='enquiry',
            name='contact',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='enquiry', to='telephony.contact'),
        ),
        migrations.AddField(
            model_name='enquiry',
            name='operator',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator'),
        ),
        migrations.AddField(
            model_name='verification',
            name='campaign',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='verification', to='telephony.campaign'),
        ),
        migrations.AddField(
            model_name='verification',
            name='change_tag',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.tag'),
        ),
        migrations.AddField(
            model_name='verification',
            name='confirmed_tag',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.tag'),
        ),
        migrations.AddField(
            model_name='verification',
            name='operator',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator'),
        ),
        migrations.AddField(
            model_name='verification',
            name='silent_tag',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.tag'),
        ),
        migrations.AddField(
            model_name='verification',
            name='started_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='verification',
            name='stop_tag',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.tag'),
        ),
        migrations.AddField(
            model_name='verification',
            name='tag',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.tag'),
        ),
        migrations.AddField(
            model_name='enquiry',
            name='verification',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='enquiries', to='bookings.verification'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.UniqueConstraint(fields=('operator', 'id'), name='verification_of_operator'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='verification_days_in_order'),
        ),
        migrations.AddIndex(
            model_name='enquiry',
            index=models.Index(fields=['booking', 'operator'], name='enquiry_of_booking'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.UniqueConstraint(fields=('verification', 'booking', 'operator'), name='enquiry_once'),
        ),
        migrations.AddConstraint(
            model_name='enquiry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('outcome', '')), models.Q(models.Q(('outcome', ''), _negated=True), models.Q(('ended_at', None), _negated=True)), _connector='OR'), name='enquiry_that_ended_has_an_end'),
        ),
        *(same_operator(*reference) for reference in REFERENCES),
    ]
