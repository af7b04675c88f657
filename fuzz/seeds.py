"""Seeds of the fuzzer, from the fixtures: members of archives, small enough to be worked on. usage: seeds.py FOLDER"""
import gzip, hashlib, io, os, pathlib, sys, tarfile

out = pathlib.Path(sys.argv[1]) / "seeds"
fixtures = pathlib.Path(__file__).parent.parent / "tests" / "fixtures"
LARGEST = 24 << 10
KINDS = ("recognise", "dump", "archive", "yaml", "text")
for kind in KINDS:
    (out / kind).mkdir(parents=True, exist_ok=True)


def keep(kind, data):
    (out / kind / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


def document(name, data):
    if len(data) > LARGEST:
        # Its beginning is a document that is cut off; a line that ends a resource makes a better one.
        data = data[: data.rfind(b"\n", 0, LARGEST) + 1] or data[:LARGEST]
    json = data.lstrip()[:1] in (b"{", b"[")
    keep("recognise", data)
    keep("dump" if json else "text", data)
    if not json:
        keep("yaml", data)


seen = set()
for path in sorted(fixtures.rglob("*")):
    if not path.is_file() or path.name == "README.md":
        continue
    data = path.read_bytes()
    if len(data) <= LARGEST:
        keep("archive", data)
    if path.name.endswith((".tar.gz", ".tgz")):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for member in archive:
                kind = os.path.basename(member.name)
                if member.isfile() and kind not in seen:
                    seen.add(kind)
                    document(member.name, archive.extractfile(member).read())
        small = io.BytesIO()
        with tarfile.open(fileobj=small, mode="w:gz") as archive:
            for name, text in (("a/b", b"{}"), ("a/c.txt", b"NAME\n")):
                info = tarfile.TarInfo(name)
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text))
        keep("archive", small.getvalue())
    elif path.suffix == ".gz":
        document(path.name, gzip.decompress(data))
    elif path.suffix not in (".bz2", ".xz", ".zst", ".zip", ".tar"):
        document(path.name, data)
    elif len(data) <= LARGEST:
        keep("archive", data)
