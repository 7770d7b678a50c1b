"""Takes of the digital performers on disk: a video, or a folder of frames with all that is true of them."""
