
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0008_what_came_in'),
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
