"""What is known of runs: plain values in files, so that people and other programs can read them."""

from alo_nb.store.records import OutputRecord, PipelineIds, Run, StepRecord, Summary, new_run_id
from alo_nb.store.runs import RunStore

__all__ = ["OutputRecord", "PipelineIds", "Run", "RunStore", "StepRecord", "Summary", "new_run_id"]
