"""Texts that people send back to the loopback carrier."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telephony", "0013_sealed_numbers")]
    operations = [
        migrations.CreateModel(
            name="LoopbackReply",
            fields=[
                (
                    "reference",
                    models.UUIDField(help_text="Of the attempt that is replied to.", primary_key=True, serialize=False),
                ),
                ("sender", models.CharField(max_length=128)),
                ("receiver", models.CharField(max_length=128)),
                ("smsc", models.CharField(max_length=128)),
                ("text", models.TextField()),
                ("due_at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
