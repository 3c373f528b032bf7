"""The cheat sheet, the doctor, and what the other magics answer, in Korean."""

TEXTS = {
    # %alo
    "begin": "시작",
    "write": "작성",
    "look": "보기",
    "keep": "보관",
    "hand on": "전달",
    "help": "도움말",
    "assets of ALO as cells; %alo_suggest: a plain notebook as steps": (
        "ALO의 asset을 셀로. %alo_suggest: 일반 노트북을 단계로"
    ),
    "make the cell a step and run it; %alo_drop forgets it": "셀을 단계로 만들어 실행. %alo_drop: 정의를 지움",
    "open a plan, or edit and run it as a form; %alo_args changes a value": (
        "플랜을 열거나 양식으로 편집, 실행. %alo_args: 값 하나를 변경"
    ),
    "run what has changed; --from, --only, --resume, --fresh": "바뀐 것을 실행. --from, --only, --resume, --fresh",
    "what would run now; %alo_why STEP: why; %alo_dag: as a picture": (
        "지금 실행될 것. %alo_why STEP: 그 이유. %alo_dag: 그림으로"
    ),
    "a step that failed: its inputs, its variables, its code in a new cell": "실패한 단계: 입력, 변수, 새 셀에 넣은 코드",
    "a card of it; %alo_preview STEP.KEY: the data; steps.NAME.x: any name": (
        "카드로 표시. %alo_preview STEP.KEY: 데이터. steps.NAME.x: 변수"
    ),
    "all runs with their metrics; the runs of pipelines": "모든 실행과 지표. 파이프라인 실행",
    "what differs between two runs or versions, first things first": "두 실행이나 버전의 차이. 먼저 달라진 것부터",
    "files with names and versions; %alo_pin RUN keeps its backups": "이름과 버전이 있는 파일. %alo_pin RUN: 백업을 보관",
    "what it was made of and what came of it; --file PATH: what made a file": (
        "무엇으로 만들었고 무엇이 나왔는지. --file PATH: 파일의 출처"
    ),
    "the steps and the plan as files for ALO 2.x": "단계와 플랜을 ALO 2.x용 파일로",
    "its options; %alo_doctor: is all in order? %alo_project: which folder": (
        "옵션 보기. %alo_doctor: 환경 점검. %alo_project: 작업 폴더"
    ),
    "none open: the cells make the pipeline, in their order": "열린 플랜 없음: 셀이 순서대로 파이프라인을 이룸",
    "last run": "마지막 실행",
    "none yet": "아직 없음",
    "`%alo_doctor` finds out what is wrong": "`%alo_doctor`로 무엇이 문제인지 확인하세요",
    "begin a cell with `%%alo_asset step=NAME`, or open a plan: `%alo_plan PATH`": (
        "셀을 `%%alo_asset step=NAME`으로 시작하거나 플랜을 여세요: `%alo_plan PATH`"
    ),
    "`%alo_debug`: step {step} failed; when it is mended, {magic} goes on": (
        "`%alo_debug`: 단계 {step} 실패. 고친 뒤 {magic}(으)로 이어서 실행"
    ),
    "`%alo_debug`: step {step} failed; when it is mended, run its cell again or `%alo_run`": (
        "`%alo_debug`: 단계 {step} 실패. 고친 뒤 그 셀이나 `%alo_run`을 다시 실행"
    ),
    "`%alo_debug {name}` opens what failed; what is kept of all steps is fresh": (
        "`%alo_debug {name}`: 실패한 단계 열기. 보관된 결과는 모두 최신입니다"
    ),
    "the last run failed: {error}": "마지막 실행 실패: {error}",
    "the last run failed after step {step}: {error}; mend that, then `%alo_run`": (
        "단계 {step} 뒤에 마지막 실행 실패: {error}. 고친 뒤 `%alo_run`을 실행하세요"
    ),
    "`%alo_status` says why nobody can tell what would run": "`%alo_status`로 실행 여부를 알 수 없는 이유를 확인하세요",
    "`%alo_run` runs {count} steps, from {step} on; `%alo_why {step}` says why": (
        "`%alo_run`: {step}부터 단계 {count} 실행. `%alo_why {step}`: 그 이유"
    ),
    "`%alo_run` puts the results of all steps in place, as one run": (
        "`%alo_run`: 모든 단계를 하나의 실행으로 묶어 결과를 제자리에 둡니다"
    ),
    "nothing has to run; `%alo_show {run}` shows the run, `%alo_diff` compares two": (
        "실행할 것이 없습니다. `%alo_show {run}`: 실행 보기, `%alo_diff`: 두 실행 비교"
    ),
    # %alo_doctor
    "1 problem": "문제 1개",
    "{count} problems": "문제 {count}개",
    "all is in order": "모두 정상입니다",
    "packages": "패키지",
    "language": "언어",
    "front end": "프런트엔드",
    "kernel": "커널",
    "widgets": "위젯",
    "file locks": "파일 잠금",
    "disk": "디스크",
    "store": "저장소",
    "not looked at, since {package} is missing": "점검하지 못함: {package} 패키지가 없음",
    "{folder} would become the project of everything below it": "{folder}: 그 아래 모든 것의 프로젝트 폴더가 됨",
    "{folder}, nothing has run here yet": "{folder}, 아직 실행한 것이 없음",
    "the disk of {folder} has no file locks: two runs at once would mix": (
        "{folder}의 디스크에 파일 잠금이 없어, 동시에 두 번 실행하면 섞일 수 있음"
    ),
    "no room is left in {folder}": "{folder}에 남은 공간이 없음",
    "{folder} cannot be written: {why}": "{folder}에 쓸 수 없음: {why}",
    "{kind}, a network drive: only runs of one machine at a time are safe here": (
        "{kind} 네트워크 드라이브: 한 번에 한 컴퓨터의 실행만 안전함"
    ),
    "file locks work": "파일 잠금이 동작함",
    "{size} GB are free": "{size} GB 남음",
    "not known": "알 수 없음",
    "terminal": "터미널",
    "shown as text and tables: nobody can click here": "텍스트와 표로 표시: 클릭할 사람이 없는 환경",
    "a program that runs the notebook, e.g. papermill": "노트북을 실행하는 프로그램(예: papermill)",
    "the front end shows them": "프런트엔드가 표시할 수 있음",
    "the Jupyter server lacks what shows them; install it and reload the page": (
        "Jupyter 서버에 위젯 확장이 없음. 설치한 뒤 페이지를 새로 고치세요"
    ),
    "{variable} is {value}: there is no such language": "{variable} 값이 {value}: 그런 언어가 없음",
    "{version} runs from {folder} and is not installed: what it needs is not known": (
        "{version}, {folder}에서 실행 중이며 설치되지 않음: 필요한 패키지를 알 수 없음"
    ),
    "{version} runs from {folder}, and {installed} is installed": "{version}, {folder}에서 실행 중. 설치된 버전은 {installed}",
    "{package} is missing": "{package} 없음",
    "{what}; needed: {wanted}": "{what}. 필요: {wanted}",
    "{count} packages as needed": "필요한 패키지 {count}개 모두 있음",
    "pyarrow is not here: tables with millions of texts are slow to hand on and to keep": (
        "pyarrow가 없습니다. 텍스트가 수백만 개인 테이블은 전달과 보관이 느립니다"
    ),
    "git is not here: no code from git, and no revision in the records of runs": (
        "git이 없음: git의 코드를 가져올 수 없고 실행 기록에 커밋이 남지 않음"
    ),
    "none here: the cells make the pipeline, in their order": "플랜 없음: 셀이 순서대로 파이프라인을 이룸",
    "{plan} requires what is not here: {packages}": "{plan}: 필요한 패키지가 없음: {packages}",
    "{plan} takes code from git": "{plan}: git의 코드를 사용함",
    "{plan} reads from or writes to S3": "{plan}: S3를 사용함",
    "an environment that was made for a plan has lost its Python; the next run makes a new one": (
        "플랜용으로 만든 환경의 Python이 없어짐. 다음 실행 때 새로 만듦"
    ),
    "repaired: {what}": "수리함: {what}",
    "the store is good": "저장소 정상",
    # %alo_debug
    "the newest run, {run}, was interrupted, and not this one: {do}": "가장 최근 실행 {run}은(는) 중단되었으며 이 실행이 아님: {do}",
    "the plan of that run, {path}, is gone: {what}": "그 실행의 플랜 {path}이(가) 없어짐: {what}",
    "the copy that the run has kept is open, with secrets masked": "실행이 보관한 사본을 비밀값을 가린 채 열었음",
    "the plan of that run cannot be opened: {why}": "그 실행의 플랜을 열 수 없음: {why}",
    "the plan of that run is open now: {path}": "그 실행의 플랜을 열었음: {path}",
    "{name} has its data, config, args and variables": "{name}에 data, config, args와 변수가 있음",
    "its inputs cannot be loaded: {why}": "입력을 읽을 수 없음: {why}",
    "to run it on these inputs, open the plan of that run: {magic}": "이 입력으로 실행하려면 그 실행의 플랜을 여세요: {magic}",
    "it runs on the inputs with which it failed, until step {step} runs again": (
        "단계 {step}을(를) 다시 실행할 때까지 실패했을 때의 입력으로 실행됨"
    ),
    "to run it on these inputs, define step {step} before it, or open the plan of that run": (
        "이 입력으로 실행하려면 앞에 단계 {step}을(를) 정의하거나 그 실행의 플랜을 여세요"
    ),
    "that run alone was given arguments: {magic}": "그 실행에만 지정된 인자가 있음: {magic}",
    "set in this notebook, as they were for use=: {names}": "use=에 쓰인 값으로 이 노트북에 설정함: {names}",
    "its code stands in a new cell, and below for a front end that makes none": (
        "코드를 새 셀에 넣었음. 새 셀을 만들지 못하는 프런트엔드를 위해 아래에도 표시"
    ),
    "its code is {place}; to run it again: {magic}": "코드: {place}. 다시 실행: {magic}",
    "mended since, in run {run}": "이후 실행 {run}에서 고쳐짐",
    "when it works, move the fix to the cell that defines the step, and delete this one": (
        "잘 되면 수정한 내용을 이 단계를 정의하는 셀로 옮기고 이 셀은 지우세요"
    ),
    "after the fix, run the cell again, or {magic}": "고친 뒤 셀을 다시 실행하거나 {magic} 명령을 실행하세요",
    "after the fix, {magic} executes what that run lacks": "고친 뒤 {magic} 명령으로 그 실행의 나머지를 실행하세요",
    # Other answers
    "nothing to change: the plan says so already": "바꿀 것이 없습니다. 플랜이 이미 그렇습니다",
    "{name} is deleted; `alo-nb gc --yes` frees what nothing else needs": (
        "{name} 삭제됨. `alo-nb gc --yes`로 더는 쓰이지 않는 공간을 비울 수 있습니다"
    ),
    "{name}: its files are as they were logged": "{name}: 파일이 기록된 그대로입니다",
    "{name} is written to {path}": "{name} 내보냄: {path}",
    "exported to {folder}": "내보냄: {folder}",
    "run it:": "실행 방법:",
    "step {steps}: its cell stands below; nothing has run": "단계 {steps}: 아래에 셀이 있습니다. 아무것도 실행하지 않았습니다",
    "wrote {notebook} with the cells of {steps}, and {plan}; nothing has run": (
        "{notebook}({steps} 셀)과 {plan} 작성 완료. 아무것도 실행하지 않았습니다"
    ),
    "nothing to do: all is as in run {run}; --force runs it again": (
        "할 일이 없습니다: 모두 실행 {run} 때와 같습니다. --force로 다시 실행할 수 있습니다"
    ),
}
