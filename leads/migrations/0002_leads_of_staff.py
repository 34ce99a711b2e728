
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leads', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='lead',
            name='key',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Empty: brought by staff.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='leads', to='leads.leadkey'),
        ),
    ]
