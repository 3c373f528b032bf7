# 1. run four steps
alo-nb run titanic.ipynb
# 2. change one argument and run again; 3. why did a step run again?
sed -i 's/step=train C=1.0/step=train C=0.1/' titanic.ipynb
alo-nb run titanic.ipynb
# 4. a run fails while nobody looks: what is left of it?
sed -i '/LogisticRegression(/s/Survived/Survivd/' titanic.ipynb
alo-nb run titanic.ipynb
alo-nb debug
sed -i 's/Survivd/Survived/' titanic.ipynb
alo-nb run titanic.ipynb
# 5. compare two runs
alo-nb history
alo-nb diff
