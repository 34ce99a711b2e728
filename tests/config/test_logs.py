"""What a caller can put into the log."""

import logging

from config.logs import Discreet


class Lines(logging.Handler):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(Discreet("%(levelname)s %(name)s: %(message)s"))
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(self.format(record))


def test_a_strange_host_costs_one_line_of_the_log_that_names_the_setting(client):
    root, lines = logging.getLogger(), Lines()
    root.addHandler(lines)
    try:
        answer = client.get("/health/live", HTTP_HOST="elsewhere.example")
        client.get("/admin/login/", HTTP_HOST="elsewhere.example")
    finally:
        root.removeHandler(lines)

    assert answer.status_code in (200, 400)
    assert lines.kept
    for line in lines.kept:
        assert "'elsewhere.example' to COACHHOUSE_HOSTS" in line
        assert "\n" not in line
