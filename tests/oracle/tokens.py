"""Tokens of all sorts, and the key set that some of them are signed for. Keys are made with openssl, for this run."""
import base64, json, subprocess, tempfile
from pathlib import Path


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make():
    """The key set, and the tokens; nothing where there is no openssl."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "key.pem")
        try:
            subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            return None, []
        modulus = subprocess.run(["openssl", "rsa", "-in", key, "-modulus", "-noout"], check=True, capture_output=True, text=True).stdout
        secret = b"not so secret as it should be...."
        keys = {"keys": [{"kty": "RSA", "kid": "k1", "n": b64(bytes.fromhex(modulus.strip().split("=")[1])), "e": "AQAB"},
                         {"kty": "oct", "kid": "h1", "k": b64(secret)}]}

        def token(payload, algorithm="RS256", kid="k1", spoil=False):
            signed = b64(json.dumps({"alg": algorithm, "kid": kid}).encode()) + "." + b64(json.dumps(payload).encode())
            file = Path(folder, "signed")
            file.write_text(signed)
            digest = {"384": "-sha384", "512": "-sha512"}.get(algorithm[2:], "-sha256")
            salted = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if algorithm[:2] == "PS" else []
            how = ["-hmac", secret] if algorithm[:2] == "HS" else [*salted, "-sign", key]
            signature = subprocess.run(["openssl", "dgst", digest, "-binary", *how, file], check=True, capture_output=True).stdout
            return signed + "." + b64(signature[:-1] + bytes([signature[-1] ^ 1]) if spoil else signature)

        good = {"iss": "one", "sub": "me", "aud": ["a"], "exp": 4_000_000_000, "k": "one", "scope": "x y"}
        return keys, [
            token(good), token(good), token({**good, "aud": "https://a/"}), token(good, "RS384"), token(good, "RS512"),
            token({**good, "exp": 1_000_000_000}), token({**good, "nbf": 4_000_000_000}), token({**good, "aud": ["z"]}),
            token({**good, "iss": "two"}), token({**good, "iss": "else"}), token({"iss": "one"}), token(good, spoil=True),
            token(good, "PS256"), token(good, "PS384"), token(good, "PS512"), token(good, "PS256", spoil=True),
            token(good, "HS256", "h1"), token(good, "HS384", "h1"), token(good, "HS512", "h1", spoil=True), token(good, "HS256"),
            token(good, kid="k2"), token(good, "HS999"), "not.a.jwt", "x", "a.b", "e30.e30.AAAA", b64(b'{"alg":"RS256"}') + ".e30.AAAA", ""]
