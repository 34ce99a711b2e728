from django.db import migrations

from access import rights


def make(apps, schema_editor):
    rights.make_presets(apps.get_model("access", "Permission"), apps.get_model("access", "Role"))


class Migration(migrations.Migration):
    dependencies = [("access", "0007_rights_to_bookings")]

    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
