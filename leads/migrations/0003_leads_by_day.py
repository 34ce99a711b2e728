
import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0002_leads_of_staff'),
        ('telephony', '0008_what_came_in'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='lead',
            index=django.contrib.postgres.indexes.BrinIndex(autosummarize=True, fields=['created_at'], name='lead_day'),
        ),
    ]
