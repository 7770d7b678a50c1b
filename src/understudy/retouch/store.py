"""The edits of one film, kept in its project's catalogue: nothing is confirmed before it is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from understudy.errors import BadInputError
from understudy.project.catalog import Catalog
from understudy.project.journals import Journal, Version
from understudy.retouch.edits import Edit, read_edit
from understudy.retouch.patch import Patches

FOLDER = "retouch"
"""Of a project: where patches lie."""

_DRAFTS = 7 * 86400.0
"""Seconds for which a draft that was not kept may still be."""


class EditStore:
    """The edits of the film at `output`.

    Writing takes the revision that the writer has seen; where the edits were changed since, it raises
    `project.journals.ConflictError` and nothing is written. Every method is one transaction, and safe to be
    called by several processes and threads.
    """

    def __init__(self, catalog: Catalog, project: Path, output: Path) -> None:
        self._catalog, self.output = catalog, output
        self.patches = Patches(project / FOLDER)

    @property
    def revision(self) -> int:
        """Grows with every write."""
        return self._catalog.journal(self.output).revision

    def edits(self) -> tuple[Edit, ...]:
        """The edits that count, in the order in which they are applied."""
        return _replayed(self._catalog.journal(self.output))

    def read(self) -> tuple[int, tuple[Edit, ...], bool, bool]:
        """At one moment: revision, edits, and whether there is something to undo and to do again."""
        journal = self._catalog.journal(self.output)
        more = journal.cursor < len(journal.changes)
        return journal.revision, _replayed(journal), journal.cursor > 0, more

    def keep(self, edits: Edit | Sequence[Edit], revision: int) -> int:
        """Add edits, or replace those with the same ids in their place; return the new revision.

        One step for undo, however many they are. Raises BadInputError where a patch is missing.
        """
        some = (edits,) if isinstance(edits, Edit) else tuple(edits)
        for digest in frozenset[str]().union(*(each.patches for each in some)):
            self.patches[digest]
        return self._write({"kept": [each.model_dump(mode="json") for each in some]}, revision)

    def drop(self, ids: str | Iterable[str], revision: int) -> int:
        """Take edits away, as one step. Raises BadInputError for an id that is not there."""
        some = [ids] if isinstance(ids, str) else list(ids)
        there = {edit.id for edit in self.edits()}
        for each in some:
            if each not in there:
                raise BadInputError(f"There is no edit {each}: see the list.")
        return self._write({"dropped": some}, revision)

    def undo(self, revision: int) -> int:
        """Take back the last step. Raises BadInputError where there is none."""

        def back(journal: Journal) -> int:
            if journal.cursor == 0:
                raise BadInputError("There is nothing to undo.")
            return journal.cursor - 1

        return self._catalog.move_cursor(self.output, revision, back).revision

    def redo(self, revision: int) -> int:
        """Do again what was undone last. Raises BadInputError where there is nothing."""

        def forth(journal: Journal) -> int:
            if journal.cursor == len(journal.changes):
                raise BadInputError("There is nothing to do again.")
            return journal.cursor + 1

        return self._catalog.move_cursor(self.output, revision, forth).revision

    def name_version(self, name: str) -> None:
        """Keep the edits as they are under a name. Raises BadInputError for an empty or long one."""
        name = name.strip()
        if not name or len(name) > 200:
            raise BadInputError("A version wants a name of 1 to 200 letters.")
        self._catalog.name_version(self.output, name, _state(self.edits()))

    def versions(self) -> list[Version]:
        """The named versions, the oldest first; their state is read by `restore`."""
        return self._catalog.versions(self.output)

    def restore(self, name: str, revision: int) -> int:
        """Go back to a named version, as one step that can be undone. Raises BadInputError."""
        for version in self.versions():
            if version.name == name:
                return self._write({"replaced": version.state["edits"]}, revision)
        names = ", ".join(version.name for version in self.versions()) or "none was named"
        raise BadInputError(f"There is no version {name} ({names}).")

    def sweep(self, older: float = _DRAFTS) -> int:
        """Delete patches that no edit of any film refers to, undone ones counted in; return how many.

        A draft's patches are not referred to before it is kept: those of the last `older` seconds stay.
        """
        needed: set[str] = set()
        for change in self._catalog.all_changes():
            for name in ("kept", "replaced", "edits"):
                for edit in change.get(name, []):
                    needed |= read_edit(edit).patches
        return self.patches.sweep(frozenset(needed), older)

    def _write(self, change: dict[str, Any], revision: int) -> int:
        return self._catalog.add_change(self.output, change, revision).revision


def _replayed(journal: Journal) -> tuple[Edit, ...]:
    edits: dict[str, Edit] = {}
    for change in journal.current:
        if "replaced" in change:
            edits = {}
        for value in (*change.get("replaced", ()), *change.get("kept", ())):
            edit = read_edit(value)
            edits[edit.id] = edit
        for gone in change.get("dropped", ()):
            edits.pop(gone, None)
    return tuple(edits.values())


def _state(edits: Sequence[Edit]) -> dict[str, Any]:
    return {"edits": [edit.model_dump(mode="json") for edit in edits]}
