"""Who is called in tests, described once for the switch that stands in and for a real one."""

from dataclasses import dataclass, field


@dataclass
class FarEnd:
    """Somebody who is called. Without `cause` they answer; `hangs_up_on` names the application that they cut off."""

    cause: str = ""
    keys: list[str] = field(default_factory=list)
    between: float = 1.5  # seconds before each of the keys is pressed, where that takes time
    # seconds of silence, of speech, of silence … once they answer; after that their line sends nothing
    says: tuple[float, ...] = ()
    fax_pages: int | None = None  # None: no fax machine
    fax_text: str = "OK"
    hangs_up_on: str = ""
    rings: float = 0.0
    silent: bool = False  # rings for ever, as far as anybody can tell
    listens: float = 0.0  # how long each sound takes, where it takes no time by itself
    stays: float | None = None  # seconds after which they hang up
