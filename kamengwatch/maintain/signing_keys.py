"""The operator's signing key, and the check anybody can make with a public one: whole, signed, and the same past."""

from __future__ import annotations

import json
from pathlib import Path

from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import log_line, print_answer
from scoring.snapshot import signing


def create(config: Config, replace: bool) -> None:
    """Make the key; one that is there is handed over to a new one only with `replace`."""
    if not replace and _private_exists(config):
        raise UserError(
            "已有签名密钥 there is a key already; 更换请加 to hand over to a new one add --replace"
        )
    try:
        made = signing.create_key(config.data_dir, config.now())
    except signing.KeyUnusable as error:
        raise UserError(str(error)) from error
    log_line(
        config.say(
            f"已建立签名密钥 {made}。请另外保存 {config.data_dir / signing.FOLDER}：备份里没有私钥，丢了就不能交接给新密钥。",
            f"Made the signing key {made}. Keep a copy of {config.data_dir / signing.FOLDER} elsewhere: backups hold no private key, and a "
            "lost one cannot hand over to a new one.",
        )
    )


def create_missing(config: Config) -> bool:
    """Make a key where there is none; whether one was made."""
    if _private_exists(config):
        return False
    signing.create_key(config.data_dir, config.now())
    return True


def show(config: Config) -> None:
    """Print the public key in PEM."""
    try:
        pem = signing.public_pem(config.data_dir)
    except signing.KeyUnusable as error:
        raise UserError(str(error)) from error
    if pem is None:
        raise UserError("还没有签名密钥 there is no signing key yet; 先 first: kamengwatch keys create")
    print(pem, end="")


def verify_history(
    config: Config, snapshots: Path, key: Path | None, roots: list[str], as_json: bool
) -> None:
    """Check a folder of published snapshots against a public key; raises Failure (exit 1) when anything is wrong."""
    if key is None:
        raise UserError(
            "--key: 缺公钥文件 a public key is needed; 向发布者要 ask the publisher for `kamengwatch keys show`"
        )
    if not snapshots.is_dir():
        raise UserError(f"{snapshots}: 没有这个目录 no such folder")
    if any(len(root) != 64 or set(root.lower()) - set("0123456789abcdef") for root in roots):
        raise UserError(
            "--root: 应是 manifest.json 的 SHA-256（64 位十六进制） the SHA-256 of a manifest.json, 64 digits"
        )
    try:
        held = signing.read_public_key(key)
    except signing.KeyUnusable as error:
        raise UserError(str(error)) from error
    count = sum(p.is_dir() and not p.is_symlink() and p.name[0] != "." for p in snapshots.iterdir())
    if not count:
        raise UserError(f"{snapshots}: 里面没有快照 holds no snapshot")
    wrong = list(signing.history_errors(snapshots, held, roots))
    if as_json:
        print(
            json.dumps(
                {"snapshots": count, "wrong": [{"snapshot": a, "fault": b} for a, b in wrong]},
                ensure_ascii=False,
            )
        )
    else:
        for name, fault in wrong:
            print_answer(f"{name}: {fault}")
        print_answer(
            config.say(
                f"核对了 {count} 个快照的文件、签名与先后：{len(wrong)} 处不符。",
                f"Checked files, signatures and order of {count} snapshots: {len(wrong)} faults.",
            )
        )
    if wrong:
        raise Failure(f"{len(wrong)} 处不符 faults")


def _private_exists(config: Config) -> bool:
    return (config.data_dir / signing.FOLDER / signing.PRIVATE).exists()
