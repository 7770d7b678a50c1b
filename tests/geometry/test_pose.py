import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.posed_faces import Act, posed, somebody
from understudy.geometry.pose import head_angles

angles = st.floats(-80, 80)


@given(yaw=angles, pitch=angles, roll=st.floats(-175, 175), size=st.floats(1, 500))
def test_the_angles_of_a_posed_head_are_found(yaw, pitch, roll, size) -> None:
    head = posed(somebody(), Act(yaw, pitch, roll), size, (300, -20))
    assert np.allclose(head_angles(head), (yaw, pitch, roll), atol=1e-5)


def test_turning_to_the_pictures_right_is_positive() -> None:
    """And the tip of the nose goes there; looking down it goes down."""
    straight, right, down = (
        posed(somebody(), act, 100, (0, 0)) for act in (Act(), Act(yaw=20), Act(pitch=20))
    )
    assert right[4, 0] > straight[4, 0]
    assert down[4, 1] > straight[4, 1]
    assert head_angles(np.stack([right, down])).round(6).tolist() == [[20, 0, 0], [0, 20, 0]]
