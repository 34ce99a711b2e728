"""Foreign keys that Django cannot declare: what refers to a row refers to one of its own operator."""

from django.db import migrations

# table, column, table and column referred to
REFERENCES = (
    ("booking", "customer_id", "customer", "id"),
    ("booking", "journey_type_id", "journeytype", "id"),
    ("booking", "vehicle_type_id", "vehicletype", "id"),
    ("journeyleg", "booking_id", "booking", "id"),
    ("bookingtag", "booking_id", "booking", "id"),
    ("bookingtag", "tag_id", "tag", "id"),
    ("contactlog", "booking_id", "booking", "id"),
    ("contactlog", "key_id", "accesskey", "key_id"),
)


def same_operator(table, column, target, target_column):
    name = f"{table}_{column.removesuffix('_id')}_of_operator"
    return migrations.RunSQL(
        f"ALTER TABLE bookings_{table} ADD CONSTRAINT {name} FOREIGN KEY (operator_id, {column})"
        f" REFERENCES bookings_{target} (operator_id, {target_column})",
        f"ALTER TABLE bookings_{table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_initial")]

    operations = [same_operator(*reference) for reference in REFERENCES]
