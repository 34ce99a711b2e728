"""What people type in the portal."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import capfirst

from access.zones import zone_names
from coaching.models import AppointmentType, Client, JournalEntry, Metric

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


class Sheet(forms.Form):
    """A worksheet's questions, a field each."""

    def __init__(self, *args: Any, questions: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = dict(enumerate(questions))
        for at, name in self.names.items():
            self.fields[f"answer{at}"] = forms.CharField(
                max_length=20_000,
                required=False,
                label=name,
                initial=questions[name],
                widget=forms.Textarea(attrs={"rows": 2}),
            )

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
        names = zone_names() | {self.instance.time_zone}
        self.fields["time_zone"].choices = [(name, name.replace("_", " ")) for name in sorted(names)]


def last_day_of(metric: Metric) -> date:
    """The last day that a metric can be reported for by now: this one, or its end."""
    return min(timezone.localdate(), metric.end_date)
