"""What an operator chooses from: tags, journey types, vehicle types."""

from django.db import models

from bookings.models.base import FoldedField, Owned


class Named(Owned):
    """Something that partners ask for by its name."""

    name = models.CharField(max_length=128)
    folded = FoldedField("name")

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(Named):
    """A mark that bookings carry, such as `Verification Needed`."""

    tag_id = models.BigIntegerField(editable=False, help_text="The number that partners see.")

    class Meta(Named.Meta):
        constraints = [
            models.UniqueConstraint(fields=["operator", "id"], name="tag_of_operator"),
            models.UniqueConstraint(
                fields=["operator", "tag_id"], name="tag_number_once", violation_error_message="tag_id is taken"
            ),
            models.UniqueConstraint(
                fields=["operator", "folded"], name="tag_name_once", violation_error_message="name is taken"
            ),
        ]


class JourneyType(Named):
    """A kind of journey, such as `Family Event`."""

    class Meta(Named.Meta):
        constraints = [
            models.UniqueConstraint(fields=["operator", "id"], name="journey_type_of_operator"),
            models.UniqueConstraint(
                fields=["operator", "folded"], name="journey_type_name_once", violation_error_message="name is taken"
            ),
        ]


class VehicleType(Named):
    """A kind of vehicle, such as `25-33 Seat Premium Coach`; searches find it by its category too."""

    category = models.CharField(max_length=128, blank=True)
    folded_category = FoldedField("category", blank=True)

    class Meta(Named.Meta):
        constraints = [
            models.UniqueConstraint(fields=["operator", "id"], name="vehicle_type_of_operator"),
            models.UniqueConstraint(
                fields=["operator", "folded"], name="vehicle_type_name_once", violation_error_message="name is taken"
            ),
        ]
