"""Fixtures of all tests that start the real thing."""
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import house as h  # noqa: E402


def pytest_configure(config):
    if os.geteuid() != 0:
        raise pytest.UsageError("these tests need root: the roles run under users of their own")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A small hospital: dr.berg treats patient a (encounter e1), nobody treats patient b."""
    with h.House(tmp_path_factory.mktemp("house")) as house:
        house.bundle(h.practitioner("p1"), h.practitioner("p2", "Stone"), h.patient("a"),
                     h.patient("b", "Quill", "Ines"), h.encounter("e1", "a", "p1"),
                     h.observation("o1", "a"), h.observation("o2", "b"))
        house.account("dr.berg", "clinician", "Practitioner/p1")
        house.account("ms.lane", "privacy-officer")
        house.account("mr.admin", "administrator")
        house.account("ms.desk", "front-desk")
        house.account("paul", "patient", "Patient/a")
        yield house


@pytest.fixture(scope="module")
def berg(house):
    return house.sign_in("dr.berg")


@pytest.fixture(scope="module")
def officer(house):
    return house.sign_in("ms.lane")
