"""Bodies that come in pieces."""

import io

import pytest

from config import bodies


def echo(environ, start_response):
    start_response("200 OK", [])
    return [environ.get("CONTENT_LENGTH", "none").encode(), b" ", environ["wsgi.input"].read()]


def answer_to(body: bytes, **environ: str) -> tuple[str, bytes]:
    said = []
    pieces = bodies.with_length(echo)(
        {"wsgi.input": io.BytesIO(body), **environ}, lambda status, _: said.append(status)
    )
    return said[0], b"".join(pieces)


@pytest.mark.parametrize("coding", ["chunked", "Chunked", "gzip, chunked"])
def test_a_body_in_pieces_gets_its_length(coding):
    assert answer_to(b"Hello", HTTP_TRANSFER_ENCODING=coding) == ("200 OK", b"5 Hello")
    assert answer_to(b"", HTTP_TRANSFER_ENCODING=coding) == ("200 OK", b"0 ")


def test_a_body_that_says_its_length_is_left_alone():
    assert answer_to(b"Hello", CONTENT_LENGTH="5") == ("200 OK", b"5 Hello")
    assert answer_to(b"Hello", CONTENT_LENGTH="5", HTTP_TRANSFER_ENCODING="chunked") == ("200 OK", b"5 Hello")
    assert answer_to(b"") == ("200 OK", b"none ")


def test_more_than_the_limit_is_refused_and_read_no_further(monkeypatch):
    monkeypatch.setattr(bodies, "LIMIT", 3 * bodies.PIECE)
    source = io.BytesIO(bytes(10 * bodies.PIECE))
    said = []
    environ = {"wsgi.input": source, "HTTP_TRANSFER_ENCODING": "chunked"}

    pieces = bodies.with_length(echo)(environ, lambda status, headers: said.append(status))

    assert said == ["412 Precondition Failed"]
    assert b'"code": 412' in b"".join(pieces)
    assert source.tell() == 4 * bodies.PIECE
