"""From the swap's picture to the file that is handed over: a master."""

from __future__ import annotations

from pathlib import Path

from understudy.benchmark.run import PROJECT
from understudy.mastering.master import House, Master, MasterRequest, master
from understudy.progress import Progress
from understudy.provenance.credentials.identity import own_identity
from understudy.provenance.credentials.registry import Registry
from understudy.provenance.keys import Keyring
from understudy.provenance.watermark.choosing import watermark

_SIGNER = "The Understudy demo"


def deliver(result: Path, output: Path, keys: Path, progress: Progress) -> Master:
    """Master `result`, beside which its project lies, as `output`: marked, signed, and by consent.

    The key that signs is made in the folder `keys`, so that a demo leaves nothing among a user's own. Raises
    ConsentError where the records of the swap do not permit it, and OutputError where writing fails.
    """
    keyring = Keyring(keys)
    house = House(own_identity(keyring, _SIGNER), watermark(), Registry.of(keyring), keyring)
    request = MasterRequest(result, output, project=result.parent / PROJECT, title="Understudy: the demo")
    return master(request, house, progress)
