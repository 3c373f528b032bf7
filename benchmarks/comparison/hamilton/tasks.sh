# 1. run four steps
python run.py 1.0
# 2. change one argument and run again
python run.py 0.1
# 3. why did a step run again? The log of the cache above says which steps ran; it gives no reason.
# 4. a run fails while nobody looks: what is left of it?
sed -i '/LogisticRegression(/s/"Survived"\]/"Survivd"]/' steps.py
python run.py 0.1
sed -i 's/Survivd/Survived/' steps.py
python run.py 0.1
# 5. compare two runs: nothing for it without the server of Hamilton UI
