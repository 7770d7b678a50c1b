"""The log of a project: who did what with a face, when, and by which consent record.

entry      one line of it: what is said, and how it is chained and signed
log        `note` adds a line
models     `note_model` adds one about a training or an exported model
examining  `examine` says what was done, and whether the log is as it was written
"""
