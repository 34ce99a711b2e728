import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('coaching', '0004_visits'),
        ('telephony', '0012_longest_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='metric',
            name='reminded',
            field=models.ForeignKey(editable=False, help_text='The last reminder.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='telephony.transmission'),
        ),
    ]
