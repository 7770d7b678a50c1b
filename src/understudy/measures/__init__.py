"""Every quality figure, defined once: tests, benchmarks, inspection and reports all take it from here.

Pure functions on arrays (and meters for what needs a whole clip, which keep one frame at most). Pictures are
RGB, (H, W, 3), uint8, uint16 or float in [0, 1], display-referred; mattes are (H, W) float in [0, 1] or bool;
landmarks are (T, 478, 3) as in a `Faceset`. A figure that cannot be told from what was given is NaN, never 0.

  picture      what the others share: floats, luma, Lab, boxes, regions of a face
  fidelity     against the truth: PSNR, SSIM, gradients
  temporal     flicker, colour pumping, jitter
  replaced     where a result differs from its plate, as far as that can be told from outside
  edges        seam, ring colour difference
  texture      sharpness and grain against the plate's
  performance  landmarks, expression and pose against the plate's
  gaze         where the eyes look
  timing       when and how far lids and lips open
  mouth        whether teeth and tongue are sharp
  identity     whose face it is
  coverage     mattes, missed frames, what must not change

Sums over the pixels of a matte are weighted by it. The targets in the docstrings are the project's own.
"""
