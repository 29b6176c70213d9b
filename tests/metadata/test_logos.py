"""The logo of a service: what may be one, and what is left of a picture that is."""

import zlib
from base64 import b64encode

import pytest

from metadata.logos import LARGEST, LONGEST, PREFIX, UnfitLogo, logo_of, read_logo
from tests.support.pictures import SIGNATURE, chunk, ihdr, png, rows

PNG = "PNG (Third Edition)"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XXE = b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">&x;</svg>'
PALETTE = chunk(b"PLTE", b"\x14\x50\x8c")
PIXELS, END = chunk(b"IDAT", zlib.compress(rows())), chunk(b"IEND")


def framed(*chunks: bytes) -> bytes:
    return SIGNATURE + b"".join(chunks)


def test_a_picture_is_taken_with_its_size():
    logo = read_logo(png(120, 40))
    assert (logo.width, logo.height, logo.octets) == (120, 40, png(120, 40))
    assert logo_of(logo.text) == logo


@pytest.mark.spec(PNG, "11.2.1")
@pytest.mark.parametrize(
    ("depth", "colour"), [(1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (8, 4), (16, 4), (8, 6), (16, 6)]
)
def test_every_kind_of_pixel_is_taken(depth: int, colour: int):
    assert read_logo(png(17, 19, depth=depth, colour=colour)).width == 17


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_an_indexed_picture_is_taken_with_its_palette(depth: int):
    assert PALETTE in read_logo(png(depth=depth, colour=3, before=PALETTE, fill=b"\0")).octets


@pytest.mark.spec(PNG, "8.2")
def test_an_interlaced_picture_is_taken():
    sizes = [(8, 4), (8, 4), (16, 4), (16, 8), (32, 8), (32, 16), (64, 16)]  # of 64 by 32
    passes = b"".join((b"\0" + b"\xff" * 4 * columns) * lines for columns, lines in sizes)
    sent = framed(ihdr(more=b"\0\0\1"), chunk(b"IDAT", zlib.compress(passes)), END)
    assert read_logo(sent).octets == sent


def test_what_is_no_part_of_the_picture_is_left_out():
    told = (
        chunk(b"tEXt", b"Comment\0<script>")
        + chunk(b"iCCP", b"x\0\0")
        + chunk(b"eXIf", b"x")
        + chunk(b"acTL", b"\0" * 8)
    )
    seen = chunk(b"tRNS", b"\0\0\0\0\0\0")
    kept = read_logo(png(colour=2, before=told + seen, after=b"PK\x03\x04 and a program")).octets
    assert kept == png(colour=2, before=seen)


def test_pixels_in_several_chunks_are_one_stream():
    whole = zlib.compress(rows())
    sent = framed(ihdr(), chunk(b"IDAT", whole[:9]), chunk(b"IDAT", whole[9:]), END)
    assert read_logo(sent).octets == sent


def test_another_picture_has_another_digest():
    assert read_logo(png()).digest != read_logo(png(fill=b"\0\0\0\xff")).digest
    assert len(read_logo(png()).digest) == 32


@pytest.mark.parametrize("side", [16, 512])
def test_the_sides_may_be_as_short_and_as_long_as_said(side: int):
    assert read_logo(png(side, side)).height == side


REFUSED = [
    ("nothing", b"", "not-png"),
    ("SVG with a script", SVG, "not-png"),
    ("SVG with an entity", XXE, "not-png"),
    ("HTML", b"<!doctype html><script>alert(1)</script>", "not-png"),
    ("GIF", b"GIF89a" + b"\0" * 40, "not-png"),
    ("JPEG", b"\xff\xd8\xff\xe0" + b"\0" * 40, "not-png"),
    ("a PNG behind something else", b" " + png(), "not-png"),
    ("too large", png() + b"\0" * LARGEST, "too-large"),
    ("too narrow", png(15, 32), "sides"),
    ("too low", png(32, 15), "sides"),
    ("too wide", png(513, 32), "sides"),
    ("too high", png(32, 513), "sides"),
    ("a bomb by its header", framed(ihdr(2**31 - 1, 2**31 - 1), PIXELS, END), "sides"),
    ("a bomb of pixels", framed(ihdr(), chunk(b"IDAT", zlib.compress(b"\0" * 20_000_000, 9)), END), "damaged"),
    ("signature alone", SIGNATURE, "damaged"),
    ("end alone", framed(END), "damaged"),
    ("header alone", framed(ihdr()), "damaged"),
    ("no end", framed(ihdr(), PIXELS), "damaged"),
    ("no pixels", framed(ihdr(), END), "damaged"),
    ("pixels first", framed(PIXELS, ihdr(), END), "damaged"),
    ("two headers", framed(ihdr(), ihdr(), PIXELS, END), "damaged"),
    ("a short header", framed(chunk(b"IHDR", b"\0" * 12), PIXELS, END), "damaged"),
    ("cut off within a chunk", framed(ihdr(), PIXELS)[:-6], "damaged"),
    ("a length beyond the end", framed(ihdr(), b"\x7f\xff\xff\xffIDAT" + b"\0" * 20), "damaged"),
    ("another checksum", framed(ihdr(), chunk(b"IDAT", zlib.compress(rows()), crc=1), END), "damaged"),
    ("too few pixels", framed(ihdr(), chunk(b"IDAT", zlib.compress(rows()[:-1])), END), "damaged"),
    ("too many pixels", framed(ihdr(), chunk(b"IDAT", zlib.compress(rows() + b"\0")), END), "damaged"),
    ("pixels cut off", framed(ihdr(), chunk(b"IDAT", zlib.compress(rows())[:-5]), END), "damaged"),
    ("pixels that are none", framed(ihdr(), chunk(b"IDAT", b"pixels"), END), "damaged"),
    ("an indexed picture without palette", png(colour=3, fill=b"\0"), "damaged"),
    ("a colour that there is not", framed(ihdr(colour=5), PIXELS, END), "damaged"),
    ("a depth that goes with no such colour", framed(ihdr(depth=4), PIXELS, END), "damaged"),
    ("another compression", framed(ihdr(more=b"\1\0\0"), PIXELS, END), "damaged"),
    ("another filter", framed(ihdr(more=b"\0\1\0"), PIXELS, END), "damaged"),
    ("another interlacing", framed(ihdr(more=b"\0\0\2"), PIXELS, END), "damaged"),
]  # fmt: skip


@pytest.mark.parametrize(("octets", "fault"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_anything_else_is_refused(octets: bytes, fault: str):
    with pytest.raises(UnfitLogo) as refused:
        read_logo(octets)
    assert refused.value.fault == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("https://sp.example/logo.png", "not-png"),
        ("data:image/svg+xml;base64," + b64encode(SVG).decode(), "not-png"),
        (PREFIX + b64encode(SVG).decode(), "not-png"),
        (PREFIX + "not base64!", "damaged"),
        (PREFIX + "A" * LONGEST, "too-large"),
    ],
)
def test_a_text_that_is_no_logo_is_refused(text: str, fault: str):
    with pytest.raises(UnfitLogo) as refused:
        logo_of(text)
    assert refused.value.fault == fault
