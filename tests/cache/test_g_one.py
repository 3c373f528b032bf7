from tests.cache.test_property import *
from tests.cache.test_property import _result
def test_one(tmp_path, monkeypatch):
    S=Step
    w=World((S(reads='a', adds=2, looks=True, mutates=True), S(adds=1,looks=True,mutates=True), S(reads='b',adds=2,module=True,looks=True,mutates=True), S(reads='d',adds=2,helper=True,module=True,leaves='left.txt',mutates=True)))
    for i in range(30):
        base = Path(tempfile.mkdtemp(dir=tmp_path)); warm=base/'warm'; warm.mkdir()
        bench=CacheBench(warm)
        for number, each in enumerate([w, edited(w,('module',0,2))]):
            each.write(bench)
            found=_result(bench, Caching(), monkeypatch)
            reasons=[(s.step,s.reason) for s in next(iter(bench.store)).steps]
            cold=base/f'cold{number}'; cold.mkdir(); other=CacheBench(cold); each.write(other)
            c=_result(other, Caching(on=False), monkeypatch)
            if found != c:
                import subprocess
                print(i, number, reasons, subprocess.run(f'stat {warm}/prop_own.py; ls -la --time-style=full-iso {warm}/__pycache__; date; stat {cold}/prop_own.py', shell=True, capture_output=True, text=True).stdout)
                raise SystemExit
