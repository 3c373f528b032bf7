"""The help of the magics, ``%magic?``, in Korean: the paragraphs of their docstrings, and what their options mean."""

TEXTS = {
    # %alo
    "Show what there is to write, by task, then the project, the plan, the steps, and what to do next.": (
        "쓸 수 있는 명령을 작업별로 보여 주고, 이어서 프로젝트, 플랜, 단계, 다음에 할 일을 보여 줍니다."
    ),
    # %alo_args
    "Change arguments of a step in the file of the open plan, and show the lines that changed.": (
        "열린 플랜 파일에서 단계의 인자를 바꾸고, 바뀐 줄을 보여 줍니다."
    ),
    "Every other character of the file stays. An argument that the step has in one pipeline is changed there; a new one "
    "is given to the step in every pipeline that lists it.": (
        "파일의 나머지 글자는 그대로 남습니다. 한 파이프라인에만 있는 인자는 그곳에서 바뀌고, 새 인자는 그 단계가 있는 모든 "
        "파이프라인에 추가됩니다."
    ),
    "change the step in this pipeline only": "이 파이프라인의 단계만 변경",
    "take arguments away; what the step's code has as default counts then": "인자를 제거. 이후에는 단계 코드의 기본값을 사용",
    "the argument and its value, written as on `%%alo_asset`": "인자와 값. 쓰는 방법은 `%%alo_asset`과 같음",
    # %alo_artifact
    "List, log, use and look after artifacts.": "아티팩트를 조회, 기록, 사용, 관리합니다.",
    "what it is, when it is logged: dataset, model, metrics or a word of your own": (
        "기록할 때의 종류: dataset, model, metrics 또는 직접 정한 이름"
    ),
    "names to give the version that is logged": "기록하는 버전에 붙일 별칭",
    "take the alias or tag away": "별칭이나 태그를 제거",
    "delete a version with its aliases": "별칭이 있는 버전도 삭제",
    "all artifacts, or the versions of one": "모든 아티팩트, 또는 한 아티팩트의 버전 목록",
    "one version as a card": "한 버전을 카드로 표시",
    "a file or folder becomes a version": "파일이나 폴더를 버전으로 기록",
    "write its files, checked, and return the folder": "검증한 파일을 내려받고 폴더를 반환",
    "call a version so; an alias moves": "버전에 별칭을 지정. 별칭은 옮겨감",
    "mark a version; many may have one tag": "버전에 태그를 지정. 여러 버전이 같은 태그를 가질 수 있음",
    "delete a version; with --force also when it has aliases": "버전을 삭제. --force를 쓰면 별칭이 있어도 삭제",
    "are the files that were written still as they were?": "내려받은 파일이 그대로인지 확인",
    "one file to give away": "다른 사람에게 줄 파일 하나로 내보내기",
    "take such a file in; nothing in it is run": "그런 파일을 가져오기. 파일 안의 코드는 실행하지 않음",
    # %%alo_asset
    "Make this cell a step and run it on the latest outputs of the steps before it.": (
        "이 셀을 단계로 만들고, 앞 단계의 최신 출력으로 실행합니다."
    ),
    "The body is an ALO class, `def run(asset): ...`, or plain statements that use `asset`. It runs in a namespace of "
    "its own: imports, functions, classes and constants of other cells come along, data does not. Afterwards its names "
    "are readable as `steps.NAME.variable`. With cache=recompute it runs every time, with cache=off nothing is kept of "
    "it either, and with cache=ignore its changes do not make the next step run.": (
        "본문은 ALO 클래스, `def run(asset): ...`, 또는 `asset`을 쓰는 일반 코드입니다. 독립된 네임스페이스에서 실행되며, 다른 "
        "셀의 import, 함수, 클래스, 상수는 함께 가져오지만 데이터는 가져오지 않습니다. 실행한 뒤에는 `steps.NAME.variable`로 "
        "변수를 볼 수 있습니다. cache=recompute이면 매번 실행하고, cache=off이면 결과도 보관하지 않으며, cache=ignore이면 "
        "바뀌어도 다음 단계를 다시 실행하지 않습니다."
    ),
    "`%alo_asset step=NAME` on the first line of a plain cell means the same and leaves the cell to your editor's "
    "tools.": "일반 셀의 첫 줄에 `%alo_asset step=NAME`을 써도 같으며, 편집기 도구를 그대로 쓸 수 있습니다.",
    "name of the step; a name that is in use belongs to its cell": "단계 이름. 이미 쓰인 이름은 그 셀의 것",
    "where the step stands when there is no plan": "플랜이 없을 때 단계가 속할 파이프라인",
    "notebook variables to pass to the step, as recorded inputs": "단계에 입력으로 넘기고 기록할 노트북 변수",
    "whether it is taken from an earlier run when nothing has changed (auto), or runs every time": (
        "바뀐 것이 없으면 이전 실행에서 가져올지(auto), 매번 실행할지"
    ),
    "its inputs from an earlier run, or a version of them (v3); otherwise the latest there are": (
        "이전 실행 또는 특정 버전(v3)의 입력. 지정하지 않으면 최신 입력"
    ),
    "define the step and do not run it": "단계를 정의만 하고 실행하지 않음",
    "take over the name from another cell": "다른 셀이 쓰던 이름을 가져옴",
    "run it although nothing has changed since it last ran": "바뀐 것이 없어도 실행",
    "run without showing the result card": "결과 카드를 표시하지 않고 실행",
    "any other key is an argument of the step; key=$name takes a notebook variable": (
        "그 밖의 키는 단계의 인자. key=$name은 노트북 변수의 값"
    ),
    "an argument that has the name of an option": "옵션과 이름이 같은 인자",
    # %alo_dag
    "Show the pipelines of the plan in use as a picture: the state of each step, and where the model goes.": (
        "사용 중인 플랜의 파이프라인을 그림으로 보여 줍니다. 단계마다 상태와, 모델이 어디로 가는지 표시합니다."
    ),
    "Of a run, it shows how each step ended and how long it took, and what it handed on. Nothing is run. Where there "
    "are very many steps, those in the middle become one box that counts them; what failed or has changed stays.": (
        "실행을 지정하면 각 단계의 결과와 걸린 시간, 넘겨준 데이터를 보여 줍니다. 아무것도 실행하지 않습니다. 단계가 아주 많으면 "
        "가운데 단계를 개수만 적은 상자 하나로 줄이며, 실패했거나 바뀐 단계는 남깁니다."
    ),
    "the picture of this run, with the times of its steps": "이 실행의 그림. 단계별 시간 포함",
    "of many steps, only so many from each end and around each that stands out": (
        "단계가 많을 때 양 끝과 눈에 띄는 단계 주변에서 이만큼만"
    ),
    "write the drawing to this file, too": "그림을 이 파일로도 저장",
    # %alo_debug
    "Open a step that failed, here or headless, on this day or another: what it was given, and what it held.": (
        "실패한 단계를 엽니다. 여기서든 헤드리스로든, 오늘이든 다른 날이든, 무엇을 받았고 무엇을 갖고 있었는지 보여 줍니다."
    ),
    "Without a name, the newest failure whose step has not succeeded since. RUN may be cut short, or be the last six "
    "letters of the id. steps.STEP has data, config, args and the variables that the step held; its code is put into a new cell, "
    'which runs on the inputs with which it failed. What is returned has frames: found.frames[-1].locals["x"].': (
        "이름이 없으면 이후 성공한 적이 없는 가장 최근 실패를 엽니다. RUN은 앞부분만 쓰거나 id의 마지막 여섯 글자만 써도 됩니다. "
        "steps.STEP에 data, config, args와 단계의 변수가 들어 있고, 단계의 코드는 새 셀에 들어가며 실패했을 때의 입력으로 "
        '실행됩니다. 반환값에는 프레임이 있습니다: found.frames[-1].locals["x"].'
    ),
    # %alo_diff
    "Show what differs between two runs or two versions of artifacts, and what differs first.": (
        "두 실행 또는 두 아티팩트 버전의 차이와, 가장 먼저 달라진 것을 보여 줍니다."
    ),
    "Without a name the last two good runs of whole pipelines are compared; with one, that run and the last of them.": (
        "이름이 없으면 파이프라인 전체가 성공한 마지막 두 실행을 비교하고, 이름이 하나면 그 실행과 그중 마지막 실행을 비교합니다."
    ),
    "Of runs: the plan, the code, the arguments, the data, the environment, what the steps saved, and the metrics. Of "
    "versions: the files and the metadata.": (
        "실행은 플랜, 코드, 인자, 데이터, 환경, 단계가 저장한 것, 지표를 비교하고, 버전은 파일과 메타데이터를 비교합니다."
    ),
    # %alo_doctor
    "Look over Python and its packages, the front end, the project folder, its plan and its store.": (
        "Python과 패키지, 프런트엔드, 프로젝트 폴더, 플랜, 저장소를 점검합니다."
    ),
    "Each line that is not in order names the command that puts it right. Only --repair and --rebuild change anything, "
    "and that in the store alone.": (
        "문제가 있는 줄마다 바로잡는 명령을 알려 줍니다. --repair와 --rebuild만 무언가를 바꾸며, 그것도 저장소만 바꿉니다."
    ),
    "read every content of the store and compare it with its digest": "저장소의 모든 내용을 읽어 다이제스트와 비교",
    "put right what can be put right": "고칠 수 있는 것을 고침",
    "make the index of the store again from its files": "저장소의 색인을 파일에서 다시 만듦",
    # %alo_drop
    "Forget the step that a cell has defined, and say so; its results stay.": (
        "셀이 정의한 단계를 잊고 그 사실을 알려 줍니다. 결과는 남습니다."
    ),
    # %alo_export
    "Write the steps as asset folders with their requirements, and the plan in use, so that ALO 2.x runs them.": (
        "ALO 2.x에서 실행할 수 있도록 단계를 requirements와 함께 asset 폴더로 쓰고, 사용 중인 플랜도 씁니다."
    ),
    "DIR is new, empty, or of an earlier export whose files nobody has edited. Nothing is run, and where a step cannot "
    "be exported nothing is written.": (
        "DIR은 새 폴더, 빈 폴더, 또는 아무도 고치지 않은 이전 내보내기 폴더입니다. 아무것도 실행하지 않으며, 내보낼 수 없는 단계가 "
        "있으면 아무것도 쓰지 않습니다."
    ),
    # %alo_history
    "Return the runs of this project as a table, newest first: a row for each pipeline of a run.": (
        "이 프로젝트의 실행을 최신순 표로 반환합니다. 실행의 파이프라인마다 한 행입니다."
    ),
    "`%alo_runs` has a row for each run of any kind, with its metrics.": (
        "`%alo_runs`는 모든 종류의 실행을 지표와 함께 한 행씩 보여 줍니다."
    ),
    "only runs that ended so": "이렇게 끝난 실행만",
    "only runs with this data; the id may be cut short": "이 데이터의 실행만. id는 앞부분만 써도 됨",
    "only runs with this code; the id may be cut short": "이 코드의 실행만. id는 앞부분만 써도 됨",
    "only runs with these arguments; the id may be cut short": "이 인자의 실행만. id는 앞부분만 써도 됨",
    "only inferences with the model of this train run; the id may be cut short": (
        "이 학습 실행의 모델을 쓴 추론만. id는 앞부분만 써도 됨"
    ),
    "add columns with the arguments of these steps, or of all": "이 단계들(또는 all)의 인자를 열로 추가",
    "also runs of a single cell": "셀 하나만 실행한 것도 포함",
    "the newest N rows only": "최신 N행만",
    # %alo_lineage
    "Show what a version of an artifact, or a run, was made of, and what was made of it.": (
        "아티팩트 버전이나 실행이 무엇으로 만들어졌고, 그것으로 무엇이 만들어졌는지 보여 줍니다."
    ),
    "Boxes are work, round ones artifacts; arrows lead from what was there before. What is returned has edges(), "
    "origins() and to_openlineage().": (
        "네모는 작업, 둥근 것은 아티팩트이며, 화살표는 먼저 있던 것에서 나옵니다. 반환값에는 edges(), origins(), "
        "to_openlineage()가 있습니다."
    ),
    "which data and code made this file? It is known by its content": (
        "이 파일을 만든 데이터와 코드. 파일은 내용으로 알아봄"
    ),
    "only so many arrows away": "화살표 이만큼까지만",
    "default: text, or what FILE ends with": "기본값: text, 또는 FILE의 확장자",
    "write it to this file: .svg, .json, .tsv or .txt": "이 파일에 저장: .svg, .json, .tsv, .txt",
    "only what it was made of": "무엇으로 만들어졌는지만",
    "only what came of it": "그것으로 만들어진 것만",
    # %alo_load
    "Turn existing assets into cells; nothing is run.": "기존 asset을 셀로 바꿉니다. 아무것도 실행하지 않습니다.",
    "An asset becomes one cell below this one. The steps of a plan become a new notebook beside the plan, since a front "
    "end takes one new cell at a time, with a plan of its own that names these cells.": (
        "asset은 이 셀 아래의 셀 하나가 됩니다. 프런트엔드는 새 셀을 한 번에 하나만 받으므로, 플랜의 단계들은 플랜 옆의 새 노트북이 "
        "되고, 그 셀들을 가리키는 플랜도 함께 만들어집니다."
    ),
    "another name for the new notebook of a plan": "플랜으로 만드는 새 노트북의 다른 이름",
    # %alo_pin
    "Keep the backups of a run whatever backup_size says, and return the run; its id may be cut short.": (
        "backup_size와 관계없이 실행의 백업을 보관하고 그 실행을 반환합니다. id는 앞부분만 써도 됩니다."
    ),
    "let the backups go when their time has come": "때가 되면 백업이 삭제되게 함",
    # %alo_plan
    "Open an `experimental_plan.yaml` and return it; without a path, return the plan in use.": (
        "`experimental_plan.yaml`을 열고 반환합니다. 경로가 없으면 사용 중인 플랜을 반환합니다."
    ),
    "PATH is looked for in the current folder, then in the project folder. While a plan is open, its steps are the "
    "pipeline: a step cell must have a name that the plan lists. An edited file is read anew at the next run. With "
    "--widget and without a plan, a new one begins with the steps that the cells have defined.": (
        "PATH는 현재 폴더, 그다음 프로젝트 폴더에서 찾습니다. 플랜이 열려 있는 동안에는 플랜의 단계가 파이프라인이며, 단계 셀의 "
        "이름은 플랜에 있어야 합니다. 고친 파일은 다음 실행 때 다시 읽습니다. 플랜 없이 --widget을 쓰면 셀이 정의한 단계로 새 "
        "플랜을 시작합니다."
    ),
    "run with the packages that are there, whatever the plan requires": (
        "플랜이 요구하는 것과 관계없이 설치된 패키지로 실행"
    ),
    "show it as a form: edit its steps and arguments, check it, run it; a plan with problems, too": (
        "양식으로 표시: 단계와 인자를 편집, 점검, 실행. 문제가 있는 플랜도 가능"
    ),
    # %alo_preview
    "Show what a step has saved, an artifact or a file, by its beginning.": (
        "단계가 저장한 것, 아티팩트 또는 파일의 앞부분을 보여 줍니다."
    ),
    "A table by its first rows and its columns with types, nulls and ranges; an array by its range and a histogram; a "
    "model by its parameters; pictures, texts and files by their beginning; a folder as a tree. A key is one of data or "
    "of config; STEP.config.KEY where both have it. Large values are not read as a whole, and no code of your own "
    "classes is run.": (
        "표는 처음 몇 행과 열의 타입, 결측값, 범위를, 배열은 범위와 히스토그램을, 모델은 파라미터를, 그림과 텍스트와 파일은 앞부분을, "
        "폴더는 트리를 보여 줍니다. 키는 data 또는 config의 키이며, 둘 다에 있으면 STEP.config.KEY로 씁니다. 큰 값은 전부 읽지 "
        "않으며, 직접 만든 클래스의 코드는 실행하지 않습니다."
    ),
    # %alo_project
    "Work in another project folder and return it; without one, return the project in use.": (
        "다른 프로젝트 폴더에서 작업하고 그 프로젝트를 반환합니다. 폴더가 없으면 사용 중인 프로젝트를 반환합니다."
    ),
    "The project folder is where relative paths of a plan start and where results are written. When none is named, it "
    "is the nearest parent of the current folder that holds `.alo/`, else the current folder.": (
        "플랜의 상대 경로는 프로젝트 폴더에서 시작하고 결과도 이곳에 저장됩니다. 지정하지 않으면 현재 폴더의 상위 폴더 중 `.alo/`가 "
        "있는 가장 가까운 폴더이고, 없으면 현재 폴더입니다."
    ),
    # %alo_run
    "Run the pipelines in this kernel and return the run's record.": (
        "이 커널에서 파이프라인을 실행하고 실행 기록을 반환합니다."
    ),
    "Everything is checked before a step runs. A step that fails stops the run; models, outputs and inputs that were "
    "there before stay as they were. A step whose code, arguments, inputs, files and packages are what they were is "
    "taken from an earlier run.": (
        "단계를 실행하기 전에 모든 것을 점검합니다. 단계가 실패하면 실행이 멈추고, 이전의 모델, 출력, 입력은 그대로 남습니다. 코드, "
        "인자, 입력, 파일, 패키지가 그대로인 단계는 이전 실행에서 가져옵니다."
    ),
    "A clean kernel runs the plan when its steps have code of their own, else the saved notebook and then its "
    "pipelines. What may differ there are hidden state, unseeded randomness, and the environment.": (
        "새 커널은 단계마다 자기 코드가 있으면 플랜을, 아니면 저장된 노트북과 그 파이프라인을 실행합니다. 그곳에서 달라질 수 있는 "
        "것은 숨은 상태, 시드 없는 난수, 환경입니다."
    ),
    "the first step to run; what comes before it is the latest output there is": (
        "처음 실행할 단계. 그 앞은 최신 출력을 사용"
    ),
    "the last step to run": "마지막으로 실행할 단계",
    "run these steps only": "이 단계들만 실행",
    "leave out these steps; what comes before a step is the latest output there is": (
        "이 단계들을 제외. 앞 단계는 최신 출력을 사용"
    ),
    "run all steps, or these, whatever is kept of them": "보관된 결과와 관계없이 모든 단계(또는 이 단계들)를 실행",
    "go on with the newest run that stopped, or with this one: execute only what it lacks": (
        "멈춘 가장 최근 실행(또는 이 실행)을 이어서 실행: 빠진 단계만 실행"
    ),
    "inputs of an earlier run, or a version of them (v3), for what does not run": (
        "실행하지 않는 앞 단계 대신 쓸 이전 실행의 입력, 또는 그 버전(v3)"
    ),
    "where data goes between steps; default: the plan's": "단계 사이의 데이터 전달 방식. 기본값: 플랜의 설정",
    "inference with the model of this earlier train run": "이 학습 실행의 모델로 추론",
    "the file of this notebook, for --fresh, where the front end does not tell it": (
        "프런트엔드가 알려 주지 않을 때, --fresh에 쓸 이 노트북의 파일"
    ),
    "run every step, and keep nothing for later": "모든 단계를 실행하고 캐시를 남기지 않음",
    "stop at a step that no longer hands on what it did: lost columns, types": (
        "이전과 다르게 넘겨주는 단계(없어진 열, 달라진 타입)에서 중지"
    ),
    "run in a clean kernel: the plan, or the saved notebook from top to bottom": (
        "새 커널에서 실행: 플랜, 또는 저장된 노트북을 처음부터 끝까지"
    ),
    "with --fresh: show what came out otherwise than in this kernel, and why": (
        "--fresh와 함께: 이 커널과 다르게 나온 것과 그 이유를 표시"
    ),
    "show no result card: only errors, and what the steps themselves print": (
        "결과 카드를 표시하지 않음: 오류와 단계가 출력한 것만 표시"
    ),
    "an argument for this run only, e.g. train.n_estimators=50": "이번 실행에만 쓸 인자. 예: train.n_estimators=50",
    # %alo_runs
    "Return all runs of this project as a table, newest first: of pipelines, of cells, and of alo_nb.init.": (
        "이 프로젝트의 모든 실행을 최신순 표로 반환합니다: 파이프라인, 셀, alo_nb.init의 실행."
    ),
    "metrics.NAME is what a run found last, config.NAME what it was told. %alo_history has the columns of ALO instead, "
    "and a row for each pipeline.": (
        "metrics.NAME은 실행이 마지막으로 기록한 값, config.NAME은 실행에 주어진 값입니다. %alo_history는 ALO의 열로, 파이프라인마다 "
        "한 행씩 보여 줍니다."
    ),
    "The comparisons of --where are < <= > >= = !=; nothing in it is run.": (
        "--where의 비교 연산은 < <= > >= = != 이며, 그 안의 코드는 실행하지 않습니다."
    ),
    "comparisons joined by and: 'metrics.loss < 0.1 and status = success'": (
        "and로 이은 비교: 'metrics.loss < 0.1 and status = success'"
    ),
    "the column to sort by; runs without it come last": "정렬할 열. 값이 없는 실행은 마지막에",
    "only the newest N of those that fit": "조건에 맞는 것 중 최신 N개만",
    "only runs of these pipelines": "이 파이프라인의 실행만",
    "only runs with this tag": "이 태그의 실행만",
    "only these columns": "이 열만",
    "largest first": "큰 값부터",
    # %alo_show
    "Show a run, a step of a run, or a version of an artifact.": "실행, 실행의 단계, 또는 아티팩트 버전을 보여 줍니다.",
    "A run's id may be cut short, or be its last six letters; a step alone is its newest run; an artifact alone is its "
    "latest version. A run of alo_nb.init shows its config, its metrics as curves, and what it used and logged.": (
        "실행의 id는 앞부분만 쓰거나 마지막 여섯 글자만 써도 됩니다. 단계만 쓰면 가장 최근 실행, 아티팩트만 쓰면 최신 버전입니다. "
        "alo_nb.init의 실행은 config, 지표 곡선, 사용하고 기록한 것을 보여 줍니다."
    ),
    # %alo_status
    "Show each step of each pipeline: whether it would run now, and why; its code, and what it saved last.": (
        "파이프라인의 단계마다 지금 실행될지와 그 이유, 코드, 마지막으로 저장한 것을 보여 줍니다."
    ),
    # %alo_suggest
    "Show how a plain notebook could become step cells, and what would cross each cut; nothing is run.": (
        "일반 노트북을 어떻게 단계 셀로 나눌 수 있는지, 단계 사이에 무엇이 오가는지 보여 줍니다. 아무것도 실행하지 않습니다."
    ),
    "Without a file it is this notebook, as it was saved. The cells are read and grouped by their headings, else by the "
    "work they do. Where values would not survive being handed on, the cells stay together; what cannot be read is "
    "refused, with the cell and the line. The notebook itself is never written.": (
        "파일이 없으면 저장된 이 노트북을 봅니다. 셀을 읽어 제목별로, 제목이 없으면 하는 일별로 묶습니다. 넘겨주면 유지되지 않는 "
        "값이 있는 셀은 함께 두고, 읽을 수 없는 것은 셀과 줄을 알려 주며 거절합니다. 노트북 자체는 절대 고치지 않습니다."
    ),
    "another name for the new notebook": "새 노트북의 다른 이름",
    "write the step cells to a new notebook, NAME.alo.ipynb beside this one": (
        "단계 셀을 이 노트북 옆의 새 노트북 NAME.alo.ipynb에 저장"
    ),
    # %alo_why
    "Show what would happen to a step if its pipeline ran now, and every cause of it. Nothing is run.": (
        "지금 파이프라인을 실행하면 단계가 어떻게 될지와 그 모든 원인을 보여 줍니다. 아무것도 실행하지 않습니다."
    ),
    "A cause is a change since the step was last executed: its code, a helper, a module of your own, an argument, an "
    "input (and what differs in it), a file, the environment. A step behind one that runs may have to run or not: that "
    "is known when it has run.": (
        "원인은 단계를 마지막으로 실행한 뒤의 변경입니다: 코드, 보조 함수, 직접 만든 모듈, 인자, 입력(과 그 차이), 파일, 환경. 실행될 "
        "단계의 뒤 단계는 앞 단계가 실행되어야 실행 여부를 알 수 있습니다."
    ),
}
