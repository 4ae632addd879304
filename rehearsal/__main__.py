"""`python -m rehearsal FOLDER`: play the world in this process's own network and mount namespace until it is ended.

FOLDER holds `world.json` (rehearsal/state.py) and gets `ca.pem`. It prints `ready` when everything listens. Run it under
`unshare --net --mount`: it puts addresses on the loopback interface and its own files over /etc/resolv.conf and /etc/hosts.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import subprocess
import sys
from pathlib import Path

from rehearsal import places, shops, sources
from rehearsal.certificates import Authority
from rehearsal.names import NameServer
from rehearsal.state import CARRIER_ADDRESS, StateFile
from rehearsal.web import Answer, Question, Web


def furnish(folder: Path) -> None:
    """Give the namespace its addresses and its own resolver files; refuses to touch a network that leads anywhere."""
    links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
    if any(f" {name}" in links for name in ("eth", "en", "wl", "docker")):
        sys.exit("this is not a network namespace of its own: start it under unshare --net --mount")
    lines = ["link set lo up"]
    lines += [f"addr add {a}/{128 if ':' in a else 32} dev lo" for a in places.every_address()]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)
    for name, text in (("resolv.conf", "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n"),
                       ("hosts", "127.0.0.1 localhost\n::1 localhost\n")):  # fmt: skip
        own = folder / name
        own.write_text(text, "utf-8")
        subprocess.run(["mount", "--bind", own, f"/etc/{name}"], check=True)


async def play(folder: Path) -> None:
    """Listen everywhere and answer until the process is ended."""
    state = StateFile(folder / "world.json")
    authority = Authority(dt.datetime.now(dt.UTC))
    (folder / "ca.pem").write_text(authority.pem(), "utf-8")
    names = NameServer(state)
    await asyncio.get_running_loop().create_datagram_endpoint(lambda: names, local_addr=("127.0.0.1", 53))
    open_servers = [await asyncio.start_server(names.stream, "127.0.0.1", 53)]

    def site(question: Question) -> Answer | None:
        now = state.read()
        if question.host in places.SOURCES:
            return sources.answer(question, now)
        if question.host in now.controls:
            robots = question.target == "/robots.txt"
            return (
                Answer("User-agent: *\nDisallow: /s\n", kind="text/plain")
                if robots
                else Answer("<p>hello</p>")
            )
        if question.host.removeprefix("www.") in places.SHOPS:
            return shops.answer(question, now)
        return Answer("", 404)

    web = Web(site, authority, state)
    at = places.addresses()
    for address in places.every_address():
        plain_only = address in (at[places.HTTP_ONLY], CARRIER_ADDRESS)
        open_servers += await web.listen(address, 80, None if plain_only else 443)
    filings = Web(lambda question: sources.icp_service(question, state.read()), authority, state)
    open_servers += await filings.listen("127.0.0.1", places.ICP_PORT, None)
    open_servers.append(await asyncio.start_server(_whois, at[places.WHOIS], 43))
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in open_servers))


async def _whois(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(sources.whois(await reader.readline()))
    await writer.drain()
    writer.close()


if __name__ == "__main__":
    given = Path(sys.argv[1])
    furnish(given)
    asyncio.run(play(given))
