"""Event ids are those that `uuid.uuid5` works out from stream and version: the same log always has the same ids."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from csp_lifecycle.service.committing import event_id_of

EVENT_IDS = uuid.UUID("6f1f3f0e-9d1c-5c7e-8a39-2f5d0c1b7a44")


@given(stream=st.text(st.characters(codec="utf-8")), version=st.integers(min_value=1))
def test_an_event_id_is_the_uuid_of_stream_and_version(stream: str, version: int) -> None:
    assert event_id_of(stream, version) == str(uuid.uuid5(EVENT_IDS, f"{stream}\n{version}"))


def test_the_ids_of_stored_events_stay_as_they_are() -> None:
    assert event_id_of("s-1", 1) == "2634ebb0-ef09-5b23-9d77-b59230906ee0"
