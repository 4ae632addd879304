"""The operator's signing key, and the check anybody can make with a public one: whole, signed, and the same past."""

from __future__ import annotations

import json
from pathlib import Path

from kamengwatch.config import Config, Failure, UserError
from kamengwatch.console import log_line, print_answer
from scoring.snapshot import signing, stamps


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
    config: Config, snapshots: Path, key: Path | None, roots: list[str], authority: Path | None, as_json: bool
) -> None:
    """Check published snapshots against a public key and, with `authority`, the dates its time stamps prove.

    Raises Failure (exit 1) when anything is wrong.
    """
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
        trusted = stamps.read_certificates(authority) if authority is not None else []
    except (signing.KeyUnusable, stamps.StampUnusable) as error:
        raise UserError(str(error)) from error
    folders = signing.snapshot_folders(snapshots)
    count, dates = len(folders), stamps.Dates()
    if not count:
        raise UserError(f"{snapshots}: 里面没有快照 holds no snapshot")
    wrong = list(signing.history_errors(snapshots, held, roots))
    wrong += stamps.date_errors(folders, trusted, config.now(), dates)
    if as_json:
        print(
            json.dumps(
                {
                    "snapshots": count,
                    "dates": vars(dates),
                    "wrong": [{"snapshot": a, "fault": b} for a, b in wrong],
                },
                ensure_ascii=False,
            )
        )
    else:
        for name, fault in wrong:
            print_answer(f"{name}: {fault}")
        print_answer(
            config.say(
                f"核对了 {count} 个快照的文件、签名与先后：{len(wrong)} 处不符。",
                f"Checked files, signatures and order of {count} snapshot(s): {len(wrong)} fault(s).",
            )
        )
        print_answer(
            config.say(
                f"日期：{dates.proved} 个有时间戳为证，{dates.before} 个早于第一份可核对的时间戳、只是发布者的说法，{dates.open} 个还没有。"
                + ("" if trusted else "没有给 --authority，只认得区块头能证明的。"),
                f"Dates: {dates.proved} proved by a time stamp, {dates.before} from before the first stamp that can be checked and the "
                f"publisher's word alone, {dates.open} not yet."
                + ("" if trusted else " Without --authority only block headers prove."),
            )
        )
    if wrong:
        raise Failure(f"{len(wrong)} 处不符 faults")


def _private_exists(config: Config) -> bool:
    return (config.data_dir / signing.FOLDER / signing.PRIVATE).exists()
