"""What jobs do, one file a kind: `work(folder, settings, progress)` returns a sentence, or raises one."""
