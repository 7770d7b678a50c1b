"""Swaps that are measured: named cases, each run through any engine and settings, scored, compared, reported.

  from understudy.benchmark.performed import PERFORMED
  from understudy.benchmark.report import write_html
  from understudy.benchmark.run import run_case

  scored = run_case(PERFORMED["small"], Path("out"))       # films it, swaps it, scores it against the truth
  scored.figures["psnr_face_fitted"]
  write_html(Path("out/report.html"), [scored])

case, performed, real   what can be measured: built-in performers with exact truth, or any folder of clips
filming                 performers written as clips, with what is true of them
swapping, run, matrix   a swap in a process of its own; one case; all cases through all variants
judge, mattes, scoring, summary   a finished clip, looked at from outside; any tool's output can be scored
figures                 every figure: its name, in plain words, which way is good, what difference counts
records                 benchmark.json
compare, floors         better or worse than an earlier run beyond noise; what must never be lost again
tables, strips, plots, report   for people: Markdown and terminal, pictures, curves, one HTML page
"""
