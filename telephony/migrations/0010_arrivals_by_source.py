
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0009_do_not_call_by_source'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='arrival',
            options={'verbose_name': 'arrival'},
        ),
        migrations.AddIndex(
            model_name='arrival',
            index=models.Index(fields=['source'], name='arrival_source'),
        ),
    ]
