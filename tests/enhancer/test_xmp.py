# SPDX-License-Identifier: GPL-3.0-or-later
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enhancer import xmp_attached, xmp_upright
from enhancer.xmp import Packet, XmpError

NAMES = (
    'xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:img="http://ns.adobe.com/xap/1.0/g/img/" '
    'xmlns:mwg="http://www.metadataworkinggroup.com/schemas/regions/" '
    'xmlns:dim="http://ns.adobe.com/xap/1.0/sType/Dimensions#" xmlns:area="http://ns.adobe.com/xmp/sType/Area#" '
    'xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#" '
    'xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#" '
    'xmlns:iptc="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
    'xmlns:cam="http://ns.google.com/photos/1.0/camera/" xmlns:hdr="http://ns.adobe.com/hdr-gain-map/1.0/" '
    'xmlns:C="http://ns.google.com/photos/1.0/container/" xmlns:I="http://ns.google.com/photos/1.0/container/item/" '
    'xmlns:GDepth="http://ns.google.com/photos/1.0/depthmap/"'
)
SIZE = (240, 180)


def packet(body: str = "", attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {NAMES} {attributes}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def upright(contents: bytes, orientation: int | None = 6) -> str:
    return xmp_upright.upright(contents, orientation, SIZE).decode()


@pytest.mark.parametrize(
    "contents",
    [
        packet(attributes='tiff:Orientation="6"'),
        packet(attributes="tiff:Orientation='6'"),
        packet("<tiff:Orientation>6</tiff:Orientation>"),
    ],
)
def test_orientation_becomes_upright_only_where_exif_tells_one(contents: bytes) -> None:
    assert upright(contents) == re.sub("(Orientation[=>][\"']?)6", r"\g<1>1", contents.decode())
    assert upright(contents, 1) == upright(contents)
    assert upright(contents, None) == contents.decode(), "GIMP and we turn no picture by XMP, so what it says is true"


def test_nothing_else_changes() -> None:
    odd = packet("<xmp:Label  >\n a &amp; b \u00fc</xmp:Label >", "tiff:ImageWidth = '240' xmp:Rating=\"5\"")
    assert upright(odd, 1) == odd.decode() == upright(odd, None)


def test_sizes_change_places_where_width_and_height_do() -> None:
    body = "<tiff:ImageWidth>240</tiff:ImageWidth><tiff:ImageLength>180</tiff:ImageLength>"
    attributes = (
        'exif:PixelXDimension="240" exif:PixelYDimension="180" tiff:XResolution="300/1" tiff:YResolution="72/1"'
    )
    turned = upright(packet(body, attributes), 8)
    assert "<tiff:ImageWidth>180<" in turned and "<tiff:ImageLength>240<" in turned
    assert 'PixelXDimension="180" exif:PixelYDimension="240" tiff:XResolution="72/1" tiff:YResolution="300/1"' in turned
    assert upright(packet(body, attributes), 3) == packet(body, attributes).decode()


FACES = packet(
    '<mwg:Regions rdf:parseType="Resource"><mwg:AppliedToDimensions dim:w="240" dim:h="180" dim:unit="pixel"/>'
    '<mwg:RegionList><rdf:Bag><rdf:li><rdf:Description mwg:Name="Ann">'
    '<mwg:Area area:x="0.25" area:y="0.30" area:w="0.10" area:h="0.20"/></rdf:Description></rdf:li></rdf:Bag>'
    "</mwg:RegionList></mwg:Regions>"
)


@pytest.mark.parametrize(
    "orientation, x, y, w, h",
    [(1, 0.25, 0.30, 0.10, 0.20), (2, 0.75, 0.3, 0.1, 0.2), (3, 0.75, 0.7, 0.1, 0.2), (4, 0.25, 0.7, 0.1, 0.2),
     (5, 0.3, 0.25, 0.2, 0.1), (6, 0.7, 0.25, 0.2, 0.1), (7, 0.7, 0.75, 0.2, 0.1), (8, 0.3, 0.75, 0.2, 0.1)],
)  # fmt: skip
def test_faces_turn_with_the_pixels(orientation: int, x: float, y: float, w: float, h: float) -> None:
    turned = upright(FACES, orientation)
    found = [float(re.findall(f'area:{name}="([^"]+)"', turned)[0]) for name in "xywh"]
    assert found == pytest.approx([x, y, w, h])
    assert re.findall('dim:.="([^"]+)"', turned) == (["180", "240"] if orientation >= 5 else ["240", "180"])


def test_faces_of_microsoft_and_regions_of_iptc_turn_too() -> None:
    corner = '<rdf:li rdf:parseType="Resource"><iptc:rbX>0.1</iptc:rbX><iptc:rbY>0.2</iptc:rbY></rdf:li>'
    turned = upright(packet(
        "<MP:RegionInfo><rdf:Description><MPRI:Regions><rdf:Bag>"
        "<rdf:li><rdf:Description><MPReg:Rectangle>0.1, 0.2, 0.3, 0.4</MPReg:Rectangle></rdf:Description></rdf:li>"
        '<rdf:li MPReg:Rectangle="0.1,0.2,0.3,0.4" MPReg:PersonDisplayName="x&gt;y"/>'
        "</rdf:Bag></MPRI:Regions></rdf:Description></MP:RegionInfo>"
        '<iptc:ImageRegion><rdf:Bag><rdf:li rdf:parseType="Resource"><iptc:RegionBoundary rdf:parseType="Resource">'
        "<iptc:rbUnit>pixel</iptc:rbUnit><iptc:rbX>24</iptc:rbX><iptc:rbY>18</iptc:rbY><iptc:rbW>48</iptc:rbW>"
        "<iptc:rbH>36</iptc:rbH></iptc:RegionBoundary></rdf:li>"
        '<rdf:li rdf:parseType="Resource"><iptc:RegionBoundary rdf:parseType="Resource">'
        f"<iptc:rbUnit>relative</iptc:rbUnit><iptc:rbVertices><rdf:Seq>{corner}</rdf:Seq></iptc:rbVertices></iptc:RegionBoundary></rdf:li>"
        "</rdf:Bag></iptc:ImageRegion>"
        "<exif:SubjectArea><rdf:Seq><rdf:li>10</rdf:li><rdf:li>20</rdf:li><rdf:li>4</rdf:li><rdf:li>6</rdf:li></rdf:Seq>"
        "</exif:SubjectArea>"
    ))  # fmt: skip
    assert re.findall('Rectangle[>=]"?([^<"]+)', turned) == ["0.4, 0.1, 0.4, 0.3"] * 2
    assert re.findall("<iptc:rb.>([^<]+)", turned) == ["126", "24", "36", "48", "0.8", "0.1"]
    assert re.findall("<rdf:li>([^<]+)", turned) == ["159", "10", "6", "4"]


def test_previews_of_the_unedited_picture_go() -> None:
    preview = '<xmp:Thumbnails><rdf:Alt><rdf:li img:image="abc"/></rdf:Alt></xmp:Thumbnails>'
    assert upright(packet(preview), None) == packet().decode()


def test_utf_16_and_packets_that_are_no_xml() -> None:
    contents = packet(attributes='tiff:Orientation="6"')
    assert upright(contents.decode().encode("utf-16")) == upright(contents)
    broken = contents.replace(b"</rdf:RDF>", b"")
    assert upright(broken) == broken.decode().replace('Orientation="6"', 'Orientation="1"')
    assert upright(broken, None) == broken.decode()


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>" * 10_000,
        b"<a>" + b"<b/>" * 200_000 + b"</a>",
        b"",
        b"\xff\xfe<",
    ],
)
def test_hostile_packets_are_refused_at_once(hostile: bytes) -> None:
    start = time.monotonic()
    with pytest.raises(XmpError):
        Packet(hostile)
    assert time.monotonic() - start < 5


def directory(*items: tuple[str, str]) -> str:
    lines = "".join(
        f'<rdf:li rdf:parseType="Resource"><C:Item I:Mime="{mime}" I:Semantic="{kind}" I:Length="9" I:Padding="7"/>'
        "</rdf:li>"
        for mime, kind in items
    )
    return f"<C:Directory><rdf:Seq>{lines}</rdf:Seq></C:Directory>"


PRIMARY, GAIN, VIDEO = ("image/jpeg", "Primary"), ("image/jpeg", "GainMap"), ("video/mp4", "MotionPhoto")
ALL = packet(
    directory(PRIMARY, GAIN, VIDEO) + "<hdr:GainMapMax>2</hdr:GainMapMax>",
    'hdr:Version="1.0" cam:MotionPhoto="1" cam:MicroVideoOffset="9" xmp:Rating="5" GDepth:Near="1"',
)


def test_what_is_announced() -> None:
    assert xmp_attached.attached(ALL) == ["GainMap", "MotionPhoto"]
    assert xmp_attached.attached(packet()) == [] == xmp_attached.attached(b"junk")
    assert xmp_attached.tells_of(ALL, xmp_attached.GAIN_MAP) and xmp_attached.tells_of(ALL, xmp_attached.VIDEO)
    assert not xmp_attached.tells_of(packet(), xmp_attached.GAIN_MAP), "names that are declared say nothing"


def test_only_what_is_kept_is_announced() -> None:
    video = xmp_attached.announce_only(ALL, {"MotionPhoto"}, depth=True)
    assert xmp_attached.attached(video) == ["MotionPhoto"]
    assert b"hdr:" not in video.replace(b"xmlns:hdr", b"") and b'cam:MotionPhoto="1"' in video
    assert video.count(b'I:Padding="0"') == 1 and video.count(b'I:Length="9"') == 1, "the picture's own are not told"
    nothing = xmp_attached.announce_only(ALL, set(), depth=False)
    assert xmp_attached.attached(nothing) == [] and b"C:Directory" not in nothing
    assert b"cam:M" not in nothing and b"GDepth:N" not in nothing and b'xmp:Rating="5"' in nothing
    Packet(nothing)


@given(st.binary(max_size=400), st.sampled_from([None, 1, 6]), st.integers(0, 600))
def test_any_bytes_are_a_packet(junk: bytes, orientation: int | None, place: int) -> None:
    for contents in (junk, ALL[:place] + junk + ALL[place:]):
        kept = xmp_attached.announce_only(contents, set(), depth=False)
        xmp_upright.upright(kept, orientation, SIZE)
