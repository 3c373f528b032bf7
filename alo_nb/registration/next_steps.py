"""``NEXT_STEPS.md``: what takes the servers of a workspace, so that alo_nb does not do it, and what each step needs."""

from __future__ import annotations

from collections.abc import Iterator

from alo_nb.registration.checks import is_single
from alo_nb.registration.examine import Examination
from alo_nb.registration.files import data_of, files_of
from alo_nb.registration.image import python_version
from alo_nb.registration.info import SolutionInfo
from alo_nb.registration.metadata import image_name, placeholders, stored_at
from alo_nb.registration.source import DATA, MODEL, SAVED


def next_steps(examined: Examination, info: SolutionInfo) -> str:
    """Return the text, in the order in which ALO 2.6 (solution_register.py) does the rest."""
    sections = (
        (f"# {info.name}: what is left to do", _done(examined)),
        ("## 1. Log in", _login(info)),
        ("## 2. Fill in the placeholders", _fill_in(info)),
        ("## 3. Upload data and results to S3", _upload(examined, info)),
        ("## 4. Build and push the images", _images(examined, info)),
        ("## 5. Register", _register(info)),
        ("## 6. Test run", _test_run(examined)),
    )
    return "\n\n".join("\n".join([title, "", *lines]) for title, lines in sections) + "\n"


def _done(examined: Examination) -> Iterator[str]:
    yield "Info, plan, code and results of this bundle were checked, without a network. Nothing below was done."
    yield ""
    yield from (f"- {mode} results: run `{run_id}`" for mode, run_id in examined.results.runs.items())
    for step in examined.results.stale:
        yield f"- **{step} is not what that run ran.** Run the plan again before you register."


def _login(info: SolutionInfo) -> Iterator[str]:
    yield "Log in to the AI Conductor server of your workspace with your own account. It tells the bucket, the registry"
    yield "and the names that are taken."
    yield ""
    if info.solution_update:
        yield f"`{info.name}` must be registered already: this is an update of it."
    else:
        yield f"`{info.name}` must be free: no solution of the workspace may have this name."
    if info.solution_type:
        yield f"The solution is {info.solution_type}: use the {info.solution_type} bucket and registry."


def _fill_in(info: SolutionInfo) -> Iterator[str]:
    yield "In `solution_metadata.yaml`, everywhere:"
    yield ""
    yield from (f"- `{name}`: {meaning}" for name, meaning in placeholders(info).items())


def _upload(examined: Examination, info: SolutionInfo) -> Iterator[str]:
    yield "Use the AWS credentials of the workspace. Unpack `data.tar.gz`; the other archives go up as they are."
    yield ""
    yield "| file | to |"
    yield "|---|---|"
    for pipeline in examined.pipelines:
        mode = pipeline.mode
        if files_of(data_of(examined.project, mode)):
            yield f"| the files in `{mode}/data.tar.gz` | `{stored_at(info, mode, 'data')}` |"
        yield f"| `{mode}/artifacts/{mode}_artifacts.tar.gz` | `{stored_at(info, mode, 'artifacts')}` |"
    if not is_single(examined.plan):
        yield f"| `train/artifacts/model.tar.gz` | `{stored_at(info, 'train', 'artifacts')}` |"


def _images(examined: Examination, info: SolutionInfo) -> Iterator[str]:
    yield "Where Docker and a package registry are at hand. The repository in ECR has to exist before the push."
    for pipeline in examined.pipelines:
        yield from _image(pipeline.mode, info)
    yield ""
    yield "An image runs its pipeline on mounted folders, so that it can be tried before it is pushed:"
    yield ""
    yield "| folder in the image | what |"
    yield "|---|---|"
    for pipeline in examined.pipelines:
        mode = pipeline.mode
        if examined.plan.external_path.loads(mode):
            yield f"| `/framework/{DATA}/{mode}/` | the files in `{mode}/data.tar.gz` |"
        if mode == "inference" and not is_single(examined.plan):
            yield f"| `/framework/{MODEL}/` | a folder with `model.tar.gz` |"
        yield f"| `/framework/{SAVED}/{mode}/` | where the results are written |"
    yield ""
    yield "With `docker run IMAGE --system METADATA`, data and model come from the addresses of a solution metadata"
    yield "that is filled in, and the results go there. The image knows no queue of an Edge App (`--loop`, Redis);"
    yield "where that is needed, make one with ALO 2.6: `source/assets/` and `source/solution/` have its layout."


def _image(mode: str, info: SolutionInfo) -> Iterator[str]:
    is_train = mode == "train"
    gpu = info.train_gpu if is_train else info.inference_gpu
    arm = info.inference_arm and not is_train
    options = " --platform linux/arm64" * arm + " --build-arg BASE=IMAGE-WITH-CUDA" * gpu
    yield ""
    yield "```"
    yield f"docker build{options} -t {image_name(info, mode)} {mode}"
    yield f"docker push {image_name(info, mode)}"
    yield "```"
    if gpu:
        yield ""
        yield f"`IMAGE-WITH-CUDA`: an image of yours with Debian, CUDA and Python {python_version()}."


def _register(info: SolutionInfo) -> Iterator[str]:
    what = "a new version of the solution" if info.solution_update else "a new solution"
    yield "Send `solution_metadata.yaml` to AI Conductor as `metadata_json`, with the name of the workspace"
    yield f"({what}), then make an instance of the version that it answers with."


def _test_run(examined: Examination) -> Iterator[str]:
    if any(each.mode == "train" for each in examined.pipelines):
        yield "Make a stream of the instance, request a run of it with the sample data, and wait until it succeeded."
    else:
        yield "There is no train pipeline to test in AI Conductor; test the inference in an Edge App."
