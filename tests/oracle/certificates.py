"""A certificate authority, and what it has signed, made with openssl for this run."""
import atexit, shutil, subprocess, tempfile
from pathlib import Path

IDENTITIES = ["spiffe://td/ns/a/sa/one", "spiffe://td/ns/b/sa/two", "spiffe://td/a", "spiffe://other/ns/a/sa/one"]


def make():
    """The folder with ca.pem, server.pem, server.key and N.pem, N.key for each identity; None without openssl."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, True)

    def issue(name, *more):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj", "/O=oracle",
                        "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem", *more], check=True, capture_output=True)

    by_ca = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature"]
    try:
        issue("ca")
        issue("server", *by_ca, "-addext", "subjectAltName=URI:spiffe://td/server")
        for number, identity in enumerate(IDENTITIES):
            issue(str(number), *by_ca, "-addext", f"subjectAltName=URI:{identity}")
    except (OSError, subprocess.CalledProcessError):
        return None
    return folder
