"""Shapes, matrices and maps. Knows nothing of files, frames or people.

Convention, everywhere in Understudy:
  * images are RGB, (H, W, 3); float32 in [0, 1] inside engines and compositing, uint8/uint16 at the edges;
  * x points right, y points down, z away from the camera (smaller is nearer);
  * pixel centres lie at integers: the top-left pixel covers [-0.5, 0.5) x [-0.5, 0.5);
  * matrices act on column vectors, (x, y, 1); `to_crop` (2, 3) takes frame pixels to crop pixels;
  * "left" and "right" are the performer's own (MediaPipe's naming): the right eye is on the image's left;
  * yaw > 0: the performer turns to the image's right; pitch > 0: looks down; roll > 0: head turns clockwise
    in the picture.
"""
