from django.db import migrations

from access import rights


def make(apps, schema_editor):
    """Run rights.make_presets again from a later migration when names are added: it only adds what is missing."""
    rights.make_presets(apps.get_model("access", "Permission"), apps.get_model("access", "Role"))


def remove(apps, schema_editor):
    rights.remove_presets(apps.get_model("access", "Permission"), apps.get_model("access", "Role"))


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]

    operations = [migrations.RunPython(make, remove)]
