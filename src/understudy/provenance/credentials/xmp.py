"""The IPTC digital source type as XMP in MP4 and QuickTime files, for readers that know no C2PA.

XMP specification part 3, section 1.2.7.1: a top-level box `uuid` with the identifier below. It goes to the
end of the file, where it moves nothing; credentials that are added afterwards cover it.
"""

from __future__ import annotations

import struct
from pathlib import Path
from uuid import UUID
from xml.sax.saxutils import quoteattr

from understudy import __version__

_IDENTIFIER = UUID("BE7ACFCB-97A9-42E8-9C71-999491E3AFAC").bytes
_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
SUFFIXES = frozenset({".mp4", ".m4v", ".mov"})


def packet(source_type: str) -> bytes:
    """An XMP packet that says that a film is of `source_type`, an address of IPTC's vocabulary."""
    names = " ".join(f"xmlns:{prefix}={quoteattr(address)}" for prefix, address in _NAMESPACES.items())
    facts = {
        "Iptc4xmpExt:DigitalSourceType": source_type,
        "Iptc4xmpExt:AISystemUsed": "Understudy",
        "Iptc4xmpExt:AISystemVersionUsed": __version__,
        "xmp:CreatorTool": f"Understudy {__version__}",
    }
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in facts.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {names}>'
        f'<rdf:Description rdf:about="" {attributes}/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    ).encode()


def append(path: Path, packet: bytes) -> None:
    """Add the packet to the MP4 or QuickTime file at `path`, in place."""
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 24 + len(packet), b"uuid") + _IDENTIFIER + packet)
