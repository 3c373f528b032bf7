"""What users get wrong: cells, and the first line of what they must be told."""

from __future__ import annotations

from dataclasses import dataclass

SAVE = "asset.save_data(data)\nasset.save_config(asset.load_config())"
INPUT = "%%alo_asset step=input\nasset.save_data({'label': [1, 2]})\nasset.save_config(asset.load_config())"
TRAIN = "%%alo_asset step=train\n"


@dataclass(frozen=True)
class Case:
    """Cells of a notebook, of which the last one must fail; `says` is the beginning of its message."""

    name: str
    cells: tuple[str, ...]
    says: str
    files: tuple[tuple[str, str | bytes], ...] = ()


def plan(steps: str, sources: str, more: str = "") -> str:
    """Return a small train plan."""
    return f"""name: small
version: "1"
external_path:
  - load_train_data_path:
  - load_inference_data_path:
  - save_train_artifacts_path:
  - save_inference_artifacts_path:
  - load_model_path:
user_parameters:
  - train_pipeline:
{_listed(steps, "args:")}
asset_source:
  - train_pipeline:
{_listed(sources, "source: {code: notebook, branch: , requirements: []}")}
control:
  - interface_mode: memory
{more}"""


def _listed(names: str, below: str) -> str:
    return "\n".join(f"    - step: {name}\n      {below}" for name in names.split())


GOOD_PLAN = plan("input train", "input train")

CASES = [
    Case(
        "unknown option",
        ("%%alo_asset step=x --defin\npass",),
        "MagicUsageError: %%alo_asset: unknown option '--defin'; did you mean 'define-only'?",
    ),
    Case(
        "misspelt option",
        ("%%alo_asset step=x pipline=train\npass",),
        "MagicUsageError: %%alo_asset: unknown option 'pipline'; did you mean 'pipeline'?",
    ),
    Case(
        "option given twice",
        ("%%alo_asset step=x step=y\npass",),
        "MagicUsageError: %%alo_asset: 'step' is given twice",
    ),
    Case("open bracket", ("%%alo_asset step=x columns=[1\npass",), "MagicUsageError: %%alo_asset: '[' is never closed"),
    Case("no step name", ("%%alo_asset\npass",), "MagicUsageError: a step cell needs a name"),
    Case(
        "no such pipeline",
        ("%%alo_asset step=x pipeline=trian\npass",),
        "MagicUsageError: pipeline='trian' is not a pipeline; did you mean 'train'?",
    ),
    Case(
        "empty step cell",
        ("%%alo_asset step=x",),
        "MagicUsageError: %%alo_asset step=x: the cell has no code below the magic line",
    ),
    Case(
        "empty step cell, line form",
        ("%alo_asset step=x\n",),
        "MagicUsageError: %%alo_asset step=x: the cell has no code below the magic line",
    ),
    Case(
        "unknown line magic", ("%alo_rn train",), "MagicUsageError: there is no magic %alo_rn; did you mean '%alo_run'?"
    ),
    Case(
        "unknown cell magic",
        ("%%alo_aset step=x\npass",),
        "MagicUsageError: there is no magic %%alo_aset; did you mean '%%alo_asset'?",
    ),
    Case(
        "step name that is a path",
        ("%%alo_asset step=../evil\npass",),
        "StepDefinitionError: '../evil' cannot be the name of a step",
    ),
    Case(
        "notebook variable",
        ("frame = list(range(3))", "%%alo_asset step=x\ntotal = sum(frame)\n"),
        "StepDefinitionError: step 'x' uses 'frame', a variable of the notebook set in",
    ),
    Case(
        "changed constant",
        ("LIMITS = [1]", "LIMITS.append(2)", "%%alo_asset step=x\nprint(LIMITS)\n"),
        "StepDefinitionError: step 'x' uses 'LIMITS', a variable of the notebook",
    ),
    Case(
        "undefined name",
        ("import pandas", "%%alo_asset step=x\nprint(panda.NA)\n"),
        "StepDefinitionError: step 'x' uses 'panda', which neither the step nor the notebook defines",
    ),
    Case(
        "not Python",
        ("%%alo_asset step=x\nfor row in\n    pass",),
        "StepDefinitionError: step 'x' is not valid Python: invalid syntax",
    ),
    Case(
        "await",
        ("import asyncio", "%%alo_asset step=x\nawait asyncio.sleep(0)\n"),
        "StepDefinitionError: step 'x' is not valid Python: 'await' outside function",
    ),
    Case(
        "missing notebook variable as argument",
        ("%%alo_asset step=x depth=$dpeth\npass",),
        "MagicUsageError: depth=$dpeth: the notebook has no variable 'dpeth'",
    ),
    Case(
        "missing variable for use",
        ("%%alo_asset step=x use=frme\nprint(frme)",),
        "UnknownStepError: step 'x' uses the notebook variable 'frme', which does not exist here",
    ),
    Case(
        "same name in another cell",
        (INPUT, "%%alo_asset step=input\nprint(1)"),
        "StepDefinitionError: step 'input' is already defined in",
    ),
    Case(
        "save_data takes a dict",
        ("%%alo_asset step=x\nasset.save_data([1])",),
        "StepOutputError: save_data takes a dict, got list",
    ),
    Case(
        "text keys",
        ("%%alo_asset step=x\nasset.save_data({1: 2})",),
        "StepOutputError: save_data: keys must be text, got int 1",
    ),
    Case(
        "dropped key",
        (INPUT, TRAIN + "asset.save_data({'other': 1})"),
        "StepOutputError: save_data dropped key 'label' that step 'input' had saved",
    ),
    Case(
        "key deleted in place",
        (INPUT, TRAIN + "data = asset.load_data()\ndel data['label']\n" + SAVE),
        "StepOutputError: save_data dropped key 'label' that step 'input' had saved",
    ),
    Case(
        "second save",
        ("%%alo_asset step=x\nasset.save_data({})\nasset.save_data({})",),
        "StepOutputError: save_data was called a second time in step 'x'",
    ),
    Case(
        "no save_data",
        ("%%alo_asset step=x\nasset.save_config({})",),
        "StepOutputError: step 'x' ended without calling save_data",
    ),
    Case(
        "no save_config",
        ("%%alo_asset step=x\nasset.save_data({})",),
        "StepOutputError: step 'x' ended without calling save_config",
    ),
    Case(
        "value that cannot be handed over",
        ("%%alo_asset step=x\nasset.save_data({'rows': (n for n in range(3))})",),
        "InterfaceError: key 'rows': a value of type generator cannot be handed to the next step",
    ),
    Case(
        "score out of range",
        ("%%alo_asset step=x\nasset.save_summary('ok', 1.2)",),
        "StepOutputError: save_summary: score must lie between 0 and 1, got 1.2",
    ),
    Case(
        "result too long",
        ("%%alo_asset step=x\nasset.save_summary('x' * 33, 0.5)",),
        "StepOutputError: save_summary: result has 33 characters; at most 32 are allowed",
    ),
    Case(
        "probabilities",
        ("%%alo_asset step=x\nasset.save_summary('ok', 0.5, probability={'a': 0.3, 'b': 0.3})",),
        "StepOutputError: save_summary: the probabilities add up to 0.6, not to 1",
    ),
    Case(
        "required argument",
        ("%%alo_asset step=x lable=1\nasset.check_args('label', is_required=True)",),
        "StepArgumentError: the required argument 'label' is missing; did you mean 'lable'?",
    ),
    Case(
        "argument of another type",
        ("%%alo_asset step=x share=maybe\nasset.check_args('share', chng_type='bool')",),
        "StepArgumentError: argument 'share': the value 'maybe' cannot be read as bool",
    ),
    Case(
        "partial_load",
        (INPUT, TRAIN + "asset.load_data('lable')"),
        "StepArgumentError: load_data: no data key contains 'lable'; did you mean 'label'?",
    ),
    Case(
        "sys.exit",
        ("%%alo_asset step=x\nimport sys\nsys.exit(0)",),
        "StepRunError: step 'x' called sys.exit(0), which would end the whole run",
    ),
    Case("save_error", ("%%alo_asset step=x\nasset.save_error('no label column')",), "StepRunError: no label column"),
    Case(
        "report in inference",
        ("%%alo_asset step=x pipeline=inference\nasset.get_report_path()",),
        "StepArgumentError: get_report_path can only be used in the train pipeline",
    ),
    Case(
        "inference without a model",
        ("%%alo_asset step=inference pipeline=inference\nasset.get_model_path()",),
        "SourceError: step 'inference' needs the model of step 'train', and train has left none",
    ),
    Case(
        "inference without a summary",
        ("%%alo_asset step=x pipeline=inference\nasset.save_data({})\nasset.save_config({})", "%alo_run inference"),
        "StepOutputError: the inference pipeline saved no summary",
    ),
    Case(
        "custom config outside the input",
        ("%%alo_asset step=x\nasset.read_custom_config('../../secret.yaml')",),
        "SourceError: read_custom_config: '../../secret.yaml' leads out of the input folder",
    ),
    Case(
        "the user's own exception",
        ("%%alo_asset step=x\nrows = 0\nprint(1 / rows)",),
        "ZeroDivisionError: division by zero",
    ),
    Case("nothing to run", ("%alo_run",), "UnknownStepError: there are no steps to run"),
    Case("no such mode", (INPUT, "%alo_run trian"), "MagicUsageError: 'trian' is not a mode; did you mean 'train'?"),
    Case(
        "no such step to run",
        (INPUT, "%alo_run --from inptu"),
        "UnknownStepError: there is no step 'inptu' to run; did you mean 'input'?",
    ),
    Case(
        "no such argument",
        (
            "%%alo_asset step=x n_trees=1\nasset.check_args('n_trees')\nasset.save_data({})\nasset.save_config({})",
            "%alo_run x.n_tree=2",
        ),
        "UnknownStepError: step 'x' has no argument 'n_tree'; did you mean 'n_trees'?",
    ),
    Case(
        "nothing to drop",
        (INPUT, "%alo_drop inptu"),
        "UnknownStepError: no cell has defined a step 'inptu'; did you mean 'input'?",
    ),
    Case("no such project", ("%alo_project nowhere",), "ProjectError: the project folder does not exist: nowhere"),
    Case(
        "no such plan",
        ("%alo_plan plan.yml",),
        "PlanReadError: there is no plan 'plan.yml'; did you mean 'plan.yaml'?",
        (("plan.yaml", GOOD_PLAN),),
    ),
    Case("not YAML", ("%alo_plan plan.yaml",), "PlanReadError: ", (("plan.yaml", "name: [titanic\nversion: 1\n"),)),
    Case(
        "not UTF-8", ("%alo_plan plan.yaml",), "PlanReadError: ", (("plan.yaml", "name: caf\xe9\n".encode("latin-1")),)
    ),
    Case(
        "plan that runs code",
        ("%alo_plan plan.yaml",),
        "PlanReadError: ",
        (("plan.yaml", "name: !!python/object/apply:os.system ['touch evil']\n"),),
    ),
    Case(
        "unknown plan key",
        ("%alo_plan plan.yaml",),
        "PlanInvalidError: ",
        (("plan.yaml", plan("input", "input", "contrl: []\n")),),
    ),
    Case(
        "step in one section",
        ("%alo_plan plan.yaml",),
        "PlanInvalidError: ",
        (("plan.yaml", plan("input train", "input")),),
    ),
    Case(
        "step that the plan does not list",
        ("%alo_plan plan.yaml", "%%alo_asset step=trian\nasset.save_data({})"),
        "UnknownStepError: the plan does not list a step 'trian'; did you mean 'train'?",
        (("plan.yaml", GOOD_PLAN),),
    ),
    Case(
        "missing data folder",
        ("%alo_plan plan.yaml", INPUT),
        "SourceError: the data folder './data/tarin/' does not exist; did you mean 'train'?",
        (
            ("plan.yaml", GOOD_PLAN.replace("load_train_data_path:", "load_train_data_path: ./data/tarin/")),
            ("data/train/a.csv", "a\n1\n"),
        ),
    ),
    Case(
        "step of the plan without code",
        ("%alo_plan plan.yaml", INPUT, "%alo_run"),
        "UnknownStepError: the code of step 'train' is a cell that has not run",
        (("plan.yaml", GOOD_PLAN),),
    ),
]
