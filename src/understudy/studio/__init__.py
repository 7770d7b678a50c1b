"""The studio: a project in the browser, served to this machine.

`guard` decides what is answered at all, `app` puts the views together, `desk` is what they share. Each view
has a router in `views/` and a folder of that name in the front end (`studio/src/views/` of the repository).
Long work is done by child processes (`queue`, `working`), one file a kind in `work/`.
"""
