
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('coaching', '0001_initial'),
        ('telephony', '0006_loopback_knows_its_provider'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='reminder',
            name='reminder_due',
        ),
        migrations.AddField(
            model_name='reminder',
            name='missed',
            field=models.CharField(blank=True, help_text='Why it did not go out when its time had come.', max_length=200),
        ),
        migrations.AlterField(
            model_name='practice',
            name='appointment_body',
            field=models.TextField(default='Hello [firstName],\n\nyou have an appointment with [coach]:\n\n[appointment]\n[when]\n[location]\n\n[practice]\n'),
        ),
        migrations.AlterField(
            model_name='practice',
            name='client_invite_body',
            field=models.TextField(default='Hello [firstName],\n\n[coach] invites you to work together. Begin here:\n\n[magicLink]\n\n[practice]\n'),
        ),
        migrations.AlterField(
            model_name='practice',
            name='coach_invite_body',
            field=models.TextField(default='Hello [firstName],\n\nyou are invited to coach at [practice]. Begin here:\n\n[magicLink]\n\n[practice]\n'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(condition=models.Q(('missed', ''), ('sent_at', None)), fields=['send_at'], name='reminder_due'),
        ),
    ]
