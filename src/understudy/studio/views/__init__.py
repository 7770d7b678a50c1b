"""What the views ask for, one router a view. A new view is one file here, and one line in `ROUTERS`."""

from __future__ import annotations

from fastapi import APIRouter

from understudy.studio.views import films, jobs, project, review

ROUTERS: tuple[APIRouter, ...] = (project.router, films.router, review.router, jobs.router)
