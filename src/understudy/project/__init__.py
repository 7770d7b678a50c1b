"""The project folder: settings, catalogue and stage outputs of one piece of work.

    OUT.understudy/
      project.toml            what a person sets (`settings`)
      catalog.db              what was found and done (`catalog`)
      stages/NAME-HASH/       outputs of one stage with one recipe (`stage`, `recipe`)
      lock                    held while a process works here (`folder`)

Start with `folder.Project`.
"""
