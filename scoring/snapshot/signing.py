"""Signatures of snapshots: Ed25519 over the manifest, which names every other file by its hash.

The operator holds one private key (`keys/snapshot.pem`, 0600) and hands the public one out. `keys.json` lists the keys of the past,
each handed over to the next by a signature of its own, so that whoever holds an old key can follow to the new one.
A signature proves that the holder of the key published these bytes; when is proved by stamps (scoring/snapshot/stamps.py). What was published cannot be changed
unnoticed for whoever keeps the hash of an older manifest: `history_errors` follows the chain from there.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from scoring.snapshot.integrity import integrity_errors, manifest_of
from scoring.snapshot.reader import SIGNATURE
from store.durable_files import write_whole

FOLDER = "keys"
PRIVATE, LISTED = "snapshot.pem", "keys.json"
_LARGEST = 1_000_000
Keys = Mapping[str, Ed25519PublicKey]
"""Key id → public key."""


class KeyUnusable(ValueError):
    """A key file that is missing, damaged, or of another kind; the message names it and the remedy."""


def key_id(public: Ed25519PublicKey) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the public key (DER, SubjectPublicKeyInfo)."""
    der = public.public_bytes(forms.Encoding.DER, forms.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()[:16]


def create_key(data_dir: Path, now: dt.datetime) -> str:
    """Make the operator's key and return its id; a key that is there is handed over to the new one and destroyed.

    Raises KeyUnusable when the key that is there cannot be read: without it nothing can be handed over.
    """
    folder = data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    old = private_key(data_dir) if (folder / PRIVATE).exists() else None
    new = Ed25519PrivateKey.generate()
    entry: dict[str, Any] = _entry(new.public_key(), now)
    if old is not None:
        entry["handed_over_by"] = key_id(old.public_key())
        entry["signature"] = _text(old.sign(_canonical(entry)))
    entries = [*_entries(folder / LISTED), entry]
    pem = new.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    # The list first: a key that signs without being listed could not be checked by anybody.
    write_whole(folder / LISTED, json.dumps({"keys": entries}, indent=1).encode() + b"\n", 0o644)
    write_whole(folder / PRIVATE, pem, 0o600)
    return str(entry["id"])


def private_key(data_dir: Path) -> Ed25519PrivateKey | None:
    """The operator's key; None where none was made. Raises KeyUnusable for a file that holds something else."""
    file = data_dir / FOLDER / PRIVATE
    try:
        found = forms.load_pem_private_key(file.read_bytes(), None)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise KeyUnusable(
            f"{file}: 不是可用的私钥 no usable private key ({type(error).__name__}); 从备份放回，或删除后 put it back from your copy, "
            "or delete it and kamengwatch keys create"
        ) from error
    if not isinstance(found, Ed25519PrivateKey):
        raise KeyUnusable(f"{file}: 不是 Ed25519 私钥 no Ed25519 key; kamengwatch keys create")
    return found


def listed_keys(data_dir: Path) -> bytes | None:
    """The list of public keys that is published with every signed snapshot; None where no key was made."""
    file = data_dir / FOLDER / LISTED
    return file.read_bytes() if file.is_file() else None


def sign(folder: Path, key: Ed25519PrivateKey) -> None:
    """Write the signature beside the manifest of a snapshot."""
    signature = key.sign((folder / "manifest.json").read_bytes())
    said = {"algorithm": "Ed25519", "key": key_id(key.public_key()), "signature": _text(signature)}
    (folder / SIGNATURE).write_text(json.dumps(said, indent=1) + "\n", "utf-8")


def read_public_key(file: Path) -> Ed25519PublicKey:
    """A public key in PEM. Raises KeyUnusable for anything else."""
    try:
        found = forms.load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as error:
        raise KeyUnusable(
            f"{file}: 不是 PEM 公钥 no public key in PEM ({type(error).__name__}); 应以 it begins with -----BEGIN PUBLIC KEY-----"
        ) from error
    if not isinstance(found, Ed25519PublicKey):
        raise KeyUnusable(f"{file}: 不是 Ed25519 公钥 no Ed25519 key")
    return found


def public_pem(data_dir: Path) -> str | None:
    """The operator's public key in PEM, to hand out; None where no key was made."""
    key = private_key(data_dir)
    if key is None:
        return None
    return key.public_key().public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo).decode()


def followed(held: Ed25519PublicKey, folder: Path) -> dict[str, Ed25519PublicKey]:
    """The keys a holder of one key may trust: that one, and each that was handed over to by one of them."""
    trusted = {key_id(held): held}
    for entry in _entries(folder / LISTED):
        giver = trusted.get(str(entry.get("handed_over_by")))
        public = _public(entry)
        if giver is None or public is None or key_id(public) != entry.get("id"):
            continue
        unsigned = {k: v for k, v in entry.items() if k != "signature"}
        if holds(giver, str(entry.get("signature")), _canonical(unsigned)):
            trusted[key_id(public)] = public
    return trusted


def signature_error(folder: Path, keys: Keys) -> str | None:
    """Why a snapshot is not signed by one of `keys`; None when it is."""
    file = folder / SIGNATURE
    try:
        if file.lstat().st_size > _LARGEST or file.is_symlink():
            return "签名损坏 damaged signature"
        said = json.loads(file.read_text("utf-8"))
        name, signature = str(said["key"]), str(said["signature"])
        manifest = (folder / "manifest.json").read_bytes()
    except FileNotFoundError:
        return "没有签名 unsigned"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "签名损坏 damaged signature"
    if name not in keys:
        return f"由不认识的密钥 {name} 签名 signed by a key you do not hold"
    if not holds(keys[name], signature, manifest):
        return "签名与清单不符 the signature is not of this manifest"
    return None


def snapshot_folders(snapshots: Path) -> list[Path]:
    """The snapshots in a folder of published ones, oldest first."""
    return sorted(p for p in snapshots.iterdir() if p.is_dir() and not p.is_symlink() and p.name[0] != ".")


def history_errors(
    snapshots: Path, held: Ed25519PublicKey, roots: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """(snapshot, what is wrong) for whoever holds a public key and perhaps hashes (`roots`) of older manifests; nothing else is needed.

    `snapshots` is a folder of published snapshots. Each must be whole, signed by the key or one it was handed over to (but for those
    published before the first signature), dated after the one before and chained to it; every root must be one of them.
    """
    folders = snapshot_folders(snapshots)
    digests = {folder.name: _digest(folder) for folder in folders}
    known = {digest for digest in digests.values() if digest}
    for root in roots:
        if root.lower() not in known:
            yield (
                root,
                "持有的旧清单不在其中 this older manifest is not among them: the past was changed or left out",
            )
    # Keys are followed through the newest list: an older snapshot cannot know the keys that came after it.
    keys = followed(held, folders[-1]) if folders else {}
    # What was published before there was a key is attested by the first signed one, which is chained to it.
    before, signed = None, False
    for folder in folders:
        # Of an older snapshot its publisher may have let go of files; what is there must still be what was published.
        there = None if folder == folders[-1] else _files(folder)
        for fault in integrity_errors(folder, there):
            yield folder.name, fault
        manifest = manifest_of(folder)
        signed = signed or bool(manifest.get("signed_by")) or (folder / SIGNATURE).exists()
        if signed or folder == folders[-1]:
            wrong = signature_error(folder, keys)
            if wrong:
                yield folder.name, wrong
        yield from ((folder.name, wrong) for wrong in _chain_errors(manifest, before, digests))
        before = folder


def _chain_errors(manifest: dict[str, Any], before: Path | None, digests: dict[str, str]) -> Iterator[str]:
    previous = manifest.get("previous")
    if before is None:
        if previous is not None:
            yield "此前的快照缺失 the snapshots before it are missing"
        return
    if not isinstance(previous, dict) or previous.get("name") != before.name:
        yield "没有接在前一份之后 not chained to the snapshot before it"
    elif previous.get("sha256") != digests[before.name]:
        if previous.get("sha256") in _replaced(before):
            yield "前一份在发布后被改过，发布者说是应要求删去个人信息 the snapshot before it was changed later; its publisher says to erase personal data"
        else:
            yield "前一份已被改动 the snapshot before it is not the one it was chained to"
    made, earlier = str(manifest.get("created_at")), str(manifest_of(before).get("created_at"))
    if made < earlier:
        yield "日期早于前一份 dated before the snapshot before it"


def _replaced(folder: Path) -> list[Any]:
    """The hashes of the manifests a snapshot had before personal data was erased from it."""
    said = manifest_of(folder).get("replaces")
    return said if isinstance(said, list) else []


def _files(folder: Path) -> frozenset[str]:
    return frozenset(p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir())


def _digest(folder: Path) -> str:
    try:
        return hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    except OSError:
        return ""


def _entry(public: Ed25519PublicKey, now: dt.datetime) -> dict[str, Any]:
    raw = public.public_bytes(forms.Encoding.Raw, forms.PublicFormat.Raw)
    return {
        "id": key_id(public),
        "public_key": _text(raw),
        "created_at": now.astimezone(dt.UTC).isoformat(timespec="seconds"),
    }


def _entries(file: Path) -> list[dict[str, Any]]:
    try:
        said = json.loads(file.read_text("utf-8")) if file.lstat().st_size <= _LARGEST else {}
    except (OSError, ValueError, RecursionError):
        return []
    entries = said.get("keys") if isinstance(said, dict) else None
    return [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []


def _public(entry: Mapping[str, Any]) -> Ed25519PublicKey | None:
    try:
        return Ed25519PublicKey.from_public_bytes(
            base64.b64decode(str(entry.get("public_key")), validate=True)
        )
    except ValueError:
        return None


def _canonical(entry: Mapping[str, Any]) -> bytes:
    return json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()


def known_keys(data_dir: Path) -> dict[str, Ed25519PublicKey]:
    """The public keys a data folder lists, by their ids."""
    found = (_public(entry) for entry in _entries(data_dir / FOLDER / LISTED))
    return {key_id(public): public for public in found if public is not None}


def holds(key: Ed25519PublicKey, signature: str, data: bytes) -> bool:
    """Whether `signature` (base64) is the key's of these bytes."""
    try:
        key.verify(base64.b64decode(signature, validate=True), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
