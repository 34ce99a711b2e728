"""A mailbox for tests that speaks as much IMAP as a look into it needs."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Stand:
    """Mails by number, which of them are seen, and what was moved where."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.deleted: set[int] = set()
        self.copies: list[tuple[str, int]] = []

    def add(self, raw: bytes) -> None:
        self.mails[len(self.mails) + 1] = raw


@contextmanager
def standing() -> Iterator[Stand]:
    """Runs a stand on a port of its own: `stand.port`."""
    stand = Stand()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            self.say("* OK ready")
            while line := self.rfile.readline().decode().strip():
                tag, _, command = line.partition(" ")
                self.answer(command)
                if command.upper().startswith("LOGIN") and '"right"' not in command and " right" not in command:
                    self.say(f"{tag} NO wrong password")
                else:
                    self.say(f"{tag} OK done")
                if command.upper() == "LOGOUT":
                    return

        def answer(self, command: str) -> None:
            words = command.split(" ")
            match [word.upper() for word in words]:
                case ["CAPABILITY"]:
                    self.say("* CAPABILITY IMAP4rev1")
                case ["SELECT", *_]:
                    self.say(f"* {len(stand.mails)} EXISTS")
                case ["UID", "SEARCH", *_]:
                    unseen = [str(n) for n in stand.mails if n not in stand.seen]
                    self.say(" ".join(["* SEARCH", *unseen]))
                case ["UID", "FETCH", number, "(RFC822.SIZE)"]:
                    self.say(f"* {number} FETCH (UID {number} RFC822.SIZE {len(stand.mails[int(number)])})")
                case ["UID", "FETCH", number, "(BODY.PEEK[])"]:
                    raw = stand.mails[int(number)]
                    self.say(f"* {number} FETCH (UID {number} BODY[] {{{len(raw)}}}")
                    self.wfile.write(raw + b")\r\n")
                case ["UID", "COPY", number, *_]:
                    stand.copies.append((LITERAL.findall(command)[0], int(number)))
                case ["UID", "STORE", number, *_]:
                    stand.seen.add(int(number))
                    if r"\Deleted" in command:
                        stand.deleted.add(int(number))

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    stand.port = server.server_address[1]
    try:
        yield stand
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
