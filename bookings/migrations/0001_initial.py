import access.models
import bookings.models.base
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0001_initial'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('telephony', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('quote_id', models.BigIntegerField(editable=False, help_text='The number that partners see.')),
                ('status', models.CharField(choices=[('B', 'booking'), ('Q', 'quote'), ('E', 'enquiry'), ('C', 'cancelled'), ('X', 'completed')], default='B', max_length=1)),
                ('passengers', models.PositiveIntegerField(blank=True, null=True)),
                ('luggage', models.CharField(blank=True, max_length=255)),
                ('notes', models.TextField(blank=True)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('first_pickup_at', models.DateTimeField(editable=False, null=True)),
                ('last_pickup_at', models.DateTimeField(editable=False, null=True)),
                ('journey', models.TextField(db_default='[]', editable=False, help_text='The legs as partners read them, in JSON.')),
            ],
        ),
        migrations.CreateModel(
            name='Customer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('cust_id', models.BigIntegerField(editable=False, help_text='The number that partners see.')),
                ('name', models.CharField(max_length=128)),
                ('phone', models.CharField(blank=True, help_text='As it was given.', max_length=64)),
                ('e164', models.CharField(blank=True, editable=False, max_length=16, null=True)),
                ('email', models.EmailField(blank=True, max_length=128)),
            ],
        ),
        migrations.CreateModel(
            name='JourneyType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(max_length=128)),
                ('folded', bookings.models.base.FoldedField('name', editable=False, max_length=256)),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Operator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, unique=True)),
                ('time_zone', models.CharField(help_text='IANA name; all times that partners see are its own.', max_length=64, validators=[access.models.validate_time_zone])),
                ('default_region', models.CharField(default='GB', help_text='ISO 3166 code of the country that reads numbers in national form.', max_length=2)),
                ('active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='AccessKey',
            fields=[
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='access_key', serialize=False, to='access.apikey')),
                ('phone_codec', models.CharField(choices=[('sealed', 'sealed: only the holder of the key can read phone numbers'), ('ymd', 'ymd: anybody can read phone numbers (legacy)')], help_text='How customerPhone is written.', max_length=8)),
                ('rate_limit', models.PositiveIntegerField(blank=True, help_text='Calls a minute; empty = any number.', null=True, validators=[django.core.validators.MinValueValidator(1)])),
                ('succeeds', models.OneToOneField(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='successor', to='bookings.accesskey')),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='access_keys', to='bookings.operator')),
            ],
        ),
        migrations.CreateModel(
            name='BookingTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('quote_id', models.BigIntegerField(editable=False)),
                ('status', models.CharField(editable=False, max_length=1)),
                ('journey_type_id', models.BigIntegerField(editable=False, null=True)),
                ('vehicle_type_id', models.BigIntegerField(editable=False, null=True)),
                ('first_pickup_at', models.DateTimeField(editable=False, null=True)),
                ('last_pickup_at', models.DateTimeField(editable=False, null=True)),
                ('reach', models.PositiveIntegerField(default=0, editable=False, help_text='Days from first to last, a power of 2.')),
                ('booking', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='booking_tags', to='bookings.booking')),
                ('operator', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator')),
            ],
        ),
        migrations.AddField(
            model_name='booking',
            name='customer',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='bookings.customer'),
        ),
        migrations.CreateModel(
            name='JourneyLeg',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('order', models.PositiveSmallIntegerField(default=1, help_text='Legs may share a number.')),
                ('pickup_date', models.DateField()),
                ('pickup_time', models.TimeField()),
                ('pickup_at', models.DateTimeField(editable=False, help_text='The same moment in UTC.')),
                ('collection_address', models.CharField(blank=True, max_length=255)),
                ('destination_address', models.CharField(blank=True, max_length=255)),
                ('arrival_flight', models.CharField(blank=True, max_length=64)),
                ('arrival_date', models.DateField(blank=True, null=True)),
                ('arrival_time', models.TimeField(blank=True, null=True)),
                ('arrival_airport', models.CharField(blank=True, max_length=128)),
                ('arrival_terminal', models.CharField(blank=True, max_length=64)),
                ('departure_flight', models.CharField(blank=True, max_length=64)),
                ('departure_date', models.DateField(blank=True, null=True)),
                ('departure_time', models.TimeField(blank=True, null=True)),
                ('departure_airport', models.CharField(blank=True, max_length=128)),
                ('departure_terminal', models.CharField(blank=True, max_length=64)),
                ('booking', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='legs', to='bookings.booking')),
                ('operator', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator')),
            ],
            options={
                'ordering': ['order', 'pickup_date', 'pickup_time', 'id'],
            },
        ),
        migrations.AddField(
            model_name='booking',
            name='journey_type',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.journeytype'),
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='membership', to=settings.AUTH_USER_MODEL)),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='bookings.operator')),
            ],
        ),
        migrations.AddField(
            model_name='journeytype',
            name='operator',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator'),
        ),
        migrations.CreateModel(
            name='JourneyLegEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('order', models.PositiveSmallIntegerField(default=1, help_text='Legs may share a number.')),
                ('pickup_date', models.DateField()),
                ('pickup_time', models.TimeField()),
                ('collection_address', models.CharField(blank=True, max_length=255)),
                ('destination_address', models.CharField(blank=True, max_length=255)),
                ('arrival_flight', models.CharField(blank=True, max_length=64)),
                ('arrival_date', models.DateField(blank=True, null=True)),
                ('arrival_time', models.TimeField(blank=True, null=True)),
                ('arrival_airport', models.CharField(blank=True, max_length=128)),
                ('arrival_terminal', models.CharField(blank=True, max_length=64)),
                ('departure_flight', models.CharField(blank=True, max_length=64)),
                ('departure_date', models.DateField(blank=True, null=True)),
                ('departure_time', models.TimeField(blank=True, null=True)),
                ('departure_airport', models.CharField(blank=True, max_length=128)),
                ('departure_terminal', models.CharField(blank=True, max_length=64)),
                ('booking', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.booking')),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.journeyleg')),
                ('operator', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.operator')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CustomerEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('cust_id', models.BigIntegerField(editable=False, help_text='The number that partners see.')),
                ('name', models.CharField(max_length=128)),
                ('phone', models.CharField(blank=True, help_text='As it was given.', max_length=64)),
                ('email', models.EmailField(blank=True, max_length=128)),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.customer')),
                ('operator', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.operator')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='customer',
            name='operator',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator'),
        ),
        migrations.CreateModel(
            name='ContactLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('operation', models.CharField(help_text='Such as `AI Verification`.', max_length=128)),
                ('called_at', models.DateTimeField()),
                ('note', models.TextField(blank=True)),
                ('transcript', models.TextField(blank=True)),
                ('booking', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='contact_logs', to='bookings.booking')),
                ('key', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='bookings.accesskey')),
                ('transmission', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='contact_logs', to='telephony.transmission')),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('operator', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator')),
            ],
            options={
                'ordering': ['-called_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='booking',
            name='operator',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator'),
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(max_length=128)),
                ('folded', bookings.models.base.FoldedField('name', editable=False, max_length=256)),
                ('tag_id', models.BigIntegerField(editable=False, help_text='The number that partners see.')),
                ('operator', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator')),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='BookingTagEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('booking', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.booking')),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.bookingtag')),
                ('operator', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.operator')),
                ('tag', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.tag')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='bookingtag',
            name='tag',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.tag'),
        ),
        migrations.AddField(
            model_name='booking',
            name='tags',
            field=models.ManyToManyField(related_name='bookings', through='bookings.BookingTag', to='bookings.tag'),
        ),
        migrations.CreateModel(
            name='VehicleType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('name', models.CharField(max_length=128)),
                ('folded', bookings.models.base.FoldedField('name', editable=False, max_length=256)),
                ('category', models.CharField(blank=True, max_length=128)),
                ('folded_category', bookings.models.base.FoldedField('category', blank=True, editable=False, max_length=256)),
                ('operator', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='bookings.operator')),
            ],
            options={
                'ordering': ['name'],
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='BookingEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('quote_id', models.BigIntegerField(editable=False, help_text='The number that partners see.')),
                ('status', models.CharField(choices=[('B', 'booking'), ('Q', 'quote'), ('E', 'enquiry'), ('C', 'cancelled'), ('X', 'completed')], default='B', max_length=1)),
                ('passengers', models.PositiveIntegerField(blank=True, null=True)),
                ('luggage', models.CharField(blank=True, max_length=255)),
                ('notes', models.TextField(blank=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='bookings.booking')),
                ('customer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.customer')),
                ('journey_type', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.journeytype')),
                ('operator', models.ForeignKey(db_constraint=False, db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.operator')),
                ('vehicle_type', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='bookings.vehicletype')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='booking',
            name='vehicle_type',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='bookings.vehicletype'),
        ),
        migrations.AddConstraint(
            model_name='journeytype',
            constraint=models.UniqueConstraint(fields=('operator', 'id'), name='journey_type_of_operator'),
        ),
        migrations.AddConstraint(
            model_name='journeytype',
            constraint=models.UniqueConstraint(fields=('operator', 'folded'), name='journey_type_name_once', violation_error_message='name is taken'),
        ),
        migrations.AddIndex(
            model_name='journeyleg',
            index=models.Index(fields=['booking', 'operator', 'pickup_at'], name='leg_of_booking'),
        ),
        migrations.AddConstraint(
            model_name='journeyleg',
            constraint=models.CheckConstraint(condition=models.Q(('pickup_date__year__gte', 1900), ('pickup_date__year__lte', 2999)), name='leg_pickup_in_calendar'),
        ),
        migrations.AddConstraint(
            model_name='journeyleg',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('arrival_date__isnull', True), ('arrival_time__isnull', True)), models.Q(('arrival_date__isnull', False), ('arrival_time__isnull', False)), _connector='OR'), name='leg_arrival_date_with_time'),
        ),
        migrations.AddConstraint(
            model_name='journeyleg',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('departure_date__isnull', True), ('departure_time__isnull', True)), models.Q(('departure_date__isnull', False), ('departure_time__isnull', False)), _connector='OR'), name='leg_departure_date_with_time'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journeyleg',
            trigger=pgtrigger.compiler.Trigger(name='booking_follows_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='UPDATE bookings_booking b SET first_pickup_at = legs.first, last_pickup_at = legs.last, journey = coalesce(legs.journey, \'[]\') FROM ( SELECT c.operator_id, c.booking_id, min(l.pickup_at) AS first, max(l.pickup_at) AS last, json_agg( json_build_object( \'journeyOrder\', l."order"::text, \'pickupDate\', to_char(l.pickup_date, \'YYYY-MM-DD\'), \'pickupTime\', to_char(l.pickup_time, \'HH24:MI:SS\'), \'collectionAddress\', l.collection_address, \'destinationAddress\', l.destination_address, \'flightDetails\', CASE WHEN concat(l.arrival_flight, l.arrival_date, l.arrival_airport, l.arrival_terminal, l.departure_flight, l.departure_date, l.departure_airport, l.departure_terminal) = \'\' THEN to_json(\'No Flight Details\'::text) ELSE json_build_object( \'flightArrival\', l.arrival_flight, \'flightArrivalTime\', coalesce(to_char(l.arrival_date + l.arrival_time, \'YYYY-MM-DD HH24:MI:SS\'), \'0000-00-00 00:00:00\'), \'airportArrival\', l.arrival_airport, \'terminalArrival\', l.arrival_terminal, \'flightDeparture\', l.departure_flight, \'flightDepartureTime\', coalesce(to_char(l.departure_date + l.departure_time, \'YYYY-MM-DD HH24:MI:SS\'), \'0000-00-00 00:00:00\'), \'airportDeparture\', l.departure_airport, \'terminalDeparture\', l.departure_terminal) END) ORDER BY l."order", l.pickup_date, l.pickup_time, l.id) FILTER (WHERE l.id IS NOT NULL)::text AS journey FROM (SELECT DISTINCT operator_id, booking_id FROM changed) c LEFT JOIN bookings_journeyleg l ON l.booking_id = c.booking_id AND l.operator_id = c.operator_id GROUP BY c.operator_id, c.booking_id ) legs WHERE b.operator_id = legs.operator_id AND b.id = legs.booking_id; RETURN NULL;', hash='04dc0ad88dfc5297a6c806485e8d1567129cc40a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_booking_follows_insert_6a7d8', referencing='REFERENCING NEW TABLE AS changed ', table='bookings_journeyleg', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journeyleg',
            trigger=pgtrigger.compiler.Trigger(name='booking_follows_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='UPDATE bookings_booking b SET first_pickup_at = legs.first, last_pickup_at = legs.last, journey = coalesce(legs.journey, \'[]\') FROM ( SELECT c.operator_id, c.booking_id, min(l.pickup_at) AS first, max(l.pickup_at) AS last, json_agg( json_build_object( \'journeyOrder\', l."order"::text, \'pickupDate\', to_char(l.pickup_date, \'YYYY-MM-DD\'), \'pickupTime\', to_char(l.pickup_time, \'HH24:MI:SS\'), \'collectionAddress\', l.collection_address, \'destinationAddress\', l.destination_address, \'flightDetails\', CASE WHEN concat(l.arrival_flight, l.arrival_date, l.arrival_airport, l.arrival_terminal, l.departure_flight, l.departure_date, l.departure_airport, l.departure_terminal) = \'\' THEN to_json(\'No Flight Details\'::text) ELSE json_build_object( \'flightArrival\', l.arrival_flight, \'flightArrivalTime\', coalesce(to_char(l.arrival_date + l.arrival_time, \'YYYY-MM-DD HH24:MI:SS\'), \'0000-00-00 00:00:00\'), \'airportArrival\', l.arrival_airport, \'terminalArrival\', l.arrival_terminal, \'flightDeparture\', l.departure_flight, \'flightDepartureTime\', coalesce(to_char(l.departure_date + l.departure_time, \'YYYY-MM-DD HH24:MI:SS\'), \'0000-00-00 00:00:00\'), \'airportDeparture\', l.departure_airport, \'terminalDeparture\', l.departure_terminal) END) ORDER BY l."order", l.pickup_date, l.pickup_time, l.id) FILTER (WHERE l.id IS NOT NULL)::text AS journey FROM (SELECT DISTINCT operator_id, booking_id FROM changed) c LEFT JOIN bookings_journeyleg l ON l.booking_id = c.booking_id AND l.operator_id = c.operator_id GROUP BY c.operator_id, c.booking_id ) legs WHERE b.operator_id = legs.operator_id AND b.id = legs.booking_id; RETURN NULL;', hash='343ca304624edbc48cd952977c7ef6883c26d780', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_booking_follows_update_843c1', referencing='REFERENCING NEW TABLE AS changed ', table='bookings_journeyleg', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journeyleg',
            trigger=pgtrigger.compiler.Trigger(name='booking_follows_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='UPDATE bookings_booking b SET first_pickup_at = legs.first, last_pickup_at = legs.last, journey = coalesce(legs.journey, \'[]\') FROM ( SELECT c.operator_id, c.booking_id, min(l.pickup_at) AS first, max(l.pickup_at) AS last, json_agg( json_build_object( \'journeyOrder\', l."order"::text, \'pickupDate\', to_char(l.pickup_date, \'YYYY-MM-DD\'), \'pickupTime\', to_char(l.pickup_time, \'HH24:MI:SS\'), \'collectionAddress\', l.collection_address, \'destinationAddress\', l.destination_address, \'flightDetails\', CASE WHEN concat(l.arrival_flight, l.arrival_date, l.arrival_airport, l.arrival_terminal, l.departure_flight, l.departure_date, l.departure_airport, l.departure_terminal) = \'\' THEN to_json(\'No Flight Details\'::text) ELSE json_build_object( \'flightArrival\', l.arrival_flight, \'flightArrivalTime\', coalesce(to_char(l.arrival_date + l.arrival_time, \'YYYY-MM-DD HH24:MI:SS\'), \'0000-00-00 00:00:00\'), \'airportArrival\', l.arrival_airport, \'terminalArrival\', l.arrival_terminal, \'flightDeparture\', l.departure_flight, \'flightDepartureTime\', coalesce(to_char(l.departure_date + l.departure_time, \'YYYY-MM-DD HH24:MI:SS\'), \'0000-00-00 00:00:00\'), \'airportDeparture\', l.departure_airport, \'terminalDeparture\', l.departure_terminal) END) ORDER BY l."order", l.pickup_date, l.pickup_time, l.id) FILTER (WHERE l.id IS NOT NULL)::text AS journey FROM (SELECT DISTINCT operator_id, booking_id FROM changed) c LEFT JOIN bookings_journeyleg l ON l.booking_id = c.booking_id AND l.operator_id = c.operator_id GROUP BY c.operator_id, c.booking_id ) legs WHERE b.operator_id = legs.operator_id AND b.id = legs.booking_id; RETURN NULL;', hash='4ddc09103e3bdf6eb6ea451f799674d431ffc2f1', level='STATEMENT', operation='DELETE', pgid='pgtrigger_booking_follows_delete_3908e', referencing='REFERENCING OLD TABLE AS changed ', table='bookings_journeyleg', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journeyleg',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_journeylegevent" ("arrival_airport", "arrival_date", "arrival_flight", "arrival_terminal", "arrival_time", "booking_id", "collection_address", "departure_airport", "departure_date", "departure_flight", "departure_terminal", "departure_time", "destination_address", "id", "operator_id", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pickup_date", "pickup_time") SELECT new_values."arrival_airport", new_values."arrival_date", new_values."arrival_flight", new_values."arrival_terminal", new_values."arrival_time", new_values."booking_id", new_values."collection_address", new_values."departure_airport", new_values."departure_date", new_values."departure_flight", new_values."departure_terminal", new_values."departure_time", new_values."destination_address", new_values."id", new_values."operator_id", new_values."order", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."pickup_date", new_values."pickup_time" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='de7a978deee94b2bc9aaa4c49d3489b5f2d3666d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_cdfbb', referencing='REFERENCING NEW TABLE AS new_values ', table='bookings_journeyleg', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journeyleg',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_journeylegevent" ("arrival_airport", "arrival_date", "arrival_flight", "arrival_terminal", "arrival_time", "booking_id", "collection_address", "departure_airport", "departure_date", "departure_flight", "departure_terminal", "departure_time", "destination_address", "id", "operator_id", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pickup_date", "pickup_time") SELECT new_values."arrival_airport", new_values."arrival_date", new_values."arrival_flight", new_values."arrival_terminal", new_values."arrival_time", new_values."booking_id", new_values."collection_address", new_values."departure_airport", new_values."departure_date", new_values."departure_flight", new_values."departure_terminal", new_values."departure_time", new_values."destination_address", new_values."id", new_values."operator_id", new_values."order", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."pickup_date", new_values."pickup_time" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."arrival_airport" IS DISTINCT FROM (new_values."arrival_airport") OR old_values."arrival_date" IS DISTINCT FROM (new_values."arrival_date") OR old_values."arrival_flight" IS DISTINCT FROM (new_values."arrival_flight") OR old_values."arrival_terminal" IS DISTINCT FROM (new_values."arrival_terminal") OR old_values."arrival_time" IS DISTINCT FROM (new_values."arrival_time") OR old_values."booking_id" IS DISTINCT FROM (new_values."booking_id") OR old_values."collection_address" IS DISTINCT FROM (new_values."collection_address") OR old_values."departure_airport" IS DISTINCT FROM (new_values."departure_airport") OR old_values."departure_date" IS DISTINCT FROM (new_values."departure_date") OR old_values."departure_flight" IS DISTINCT FROM (new_values."departure_flight") OR old_values."departure_terminal" IS DISTINCT FROM (new_values."departure_terminal") OR old_values."departure_time" IS DISTINCT FROM (new_values."departure_time") OR old_values."destination_address" IS DISTINCT FROM (new_values."destination_address") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."operator_id" IS DISTINCT FROM (new_values."operator_id") OR old_values."order" IS DISTINCT FROM (new_values."order") OR old_values."pickup_date" IS DISTINCT FROM (new_values."pickup_date") OR old_values."pickup_time" IS DISTINCT FROM (new_values."pickup_time")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c14428005eb6d20f594b21c742d964b3b0a37c35', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_bc5d2', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='bookings_journeyleg', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='journeyleg',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_journeylegevent" ("arrival_airport", "arrival_date", "arrival_flight", "arrival_terminal", "arrival_time", "booking_id", "collection_address", "departure_airport", "departure_date", "departure_flight", "departure_terminal", "departure_time", "destination_address", "id", "operator_id", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "pickup_date", "pickup_time") SELECT old_values."arrival_airport", old_values."arrival_date", old_values."arrival_flight", old_values."arrival_terminal", old_values."arrival_time", old_values."booking_id", old_values."collection_address", old_values."departure_airport", old_values."departure_date", old_values."departure_flight", old_values."departure_terminal", old_values."departure_time", old_values."destination_address", old_values."id", old_values."operator_id", old_values."order", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."pickup_date", old_values."pickup_time" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8c07bd701bf6506d4e53e5f66c30ba320864c044', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_9ca91', referencing='REFERENCING OLD TABLE AS old_values ', table='bookings_journeyleg', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='customer',
            index=models.Index(fields=['operator', 'e164'], name='customer_phone'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(fields=('operator', 'id'), name='customer_of_operator'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.UniqueConstraint(fields=('operator', 'cust_id'), name='customer_number_once', violation_error_message='cust_id is taken'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customer',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_customerevent" ("cust_id", "email", "id", "name", "operator_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone") SELECT new_values."cust_id", new_values."email", new_values."id", new_values."name", new_values."operator_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."phone" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='6f5f025e85d29ff99a060ee13db5ba80b8c77818', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_5d03b', referencing='REFERENCING NEW TABLE AS new_values ', table='bookings_customer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customer',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_customerevent" ("cust_id", "email", "id", "name", "operator_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone") SELECT new_values."cust_id", new_values."email", new_values."id", new_values."name", new_values."operator_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."phone" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."cust_id" IS DISTINCT FROM (new_values."cust_id") OR old_values."email" IS DISTINCT FROM (new_values."email") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."operator_id" IS DISTINCT FROM (new_values."operator_id") OR old_values."phone" IS DISTINCT FROM (new_values."phone")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='4902d56a45478ee60bf48d02721178d5dc8bc3eb', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_ec91d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='bookings_customer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='customer',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_customerevent" ("cust_id", "email", "id", "name", "operator_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone") SELECT old_values."cust_id", old_values."email", old_values."id", old_values."name", old_values."operator_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."phone" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='624e20cda220d4b38f64777aa24769b578cab81c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_cab72', referencing='REFERENCING OLD TABLE AS old_values ', table='bookings_customer', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='contactlog',
            index=models.Index(fields=['booking', 'operator', 'called_at'], name='contact_log_of_booking'),
        ),
        migrations.AddConstraint(
            model_name='accesskey',
            constraint=models.UniqueConstraint(fields=('operator', 'key'), name='access_key_of_operator'),
        ),
        migrations.AddConstraint(
            model_name='accesskey',
            constraint=models.CheckConstraint(condition=models.Q(('rate_limit', 0), _negated=True), name='access_key_allows_some_calls'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(fields=('operator', 'id'), name='tag_of_operator'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(fields=('operator', 'tag_id'), name='tag_number_once', violation_error_message='tag_id is taken'),
        ),
        migrations.AddConstraint(
            model_name='tag',
            constraint=models.UniqueConstraint(fields=('operator', 'folded'), name='tag_name_once', violation_error_message='name is taken'),
        ),
        migrations.AddIndex(
            model_name='bookingtag',
            index=models.Index(fields=['operator', 'tag', 'status', 'first_pickup_at', 'quote_id'], include=('booking',), name='booking_tag_search'),
        ),
        migrations.AddIndex(
            model_name='bookingtag',
            index=models.Index(fields=['operator', 'tag', 'status', 'journey_type_id', 'first_pickup_at', 'quote_id'], include=('booking', 'vehicle_type_id'), name='booking_tag_search_journey'),
        ),
        migrations.AddIndex(
            model_name='bookingtag',
            index=models.Index(fields=['operator', 'tag', 'status', 'vehicle_type_id', 'first_pickup_at', 'quote_id'], include=('booking',), name='booking_tag_search_vehicle'),
        ),
        migrations.AddIndex(
            model_name='bookingtag',
            index=models.Index(condition=models.Q(('reach__gt', 0)), fields=['operator', 'tag', 'reach', 'first_pickup_at'], include=('quote_id', 'booking', 'last_pickup_at', 'status', 'journey_type_id', 'vehicle_type_id'), name='booking_tag_search_reach'),
        ),
        migrations.AddConstraint(
            model_name='bookingtag',
            constraint=models.UniqueConstraint(fields=('booking', 'tag', 'operator'), name='booking_tag_once'),
        ),
        migrations.AddConstraint(
            model_name='bookingtag',
            constraint=models.CheckConstraint(condition=models.Q(('reach__lte', 524288)), name='booking_tag_reach_is_searched'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bookingtag',
            trigger=pgtrigger.compiler.Trigger(name='copies_booking', sql=pgtrigger.compiler.UpsertTriggerSql(func='SELECT b.quote_id, b.status, b.journey_type_id, b.vehicle_type_id, b.first_pickup_at, b.last_pickup_at, CASE WHEN b.last_pickup_at > b.first_pickup_at THEN 2 ^ ceil(log(2, greatest(1, ceil(extract(epoch FROM b.last_pickup_at - b.first_pickup_at) / 86400)))) ELSE 0 END::integer INTO NEW.quote_id, NEW.status, NEW.journey_type_id, NEW.vehicle_type_id, NEW.first_pickup_at, NEW.last_pickup_at, NEW.reach FROM bookings_booking b WHERE b.id = NEW.booking_id FOR NO KEY UPDATE; RETURN NEW;', hash='843473d22a8430deced0a9c777218a4e4fcc7c1c', operation='INSERT', pgid='pgtrigger_copies_booking_66300', table='bookings_bookingtag', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bookingtag',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_bookingtagevent" ("booking_id", "id", "operator_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "tag_id") SELECT new_values."booking_id", new_values."id", new_values."operator_id", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."tag_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7cc3070ab841f93b9b79bd602f4db301e80bdf5b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_28d8e', referencing='REFERENCING NEW TABLE AS new_values ', table='bookings_bookingtag', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bookingtag',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_bookingtagevent" ("booking_id", "id", "operator_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "tag_id") SELECT new_values."booking_id", new_values."id", new_values."operator_id", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."tag_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."booking_id" IS DISTINCT FROM (new_values."booking_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."operator_id" IS DISTINCT FROM (new_values."operator_id") OR old_values."tag_id" IS DISTINCT FROM (new_values."tag_id")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='90ecf92172771a769d90f8b31663008a39065468', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_675fd', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='bookings_bookingtag', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='bookingtag',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_bookingtagevent" ("booking_id", "id", "operator_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "tag_id") SELECT old_values."booking_id", old_values."id", old_values."operator_id", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."tag_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='3ca0095bae6104839a52c173cef75826b3c6c8d6', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_6d1b0', referencing='REFERENCING OLD TABLE AS old_values ', table='bookings_bookingtag', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='vehicletype',
            constraint=models.UniqueConstraint(fields=('operator', 'id'), name='vehicle_type_of_operator'),
        ),
        migrations.AddConstraint(
            model_name='vehicletype',
            constraint=models.UniqueConstraint(fields=('operator', 'folded'), name='vehicle_type_name_once', violation_error_message='name is taken'),
        ),
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(fields=['operator', 'first_pickup_at', 'quote_id'], name='booking_pickup'),
        ),
        migrations.AddIndex(
            model_name='booking',
            index=models.Index(fields=['operator', 'customer'], name='booking_customer'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.UniqueConstraint(fields=('operator', 'id'), name='booking_of_operator'),
        ),
        migrations.AddConstraint(
            model_name='booking',
            constraint=models.UniqueConstraint(fields=('operator', 'quote_id'), name='booking_number_once', violation_error_message='quote_id is taken'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='tags_follow', sql=pgtrigger.compiler.UpsertTriggerSql(func='UPDATE bookings_bookingtag t SET quote_id = n.quote_id, status = n.status, journey_type_id = n.journey_type_id, vehicle_type_id = n.vehicle_type_id, first_pickup_at = n.first_pickup_at, last_pickup_at = n.last_pickup_at, reach = CASE WHEN n.last_pickup_at > n.first_pickup_at THEN 2 ^ ceil(log(2, greatest(1, ceil(extract(epoch FROM n.last_pickup_at - n.first_pickup_at) / 86400)))) ELSE 0 END::integer FROM now_row n JOIN before_row o ON o.id = n.id WHERE t.operator_id = n.operator_id AND t.booking_id = n.id AND (n.quote_id, n.status, n.journey_type_id, n.vehicle_type_id, n.first_pickup_at, n.last_pickup_at) IS DISTINCT FROM (o.quote_id, o.status, o.journey_type_id, o.vehicle_type_id, o.first_pickup_at, o.last_pickup_at); RETURN NULL;', hash='82a2afa8f95bf2cb74f525dd4a2b31a8f72e71b2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_tags_follow_c7c92', referencing='REFERENCING OLD TABLE AS before_row  NEW TABLE AS now_row ', table='bookings_booking', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_bookingevent" ("customer_id", "id", "journey_type_id", "luggage", "notes", "operator_id", "passengers", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_id", "status", "vehicle_type_id") SELECT new_values."customer_id", new_values."id", new_values."journey_type_id", new_values."luggage", new_values."notes", new_values."operator_id", new_values."passengers", _pgh_attached_context.value, NOW(), \'insert\', new_values."id", new_values."quote_id", new_values."status", new_values."vehicle_type_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='af76cbfb4c3667ffa995426cb4425a8681934bbf', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_28bb6', referencing='REFERENCING NEW TABLE AS new_values ', table='bookings_booking', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_bookingevent" ("customer_id", "id", "journey_type_id", "luggage", "notes", "operator_id", "passengers", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_id", "status", "vehicle_type_id") SELECT new_values."customer_id", new_values."id", new_values."journey_type_id", new_values."luggage", new_values."notes", new_values."operator_id", new_values."passengers", _pgh_attached_context.value, NOW(), \'update\', new_values."id", new_values."quote_id", new_values."status", new_values."vehicle_type_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."customer_id" IS DISTINCT FROM (new_values."customer_id") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."journey_type_id" IS DISTINCT FROM (new_values."journey_type_id") OR old_values."luggage" IS DISTINCT FROM (new_values."luggage") OR old_values."notes" IS DISTINCT FROM (new_values."notes") OR old_values."operator_id" IS DISTINCT FROM (new_values."operator_id") OR old_values."passengers" IS DISTINCT FROM (new_values."passengers") OR old_values."quote_id" IS DISTINCT FROM (new_values."quote_id") OR old_values."status" IS DISTINCT FROM (new_values."status") OR old_values."vehicle_type_id" IS DISTINCT FROM (new_values."vehicle_type_id")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0eb1a96118b19e7c4cd5eefd10b81937818cccbd', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_d8751', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='bookings_booking', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='booking',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "bookings_bookingevent" ("customer_id", "id", "journey_type_id", "luggage", "notes", "operator_id", "passengers", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "quote_id", "status", "vehicle_type_id") SELECT old_values."customer_id", old_values."id", old_values."journey_type_id", old_values."luggage", old_values."notes", old_values."operator_id", old_values."passengers", _pgh_attached_context.value, NOW(), \'delete\', old_values."id", old_values."quote_id", old_values."status", old_values."vehicle_type_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='e2ba744c2c0504cdd405c217efcc28ab94145fe5', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_0839f', referencing='REFERENCING OLD TABLE AS old_values ', table='bookings_booking', when='AFTER')),
        ),
    ]
