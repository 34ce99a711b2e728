"""Far ends of real calls: SIPp processes that answer, refuse, press keys, sign in and call, by scenarios made here."""

import re
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from tests.support.far_ends import FarEnd

SIPP = shutil.which("sipp")
Process = subprocess.Popen[bytes]
REFUSALS = {"USER_BUSY": "486 Busy Here", "UNALLOCATED_NUMBER": "404 Not Found", "CALL_REJECTED": "603 Decline"}
SOUND = """v=0
o=far 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
"""
KEYS, KEY_PAYLOAD = "0123456789*#", 101  # RFC 4733
FRAME_SECONDS, FRAME = 0.02, 160  # of 8,000 samples a second
SOUNDS = b"\xff" * FRAME, (b"\x90" * 10 + b"\x10" * 10) * 8  # silence, and a tone of 400 Hz (G.711 µ-law)
CAPTURE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)  # how a capture of an Ethernet begins
VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]"
CONTACT = "Contact: <sip:far@[local_ip]:[local_port]>"
COMMON = "Call-ID: [call_id]\nMax-Forwards: 70"
TAG = ";tag=[call_number]"
INVITED = """<recv request="INVITE"><action>
<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="contact"/>
</action></recv>
"""
END = '<label id="end"/>\n<timewait milliseconds="100"/>'


class Phones:
    """Everybody who can be called at one port; `rang` lists the numbers as they were called, one entry a call."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: Process | None = None

    def ring_at(self, people: Mapping[str, FarEnd]) -> None:
        """Be these people from now on; whoever is not among them answers."""
        self.stop()
        scenario = write(self.folder, "far_ends", _far_ends(people))
        for at, keys in {each for far in people.values() for each in enumerate(far.keys)}:
            (self.folder / _file_of(at, keys)).write_bytes(pressed(keys, begins=10.0 * (at + 1)))
        for words in {far.says for far in people.values() if far.says}:
            (self.folder / _file_of_words(words)).write_bytes(said(words))
        self.process = run(self.folder, self.port, "-sf", scenario, "-trace_logs", "-log_file", self.folder / "rang")

    def stop(self) -> None:
        """Be gone, calls and all. Safe to repeat."""
        if self.process:
            end(self.process)
            self.process = None

    @property
    def rang(self) -> list[str]:
        log = self.folder / "rang"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.split(" ")[1] for line in lines if line.startswith("rang ")]


def register(folder: Path, *, switch: tuple[str, int], user: str, password: str, contact: int) -> None:
    """Sign a telephone in at a switch; it will be called at the port `contact`."""
    head = f"""REGISTER sip:{switch[0]} SIP/2.0
{VIA}
From: <sip:{user}@{switch[0]}>{TAG}
To: <sip:{user}@{switch[0]}>
{COMMON}
CSeq: [cseq] REGISTER
Contact: <sip:{user}@[local_ip]:{contact}>
Expires: 300"""
    signed = _text(f"{head}\n[authentication username={user} password={password}]")
    steps = f"""<send retrans="500">{_text(head)}</send>
<recv response="401" auth="true"/>
<send retrans="500">{signed}</send>
<recv response="200"/>"""
    scenario = write(folder, "register", steps)
    process = run(folder, free_port(), "-sf", scenario, "-m", "1", "-timeout", "10", f"{switch[0]}:{switch[1]}")
    try:
        status = process.wait(15)
    finally:
        end(process)
    assert status == 0, (folder / "sipp.out").read_text(errors="replace")[-2000:]


def answer_at(folder: Path, port: int) -> Process:
    """Be a telephone that answers whatever rings there, and hangs up a second later."""
    steps = f"{INVITED}{_branch(FarEnd(stays=1.0))}{END}"
    return run(folder, port, "-sf", write(folder, f"answer_at_{port}", steps))


def call(folder: Path, *, switch: tuple[str, int], number: str, source: str, password: str = "") -> Process:
    """Call a number of a switch and listen until the other side hangs up or refuses; the process ends with the call.

    With a password `source` is an extension of the switch.
    """
    here = switch[0] if password else "[local_ip]:[local_port]"

    def request(method: str, cseq: int, to: str = "", body: str = "", more: str = "") -> str:
        return _text(
            f"{method} sip:{number}@[remote_ip]:[remote_port] SIP/2.0\n{VIA}\n"
            f"From: <sip:{source}@{here}>{TAG}\nTo: <sip:{number}@[remote_ip]:[remote_port]>{to}\n"
            f"{COMMON}\nCSeq: {cseq} {method}\n{CONTACT}{more}",
            body=body,
        )

    early = "".join(f'<recv response="{status}" optional="true"/>\n' for status in (100, 180, 183))
    refused = "".join(
        f'<recv response="{status}" optional="true" next="refused"/>\n' for status in (404, 480, 486, 603)
    )
    last, asked = 1, ""
    if password:
        sign = f"\n[authentication username={source} password={password}]"
        last, asked = (
            2,
            f"""<recv response="407" auth="true"/>
<send>{request("ACK", 1, "[peer_tag_param]")}</send>
<send retrans="500">{request("INVITE", 2, body=SOUND, more=sign)}</send>
""",
        )
    ack = request("ACK", last, "[peer_tag_param]")
    steps = f"""<send retrans="500">{request("INVITE", 1, body=SOUND)}</send>
{'<recv response="100" optional="true"/>' if password else ""}
{asked}{early}{refused}<recv response="200"/>
<send>{ack}</send>
<recv request="BYE"/>
<send next="end">{_answer("200 OK", tagged=True)}</send>
<label id="refused"/>
<send>{ack}</send>
{END}"""
    return run(folder, free_port(), "-sf", write(folder, "call", steps), "-m", "1", f"{switch[0]}:{switch[1]}")


def write(folder: Path, name: str, steps: str) -> Path:
    """Write a scenario; what its steps assign counts as used."""
    path = folder / f"{name}.xml"
    assigned = {each for found in re.findall(r'assign_to="([^"]*)"', steps) for each in found.split(",")}
    used = f'<Reference variables="{",".join(sorted(assigned))}"/>\n' if assigned else ""
    path.write_text(f'<?xml version="1.0"?>\n<scenario name="{name}">\n{steps}\n{used}</scenario>\n')
    return path


def run(folder: Path, port: int, *arguments: object) -> Process:
    """Start SIPp on a port of this machine, and return when it listens there."""
    command = [SIPP, "-i", "127.0.0.1", "-p", port, "-mp", free_port(), "-nostdin", "-trace_err", *arguments]
    with (folder / "sipp.out").open("ab") as out:
        process = subprocess.Popen([str(each) for each in command], cwd=folder, stdout=out, stderr=out)
    until = time.monotonic() + 10
    while _is_free(port) and process.poll() is None:
        assert time.monotonic() < until, "SIPp does not listen"
        time.sleep(0.02)
    return process


def end(process: Process) -> None:
    """End a SIPp and whatever calls it has. Safe to repeat."""
    process.kill()
    process.wait()


def pressed(keys: str, *, begins: float) -> bytes:
    """The sound of keys as SIPp plays it: a capture of RTP packets, each key held for a tenth of a second.

    `begins` is when in the call, in seconds: what is no newer than the last, the other side takes for a repetition.
    """
    packets = []
    for at, key in enumerate(keys):
        for frame in range(8):
            since = at * 0.3 + frame * FRAME_SECONDS
            mark, let_go = (0x80 if frame == 0 else 0), (0x80 if frame >= 5 else 0)
            sequence, timestamp = int((begins + since) / FRAME_SECONDS), int((begins + at * 0.3) * 8000)
            head = struct.pack("!BBHII", 0x80, KEY_PAYLOAD | mark, sequence, timestamp, 1)
            event = struct.pack("!BBH", KEYS.index(key), let_go | 10, (min(frame, 5) + 1) * FRAME)
            packets.append(_captured(since, head + event))
    return CAPTURE + b"".join(packets)


def said(words: Sequence[float]) -> bytes:
    """The sound of somebody who says `words` (FarEnd.says), as SIPp plays it: a tone in place of a voice."""
    packets = []
    frames = [sound for at, length in enumerate(words) for sound in [SOUNDS[at % 2]] * round(length / FRAME_SECONDS)]
    for at, sound in enumerate(frames):
        head = struct.pack("!BBHII", 0x80, 0x80 if at == 0 else 0, at, at * FRAME, 1)
        packets.append(_captured(at * FRAME_SECONDS, head + sound))
    return CAPTURE + b"".join(packets)


def _captured(seconds: float, payload: bytes) -> bytes:
    """One UDP packet in a capture of an Ethernet."""
    datagram = struct.pack("!HHHH", 4000, 4000, 8 + len(payload), 0) + payload
    here = bytes([127, 0, 0, 1])
    packet = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, here, here) + datagram
    frame = bytes(12) + b"\x08\x00" + packet
    return struct.pack("<IIII", int(seconds), int(seconds % 1 * 1e6), len(frame), len(frame)) + frame


def _file_of(at: int, keys: str) -> str:
    return f"keys_{at}_{'_'.join(str(KEYS.index(key)) for key in keys)}.pcap"


def free_port() -> int:
    """A UDP port of this machine that nobody uses now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attempt:
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _file_of_words(words: Sequence[float]) -> str:
    return f"says_{'_'.join(f'{length:g}' for length in words)}.pcap"


def _far_ends(people: Mapping[str, FarEnd]) -> str:
    """Calls that come in: the number decides which of the branches is taken."""
    kinds: dict[str, list[str]] = {}
    for number, far in people.items():
        kinds.setdefault(_branch(far), []).append(number)
    chosen = {f"kind{at}": each for at, each in enumerate(kinds.items())}
    tests = "".join(
        f"<ereg regexp={quoteattr(_any_of(numbers))}"
        f' search_in="hdr" header="To:" check_it="false" assign_to="{name},number_{name}"/>\n'
        for name, (_, numbers) in chosen.items()
    )
    jumps = "".join(f'<nop next="{name}" test="{name}"/>\n' for name in chosen)
    branches = "".join(f'<label id="{name}"/>\n{steps}' for name, (steps, _) in chosen.items())
    return f"""<recv request="INVITE"><action>
<ereg regexp="sip:([^@]*)@" search_in="hdr" header="To:" assign_to="whole,number"/>
<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="contact"/>
<ereg regexp="[0-9]+" search_in="hdr" header="CSeq:" assign_to="cseq"/>
{tests}<log message="rang [$number]"/>
</action></recv>
{jumps}{_branch(FarEnd())}{branches}{END}"""


def _any_of(numbers: list[str]) -> str:
    escaped = (number.replace("+", "[+]").replace("*", "[*]") for number in numbers)
    return f"sip:({'|'.join(escaped)})@"


def _branch(far: FarEnd) -> str:
    """What one kind of far end does, once it was called."""
    if far.cause in REFUSALS:
        return f'<send retrans="500">{_answer(REFUSALS[far.cause])}</send>\n<recv request="ACK" next="end"/>\n'
    ringing = f"<send>{_answer('180 Ringing')}</send>\n"
    if far.cause or far.silent:
        return f"""{ringing}<recv request="CANCEL"/>
<send>{_answer("200 OK")}</send>
<send retrans="500">{_answer("487 Request Terminated", cseq="[$cseq] INVITE")}</send>
<recv request="ACK" next="end"/>
"""
    speech = _played(_file_of_words(far.says)) if far.says else ""
    if far.stays is not None:
        return f"{ringing}{_answered(far)}{speech}{_pause(far.stays)}{_hang_up()}"
    keys = "".join(f"{_pause(far.between)}{_played(_file_of(*each))}" for each in enumerate(far.keys))
    over = _answer("200 OK", tagged=True)
    return f'{ringing}{_answered(far)}{speech}{keys}<recv request="BYE"/>\n<send next="end">{over}</send>\n'


def _answered(far: FarEnd) -> str:
    return f"""{_pause(far.rings)}<send retrans="500">{_answer("200 OK", body=SOUND)}</send>
<recv request="ACK"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="called"/>
</action></recv>
"""


def _played(file: str) -> str:
    """Let a capture be heard; the scenario goes on meanwhile."""
    return f'<nop><action><exec play_pcap_audio="{file}"/></action></nop>\n'


def _hang_up() -> str:
    """Who was called hangs up: both ends are swapped in what they send."""
    ends = "From:[$called]\nTo:[$caller]\n[last_Call-ID:]\nCSeq: 1 BYE\nMax-Forwards: 70"
    bye = _text(f"BYE [$contact] SIP/2.0\n{VIA}\n{ends}")
    return f'<send retrans="500">{bye}</send>\n<recv response="200" next="end"/>\n'


def _pause(seconds: float) -> str:
    return f'<pause milliseconds="{int(seconds * 1000)}"/>\n' if seconds else ""


def _answer(status: str, cseq: str = "", body: str = "", *, tagged: bool = False) -> str:
    """An answer to the request that came last; within a call it is tagged already."""
    same = f"[last_Via:]\n[last_From:]\n[last_To:]{'' if tagged else TAG}\n[last_Call-ID:]"
    return _text(f"SIP/2.0 {status}\n{same}\n{f'CSeq: {cseq}' if cseq else '[last_CSeq:]'}\n{CONTACT}", body=body)


def _text(head: str, body: str = "") -> str:
    kind = "Content-Type: application/sdp\n" if body else ""
    return f"<![CDATA[\n\n{head}\n{kind}Content-Length: [len]\n\n{body}\n]]>"
