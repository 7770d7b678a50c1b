"""The 478 landmarks of one face, from a square around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from understudy.faces.faceset import LANDMARK_COUNT
from understudy.faces.finding.graph import Graph, image_packet
from understudy.faces.finding.quiet import quiet_start
from understudy.faces.finding.square import Square
from understudy.faces.sampling import sample_square
from understudy.geometry.align import apply_affine, invert_affine
from understudy.media.frame import Image


@dataclass(frozen=True)
class Landmarks:
    """One face as the landmarker sees it.

    `points` is (478, 3) float64: x, y in frame pixels (pixel centres at integers), z in the same unit,
    smaller is nearer. `score` in [0, 1] says how sure it is that there is a face at all.
    """

    points: npt.NDArray[np.float64]
    score: float


class Landmarker(Protocol):
    """Finds landmarks in a square of a frame. Every one passes tests/faces/test_landmarks.py."""

    def find(self, image: Image, square: Square) -> Landmarks:
        """The landmarks of the face in `square`; where there is none, the score is below 0.5."""

    def close(self) -> None:
        """Release the model. Closing twice is fine."""


_CROP = 192

_GRAPH = """
input_stream: "image"
input_stream: "region"
input_side_packet: "with_attention"
output_stream: "floats"
node {
  calculator: "FaceLandmarkCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:region"
  input_side_packet: "WITH_ATTENTION:with_attention"
  output_stream: "LANDMARKS:landmarks"
}
node {
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:image"
  output_stream: "SIZE:size"
}
node {
  calculator: "LandmarksToTensorCalculator"
  input_stream: "NORM_LANDMARKS:landmarks"
  input_stream: "IMAGE_SIZE:size"
  output_stream: "TENSORS:tensors"
  options { [mediapipe.LandmarksToTensorCalculatorOptions.ext] { attributes: X attributes: Y attributes: Z } }
}
node {
  calculator: "TensorsToFloatsCalculator"
  input_stream: "TENSORS:tensors"
  output_stream: "FLOATS:floats"
}
"""
_SCORE = "facelandmarkcpu__face_presence_score"
# Landmarks come out however low the score: the caller decides.
_UNGATED = {"threshold: 0.5": "threshold: -1"}


class MediaPipeLandmarker:
    """MediaPipe's face mesh with attention (refined lids, irises and lips), about 4 ms CPU a face.

    It is run on a crop that is cut here, turned upright and without aliasing, and has no memory of earlier
    frames. An instance serves one thread.
    """

    def __init__(self) -> None:
        # Imported for its protobuf classes, without which the graph's text cannot be read.
        import mediapipe.python.solutions.face_mesh  # noqa: F401
        from mediapipe.framework.formats.rect_pb2 import NormalizedRect
        from mediapipe.python import packet_creator

        side = {"with_attention": packet_creator.create_bool(True)}
        self._graph = Graph(_GRAPH, ["floats", _SCORE], side, _UNGATED)
        self._whole = NormalizedRect(x_center=0.5, y_center=0.5, width=1.0, height=1.0)
        # The first look warns that regions have to be square, as ours are.
        with quiet_start():
            self.find(np.zeros((_CROP, _CROP, 3), np.uint8), Square(_CROP / 2, _CROP / 2, _CROP, 0.0))

    def find(self, image: Image, square: Square) -> Landmarks:
        """The landmarks of the face in `square`; where there is none, the score is below 0.5."""
        from mediapipe.python import packet_creator, packet_getter

        to_crop = square.to_crop(_CROP)
        crop = sample_square(image, to_crop, _CROP)
        packets = {"image": image_packet(crop), "region": packet_creator.create_proto(self._whole)}
        out = self._graph.run(packets)
        points = np.array(packet_getter.get_float_list(out["floats"])).reshape(LANDMARK_COUNT, 3)
        # The model counts from the crop's corner, not from its first pixel's centre: thirteen real faces and
        # their mirror images agree to 0.4 crop pixels so, and to 0.6 without it.
        points[:, :2] -= 0.5
        return Landmarks(apply_affine(invert_affine(to_crop), points), packet_getter.get_float(out[_SCORE]))

    def close(self) -> None:
        """Release the model. Closing twice is fine."""
        self._graph.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
