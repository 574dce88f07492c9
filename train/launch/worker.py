"""What runs in each process of a stage: `python -m kgtools.train.launch.worker JOB`. Nothing of it is meant to be read on a terminal."""

import gc
import os
import sys
import time
import traceback
from contextlib import suppress
from pathlib import Path

from kgtools.tools import registry
from kgtools.tools.errors import KgtoolsError
from kgtools.tools.inputs.files import to_json
from kgtools.tools.outputs.atomic import write_file
from kgtools.train.launch.failures import SPARE
from kgtools.train.launch.job import Job
from kgtools.train.launch.processes import go_with_parent


def main(path: str) -> int:
    """Run a stage's part in this process; what went wrong is left in `error-RANK.json` for the parent."""
    # torchrun, where there is one, does not see to it
    go_with_parent(700)
    gc.disable()  # until all is imported, see train.stages.start
    job = Job.load(Path(path))
    try:
        registry.find("stages", job.stage).run(job)
    except Exception as error:  # noqa: BLE001 - told to the parent, with its traceback where it is a bug
        ours = isinstance(error, KgtoolsError)
        failure = {
            "time": time.time(), "kind": type(error).__name__, "message": str(error),
            "traceback": None if ours else traceback.format_exc(),
        }  # fmt: skip
        # a disk may be full, and word of it is to be left all the same
        (Path(job.work) / SPARE).unlink(missing_ok=True)
        with suppress(OSError):
            write_file(Path(job.work) / f"error-{os.environ.get('RANK', '0')}.json", to_json(failure))
        traceback.print_exc()
        return 2
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    sys.stderr.flush()
    # threads of the libraries outlive the interpreter now and then
    os._exit(code)
