# 1. run four steps
alo run
# 2. change one argument and run again
sed -i 's/C: 1.0/C: 0.1/' experimental_plan.yaml
alo run
# 3. why did a step run again? All do.
# 4. a run fails while nobody looks: what is left of it?
sed -i '/LogisticRegression(/s/"Survived"\]/"Survivd"]/' steps.py
alo run
sed -i 's/Survivd/Survived/' steps.py
alo run
# 5. compare two runs
alo history
