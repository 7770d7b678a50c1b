import numpy as np

from tests.likeness.galleries import gallery
from understudy.likeness.strangers import Seen, sentences, strangers, to_look_at, told_apart

RNG = np.random.default_rng(0)
ANNA = 0.5 * np.eye(128)[0]
BERTA = ANNA + 0.8 * np.eye(128)[1]


def embeddings(who):
    return (np.array(who) + RNG.normal(0, 0.01, (len(who), 128))).astype(np.float32)


def told(faces, rows, who):
    person, identity = told_apart(faces, Seen(np.array(rows), embeddings(who)))
    return gallery(
        len(faces), clips=faces.clips, clip=faces.clip, track=faces.track, frame=faces.frame,
        person=person, identity=identity,
    )  # fmt: skip


def two_clips():
    return gallery(
        40,
        clips=("anna.mp4", "mixed.mp4"),
        clip=np.repeat([0, 1], [25, 15]).astype(np.int32),
        frame=np.concatenate([np.arange(25), np.arange(15)]),
    )


def test_another_person_in_a_clip_of_her_own_is_found_and_named():
    faces = told(two_clips(), [2, 10, 20, 27, 33, 38], [ANNA, ANNA, ANNA, BERTA, BERTA, BERTA])
    odd = strangers(faces)
    assert odd.tolist() == list(range(25, 40))
    (sentence,) = sentences(faces, odd)
    assert sentence.startswith("mixed.mp4 shows somebody else in frames 0-14: 0.8")


def test_one_person_in_two_clips_is_one():
    faces = told(two_clips(), [2, 10, 20, 27, 33, 38], [ANNA] * 6)
    assert faces.person.tolist() == [0] * 40
    assert len(strangers(faces)) == 0
    assert sentences(faces, strangers(faces)) == []


def test_another_person_in_the_midst_of_a_track_is_found():
    faces = told(gallery(90), range(4, 90, 10), [ANNA] * 5 + [BERTA] * 3 + [ANNA])
    odd = strangers(faces)
    assert set(range(50, 78)) <= set(odd.tolist()) <= set(range(48, 82))
    assert "frames 5" in sentences(faces, odd)[0] or "frames 4" in sentences(faces, odd)[0]


def test_one_odd_look_is_nobody_else():
    faces = told(gallery(90), range(4, 90, 10), [ANNA] * 4 + [BERTA] + [ANNA] * 4)
    assert len(strangers(faces)) == 0


def test_a_turned_head_accuses_nobody():
    faces = told(gallery(90), range(4, 90, 10), [ANNA] * 5 + [BERTA] * 4)
    turned = gallery(90, yaw=np.repeat([0.0, 50.0], [48, 42]), person=faces.person, identity=faces.identity)
    assert len(strangers(turned)) == 0


def test_the_most_frontal_of_each_stretch_is_looked_at():
    clip, track = np.zeros(30, np.int32), np.repeat([0, 1], [24, 6]).astype(np.int32)
    frontal = -np.abs(np.arange(30) % 6 - 3.0)
    assert to_look_at(clip, track, frontal, 5).tolist() == [3, 9, 15, 21, 25, 27, 28]
    assert len(to_look_at(clip[:0], track[:0], frontal[:0], 5)) == 0


def test_without_a_look_nothing_is_known():
    person, identity = told_apart(gallery(3), Seen(np.zeros(0, np.int64), np.zeros((0, 128), np.float32)))
    assert person.tolist() == [-1, -1, -1]
    assert np.isnan(identity).all()
