"""``sonolux serve``: the library in a browser and over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sonolux.cli.options import LibraryOption, QuietOption
from sonolux.cli.output import Output
from sonolux.errors import SonoluxError
from sonolux.extras import extras_named, require

PACKAGES = ("fastapi", "uvicorn", "prometheus_client")


def serve(  # noqa: PLR0913, PLR0917 - each is an option
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; any address but loopback needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="NUMBER", min=0, max=65535, help="0 for any that is free.")] = 8000,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST", help="A host name by which people reach the service; may be repeated.", show_default=False
        ),
    ] = None,
    root: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER", help="A folder of which may be added from the page; may be repeated.", show_default=False
        ),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", metavar="", help="Change nothing of the library.")] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Certificate (PEM).", show_default=False)
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key (PEM).", show_default=False)] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", metavar="", help="Serve other machines without a certificate.")
    ] = False,
    new_token: Annotated[
        bool, typer.Option("--new-token", metavar="", help="Make a new token; the one before ends.")
    ] = False,
    open_page: Annotated[bool, typer.Option("--open", metavar="", help="Open the page in a browser.")] = False,
    library: LibraryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Serve the library: a page to search, look and listen, and an API.

    On this machine alone no token is needed. On any other address the service asks for a token, which is printed once,
    and for a certificate.
    """
    require("the service", *PACKAGES)
    with extras_named("the service"):
        from sonolux.server.configuration import Configuration
        from sonolux.server.serve import Certificate, check_exposure, run_service, token_for
        from sonolux.server.state import ServiceState
    from sonolux.settings import settings

    out = Output(quiet=quiet)
    if (tls_cert is None) != (tls_key is None):
        raise typer.BadParameter("--tls-cert and --tls-key go together")
    certificate = Certificate(tls_cert, tls_key) if tls_cert and tls_key else None
    configuration = Configuration(
        location=library or settings().library,
        host=host,
        port=port,
        names=tuple(name or ()),
        roots=tuple(_folder(one) for one in root or ()),
        read_only=read_only,
        secure=certificate is not None,
    )
    check_exposure(configuration, certificate, insecure=insecure)
    if "://" not in configuration.location and not Path(configuration.location).expanduser().is_dir():
        raise SonoluxError(f"there is no library at {configuration.location}: make one with `sonolux add FOLDER`")
    state = ServiceState.of(configuration.location)
    token = token_for(state, configuration, new=new_token)

    def tell(chosen: int) -> None:
        shown = f"[{host}]" if ":" in host else host
        address = f"{'https' if certificate else 'http'}://{shown}:{chosen}"
        if token:
            out.line(f"token: {token}")
            out.say("the token is not shown again; --new-token makes another")
        out.line(f"serving {configuration.location} at {address}")
        if open_page:
            typer.launch(address)

    run_service(configuration, state, certificate, tell)


def _folder(root: Path) -> Path:
    """Return the real path of a root, which has to be a folder."""
    real = root.expanduser().resolve()
    if not real.is_dir():
        raise SonoluxError(f"--root {root} is no folder")
    return real
