"""Leave room on the pages of the busy tables, so that an update stays on its page and touches no index."""

from django.db import migrations

BUSY = ("telephony_transmission", "telephony_spool")


class Migration(migrations.Migration):
    dependencies = [("telephony", "0001_initial")]

    operations = [
        migrations.RunSQL(f"ALTER TABLE {table} SET (fillfactor = 70)", f"ALTER TABLE {table} RESET (fillfactor)")
        for table in BUSY
    ]
