import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0002_room_for_updates'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='provider',
            name='type',
            field=models.CharField(choices=[('loopback', 'loopback (sandbox)'), ('smtp', 'SMTP'), ('emailcmd', 'mail command'), ('sip', 'SIP trunk'), ('smpp', 'SMPP'), ('http', 'SMS over HTTP')], max_length=32),
        ),
        migrations.CreateModel(
            name='Dialplan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('application', models.CharField(help_text='Which application receives.', max_length=64)),
                ('gateway_flag', models.PositiveSmallIntegerField(help_text='Kannel 2, mail 4, FreeSWITCH 8.')),
                ('context', models.CharField(choices=[('external', 'External'), ('internal', 'Internal')], max_length=16)),
                ('source', models.CharField(blank=True, help_text='E.164 number or e-mail address; empty = any.', max_length=128)),
                ('destination', models.CharField(blank=True, help_text='E.164 number or e-mail address; empty = any.', max_length=128)),
                ('weight', models.IntegerField(default=0)),
                ('filter_flag', models.PositiveSmallIntegerField(default=0)),
                ('program', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='dialplans', to='telephony.program')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('gateway_flag', 'context', 'source', 'destination'), name='dialplan_pattern_once')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('name', models.CharField(max_length=128)),
                ('description', models.CharField(blank=True, max_length=255)),
                ('type', models.CharField(blank=True, editable=False, help_text='Extension of the file as given.', max_length=8)),
                ('quality', models.CharField(choices=[('basic', 'Basic'), ('standard', 'Standard'), ('fine', 'Fine'), ('super', 'Super'), ('superior', 'Superior'), ('ultra', 'Ultra')], default='standard', max_length=16)),
                ('file', models.FileField(blank=True, editable=False, max_length=255, upload_to='documents')),
                ('pages', models.PositiveIntegerField(default=0, editable=False)),
                ('size_x', models.PositiveIntegerField(blank=True, editable=False, help_text='Points, of the first page.', null=True)),
                ('size_y', models.PositiveIntegerField(blank=True, editable=False, help_text='Points, of the first page.', null=True)),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['owner', 'id'], name='document_owner')],
            },
        ),
        migrations.CreateModel(
            name='Schedule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('updated_at', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now())),
                ('action', models.CharField(choices=[('send', 'Send'), ('start', 'Start'), ('stop', 'Stop')], max_length=16)),
                ('year', models.CharField(default='*', max_length=64)),
                ('month', models.CharField(default='*', max_length=64)),
                ('day', models.CharField(default='*', max_length=64)),
                ('weekday', models.CharField(default='*', help_text='1 Sunday to 7 Saturday.', max_length=64)),
                ('hour', models.CharField(default='*', max_length=64)),
                ('minute', models.CharField(default='*', max_length=64)),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('status', models.PositiveSmallIntegerField(choices=[(0, 'on hold'), (1, 'pending'), (2, 'processed'), (3, 'expired')], default=1)),
                ('is_recurring', models.BooleanField(default=False)),
                ('weight', models.IntegerField(default=0)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('expiry', models.DateTimeField(blank=True, help_text='Not done after this.', null=True)),
                ('last_run_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('response', models.CharField(blank=True, editable=False, help_text='What came of the last run.', max_length=255)),
                ('campaign', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='telephony.campaign')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('transmission', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='schedules', to='telephony.transmission')),
                ('updated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False), ('status', 1)), fields=['due_at'], name='schedule_due'), models.Index(condition=models.Q(('transmission', None), _negated=True), fields=['transmission'], name='schedule_transmission'), models.Index(condition=models.Q(('campaign', None), _negated=True), fields=['campaign'], name='schedule_campaign')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('action', 'send'), ('campaign', None), ('transmission__isnull', False)), models.Q(('action__in', ['start', 'stop']), ('campaign__isnull', False), ('transmission', None)), _connector='OR'), name='schedule_is_about_one_thing')],
            },
        ),
    ]
