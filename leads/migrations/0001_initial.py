import access.models
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('access', '0003_user_settings'),
        ('telephony', '0004_standing_campaigns'),
    ]

    operations = [
        migrations.CreateModel(
            name='Partner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, unique=True)),
                ('default_region', models.CharField(blank=True, help_text='ISO 3166 code such as GB; reads the numbers of leads of no known type.', max_length=2)),
                ('active', models.BooleanField(default=True, help_text='The keys of an inactive partner are refused.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='CallGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=128, unique=True)),
                ('default_region', models.CharField(blank=True, help_text="ISO 3166 code such as GB; reads numbers in national form. Empty = the installation's.", max_length=2)),
                ('campaign', models.OneToOneField(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='call_group', to='telephony.campaign')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='LeadType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='As partners send it, letter for letter.', max_length=128, unique=True)),
                ('default_region', models.CharField(blank=True, help_text="ISO 3166 code such as GB; reads numbers in national form. Empty = the call group's.", max_length=2)),
                ('time_zone', models.CharField(blank=True, help_text="For numbers that tell none; an IANA name such as Europe/London. Empty = the call group's.", max_length=64, validators=[access.models.validate_time_zone])),
                ('recontact_after', models.PositiveIntegerField(blank=True, help_text='Days after which a number may be dialled again; empty = never.', null=True)),
                ('call_group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='types', to='leads.callgroup')),
                ('partners', models.ManyToManyField(blank=True, help_text='Who may use it; it is unknown to all others.', related_name='types', to='leads.partner')),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='LeadKey',
            fields=[
                ('key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='lead_key', serialize=False, to='access.apikey')),
                ('per_minute', models.PositiveIntegerField(blank=True, help_text='Requests of both kinds; empty = no limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='calls a minute')),
                ('per_day', models.PositiveIntegerField(blank=True, help_text='Leads stored on one day (UTC); empty = no limit.', null=True, validators=[django.core.validators.MinValueValidator(1)], verbose_name='leads a day')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='leads.partner')),
            ],
        ),
        migrations.CreateModel(
            name='Lead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type_name', models.CharField(help_text='As it was given.', max_length=128)),
                ('subtype', models.CharField(blank=True, max_length=128)),
                ('first_name', models.CharField(max_length=64)),
                ('surname', models.CharField(max_length=64)),
                ('email', models.EmailField(max_length=128)),
                ('mobile', models.CharField(help_text='As it was given.', max_length=64)),
                ('e164', models.CharField(blank=True, max_length=16, null=True)),
                ('other_phone', models.CharField(blank=True, help_text='As it was given.', max_length=64)),
                ('other_e164', models.CharField(blank=True, max_length=16, null=True)),
                ('data', models.JSONField(blank=True, null=True)),
                ('delays', models.PositiveIntegerField(default=0, help_text='Seconds.')),
                ('due_at', models.DateTimeField(blank=True, help_text='When the call was asked for; empty: never.', null=True)),
                ('time_zone', models.CharField(blank=True, max_length=64)),
                ('status', models.CharField(choices=[('scheduled', 'Scheduled'), ('dialling', 'Dialling'), ('dialled', 'Dialled'), ('cancelled', 'Cancelled'), ('rejected', 'Rejected')], default='scheduled', max_length=16)),
                ('reason', models.CharField(blank=True, help_text='Why it was rejected.', max_length=255)),
                ('outcome', models.CharField(blank=True, choices=[('answered', 'Answered'), ('busy', 'Busy'), ('no answer', 'No Answer'), ('failed', 'Failed'), ('opted out', 'Opted Out')], help_text='Of the latest attempt.', max_length=16)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('transmission', models.OneToOneField(blank=True, help_text='The call.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lead', to='telephony.transmission')),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='leads.leadkey')),
                ('type', models.ForeignKey(blank=True, db_index=False, help_text='Empty = unknown.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='leads.leadtype')),
                ('partner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='leads.partner')),
            ],
        ),
        migrations.CreateModel(
            name='KeyDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(help_text='UTC.')),
                ('leads', models.PositiveIntegerField(default=0)),
                ('key', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='days', to='leads.leadkey')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('key', 'day'), name='lead_key_day_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='leadkey',
            constraint=models.CheckConstraint(condition=models.Q(('per_minute', None), ('per_minute__gte', 1), _connector='OR'), name='lead_key_has_a_rate'),
        ),
        migrations.AddConstraint(
            model_name='leadkey',
            constraint=models.CheckConstraint(condition=models.Q(('per_day', None), ('per_day__gte', 1), _connector='OR'), name='lead_key_has_a_quota'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(fields=['e164'], name='lead_number'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(fields=['partner', 'id'], name='lead_partner'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(fields=['type', 'id'], name='lead_type'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(condition=models.Q(('status', 'scheduled')), fields=['due_at', 'id'], name='lead_open'),
        ),
        migrations.AddConstraint(
            model_name='lead',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'dialling'), _negated=True), name='lead_dialling_is_not_stored'),
        ),
        migrations.AddConstraint(
            model_name='lead',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('e164__isnull', False), ('transmission__isnull', False), ('type__isnull', False)), models.Q(('status', 'rejected'), ('transmission', None)), _connector='OR'), name='lead_that_is_not_rejected_has_a_call'),
        ),
    ]
