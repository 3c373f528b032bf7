"""What options mean that a magic and a command share: one text for the parser, both helps and both reference pages.

Plain dictionaries and no imports: the command line reads them each time it starts.
"""

STATUSES = ("success", "failed", "interrupted", "running")

RUN = {
    "from": "the first step to run; what comes before it is the latest output there is",
    "to": "the last step to run",
    "only": "run these steps only",
    "except": "leave out these steps; what comes before a step is the latest output there is",
    "force": "run all steps, or these, whatever is kept of them",
    "resume": "go on with the newest run that stopped, or with this one: execute only what it lacks",
    "inputs": "inputs of an earlier run, or a version of them (v3), for what does not run",
    "no-cache": "run every step, and keep nothing for later",
    "interface-mode": "where data goes between steps; default: the plan's",
    "train-id": "inference with the model of this earlier train run",
    "no-install": "run with the packages that are there, whatever the plan requires",
    "strict": "stop at a step that no longer hands on what it did: lost columns, types",
    "quiet": "show no result card: only errors, and what the steps themselves print",
}

HISTORY = {
    "status": "only runs that ended so",
    "data-id": "only runs with this data; the id may be cut short",
    "code-id": "only runs with this code; the id may be cut short",
    "param-id": "only runs with these arguments; the id may be cut short",
    "train-id": "only inferences with the model of this train run; the id may be cut short",
    "steps": "add columns with the arguments of these steps, or of all",
    "cells": "also runs of a single cell",
    "limit": "the newest N rows only",
}

RUNS = {
    "where": "comparisons joined by and: 'metrics.loss < 0.1 and status = success'",
    "sort": "the column to sort by; runs without it come last",
    "desc": "largest first",
    "last": "only the newest N of those that fit",
    "status": "only runs that ended so",
    "mode": "only runs of these pipelines",
    "tag": "only runs with this tag",
    "columns": "only these columns",
}

ARTIFACT = {
    "type": "what it is, when it is logged: dataset, model, metrics or a word of your own",
    "alias": "names to give the version that is logged",
    "off": "take the alias or tag away",
    "force": "delete a version with its aliases",
}

LINEAGE = {
    "file": "which data and code made this file? It is known by its content",
    "up": "only what it was made of",
    "down": "only what came of it",
    "depth": "only so many arrows away",
    "format": "default: text, or what FILE ends with",
    "output": "write it to this file: .svg, .json, .tsv or .txt",
}

DOCTOR = {
    "read-data": "read every content of the store and compare it with its digest",
    "repair": "put right what can be put right",
    "rebuild": "make the index of the store again from its files",
}
