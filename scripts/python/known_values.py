"""values.json: known numbers of fixture_values.py, which the test of FixtureValues.swift compares with."""

import json

from fixture_values import LABEL, hashes, images, labels, learnable_images, optimizer_vector, parameter, signs, values
from fixture_writer import write_file

KNOWN = [  # (index, salt)
    (0, 1), (1, 1), (2, 1), (783, 1), (14_895, 1), (5, LABEL), (1, 3), (1_279_999, 106), (63, 510), (7, 1007)]


def main():
    known = [
        {"index": index, "salt": salt, "hash": int(hashes(1, salt, index)[0]),
         "value": float(values((index + 1,), salt)[index])}
        for index, salt in KNOWN]
    contents = {
        "known": known,
        "parameter3FanIn25": [float(value) for value in parameter(3, (10,), 25)],
        "imageBytes": images(1, (1, 1, 10)).reshape(-1).tolist(),
        "labels": labels(10).tolist(),
        "learnableImageTail": learnable_images(10).reshape(-1)[-10:].tolist(),
        "optimizerGradient7": [float(value) for value in optimizer_vector(7)[-10:]],
        "signs2": [int(sign) for sign in signs(10, 2)],
    }
    write_file("values.json", (json.dumps(contents, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
