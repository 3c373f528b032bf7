"""What is known of runs: plain values in files, so that people and other programs can read them."""

from alo_nb.store.records import OutputRecord, Run, StepRecord, new_run_id
from alo_nb.store.runs import RunStore

__all__ = ["OutputRecord", "Run", "RunStore", "StepRecord", "new_run_id"]
