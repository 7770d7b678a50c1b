"""What the views ask for, one router a view. A new view is one file here, and one line in `ROUTERS`."""

from __future__ import annotations

from fastapi import APIRouter

from understudy.studio.views import (
    exchange,
    faces,
    films,
    jobs,
    landmarks,
    mattes,
    project,
    retouch,
    review,
    shots,
    train,
)

ROUTERS: tuple[APIRouter, ...] = (
    project.router,
    films.router,
    review.router,
    retouch.router,
    exchange.router,
    shots.router,
    faces.router,
    landmarks.router,
    mattes.router,
    train.router,
    jobs.router,
)
