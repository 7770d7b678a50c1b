"""What is wrong with a finished film, and where: found in one pass over it and its plate.

  numbers      what is measured of one side (plate or result) of one frame, and of both together
  unrolled     a face's colours on a coarse grid that moves with it
  looking      one pair of frames: faces, aligned pictures, numbers
  following    what is measured from one frame to the next
  record       the columns of a clip, one row a frame
  flaws        one detector a flaw: a column, what is usual for the shot, and what is too much
  events       frames grouped, ranked, and said in one sentence
  watching     the pass itself
  recognising  whether the face stays one person's, with the extra `identity`
  page         everything as one HTML page

A number is never judged by itself: it is compared with the plate's own, and then with what is usual in its
shot. Without a plate only the second is left, and `flaws` says what cannot be told then.
"""
