export USERNAME=somebody
# 1. run four steps
python flow.py run
# 2. change one argument and run again
python flow.py run --C 0.1
# 3. why did a step run again? All do.
# 4. a run fails while nobody looks: what is left of it?
sed -i '/LogisticRegression(/s/"Survived"\]/"Survivd"]/' flow.py
python flow.py run
sed -i 's/Survivd/Survived/' flow.py
python flow.py resume
# 5. compare two runs: by code, since each run keeps what its steps have made
python -c 'from metaflow import Flow; print([(r.id, r.successful and (r.data.C, r.data.accuracy)) for r in Flow("Titanic")])'
