"""One face through a shot: cuts, tracks, and the faces that the first look missed."""
