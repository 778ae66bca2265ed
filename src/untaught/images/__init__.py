"""Files <-> arrays, everything else in the file kept. Importing this is what loads Pillow, tifffile and imagecodecs."""

from untaught.images.atomic import check_place, write_atomically
from untaught.images.picture import Metadata, Picture
from untaught.images.reading import read
from untaught.images.writing import check_writable, write

__all__ = ["Metadata", "Picture", "check_place", "check_writable", "read", "write", "write_atomically"]
