"""The application: the views' routers behind the guard, and the front end's files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.staticfiles import StaticFiles

from understudy import __version__
from understudy.errors import ConsentError, UnderstudyError
from understudy.project.journals import ConflictError
from understudy.project.reviews import OutdatedError
from understudy.project.settings import one_sentence
from understudy.studio.desk import Desk
from understudy.studio.films import UnknownError
from understudy.studio.guard import Door, Guard
from understudy.studio.views import ROUTERS

STATIC = Path(__file__).parent / "static"
"""The built front end; made by `make studio`, and part of every wheel."""

_STATUS: tuple[tuple[type[UnderstudyError], int], ...] = (
    (UnknownError, 404),
    (OutdatedError, 409),
    (ConflictError, 409),
    (ConsentError, 403),
    (UnderstudyError, 400),
)
_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="dark">'
    "<title>Understudy studio</title><p>"
)
_CLOSED = f"""{_PAGE}
This page opens with the address that <code>understudy studio</code> printed: it has the token in it."""
_UNBUILT = f"""{_PAGE}
The studio's pages are not built in this checkout: run <code>make studio</code>, and load this again."""


def build(desk: Desk, door: Door, static: Path = STATIC) -> FastAPI:
    """The application for one project behind one door."""
    app = _application()
    app.state.desk = desk
    app.add_middleware(Guard, door=door)
    if (static / "assets").is_dir():
        app.mount("/assets", StaticFiles(directory=static / "assets"), name="assets")

    @app.get("/", include_in_schema=False)
    def page(request: Request) -> Response:
        """The one page; with the token in its address it sets the cookie."""
        asked = request.query_params.get("token")
        if not (door.opens_for(asked) or door.opens_for(door.token_in(request.headers))):
            return HTMLResponse(_CLOSED, 401, {"cache-control": "no-store"})
        index = static / "index.html"
        answer: Response = (
            FileResponse(index, headers={"cache-control": "no-store"})
            if index.is_file()
            else HTMLResponse(_UNBUILT, 503, {"cache-control": "no-store"})
        )
        if door.opens_for(asked):
            answer.set_cookie(door.cookie, door.token, httponly=True, samesite="strict", path="/")
        return answer

    return app


def schema() -> dict[str, Any]:
    """The OpenAPI description of what is under `/api`; the front end's types are made of it."""
    return _application().openapi()


def _application() -> FastAPI:
    app = FastAPI(
        title="Understudy studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=_name,
    )
    api = APIRouter(prefix="/api")
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    app.add_exception_handler(UnderstudyError, _told)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(ValidationError, _unfit)
    return app


def _name(route: APIRoute) -> str:
    return route.name


def _told(_: Request, error: Exception) -> JSONResponse:
    status = next(status for kind, status in _STATUS if isinstance(error, kind))
    return JSONResponse({"detail": str(error)}, status)


def _unfit(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ValidationError)
    return JSONResponse({"detail": one_sentence(error)}, 422)


def _unreadable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:])
    return JSONResponse({"detail": f"{place}: {first['msg']}."}, 422)
