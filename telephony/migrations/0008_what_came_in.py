
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0007_webhooks'),
    ]

    operations = [
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('transmission', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='follow_up', serialize=False, to='telephony.transmission')),
                ('due_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='Arrival',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('gateway_flag', models.PositiveSmallIntegerField(help_text='Kannel 2, mail 4, FreeSWITCH 8.')),
                ('key', models.CharField(help_text='What the carrier knows it by; told again, it is the same.', max_length=128)),
                ('service_flag', models.PositiveSmallIntegerField(choices=[(1, 'voice'), (2, 'fax'), (4, 'SMS'), (8, 'e-mail')])),
                ('context', models.CharField(choices=[('external', 'External'), ('internal', 'Internal')], default='external', max_length=16)),
                ('source', models.CharField(blank=True, max_length=128)),
                ('destination', models.CharField(blank=True, max_length=128)),
                ('text', models.TextField(blank=True, help_text='The text, or the subject of a mail.')),
                ('problem', models.CharField(blank=True, help_text='Why it was refused.', max_length=255)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('program', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arrivals', to='telephony.program')),
                ('transmission', models.OneToOneField(blank=True, help_text='Empty: refused.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arrival', to='telephony.transmission')),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='arrival_at')],
                'constraints': [models.UniqueConstraint(fields=('gateway_flag', 'key'), name='arrival_once')],
            },
        ),
    ]
