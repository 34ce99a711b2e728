
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('telephony', '0004_standing_campaigns'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='transmission',
            name='content',
            field=models.JSONField(blank=True, editable=False, help_text='A flow of its own, in place of what the program says.', null=True),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(models.F('owner'), django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='contact_email'),
        ),
    ]
