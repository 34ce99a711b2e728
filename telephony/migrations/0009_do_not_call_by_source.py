
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0008_what_came_in'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='donotcall',
            index=models.Index(fields=['source', 'number'], name='do_not_call_source'),
        ),
    ]
