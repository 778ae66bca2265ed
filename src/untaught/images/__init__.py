"""Files <-> arrays, everything else in the file kept. Importing this is what loads Pillow, tifffile and imagecodecs."""

from untaught.images.atomic import check_place, make_folder, write_atomically
from untaught.images.compression import Compression, as_stored, compression
from untaught.images.dicom import Cine, read_cine
from untaught.images.dicom_header import Plane
from untaught.images.exif import turned
from untaught.images.picture import Metadata, Picture
from untaught.images.reading import count_pages, in_planes, read, read_pages
from untaught.images.writing import check_writable, write, write_pages

__all__ = [
    "Cine",
    "Compression",
    "Metadata",
    "Picture",
    "Plane",
    "as_stored",
    "check_place",
    "check_writable",
    "compression",
    "count_pages",
    "in_planes",
    "make_folder",
    "read",
    "read_cine",
    "read_pages",
    "turned",
    "write",
    "write_atomically",
    "write_pages",
]
