"""What people type in the portal."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils import timezone
from django.utils.text import capfirst

from access.zones import zone_names
from coaching.models import AppointmentType, Client, JournalEntry, Metric

CHANGED = (
    "This was changed meanwhile, perhaps in another window. What you wrote is still here and not kept yet: "
    "look at the other window, then press the button once more."
)
# Telephones as people write them. Which of them can be called is telephony's to know.
PHONE = RegexValidator(r"^\+?[0-9 ()./-]{3,20}\Z", "Write a telephone number, such as +44 20 7946 0000.")
ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f]*\Z", "Write this in one line.")
NUMBER = {"max_digits": 20, "decimal_places": 6}


class Comment(forms.Form):
    """Words beside an action."""

    text = forms.CharField(max_length=4000, label="Comment", widget=forms.Textarea(attrs={"rows": 3}))


class Report(forms.Form):
    """The value of a day."""

    date_of = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    value = forms.DecimalField(**NUMBER, label="Value", widget=forms.NumberInput(attrs={"step": "any"}))
    comment = forms.CharField(max_length=1000, required=False)

    def __init__(self, *args: Any, metric: Metric, **kwargs: Any) -> None:
        super().__init__(*args, initial={"date_of": last_day_of(metric)}, **kwargs)
        self.fields["value"].label = capfirst(metric.units) or "Value"


class Unchanged(forms.Form):
    """A form that changes what somebody has seen, and not what was changed meanwhile in another window."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def show(self, *stored: object) -> None:
        """Note what the form shows; what was seen by whoever sent it is compared with that."""
        self.now = hashlib.sha256(repr(stored).encode("utf-8", "replace")).hexdigest()[:16]
        self.initial = {**self.initial, "seen": self.now}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.pop("seen", "") != self.now:
            self.data = self.data.copy()
            self.data["seen"] = self.now
            raise ValidationError(CHANGED)
        return values


class Sheet(Unchanged):
    """A worksheet's questions, a field each."""

    def __init__(self, *args: Any, questions: Mapping[str, str], is_done: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_done = is_done
        self.show(questions)
        self.names = dict(enumerate(questions))
        for at, name in self.names.items():
            self.fields[f"answer{at}"] = forms.CharField(
                max_length=20_000,
                required=False,
                label=name,
                initial=questions[name],
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def clean(self) -> dict[str, Any]:
        if self.is_done:
            raise ValidationError(
                "It was handed in meanwhile. What you wrote here is not kept; copy it if you need it."
            )
        return super().clean()

    def answers(self) -> dict[str, str]:
        """The answers by question."""
        return {name: self.cleaned_data[f"answer{at}"] for at, name in self.names.items()}


class Wish(forms.Form):
    """An appointment that a client asks for."""

    type = forms.ModelChoiceField(AppointmentType.objects.none(), label="What", empty_label=None)
    starts_at = forms.DateTimeField(
        label="When",
        input_formats=["%Y-%m-%dT%H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = forms.CharField(max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, types: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["type"]
        field.queryset = types
        field.label_from_instance = lambda type: f"{type.name} with {type.coach.name}, {type.duration} minutes"


class Entry(forms.ModelForm):
    """A page of the journal."""

    text = forms.CharField(max_length=20_000, label="Write for yourself", widget=forms.Textarea(attrs={"rows": 4}))

    class Meta:
        model = JournalEntry
        fields = ("text",)


class Details(forms.ModelForm):
    """What a client looks after by themselves."""

    time_zone = forms.ChoiceField(choices=[])

    class Meta:
        model = Client
        fields = (
            *("first_name", "last_name", "cell_phone", "home_phone", "work_phone"),
            *("address1", "city", "state", "zip", "country", "time_zone"),
        )
        labels = {"address1": "Address", "zip": "ZIP"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.validators = [*field.validators, ONE_LINE, *([PHONE] if name.endswith("_phone") else [])]
        names = zone_names() | {self.instance.time_zone}
        self.fields["time_zone"].choices = [(name, name.replace("_", " ")) for name in sorted(names)]


def last_day_of(metric: Metric) -> date:
    """The last day that a metric can be reported for by now: this one, or its end."""
    return min(timezone.localdate(), metric.end_date)
