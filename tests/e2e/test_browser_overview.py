"""The overview: one sentence that says how safe everything is."""
from browser_rig import *  # pylint: disable=wildcard-import,unused-wildcard-import


def test_the_overview_says_how_safe_everything_is(signed_in):
    signed_in.client.job("/api/v1/databases/app/points", {"label": "first"})
    signed_in.client.job("/api/v1/databases/app/test-restores")
    signed_in.open("").sees("You could lose at most")
    signed_in.picture("overview").is_accessible()
    assert not signed_in.complains()
