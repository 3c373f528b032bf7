from __future__ import annotations

import json
import os

from alo_nb.notebook.running_output import RunningOutput


def notebook(*cells):
    return json.dumps(
        {
            "cells": [
                {
                    "metadata": {"alo_nb": {"step": name}, "papermill": {"status": status}},
                    "outputs": [{"output_type": "stream", "text": text}, {"output_type": "display_data"}],
                }
                for name, status, text in cells
            ]
        }
    )


def test_the_step_that_runs_is_read_with_the_last_state_of_its_progress_bar(tmp_path):
    file, output = tmp_path / "notebook.ipynb", RunningOutput()
    assert output.of(file) == ""
    file.write_text(
        notebook(("a", "completed", "done"), ("b", "running", ["one\n", "10%\r20%\r30%"]), ("c", "pending", ""))
    )
    assert output.of(file) == "one\n30%"
    file.write_text(notebook(("a", "completed", "done"), ("b", "failed", "late news\n")))
    assert output.of(file) == "late news\n"


def test_a_file_that_is_no_notebook_changes_nothing_and_one_that_has_not_changed_is_not_read(tmp_path):
    file, output = tmp_path / "notebook.ipynb", RunningOutput()
    file.write_text(notebook(("a", "running", "one")))
    assert output.of(file) == "one"
    stamp = file.stat()
    file.write_text(file.read_text().replace("one", "two"))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert output.of(file) == "one"
    file.write_text("{")
    assert output.of(file) == "one"
