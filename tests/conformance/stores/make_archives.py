"""Archives as Python's standard library writes them: make_archives.py FOLDER. Prints one line a file: good|bad NAME."""

import io
import pathlib
import sys
import tarfile
import zipfile

folder = pathlib.Path(sys.argv[1])
LONG = "d" * 90 + "/" + "e" * 90 + "/" + "model.onnx"  # longer than the fields of a tar header
WEIGHTS = bytes(range(256)) * 4096


class Unseekable(io.RawIOBase):
    """A pipe: sizes have to stand behind the content."""

    def __init__(self, file):
        self.file = file

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)


def tell(kind, name):
    print(kind, name)


for name, method in {"stored": zipfile.ZIP_STORED, "deflated": zipfile.ZIP_DEFLATED}.items():
    with zipfile.ZipFile(folder / f"{name}.zip", "w", method) as archive:
        archive.writestr("model.onnx", WEIGHTS)
        archive.writestr("ünï/日本.txt", "text")
    tell("good", f"{name}.zip")

with open(folder / "piped.zip", "wb") as file, zipfile.ZipFile(Unseekable(file), "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("model.onnx", WEIGHTS)
tell("good", "piped.zip")

with zipfile.ZipFile(folder / "zip64.zip", "w") as archive:
    with archive.open("model.onnx", "w", force_zip64=True) as entry:
        entry.write(WEIGHTS)
tell("good", "zip64.zip")

with zipfile.ZipFile(folder / "twice.zip", "w") as archive:
    archive.writestr("model.onnx", "a")
    archive.writestr("model.onnx", "b")
tell("bad", "twice.zip")

with zipfile.ZipFile(folder / "slip.zip", "w") as archive:
    archive.writestr("../../slip.onnx", "a")
tell("bad", "slip.zip")

link = zipfile.ZipInfo("model.onnx")
link.create_system, link.external_attr = 3, 0o120777 << 16
with zipfile.ZipFile(folder / "link.zip", "w") as archive:
    archive.writestr(link, "/etc/passwd")
tell("bad", "link.zip")

with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
    archive.writestr("model.onnx", bytes(100_000_000))
tell("bad", "bomb.zip")

FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}
for name, form in FORMATS.items():
    for ending, mode in {".tar": "w", ".tar.gz": "w:gz"}.items():
        with tarfile.open(folder / f"{name}{ending}", mode, format=form) as archive:
            for path in ["model.onnx", LONG] if form != tarfile.USTAR_FORMAT else ["model.onnx"]:
                info = tarfile.TarInfo(path)
                info.size = len(WEIGHTS)
                archive.addfile(info, io.BytesIO(WEIGHTS))
        tell("good", f"{name}{ending}")

HOSTILE = {
    "slip": ("../slip.onnx", tarfile.REGTYPE, ""),
    "absolute": ("/tmp/slip.onnx", tarfile.REGTYPE, ""),
    "symlink": ("model.onnx", tarfile.SYMTYPE, "/etc/passwd"),
    "hardlink": ("model.onnx", tarfile.LNKTYPE, "/etc/passwd"),
    "device": ("model.onnx", tarfile.CHRTYPE, ""),
    "pipe": ("model.onnx", tarfile.FIFOTYPE, ""),
    "long-slip": ("a/" * 80 + "../" * 81 + "slip.onnx", tarfile.REGTYPE, ""),
}
for name, (path, kind, target) in HOSTILE.items():
    with tarfile.open(folder / f"{name}.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo(path)
        info.type, info.linkname = kind, target
        archive.addfile(info)
    tell("bad", f"{name}.tar")

with tarfile.open(folder / "bomb.tar.gz", "w:gz", compresslevel=9) as archive:
    info = tarfile.TarInfo("model.onnx")
    info.size = 100_000_000
    archive.addfile(info, io.BytesIO(bytes(info.size)))
tell("bad", "bomb.tar.gz")
