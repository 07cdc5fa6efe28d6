"""`python -m server gateway add`, `tls`, `key`: what a server gives to its gateways."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from server import certificates, joining, keys
from server.config import Config, parse, read_text
from server.errors import Unusable
from server.joining import Join
from server.web.doors import digest, new_token

Add = Callable[..., Any]


def add(words: Any, add_word: Add, with_config: ArgumentParser) -> None:
    """Put the words there."""
    what = "gateways of this server"
    inner = words.add_parser("gateway", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    made = add_word(inner, "add", _add, "make a token for a new gateway, its join file and its lines", with_config)
    made.add_argument("gateway", metavar="ID", help="a-z 0-9 -, 3 to 32")
    made.add_argument(
        "--box", action="append", default=[], metavar="BOX", help="a box that it speaks for; may be repeated"
    )
    made.add_argument("--url", metavar="URL", help="where the gateway finds this server; default: where it listens")
    made.add_argument("--more-url", action="append", default=[], metavar="URL", help="another address; may be repeated")
    made.add_argument("--ca", type=Path, metavar="FILE", help="the authority of the server's certificate (PEM)")
    made.add_argument("--out", type=Path, metavar="FILE", help="the join file; default: join-ID.toml")
    made.add_argument("--write", action="store_true", help="add the lines to the settings; else they are printed")
    what = "certificates of the server's own"
    inner = words.add_parser("tls", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    made = add_word(inner, "new", _tls_new, "make the server's certificate, and the authority where there is none")
    made.add_argument(
        "--name", action="append", required=True, metavar="HOST", help="a name or address; may be repeated"
    )
    _folder(made)
    made = add_word(inner, "gateway", _tls_gateway, "make a certificate that a gateway shows to the server")
    made.add_argument("gateway", metavar="ID")
    _folder(made)
    what = "the key that gateways seal to"
    inner = words.add_parser("key", help=what, description=what).add_subparsers(metavar="WORD", required=True)
    for name, act, help_ in (
        ("new", _key_new, "make a key; the private half goes into FILE (0600), the public half is printed"),
        ("show", _key_show, "print the public half of the key in FILE"),
    ):
        add_word(inner, name, act, help_).add_argument("file", type=Path, metavar="FILE")


def _folder(made: ArgumentParser) -> None:
    made.add_argument("--folder", type=Path, default=Path("tls"), metavar="DIR", help="where they stand (tls)")


def _add(asked: Namespace) -> None:
    if asked.config is None:
        asked.parser.error("--config FILE is needed")
    text = read_text(asked.config)
    config = parse(text, asked.config)
    url = asked.url or _own_url(config)
    joining.check(asked.gateway, asked.box, [url, *asked.more_url])
    token = new_token()
    lines = joining.settings_lines(asked.gateway, digest(token), asked.box)
    new = text.rstrip("\n") + "\n\n" + lines
    parse(new, asked.config)
    join = Join(
        asked.gateway, url, asked.more_url, token, _ca(config, asked.ca), _sealing_key(config), _fleet_key(config)
    )
    out = asked.out or Path(f"join-{asked.gateway}.toml")
    joining.write_join(out, join)
    if asked.write:
        joining.replace_settings(asked.config, new)
        print(f"{out}: give it to the gateway's installer. {asked.config} has the gateway; start the server anew.")
    else:
        print(f"# {out}: give it to the gateway's installer. Add these lines to {asked.config}, and start it anew:")
        print(lines, end="")


def _own_url(config: Config) -> str:
    host, port = config.address()
    if host in ("0.0.0.0", "::") or not port:  # noqa: S104 - this is what is refused
        raise Unusable(
            "gateway", "--url is needed: nobody can tell from the settings where the gateway finds the server"
        )
    scheme = "https" if config.tls_chain_file else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def _ca(config: Config, asked: Path | None) -> str:
    """The authority's certificate: as asked, or the server's own beside its chain, or none (the system's)."""
    if asked is not None:
        return certificates.public_pem(asked)
    if not config.tls_chain_file:
        return ""
    chain = Path(config.tls_chain_file)
    own = chain.with_name(certificates.CA_PUBLIC_NAME)
    return certificates.public_pem(own) if own.exists() and certificates.is_issued_by(chain, own) else ""


def _sealing_key(config: Config) -> str:
    if not config.sealing_key_files:
        raise Unusable("gateway", "there is no sealing key: `key new FILE`, and name FILE in sealing_key_files")
    return keys.public(Path(config.sealing_key_files[-1]))


def _fleet_key(config: Config) -> str:
    name = config.fleet.fleet_key_file
    return keys.read_fleet_key(Path(name)).hex() if name else ""


def _tls_new(asked: Namespace) -> None:
    chain = certificates.new(asked.folder, asked.name)
    print(f'tls_chain_file = "{chain}"')
    print(f"# {asked.folder / certificates.CA_PUBLIC_NAME}: what gateways believe. Keep")
    print(f"# {asked.folder / certificates.CA_NAME} somewhere else: it makes certificates.")


def _tls_gateway(asked: Namespace) -> None:
    joining.check(asked.gateway, [], [])
    print(certificates.for_gateway(asked.folder, asked.gateway))


def _key_new(asked: Namespace) -> None:
    print(keys.new(asked.file))


def _key_show(asked: Namespace) -> None:
    print(keys.public(asked.file))
