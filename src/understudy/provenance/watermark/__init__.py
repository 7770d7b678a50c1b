"""Invisible marks: a 64-bit number hidden in the picture, found again without the original.

`base` says what any algorithm must do, `choosing` finds it by name, also those that others bring (entry-point
group `understudy.watermarks`). Ours, `spread`, is a keyed spread-spectrum mark that needs no trained weights:

    coding      number -> protected bits, and noisy bits -> number
    pattern     key -> where on the picture each bit stands
    embedding   picture -> marked picture
    residual    pictures -> what of them may be mark
    search      where the pattern lies in a picture that was cropped, scaled, turned or mirrored
    spread      all of it, as one `base.Watermark`
"""
