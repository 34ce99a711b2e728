"""Numbers on the do-not-call list, and senders of what came in, that are shown to nobody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("telephony", "0012_longest_texts")]
    operations = [
        migrations.AddField(
            "donotcall",
            "sealed",
            models.BooleanField(
                db_default=False,
                editable=False,
                help_text="Known from a sealed contact alone: obeyed, and shown to nobody.",
            ),
        ),
        migrations.AddIndex(
            "donotcall",
            models.Index(condition=models.Q(("sealed", True)), fields=["number"], name="do_not_call_sealed"),
        ),
        migrations.AddField(
            "arrival",
            "sealed",
            models.BooleanField(
                db_default=False,
                editable=False,
                help_text="It is from a sealed contact: the source is shown to nobody.",
            ),
        ),
    ]
