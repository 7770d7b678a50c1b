import subprocess
import sys

import numpy as np
import pytest
import torch

from tests.posed_faces import Act, complexion, portrait, posed, somebody
from understudy.training.augment import Augmentation, Augmented, augment
from understudy.training.placing import Placed, Placing, place, warp_field
from understudy.training.toning import Tone, Wear, compressed, tone, wear

STILL = Augmentation(Placing(0, 0, 0, 0), warp=0.0)
SIZE = 64


def chance(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Eight faces that look about: pictures, mattes, landmarks."""
    colours = complexion((0.8, 0.6, 0.5), 0)
    pictures, mattes, landmarks = [], [], []
    for k in range(8):
        points = posed(somebody(), Act(yaw=4 * k - 14, gaze=(0.01 * k, 0)), 22, (31.5, 26))
        picture = portrait(points, colours, SIZE, SIZE)
        pictures.append(np.round(255 * picture).astype(np.uint8).transpose(2, 0, 1))
        mattes.append((portrait(points, np.ones((478, 3)), SIZE, SIZE)[None, ..., 0] > 0.5) * np.uint8(255))
        landmarks.append(points.astype(np.float32))
    return tuple(torch.from_numpy(np.stack(each)) for each in (pictures, mattes, landmarks))


def every(result: Augmented) -> list[torch.Tensor]:
    return [value for value in vars(result).values() if value is not None]


def test_without_amounts_nothing_changes(batch) -> None:
    images, mattes, landmarks = batch
    result = augment(*batch, STILL, chance(), maps=images.float())
    assert torch.allclose(result.target, images / 255.0, atol=1e-4)
    assert torch.allclose(result.input, images / 255.0, atol=1e-4)
    assert torch.allclose(result.matte, mattes / 255.0, atol=1e-4)
    assert torch.allclose(result.landmarks, landmarks, atol=1e-3)
    assert torch.allclose(result.maps, images.float(), atol=0.05)
    assert not result.mirrored.any()


def test_the_same_chance_gives_the_same_and_another_another(batch) -> None:
    full = Augmentation(Placing(flip=0.5), both=Tone(9, 0.2, 0.2, 0.2, 0.3), wear=Wear(often=0.5))
    one, same, other = (augment(*batch, full, chance(seed)) for seed in (5, 5, 6))
    assert all(torch.equal(a, b) for a, b in zip(every(one), every(same), strict=True))
    assert not torch.allclose(one.target, other.target, atol=0.02)
    assert not torch.allclose(one.input, one.target, atol=0.02)


def test_mirrored_faces_are_mirrored_and_their_sides_change_names(batch) -> None:
    images, mattes, landmarks = batch
    result = augment(*batch, Augmentation(Placing(0, 0, 0, flip=1.0), warp=0.0), chance())
    assert result.mirrored.all()
    assert torch.allclose(result.target, images.flip(-1) / 255.0, atol=1e-4)
    assert torch.allclose(result.matte, mattes.flip(-1) / 255.0, atol=1e-4)
    # the right eye (33) is on the picture's left, before and after
    assert torch.allclose(result.landmarks[:, 33, 0], SIZE - 1 - landmarks[:, 263, 0], atol=1e-3)
    assert (result.landmarks[:, 33, 0] < result.landmarks[:, 263, 0]).all()


def test_a_shift_moves_pictures_and_landmarks_the_same_way() -> None:
    placed = Placed(torch.eye(2)[None], torch.tensor([[2 * 3 / SIZE, -2 * 5 / SIZE]]), torch.tensor([False]))
    picture = torch.rand(1, 1, SIZE, SIZE, generator=chance())
    moved = torch.nn.functional.grid_sample(picture, placed.grid(SIZE), align_corners=False)
    assert torch.allclose(moved[..., 10:50, 10:50], picture[..., 5:45, 13:53], atol=1e-4)
    points = placed.points(torch.full((1, 478, 3), 20.0), SIZE)
    assert torch.allclose(points[0, 0], torch.tensor([17.0, 25.0, 20.0]), atol=1e-4)


def test_a_quarter_turn_is_a_quarter_turn() -> None:
    turn = torch.tensor([[[0.0, -1.0], [1.0, 0.0]]])
    placed = Placed(turn, torch.zeros(1, 2), torch.tensor([False]))
    picture = torch.rand(1, 1, SIZE, SIZE, generator=chance())
    turned = torch.nn.functional.grid_sample(picture, placed.grid(SIZE), align_corners=False)
    assert torch.allclose(turned, torch.rot90(picture, 1, (2, 3)), atol=1e-4)


def test_landmarks_go_where_the_picture_goes(batch) -> None:
    """A dot painted at a landmark is found at the landmark again, wherever it was placed."""
    _, mattes, landmarks = batch
    nose = landmarks[:, 4, :2]
    axis = torch.arange(SIZE)
    dots = torch.exp(
        -(
            (axis[None, None] - nose[:, 0, None, None]) ** 2
            + (axis[None, :, None] - nose[:, 1, None, None]) ** 2
        )
        / 8.0
    )
    images = dots[:, None].expand(-1, 3, -1, -1)
    result = augment(images, mattes, landmarks, Augmentation(Placing(flip=0.5), warp=0.0), chance(1))
    weight = result.target[:, 0] / result.target[:, 0].sum((1, 2), keepdim=True)
    found = torch.stack([(weight * axis).sum((1, 2)), (weight * axis[:, None]).sum((1, 2))], -1)
    assert torch.allclose(found, result.landmarks[:, 4, :2], atol=0.1)


def test_depth_is_scaled_with_the_face() -> None:
    placed = place(Placing(10, 0.5, 0.05, 0.5), 32, chance())
    face = torch.from_numpy(posed(somebody(), Act(), 22, (31.5, 26)).astype(np.float32)).expand(32, -1, -1)
    points = placed.points(face, SIZE)
    width = torch.linalg.norm(points[:, 33, :2] - points[:, 263, :2], dim=-1)
    ratio = width / torch.linalg.norm(face[:, 33, :2] - face[:, 263, :2], dim=-1)
    assert ratio.min() < 0.85
    assert torch.allclose(points[:, 4, 2], face[:, 4, 2] * ratio, rtol=1e-3)


def test_placings_keep_to_their_limits() -> None:
    placed = place(Placing(), 4000, chance())
    scale = torch.linalg.det(placed.linear).sqrt()
    assert scale.min() >= 1 / 1.1501
    assert scale.max() <= 1.1501
    assert scale.log().mean().abs() < 0.01
    angle = torch.rad2deg(torch.atan2(placed.linear[:, 1, 0], placed.linear[:, 0, 0]))
    assert 9.5 < angle.abs().max() <= 10.001
    assert 0.095 < placed.shift.abs().max() <= 0.1


def test_x_and_y_are_bent_independently_and_the_border_stays() -> None:
    field = warp_field(0.24, 2000, chance())
    assert not field[:, :, [0, -1]].any()
    assert not field[..., [0, -1]].any()
    x, y = field[:, 0].flatten().numpy(), field[:, 1].flatten().numpy()
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.02
    diagonal = np.corrcoef(x, field[:, 1].transpose(1, 2).flatten().numpy())[0, 1]
    assert abs(diagonal) < 0.02  # DeepFaceLab's two fields are one another's mirror image
    middle = field[:, :, 4, 4].flatten()
    # a node of 2, 4 or 8 cells a side: 0.24 cells times a normal of 1/2.5, cut off at 2.5 sigmas
    sigmas = 0.24 / 2.5 * 2 / np.array([2, 4, 8])
    assert middle.std() == pytest.approx(np.sqrt((sigmas**2).mean()), rel=0.06)
    assert middle.abs().max() <= 0.24 + 1e-6


def test_only_the_input_is_bent(batch) -> None:
    images, *_ = batch
    result = augment(*batch, Augmentation(Placing(0, 0, 0, 0), warp=0.5), chance())
    assert torch.allclose(result.target, images / 255.0, atol=1e-4)
    assert (result.input - result.target).abs().mean() > 0.01


def test_tone_of_both_is_one_tone(batch) -> None:
    light = Augmentation(Placing(0, 0, 0, 0), warp=0.0, both=Tone(20, 0.3, 0.3, 0.3, 0.5))
    result = augment(*batch, light, chance())
    assert torch.allclose(result.input, result.target, atol=1e-4)
    assert (result.target - batch[0] / 255.0).abs().mean() > 0.02


def test_tone_is_what_it_says() -> None:
    grey, red = torch.full((200, 3, 4, 4), 0.4), torch.zeros(200, 3, 4, 4)
    red[:, 0] = 0.8
    turned, grey_too = tone([red, grey], Tone(hue=30, saturation=0.5), chance())
    assert torch.allclose(grey_too, grey, atol=2e-3)
    luma = torch.tensor([0.299, 0.587, 0.114])
    assert torch.allclose(torch.einsum("c,bchw->bhw", luma, turned), torch.tensor(0.8 * 0.299), atol=2e-3)
    (brighter,) = tone([grey], Tone(brightness=0.25), chance())
    assert brighter.max() <= 0.4 * 1.2501
    assert brighter.min() >= 0.4 / 1.2501
    (steeper,) = tone([torch.full((200, 3, 4, 4), 0.5)], Tone(contrast=0.5), chance())
    assert torch.allclose(steeper, torch.tensor(0.5), atol=1e-4)


def test_light_is_a_smooth_gain_that_is_even_over_the_channels() -> None:
    flat = torch.full((50, 3, SIZE, SIZE), 0.5)
    (lit,) = tone([flat], Tone(light=0.4), chance())
    assert torch.allclose(lit[:, 0], lit[:, 2], atol=1e-6)
    assert (lit - flat).abs().mean() > 0.03
    assert lit.diff(dim=-1).abs().max() < 0.05
    assert lit.log().mean() - flat.log().mean() < 0.05


def test_blur_takes_detail_away() -> None:
    pictures = torch.rand(16, 3, SIZE, SIZE, generator=chance())
    worn = wear(pictures, Wear(1.0, 0.03, 0.0, 100.0), chance())
    assert (worn.var((1, 2, 3)) < pictures.var((1, 2, 3)) + 1e-3).all()
    assert worn.var() < 0.8 * pictures.var()
    assert torch.allclose(worn.mean((1, 2, 3)), pictures.mean((1, 2, 3)), atol=0.02)


def test_compression_costs_the_more_the_lower_its_quality_and_the_second_time_nothing() -> None:
    pictures = torch.rand(4, 3, SIZE, SIZE, generator=chance())
    before = torch.zeros(4)
    for quality in (95.0, 60.0, 20.0, 5.0):
        once = compressed(pictures, torch.zeros(4), quality)
        twice = compressed(once, torch.zeros(4), quality)
        assert torch.allclose(once, twice, atol=1e-4)
        error = (once - pictures).square().mean((1, 2, 3))
        assert (error > 1.5 * before).all()
        before = error


def test_noise_is_as_strong_as_asked() -> None:
    flat = torch.full((64, 3, SIZE, SIZE), 0.5)
    worn = wear(flat, Wear(1.0, 1e-9, 0.1, 100.0), chance())
    assert (worn - flat).std((1, 2, 3)).mean() == pytest.approx(0.05, rel=0.2)


def test_at_full_quality_compression_is_hardly_seen() -> None:
    pictures = torch.rand(4, 3, 70, 70, generator=chance())  # not whole blocks
    worn = wear(pictures, Wear(1.0, 1e-9, 0.0, 100.0), chance())
    assert (worn - pictures).abs().mean() < 0.01


def test_only_some_are_worn() -> None:
    flat = torch.full((400, 3, 16, 16), 0.5)
    worn = wear(flat, Wear(0.25, 1e-9, 0.1, 100.0), chance())
    assert ((worn - flat).abs().amax((1, 2, 3)) > 1e-3).float().mean() == pytest.approx(0.25, abs=0.06)


def test_torch_and_numpy_are_enough() -> None:
    """Machines that merely train have nothing else."""
    blocked = ("cv2", "scipy", "mediapipe", "numba", "kornia", "av", "pydantic")
    code = (
        f"import sys\nfor name in {blocked}: sys.modules[name] = None\n"
        "import torch\n"
        "from understudy.training.augment import Augmentation, Placing, augment\n"
        "import understudy.training.sampling, understudy.geometry.framing\n"
        "full = Augmentation(Placing(flip=1.0))\n"
        "augment(torch.zeros(1, 3, 64, 64), torch.zeros(1, 1, 64, 64), torch.zeros(1, 478, 3), full,"
        " torch.Generator())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
