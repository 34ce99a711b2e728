"""A Kannel for tests: answers sendsms over real HTTP as the real one does, as strict."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Stand:
    """What came in at sendsms, and what is answered by receiver: a pair of status and words, or `cut`."""

    def __init__(self) -> None:
        self.texts: list[tuple[dict[str, str], bytes]] = []
        self.answers: dict[str, Any] = {}
        self.status = "online 3s"
        self.connections = 0

    def answer(self, headers: dict[str, str], body: bytes) -> Any:
        if (headers.get("x-kannel-username"), headers.get("x-kannel-password")) != ("coachhouse", "right"):
            return 403, "Authorization failed for sendsms"
        receiver = headers.get("x-kannel-to", "")
        if not receiver:
            return 400, "Missing receiver(s) number(s), rejected"
        self.texts.append((headers, body))
        return self.answers.get(receiver, (202, "0: Accepted for delivery"))


@contextmanager
def standing() -> Iterator[Stand]:
    """Runs a stand on a port of its own; `stand.url` is its address."""
    stand = Stand()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            stand.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = stand.answer({name.lower(): value for name, value in self.headers.items()}, body)
            if answer == "cut":
                self.close_connection = True
                return
            self.say(*answer)

        def do_GET(self) -> None:
            smsc = f"<smsc><id>trunk</id><status>{stand.status}</status></smsc>"
            self.say(200, f"<gateway><smscs>{smsc}</smscs></gateway>")

        def say(self, status: int, words: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(words)))
            self._headers_buffer.append(b"\r\n" + words.encode())  # in one piece, as the real one answers
            self.flush_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    stand.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stand
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
