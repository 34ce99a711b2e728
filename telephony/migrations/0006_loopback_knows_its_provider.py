
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0005_content_of_its_own'),
    ]

    operations = [
        migrations.AddField(
            model_name='loopbackcall',
            name='provider_id',
            field=models.BigIntegerField(blank=True, help_text='Whose options say how the far end behaves.', null=True),
        ),
    ]
