#!/usr/bin/env python3
"""Makes crates/sign/src/vectors.json anew: what another implementation of SM2, SM3 and SM4 signs and encrypts.

The tests read the file and never need this program. To run it: `pip install gmssl==3.2.2`, then
`python3 tools/make_sign_vectors.py`. The same version writes the same file. Keys and people in it are invented.
"""

import base64
import json
from importlib.metadata import version
from pathlib import Path

from gmssl import sm2, sm3, sm4

FILE = Path(__file__).parent.parent / "crates/sign/src/vectors.json"
BLOCK = 64  # bytes of a block of SM3
TEXTS = [
    "",
    "{}",
    '{"data":{"a":"1"}}',  # 18 bytes
    "0123456789abcdef",  # a whole block of SM4, so a whole block of padding
    '{"mdtrtinfo":{"psn_name":"王某甲","med_type":"21","exp_content":"{\\"IPT_TYPE\\":\\"1\\"}"}}',
    "长" * 200,
]
SM4_KEYS = ["0123456789abcdeffedcba9876543210", "900001c7f0a1b2d3e4f5061728394a5b"]
SM2_KEYS = ["3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8", "00" * 31 + "5a"]
IDENTITIES = ["1234567812345678", "AK900000001", "示例医院"]


def digest(data: bytes) -> bytes:
    return bytes.fromhex(sm3.sm3_hash(list(data)))


def hmac(key: bytes, data: bytes) -> bytes:
    key = (digest(key) if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inner = digest(bytes(byte ^ 0x36 for byte in key) + data)
    return digest(bytes(byte ^ 0x5C for byte in key) + inner)


def hmac_sm3():
    secrets = ["s", "ca-示例密钥-900001", "x" * BLOCK, "y" * (BLOCK + 1)]
    for number, secret in enumerate(secrets):
        timestamp = ["1795302600", "1795302600000"][number % 2]
        for body in TEXTS:
            tag = hmac(secret.encode(), f"{timestamp}\n{body}".encode()).hex().upper()
            yield {"secret": secret, "timestamp": timestamp, "body": body, "signature": f"{timestamp}:{tag}"}


def encrypt(key: str, text: str) -> str:
    cipher = sm4.CryptSM4()
    cipher.set_key(bytes.fromhex(key), sm4.SM4_ENCRYPT)
    return base64.b64encode(cipher.crypt_ecb(text.encode())).decode()


def sm4_ecb():
    for key in SM4_KEYS:
        for text in TEXTS:
            yield {"key": key, "text": text, "encrypted": encrypt(key, text)}


def sm2_sm4():
    for number, private in enumerate(SM2_KEYS):
        table = sm2.default_ecc_table
        public = sm2.CryptSM2(private, "")._kg(int(private, 16), table["g"])
        signer = sm2.CryptSM2(private, public)
        signer.public_key = public  # its constructor cuts zeros and fours off the front
        for identity in IDENTITIES:
            for text in TEXTS:
                name = identity.encode()
                curve = bytes.fromhex(table["a"] + table["b"] + table["g"] + public)
                z = digest((len(name) * 8).to_bytes(2, "big") + name + curve)
                e = digest(z + text.encode())
                k = digest(e + bytes([number])).hex()
                cainfo = base64.b64encode(bytes.fromhex(signer.sign(e, k))).decode()
                assert signer.verify(base64.b64decode(cainfo).hex(), e)
                yield {
                    "key": SM4_KEYS[number], "private_key": private, "public_key": "04" + public,
                    "identity": identity, "text": text, "input": encrypt(SM4_KEYS[number], text), "cainfo": cainfo,
                }


def main():
    lines = [f'"made_by": "gmssl {version("gmssl")} (PyPI), by tools/make_sign_vectors.py"']
    for kind in [hmac_sm3, sm4_ecb, sm2_sm4]:
        cases = ",\n".join("  " + json.dumps(case, ensure_ascii=False) for case in kind())
        lines.append(f'"{kind.__name__}": [\n{cases}\n]')
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
