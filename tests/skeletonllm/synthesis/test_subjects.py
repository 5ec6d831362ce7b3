from skeletonllm.synthesis.subjects import Subject


def test_a_number_is_always_the_same_person() -> None:
    assert Subject.from_id(5) == Subject.from_id(5)


def test_people_differ_in_size_and_speed() -> None:
    people = [Subject.from_id(i) for i in range(1, 41)]
    statures = [p.stature for p in people]
    speeds = [p.speed for p in people]
    assert max(statures) - min(statures) > 0.25
    assert max(speeds) / min(speeds) > 1.3
    assert min(statures) >= 1.5
    assert max(statures) <= 1.95
