# 1. run four steps
ploomber build
cat out/report.txt
# 2. change one argument and run again
sed -i 's/C: 1.0/C: 0.1/' pipeline.yaml
# 3. why does a step run again?
ploomber status
ploomber build
# 4. a run fails while nobody looks: what is left of it?
sed -i '/LogisticRegression(/s/"Survived"\]/"Survivd"]/' steps.py
ploomber build
sed -i 's/Survivd/Survived/' steps.py
ploomber build
# 5. compare two runs: the products of the run before are overwritten
